"""Records what a program's libraries log by themselves, without a changed line of the program.

Each library has a small module here with the same interface:

``MODULES``: names of the library's modules after whose import something is to be done;
``install(module, sink)``: does it, once for each of them. ``module`` is what was imported, ``sink`` takes what is observed.

Nothing of a library is imported before the program does so itself. What fails here is said in one line and never fails
the program.
"""
import os
import sys

from ._settings import LIBRARIES, Settings

#: In the environment of a process that records what it captures: programs that it starts are no part of the run.
OWNER = "TUNESMITH_CAPTURED_BY"
# Workers of multiprocessing, joblib and PyTorch's compiler have one of these among their arguments.
_WORKERS = (
    "--multiprocessing-fork",
    "from multiprocessing.",
    "from multiprocess.",
    "joblib.externals.loky",
    "loky.backend",
    "torch/_inductor/compile_worker",
)

_sink = _finder = None


def start(settings=None):
    """Begins to capture in this process, once. ``settings``: None reads them from the environment. Returns the sink, or None
    when nothing is to be captured here."""
    global _sink, _finder
    if _finder is None:
        settings = Settings.of(os.environ.get("TUNESMITH_CAPTURE")) if settings is None else settings
        is_captured = settings.any and is_main()
        if not is_captured and not settings.replace:
            return None
        from ._imports import Finder
        from ._sink import Sink

        _sink = Sink(_constants if settings.has("script") else None) if is_captured else None
        _finder = Finder(_sink)
        for name in LIBRARIES:
            if is_captured and settings.has(name):
                _finder.add(name)
        if settings.replace:
            # Also in workers: they import what the program imports.
            _finder.replace("wandb", "tunesmith.compat.wandb")
        _finder.attach()
    return _sink


def _constants(sink):
    from .script import constants

    constants(sink)


def is_main():
    """Whether this is the process that trains: neither a worker, nor a rank other than 0, nor started by one that records."""
    from .._ranks import rank

    if rank() > 0 or os.environ.get("TUNESMITH_MODE") == "disabled":
        return False
    owner = os.environ.get(OWNER)
    if owner and owner != str(os.getpid()):
        return False
    return not any(mark in part for part in _arguments() for mark in _WORKERS)


def _arguments():
    found = getattr(sys, "orig_argv", None)
    if found is None:
        try:
            with open("/proc/self/cmdline", "rb") as file:
                found = file.read().decode("utf-8", "replace").split("\0")
        except OSError:
            found = getattr(sys, "argv", [])
    return found
