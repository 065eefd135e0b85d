"""Distributed PyTorch training on processors, as started by torchrun: each rank fits a line to its half of the points."""
import os

import torch
import torch.distributed as dist
import tunesmith
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.set_num_threads(1)
run = tunesmith.init(project="ddp", config={"lr": 0.1, "epochs": 40})
torch.manual_seed(0)
model = DistributedDataParallel(torch.nn.Linear(1, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=run.config.lr)
torch.manual_seed(rank)
x = torch.rand(200, 1) + rank
y = 3 * x + 1
start = 0
if run.checkpoint:
    state = torch.load(os.path.join(run.checkpoint, "state.pt"))
    model.module.load_state_dict(state["model"])
    start = state["epoch"] + 1
for epoch in range(start, run.config.epochs):
    loss = torch.nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    run.log({"loss": loss}, step=epoch)
    if rank == 0 and epoch % 10 == 9:
        with run.save_checkpoint(epoch) as folder:
            torch.save({"model": model.module.state_dict(), "epoch": epoch}, os.path.join(folder, "state.pt"))
dist.barrier()
dist.destroy_process_group()
run.finish()
