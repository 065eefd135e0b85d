"""Writes optimizers.json: where PyTorch's optimizers are after each of 50 steps on a fixed function, in double precision.

    python optimizers.py > optimizers.json
"""
import json

import torch

CURVATURE = [0.5, 1.0, 2.0, 4.0, 0.1, 8.0]
CENTRE = [1.0, -2.0, 0.5, 0.0, 3.0, -1.0]
START = [0.0, 0.5, -1.5, 2.0, -1.0, 1.0]
STEPS = 50

CASES = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "adamax": lambda p: torch.optim.Adamax(p, lr=0.05),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.3),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.02),
    "rmsprop centered with momentum": lambda p: torch.optim.RMSprop(p, lr=0.005, momentum=0.8, centered=True),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=1.0),
    "clipped by norm": lambda p: torch.optim.SGD(p, lr=0.1),
    "clipped by value": lambda p: torch.optim.SGD(p, lr=0.1),
}


def run(name, make):
    theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([theta])
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        offset = theta - torch.tensor(CENTRE, dtype=torch.float64)
        (torch.tensor(CURVATURE, dtype=torch.float64) * offset**2 + 0.1 * torch.sin(3 * theta)).sum().backward()
        if name == "clipped by norm":
            torch.nn.utils.clip_grad_norm_([theta], 1.0)
        if name == "clipped by value":
            torch.nn.utils.clip_grad_value_([theta], 0.5)
        optimizer.step()
        path.append([round(x, 9) for x in theta.tolist()])
    return path


print(json.dumps({"torch": torch.__version__, "paths": {name: run(name, make) for name, make in CASES.items()}}))
