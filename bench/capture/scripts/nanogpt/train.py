"""A small transformer, with its settings as globals that files and arguments change, and wandb switched off: all is printed."""
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

# settings
max_iters = 60
eval_interval = 20
log_interval = 5
learning_rate = 1e-2
batch_size = 8
block_size = 16
n_embd = 32
wandb_log = False
names = [k for k, v in globals().items() if not k.startswith("_") and isinstance(v, (int, float, bool, str))]
exec(open("configurator.py").read())
config = {k: globals()[k] for k in names}

torch.manual_seed(1337)
text = torch.arange(4000).remainder(29)


def get_batch():
    at = torch.randint(len(text) - block_size - 1, (batch_size,))
    x = torch.stack([text[i : i + block_size] for i in at])
    return x, torch.stack([text[i + 1 : i + 1 + block_size] for i in at])


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(29, n_embd), nn.Embedding(block_size, n_embd)
        self.block = nn.TransformerEncoderLayer(n_embd, 4, 64, dropout=0.0, batch_first=True)
        self.head = nn.Linear(n_embd, 29)
        self.register_buffer("mask", torch.triu(torch.full((block_size, block_size), -math.inf), 1))

    def forward(self, x, y):
        h = self.block(self.wte(x) + self.wpe(torch.arange(x.shape[1])), src_mask=self.mask)
        return F.cross_entropy(self.head(h).view(-1, 29), y.view(-1))


model = GPT()
print(f"number of parameters: {sum(p.numel() for p in model.parameters()) / 1e6:.2f}M")
optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
if wandb_log:
    import wandb

    wandb.init(config=config)
t0 = time.time()
for iter_num in range(max_iters + 1):
    if iter_num % eval_interval == 0:
        with torch.no_grad():
            losses = {split: torch.stack([model(*get_batch()) for _ in range(4)]).mean() for split in ("train", "val")}
        print(f"step {iter_num}: train loss {losses['train']:.4f}, val loss {losses['val']:.4f}")
    loss = model(*get_batch())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    dt, t0 = time.time() - t0, time.time()
    if iter_num % log_interval == 0:
        print(f"iter {iter_num}: loss {loss.item():.4f}, time {dt * 1000:.2f}ms, mfu -100.00%")
