import sys

import wandb

print("got", sys.argv[1:], flush=True)
at = sys.argv.index("--lr")
wandb.init()
wandb.log({"loss": float(sys.argv[at + 1])})
