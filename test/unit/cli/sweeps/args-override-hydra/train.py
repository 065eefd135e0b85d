import sys

import wandb

print("got", sys.argv[1:], flush=True)
values = dict(word.lstrip("+").split("=") for word in sys.argv[1:])
wandb.init(config=values)
wandb.log({"val/acc": float(values["model.dropout"])})
