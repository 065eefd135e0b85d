"""A real PyTorch training, small enough for every test run: two interleaved spirals, told apart by a small network.

As a person would write it: parameters from ``tunesmith.init``, tensors logged as they are, a stop ends it cleanly.
Exits with 1 when the network has not learned.
"""
import math
import sys

import torch
import tunesmith

run = tunesmith.init(config={"lr": 0.01, "hidden": 32, "epochs": 12, "batch_size": 64})
torch.manual_seed(run.seed or 1)
torch.set_num_threads(1)


def spirals(count, noise=0.03):
    """Points ``[count, 2]`` and classes ``[count]`` of two spirals that wind around each other."""
    label = torch.arange(count) % 2
    turn = torch.rand(count).sqrt() * 3 * math.pi
    radius = turn / (3 * math.pi)
    angle = turn + label * math.pi
    points = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    return points + noise * torch.randn(count, 2), label


train_x, train_y = spirals(4000)
val_x, val_y = spirals(1000)
config = run.config
model = torch.nn.Sequential(
    torch.nn.Linear(2, config.hidden),
    torch.nn.ReLU(),
    torch.nn.Linear(config.hidden, config.hidden),
    torch.nn.ReLU(),
    torch.nn.Linear(config.hidden, 2),
)
optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
run.info({"weights": sum(weight.numel() for weight in model.parameters()), "torch": torch.__version__})

step = 0
accuracy = 0.0
try:
    for epoch in range(config.epochs):
        order = torch.randperm(len(train_x))
        for batch in order.split(config.batch_size):
            loss = torch.nn.functional.cross_entropy(model(train_x[batch]), train_y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.log({"train/loss": loss}, step=step)
            step += 1
        with torch.no_grad():
            logits = model(val_x)
            accuracy = (logits.argmax(1) == val_y).float().mean().item()
            val_loss = torch.nn.functional.cross_entropy(logits, val_y)
        run.log({"val": {"accuracy": accuracy, "loss": val_loss}}, step=step, epoch=epoch + 1)
        run.progress((epoch + 1) / config.epochs, f"epoch {epoch + 1}/{config.epochs}")
        print(f"epoch {epoch + 1}: accuracy {accuracy:.3f}", flush=True)
except tunesmith.StopRequested as stop:
    print(f"asked to {stop.reason} at step {step}", flush=True)
    sys.exit(0)

if accuracy < 0.9 and "--check" in sys.argv:
    sys.exit(f"the network has not learned: accuracy {accuracy:.3f}")
