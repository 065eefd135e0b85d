import json
import sys

import wandb

config = json.loads(sys.argv[1])
print("got", sorted(config.items()), flush=True)
wandb.init(config=config)
wandb.log({"loss": sum(config["sizes"])})
