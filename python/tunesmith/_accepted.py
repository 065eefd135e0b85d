"""Names that scripts written for other trackers use, and that do nothing here."""
from enum import Enum


class AlertLevel(Enum):
    INFO = "info"
    WARN = "warning"
    ERROR = "error"


class Settings(dict):
    """Accepts any arguments and does nothing."""

    def __init__(self, *_args, **settings):
        super().__init__(settings)


def login(*_args, **_options):
    """Returns True: there is no account and no server."""
    return True
