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
