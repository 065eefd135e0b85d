import tunesmith

run = tunesmith.init(project="demo", config={"lr": 0.01, "batch_size": 64, "optimizer": "adam"})
for epoch in range(3):
    tunesmith.log({"train/loss": 1 / (epoch + 1), "val/accuracy": epoch / 3, "epoch": epoch})
tunesmith.finish()
