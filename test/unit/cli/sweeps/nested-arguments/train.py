import ast
import sys

import wandb

print("got", sys.argv[1:], flush=True)
name, value = sys.argv[1].split("=", 1)
optim = ast.literal_eval(value)
assert name == "--optim" and optim["nesterov"] is True
wandb.init()
wandb.log({"loss": optim["lr"]})
