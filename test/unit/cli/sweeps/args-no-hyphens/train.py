import sys

import wandb

values = dict(word.split("=") for word in sys.argv[1:])
print("got", sys.argv[1:], flush=True)
wandb.init(config=values)
wandb.log({"loss": float(values["lr"])})
