import argparse

import wandb
from helper import read

parser = argparse.ArgumentParser()
parser.add_argument("--k", type=int, required=True)
args = parser.parse_args()
rows = read("data.csv")
print("got", args.k, rows, flush=True)
wandb.init()
wandb.summary["acc"] = len(rows) * args.k
wandb.log({"acc": len(rows) * args.k})
