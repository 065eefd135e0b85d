# In the style of a Lightning and Hydra template.
from typing import Optional

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="../configs", config_name="train.yaml")
def main(cfg: DictConfig) -> Optional[float]:
    return 0.5


if __name__ == "__main__":
    main()
