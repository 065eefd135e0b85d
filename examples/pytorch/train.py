"""A plain PyTorch training. The three lines with `run` are all that tracking takes."""
import argparse
import math

import torch
import tunesmith

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--hidden", type=int, default=32)
parser.add_argument("--epochs", type=int, default=20)
args = parser.parse_args()

run = tunesmith.init()
torch.manual_seed(run.seed or 1)


def spirals(count):
    """Points [count, 2] and classes [count] of two spirals that wind around each other."""
    label = torch.arange(count) % 2
    turn = torch.rand(count).sqrt() * 3 * math.pi
    angle = turn + label * math.pi
    points = torch.stack([turn * angle.cos(), turn * angle.sin()], dim=1) / (3 * math.pi)
    return points + 0.03 * torch.randn(count, 2), label


train_x, train_y = spirals(4000)
val_x, val_y = spirals(1000)
model = torch.nn.Sequential(
    torch.nn.Linear(2, args.hidden),
    torch.nn.ReLU(),
    torch.nn.Linear(args.hidden, args.hidden),
    torch.nn.ReLU(),
    torch.nn.Linear(args.hidden, 2),
)
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)

for epoch in range(args.epochs):
    for batch in torch.randperm(len(train_x)).split(64):
        loss = torch.nn.functional.cross_entropy(model(train_x[batch]), train_y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log({"train/loss": loss})
    with torch.no_grad():
        accuracy = (model(val_x).argmax(1) == val_y).float().mean()
    run.log({"val/accuracy": accuracy}, epoch=epoch + 1)
    print(f"epoch {epoch + 1}: accuracy {accuracy:.3f}")
