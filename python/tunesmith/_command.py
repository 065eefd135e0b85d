"""The command that started this program, as it is stored for running it again."""
import os
import sys

_NOTEBOOK = "This run was recorded in a notebook: run its cells again there."


def is_notebook():
    return "ipykernel" in sys.modules or "google.colab" in sys.modules


def program():
    """Returns a name for the program: the script's without its extension, or the package's."""
    if is_notebook():
        return "notebook"
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    stem = os.path.splitext(os.path.basename(main or sys.argv[0] or ""))[0]
    if stem == "__main__" and main:
        stem = os.path.basename(os.path.dirname(os.path.abspath(main)))
    return stem if stem and stem not in ("-c", "-m") else "python"


def argv():
    """Returns the argument vector; a launcher's (torchrun) if one started this process, and never a debugger's."""
    python = sys.executable or "python"
    if is_notebook():
        return [python, "-c", f"raise SystemExit({_NOTEBOOK!r})"]
    if "TORCHELASTIC_RUN_ID" in os.environ:
        launcher = _of_parent()
        if launcher:
            return launcher
    original = list(getattr(sys, "orig_argv", ()))
    # Debuggers are inserted before the script, and sys.argv does not show them to the script.
    if not original or any(name in part for part in original[1:4] for name in ("debugpy", "pydevd")):
        return [python, *_script()]
    return [python, *original[1:]]


def _script():
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None and spec.name:
        name = spec.name[: -len(".__main__")] if spec.name.endswith(".__main__") else spec.name
        return ["-m", name, *sys.argv[1:]]
    return sys.argv


def _of_parent():
    """Returns the command of the process that started this one; None if the system does not tell."""
    try:
        with open(f"/proc/{os.getppid()}/cmdline", "rb") as file:
            parts = [os.fsdecode(part) for part in file.read().split(b"\0")[:-1]]
    except OSError:
        return None
    return parts or None
