"""What runs in this process: the person's own program, or an installed tool that will start it."""
import os
import sys


def is_installed(file):
    """Whether a module's file belongs to an installed package, to Python itself or to its scripts (torchrun, pip)."""
    file = os.path.realpath(file)
    parts = file.split(os.sep)
    if "site-packages" in parts or "dist-packages" in parts:
        return True
    folders = (os.path.dirname(os.path.realpath(os.__file__)), os.path.join(os.path.realpath(sys.prefix), "bin"))
    return any(file.startswith(folder + os.sep) for folder in folders)


def is_program():
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return file is not None and not is_installed(file)


def called_by_program(*libraries):
    """Whether the call that is observed here comes from a file of the person's own. ``libraries`` are passed through: they call
    themselves."""
    file, _ = _caller(libraries)
    return file is not None and not file.startswith("<") and not is_installed(file)


def caller(*libraries):
    """The package that makes the call that is observed here; ``libraries`` are passed through."""
    return _caller(libraries)[1]


def _caller(libraries):
    frame = sys._getframe(2)
    while frame is not None:
        top = frame.f_globals.get("__name__", "").partition(".")[0]
        if top not in ("tunesmith", "functools", "contextlib", *libraries):
            return frame.f_code.co_filename, top
        frame = frame.f_back
    return None, None
