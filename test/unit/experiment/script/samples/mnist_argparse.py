# In the style of a small vision example: argparse inside main().
from __future__ import print_function

import argparse

import torch
from torchvision import datasets


def train(args, model, device, loader, optimizer, epoch):
    for batch, (data, target) in enumerate(loader):
        if batch % args.log_interval == 0:
            print(f"Train Epoch: {epoch} Loss: 0.1")


def main():
    # Training settings
    parser = argparse.ArgumentParser(description="Digits")
    parser.add_argument("--batch-size", type=int, default=64, metavar="N",
                        help="input batch size for training (default: 64)")
    parser.add_argument("--test-batch-size", type=int, default=1000, metavar="N",
                        help="input batch size for testing (default: 1000)")
    parser.add_argument("--epochs", type=int, default=14, metavar="N")
    parser.add_argument("--lr", type=float, default=1.0, metavar="LR",
                        help="learning rate (default: %(default)s)")
    parser.add_argument("--gamma", type=float, default=0.7, metavar="M",
                        help="Learning rate step gamma (default: 0.7)")
    parser.add_argument("--no-accel", action="store_true", help="disables the accelerator")
    parser.add_argument("--dry-run", action="store_true", help="quickly check a single pass")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="random seed (default: 1)")
    parser.add_argument("--log-interval", type=int, default=10, metavar="N")
    parser.add_argument("--save-model", action="store_true", help="For saving the current model")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    datasets.MNIST("../data", train=True, download=True)


if __name__ == "__main__":
    main()
