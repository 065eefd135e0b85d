import argparse

import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--dropout", type=float)
parser.add_argument("--layers", type=int)
args = parser.parse_args()
print("got", sorted(vars(args).items()), flush=True)
wandb.init(project="demo", config=vars(args))
for epoch in range(3):
    wandb.log({"epoch": epoch, "accuracy": args.dropout + epoch})
