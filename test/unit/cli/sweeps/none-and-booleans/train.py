import argparse

import wandb


def optional(text):
    return None if text == "None" else float(text)


parser = argparse.ArgumentParser()
parser.add_argument("--clip", type=optional)
parser.add_argument("--amp", type=lambda text: {"True": True, "False": False}[text])
args = parser.parse_args()
print("got", args.clip, args.amp, flush=True)
wandb.init(config=vars(args))
wandb.log({"loss": args.clip or 1})
