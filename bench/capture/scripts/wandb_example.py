"""A script that logs to Weights & Biases."""
import random

import wandb

config = {"learning_rate": 0.02, "architecture": "CNN", "dataset": "CIFAR-100", "epochs": 10}
run = wandb.init(project="basic-intro", config=config)
offset = random.random() / 5
for epoch in range(2, config["epochs"]):
    acc = 1 - 2**-epoch - random.random() / epoch - offset
    loss = 2**-epoch + random.random() / epoch + offset
    wandb.log({"acc": acc, "loss": loss})
wandb.finish()
