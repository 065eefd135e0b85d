"""Records a training run for Tunesmith.

    import tunesmith
    run = tunesmith.init(config={"lr": 1e-3})
    run.log({"loss": loss}, step=step)

In a program that Tunesmith did not start everything works and records nothing.
Importing this costs next to nothing: the rest is loaded by the first call of ``init``.
"""
from ._version import __version__

__all__ = [
    "Config",
    "Run",
    "StopRequested",
    "checkpoint",
    "config",
    "finish",
    "info",
    "init",
    "log",
    "media",
    "message",
    "progress",
    "run",
    "save_checkpoint",
    "should_stop",
]


def init(config=None, on_stop=None):
    """The run of this process; the same object at every call.

    ``config``: values used where the run was not started with others; they are recorded.
    ``on_stop``: ``"raise"`` (the default) lets the next ``log`` raise ``StopRequested`` when the run is to stop;
    ``"flag"`` only sets ``run.should_stop``.
    """
    from . import _run

    return _run.init(config, on_stop)


def log(values, step=None, epoch=None):
    """Records scalars at one step; see ``Run.log``."""
    init_once().log(values, step, epoch)


def progress(fraction, text=""):
    """How far the work has come: a fraction in [0, 1] (or None), and a text for the person."""
    init_once().progress(fraction, text)


def info(values):
    """Records facts about the run that are no metrics."""
    init_once().info(values)


def message(text, level="info"):
    """A message for the person: level ``info``, ``warning`` or ``error``."""
    init_once().message(text, level)


def media(name, path, step=None, mime=None):
    """A file that belongs to the run."""
    init_once().media(name, path, step, mime)


def save_checkpoint(step, keep=2):
    """A folder for a checkpoint, whole when the ``with`` block ends; see ``Run.save_checkpoint``."""
    return init_once().save_checkpoint(step, keep)


def finish(status=None, error=None):
    """The last record of this process; done by itself when the program ends."""
    init_once().finish(status, error)


def init_once():
    """The run of this process, with the options of an earlier ``init`` if there was one."""
    from . import _run

    return _run.current()


def __getattr__(name):
    if name in ("checkpoint", "config", "should_stop"):
        return getattr(init_once(), name)
    if name == "run":
        return init_once()
    if name in ("Run", "StopRequested"):
        from . import _run

        return getattr(_run, name)
    if name == "Config":
        from ._config import Config

        return Config
    raise AttributeError(f"module 'tunesmith' has no attribute {name!r}")
