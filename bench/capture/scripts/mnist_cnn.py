"""A convolutional network in plain PyTorch: arguments by argparse, results printed."""
import argparse

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, 2)
        self.fc = nn.Linear(8 * 13 * 13, 10)

    def forward(self, x):
        return F.log_softmax(self.fc(F.relu(self.conv(x)).flatten(1)), dim=1)


def batches(count, size):
    for _ in range(count):
        target = torch.randint(0, 10, (size,))
        data = torch.randn(size, 1, 28, 28)
        data[torch.arange(size), 0, target, target] += 8
        yield data, target


def main():
    parser = argparse.ArgumentParser(description="A small network on made-up digits")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=0.5)
    parser.add_argument("--gamma", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log-interval", type=int, default=10)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    model = Net()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, args.gamma)
    total = 40 * args.batch_size
    for epoch in range(1, args.epochs + 1):
        model.train()
        for i, (data, target) in enumerate(batches(40, args.batch_size)):
            optimizer.zero_grad()
            loss = F.nll_loss(model(data), target)
            loss.backward()
            optimizer.step()
            if i % args.log_interval == 0:
                done = i * len(data)
                print(f"Train Epoch: {epoch} [{done}/{total} ({100.0 * done / total:.0f}%)]\tLoss: {loss.item():.6f}")
        model.eval()
        with torch.no_grad():
            data, target = next(batches(1, 500))
            output = model(data)
            test_loss = F.nll_loss(output, target).item()
            right = output.argmax(1).eq(target).sum().item()
        print(f"\nTest set: Average loss: {test_loss:.4f}, Accuracy: {right}/500 ({right / 5:.0f}%)\n")
        scheduler.step()


if __name__ == "__main__":
    main()
