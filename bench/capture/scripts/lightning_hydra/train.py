"""Lightning with a configuration of Hydra that names the classes, as project templates have it."""
import hydra
import lightning as L
import torch
from omegaconf import DictConfig
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Toy(L.LightningDataModule):
    def __init__(self, batch_size, num_samples):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage):
        x = torch.randn(self.hparams.num_samples, 8)
        self.data = TensorDataset(x, (x.sum(1) > 0).long())

    def train_dataloader(self):
        return DataLoader(self.data, batch_size=self.hparams.batch_size, shuffle=True)

    val_dataloader = test_dataloader = train_dataloader


class Classifier(L.LightningModule):
    def __init__(self, net, optimizer):
        super().__init__()
        self.save_hyperparameters(logger=False, ignore=["net"])
        self.net = net

    def step(self, batch, name):
        out = self.net(batch[0])
        loss = nn.functional.cross_entropy(out, batch[1])
        self.log(f"{name}/loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        self.log(f"{name}/acc", (out.argmax(1) == batch[1]).float().mean(), on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def training_step(self, batch, index):
        return self.step(batch, "train")

    def validation_step(self, batch, index):
        self.step(batch, "val")

    def test_step(self, batch, index):
        self.step(batch, "test")

    def configure_optimizers(self):
        return self.hparams.optimizer(params=self.parameters())


def mlp(width, depth):
    layers = [nn.Linear(8, width), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, 2))


@hydra.main(version_base="1.3", config_path="configs", config_name="train")
def main(cfg: DictConfig):
    L.seed_everything(cfg.seed, workers=True)
    data, model = hydra.utils.instantiate(cfg.data), hydra.utils.instantiate(cfg.model)
    trainer = hydra.utils.instantiate(cfg.trainer)
    trainer.fit(model, data)
    found = trainer.callback_metrics["val/acc"].item()
    trainer.test(model, data)
    return found


if __name__ == "__main__":
    main()
