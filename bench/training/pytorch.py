"""The networks of nets.ts in PyTorch, on the processor or a GPU: `pytorch.py NET THREADS [cuda]`. For each number that
comes as a line, an epoch of so many examples; answered by a line of JSON. Each step makes its batch from bytes in a
shuffled order, goes forward, back and through Adam, reads the loss and counts right answers, as our training loop does."""

import json
import sys
import time

import torch
from torch import nn

name, threads = sys.argv[1], int(sys.argv[2])
device = sys.argv[3] if len(sys.argv) > 3 else "cpu"
torch.set_num_threads(threads)
torch.manual_seed(1)


class LastState(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell(28, 64, batch_first=True)

    def forward(self, x):
        return self.cell(x)[0][:, -1]


def normed(given, filters):
    return [nn.Conv2d(given, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU()]


def build():
    if name == "cnn":
        return (1, 28, 28), 100, [
            nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(7 * 7 * 64, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10),
        ]
    if name == "valid":
        return (1, 28, 28), 100, [
            nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(4 * 4 * 64, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10),
        ]
    if name == "mlp":
        return (64,), 32, [nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)]
    if name == "lstm":
        return (28, 28), 32, [LastState(nn.LSTM), nn.Linear(64, 10)]
    if name == "gru":
        return (28, 28), 32, [LastState(nn.GRU), nn.Linear(64, 10)]
    if name == "norm":
        return (1, 28, 28), 100, [
            *normed(1, 32), *normed(32, 32), nn.MaxPool2d(2), nn.Dropout(0.2),
            *normed(32, 64), *normed(64, 64), nn.MaxPool2d(2), nn.Dropout(0.2),
            nn.Flatten(), nn.Linear(7 * 7 * 64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 10),
        ]
    raise SystemExit(f"no network {name}")


shape, batch, layers = build()
model = nn.Sequential(*layers).to(device)
inputs = torch.randint(0, 256, (20_000, *shape), dtype=torch.uint8)
targets = torch.randint(0, 10, (20_000,))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
loss_of = nn.CrossEntropyLoss()


def epoch(count):
    order = torch.randperm(count)
    right = 0
    losses = 0.0
    for start in range(0, count, batch):
        chosen = order[start : start + batch]
        x = inputs[chosen].to(device).float().mul_(2 / 255).sub_(1)
        y = targets[chosen].to(device)
        outputs = model(x)
        loss = loss_of(outputs, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses += loss.item() * len(chosen)
        right += (outputs.argmax(1) == y).sum()
    return losses, int(right)


print(json.dumps({"ready": True, "device": device, "detail": f"PyTorch {torch.__version__}"}), flush=True)
for line in sys.stdin:
    count = int(line)
    began, used = time.perf_counter(), time.process_time()
    epoch(count)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"examples": count, "seconds": seconds, "cpu": cpu}), flush=True)
