import argparse

import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--hidden", type=int)
parser.add_argument("--optimizer")
args = parser.parse_args()
print("got", sorted(vars(args).items()), flush=True)
wandb.init(project="demo", config=vars(args))
for epoch in range(3):
    wandb.log({"epoch": epoch, "loss": 1 / args.hidden})
