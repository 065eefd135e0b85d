import json
import sys

import wandb

assert sys.argv[1] == "--config"
with open(sys.argv[2]) as file:
    config = json.load(file)
print("got", sorted(config.items()), flush=True)
wandb.init(config=config)
wandb.log({"loss": config["lr"] * config["net"]["depth"]})
