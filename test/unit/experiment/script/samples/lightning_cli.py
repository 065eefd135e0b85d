from lightning.pytorch import LightningDataModule, LightningModule
from lightning.pytorch.cli import LightningCLI
import torch


class Net(LightningModule):
    def __init__(self, hidden_dim: int = 128, learning_rate: float = 1e-3, dropout: float = 0.1, layers: list = None):
        super().__init__()
        self.save_hyperparameters()

    def training_step(self, batch, batch_idx):
        self.log("train_loss", 0.1)

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", 0.1, prog_bar=True)
        self.log("val_acc", 0.9)


class Data(LightningDataModule):
    def __init__(self, batch_size: int = 32, data_dir: str = "./"):
        super().__init__()


def cli_main():
    cli = LightningCLI(Net, Data, seed_everything_default=1234, trainer_defaults={"max_epochs": 5}, save_config_callback=None)


if __name__ == "__main__":
    cli_main()
