"""Names that scripts written for other trackers use, and that do nothing here."""
import sys
from enum import Enum

_said = set()


class AlertLevel(Enum):
    INFO = "info"
    WARN = "warning"
    ERROR = "error"


class Settings(dict):
    """Takes whatever it is given."""

    def __init__(self, *_args, **settings):
        super().__init__(settings)


def login(*_args, **_options):
    """There is no account and no server: always True."""
    return True


def watch(*_args, **_options):
    """Gradients and weights are not recorded yet; said once."""
    _say("watch: gradients and weights are not recorded")
    return []


def unwatch(*_args, **_options):
    pass


def _say(text):
    if text not in _said:
        _said.add(text)
        print(f"tunesmith: {text}", file=sys.stderr)
