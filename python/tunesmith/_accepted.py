"""Names that scripts written for other trackers use, and that do nothing here."""
from enum import Enum


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
