import argparse

import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float, default=0.1)
parser.add_argument("--batch_size", type=int, default=8)
parser.add_argument("--epochs", type=int, default=1)
args = parser.parse_args()
print("got", sorted(vars(args).items()), flush=True)
wandb.init(project="demo", config=vars(args))
for epoch in range(3):
    wandb.log({"epoch": epoch, "val_loss": args.learning_rate / (epoch + 1)})
