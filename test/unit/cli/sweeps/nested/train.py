import wandb

with wandb.init(project="nested") as run:
    config = run.config
    print("got", config["optimizer"]["name"], config.optimizer["learning_rate"], config["model"]["encoder"], flush=True)
    run.log({"val.loss": config["optimizer"]["learning_rate"]})
