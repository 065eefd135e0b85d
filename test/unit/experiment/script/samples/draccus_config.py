from dataclasses import dataclass, field
from typing import Literal, Optional

import draccus


@dataclass
class OptimConfig:
    """Optimizer."""

    name: Literal["adamw", "sgd"] = "adamw"
    lr: float = 1e-4
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.95)


@dataclass
class TrainConfig:
    optim: OptimConfig = field(default_factory=OptimConfig)
    batch_size: int = 8
    steps: int = 100_000
    seed: Optional[int] = 1000
    use_amp: bool = False
    output_dir: str = "outputs/train"
    resume: bool = False


@draccus.wrap()
def train(cfg: TrainConfig):
    print(cfg)


if __name__ == "__main__":
    train()
