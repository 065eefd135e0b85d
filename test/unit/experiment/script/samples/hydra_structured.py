from dataclasses import dataclass, field

import hydra
from hydra.core.config_store import ConfigStore


@dataclass
class Optim:
    lr: float = 0.01
    momentum: float = 0.9
    nesterov: bool = False


@dataclass
class Config:
    optim: Optim = field(default_factory=Optim)
    batch_size: int = 32
    epochs: int = 3


cs = ConfigStore.instance()
cs.store(name="config", node=Config)


@hydra.main(version_base=None, config_name="config")
def my_app(cfg: Config) -> None:
    print(cfg)


if __name__ == "__main__":
    my_app()
