"""A training loop of one's own with Accelerate and a progress bar."""
import torch
from accelerate import Accelerator
from tqdm.auto import tqdm

accelerator = Accelerator(cpu=True)
accelerator.init_trackers("demo", config={"lr": 0.1, "epochs": 2})
model = torch.nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
data = torch.utils.data.DataLoader(torch.randn(320, 8), batch_size=16)
model, optimizer, data = accelerator.prepare(model, optimizer, data)
bar = tqdm(range(2 * len(data)))
step = 0
for epoch in range(2):
    for batch in data:
        loss = (model(batch).squeeze(1) - batch.sum(1)).pow(2).mean()
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        accelerator.log({"train_loss": loss.detach()}, step=step)
        bar.update(1)
        bar.set_postfix(loss=loss.item())
        step += 1
accelerator.end_training()
