"""What is to be captured, as TUNESMITH_CAPTURE says it."""

#: In the order in which they are looked at; each is a module of this folder.
LIBRARIES = (
    "absl",
    "accelerate",
    "argparse",
    "catboost",
    "click",
    "comet",
    "draccus",
    "fastai",
    "fire",
    "hydra",
    "jsonargparse",
    "keras",
    "lightgbm",
    "lightning",
    "mlflow",
    "omegaconf",
    "script",
    "sklearn",
    "tensorboard",
    "torch",
    "tqdm",
    "trackio",
    "transformers",
    "tyro",
    "wandb",
    "xgboost",
)


class Settings:
    """``libraries``: names, or None for all. ``replace``: ``import wandb`` gives a stand-in."""

    def __init__(self, libraries=None, replace=False):
        self.libraries = libraries
        self.replace = replace

    @classmethod
    def of(cls, text):
        """Reads ``auto``, ``off``, names with commas, or the JSON that Tunesmith gives. What makes no sense counts as ``auto``."""
        text = (text or "").strip()
        if text.startswith("{"):
            import json

            try:
                given = json.loads(text)
            except ValueError:
                return cls()
            libraries = given.get("libraries")
            if libraries == "off":
                libraries = ()
            elif not isinstance(libraries, list):
                libraries = None
            return cls(libraries, given.get("wandb") == "replace")
        if text in ("", "auto"):
            return cls()
        return cls(() if text == "off" else tuple(name.strip() for name in text.split(",")))

    @property
    def any(self):
        return self.replace or self.libraries is None or len(self.libraries) > 0

    def has(self, name):
        if name == "wandb" and self.replace:
            return False
        return self.libraries is None or name in self.libraries
