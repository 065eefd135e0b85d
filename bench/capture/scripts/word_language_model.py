"""A recurrent language model in plain PyTorch that prints a line of statistics now and then."""
import argparse
import math
import time

import torch
from torch import nn

parser = argparse.ArgumentParser(description="Language model on made-up words")
parser.add_argument("--emsize", type=int, default=32)
parser.add_argument("--nhid", type=int, default=32)
parser.add_argument("--lr", type=float, default=2)
parser.add_argument("--clip", type=float, default=0.25)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--bptt", type=int, default=20)
parser.add_argument("--log-interval", type=int, default=20)
args = parser.parse_args()

WORDS = 50
torch.manual_seed(1)
text = torch.arange(16 * 20 * 61).remainder(WORDS).view(16, -1).t().contiguous()


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(WORDS, args.emsize)
        self.rnn = nn.LSTM(args.emsize, args.nhid)
        self.decoder = nn.Linear(args.nhid, WORDS)

    def forward(self, x):
        return self.decoder(self.rnn(self.encoder(x))[0])


model, criterion = Model(), nn.CrossEntropyLoss()
count = (len(text) - 1) // args.bptt
for epoch in range(1, args.epochs + 1):
    began = start = time.time()
    total = 0.0
    for batch in range(count):
        piece = text[batch * args.bptt : (batch + 1) * args.bptt + 1]
        loss = criterion(model(piece[:-1]).view(-1, WORDS), piece[1:].reshape(-1))
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), args.clip)
        with torch.no_grad():
            for weight in model.parameters():
                weight -= args.lr * weight.grad
        total += loss.item()
        if batch % args.log_interval == 0 and batch > 0:
            mean = total / args.log_interval
            passed = (time.time() - start) * 1000 / args.log_interval
            print(f"| epoch {epoch:3d} | {batch:5d}/{count:5d} batches | lr {args.lr:02.2f} | ms/batch {passed:5.2f} | loss {mean:5.2f} | ppl {math.exp(mean):8.2f}")
            total, start = 0.0, time.time()
    print("-" * 89)
    print(f"| end of epoch {epoch:3d} | time: {time.time() - began:5.2f}s | valid loss {loss.item():5.2f} | valid ppl {math.exp(loss.item()):8.2f}")
    print("-" * 89)
