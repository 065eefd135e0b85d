import wandb

defaults = dict(lr=0.5, fc_layer_size=1, kept="default")
run = wandb.init(config=defaults)
config = wandb.config
print("got", sorted(dict(config).items()), flush=True)
assert config.lr == config["lr"] != 0.5
for step in range(2):
    wandb.log({"score": config.fc_layer_size + step})
wandb.finish()
