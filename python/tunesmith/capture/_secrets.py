"""Hyperparameters are kept; passwords are not."""
import re

_SECRET = re.compile(
    r"(^|[_.\-])(password|passwd|secret|credentials?|(api|access|auth|private|hub|hf|wandb)[_\-]?(key|token))($|[_.\-])|^token$",
    re.IGNORECASE,
)


def without_secrets(values):
    """The values without those whose names say that they are secret, also in groups."""
    return {
        name: without_secrets(value) if isinstance(value, dict) else value
        for name, value in values.items()
        if not _SECRET.search(str(name))
    }
