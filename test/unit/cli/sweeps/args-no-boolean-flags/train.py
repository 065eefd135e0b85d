import argparse

import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--use-bn", action="store_true")
parser.add_argument("--depth", type=int)
args = parser.parse_args()
print("got", sorted(vars(args).items()), flush=True)
wandb.init(project="demo", config=vars(args))
for epoch in range(3):
    wandb.log({"epoch": epoch, "loss": args.depth - args.use_bn})
