"""An autoencoder in Lightning."""
import lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class AutoEncoder(L.LightningModule):
    def __init__(self, width=16, lr=1e-2):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 3))
        self.decoder = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 64))

    def training_step(self, batch, index):
        loss = F.mse_loss(self.decoder(self.encoder(batch[0])), batch[0])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", F.mse_loss(self.decoder(self.encoder(batch[0])), batch[0]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


if __name__ == "__main__":
    L.seed_everything(0)
    data = torch.randn(640, 3) @ torch.randn(3, 64)
    train = DataLoader(TensorDataset(data[:512]), batch_size=32)
    val = DataLoader(TensorDataset(data[512:]), batch_size=64)
    trainer = L.Trainer(max_epochs=4, log_every_n_steps=4, accelerator="cpu")
    trainer.fit(AutoEncoder(), train, val)
