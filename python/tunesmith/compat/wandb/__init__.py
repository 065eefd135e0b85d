"""What scripts written for Weights & Biases call, recorded by Tunesmith.

    import tunesmith.compat.wandb as wandb

With ``capture: { wandb: replace }`` in an experiment file, ``import wandb`` gives this, and the real one need not be installed.
"""
import sys

import tunesmith as _tunesmith
from tunesmith import (
    AlertLevel,
    Artifact,
    Audio,
    Histogram,
    Html,
    Image,
    Settings,
    Table,
    Video,
    alert,
    define_metric,
    finish,
    init,
    log,
    log_artifact,
    login,
    plot,
    save,
    unwatch,
    use_artifact,
    watch,
)

from ._sweeps import agent, sweep

Run = _tunesmith.Run
__version__ = _tunesmith.__version__

__all__ = [
    *("AlertLevel", "Artifact", "Audio", "Histogram", "Html", "Image", "Run", "Settings", "Table", "Video"),
    *("agent", "alert", "config", "define_metric", "finish", "init", "log", "log_artifact", "login", "plot", "run", "save"),
    *("summary", "sweep", "unwatch", "use_artifact", "watch"),
]


class Error(Exception):
    """For scripts that catch ``wandb.Error``; nothing here raises it."""


CommError = UsageError = Error


def setup(*_args, **_options):
    """There is no service to set up."""


def teardown(*_args, **_options):
    finish()


def join(*_args, **_options):
    finish()


def termlog(string="", newline=True, repeat=True):
    print(string, end="\n" if newline else "", file=sys.stderr)


termwarn = termerror = termlog


def log_code(*_args, **_options):
    """The commit is recorded by Tunesmith."""


def mark_preempting():
    """Nothing to mark: an interrupted run can be resumed."""


def __getattr__(name):
    if name in ("config", "summary", "run"):
        return getattr(_tunesmith, name)
    if name in ("Api", "Object3D"):
        return getattr(_tunesmith, name)
    if name in ("Molecule", "Plotly", "Bokeh", "Graph"):
        return _unknown_media(name)
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"wandb.{name} is not known to Tunesmith's stand-in for wandb (tunesmith.compat.wandb)")


def _unknown_media(name):
    from tunesmith._types import Media

    def _write(self, path):
        raise TypeError(f"{name} is not drawn by Tunesmith")

    return type(name, (Media,), {"__init__": lambda self, *a, **k: Media.__init__(self, None), "_write": _write})
