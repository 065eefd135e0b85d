"""Lightning as project templates use it: a data module, callbacks, a CSV logger, a progress bar that is off."""
import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def __init__(self, batch_size=32, num_samples=256):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage):
        x = torch.randn(self.hparams.num_samples, 8)
        self.data = TensorDataset(x, (x.sum(1) > 0).long())

    def train_dataloader(self):
        return DataLoader(self.data, batch_size=self.hparams.batch_size, shuffle=True)

    val_dataloader = test_dataloader = train_dataloader


class Classifier(L.LightningModule):
    def __init__(self, hidden=16, lr=0.01, weight_decay=0.0):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, 2))

    def step(self, batch, name):
        out = self.net(batch[0])
        loss = nn.functional.cross_entropy(out, batch[1])
        self.log(f"{name}/loss", loss, on_step=False, on_epoch=True)
        self.log(f"{name}/acc", (out.argmax(1) == batch[1]).float().mean(), on_step=False, on_epoch=True)
        return loss

    def training_step(self, batch, index):
        return self.step(batch, "train")

    def validation_step(self, batch, index):
        self.step(batch, "val")

    def test_step(self, batch, index):
        self.step(batch, "test")

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.lr, weight_decay=self.hparams.weight_decay)


if __name__ == "__main__":
    callbacks = [ModelCheckpoint(monitor="val/acc", mode="max"), EarlyStopping(monitor="val/loss", patience=3)]
    trainer = L.Trainer(max_epochs=4, logger=CSVLogger("logs"), callbacks=callbacks, enable_progress_bar=False, accelerator="cpu")
    model, data = Classifier(), Data()
    trainer.fit(model, data)
    trainer.test(model, data, ckpt_path="best")
