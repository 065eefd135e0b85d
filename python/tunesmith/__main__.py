"""``python -m tunesmith train.py …`` and ``python -m tunesmith -m package …``: records a program that is not changed for it.

The run begins before the program does, in the workspace of the working folder. In a program that Tunesmith started it is the
run it was started for.
"""
import os
import sys

USAGE = """usage: python -m tunesmith [--capture WHAT] [--project NAME] [--name NAME] (FILE | -m MODULE) [ARGUMENT …]

Runs a Python program as it is and records what its libraries log, without a change to it.

  --capture WHAT   auto, off, or names of libraries with commas, such as keras,tqdm
  --project NAME   what the run belongs to; the program's name by default
  --name NAME      the run's own name"""


def main(arguments):
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    options, rest = _options(arguments)
    if not rest or rest == ["-m"]:
        print(USAGE, file=sys.stderr)
        return 2
    if "capture" in options:
        os.environ["TUNESMITH_CAPTURE"] = options.pop("capture")
    os.environ.setdefault("TUNESMITH_CAPTURE", "auto")
    _for_children()
    is_module = rest[0] == "-m"
    target, sys.argv[:] = (rest[1], rest[1:]) if is_module else (rest[0], rest)
    program = _of_module(target) if is_module else _of_file(target)
    if program is None:
        return 2
    from . import _session, capture
    from .capture._program import is_installed

    options.setdefault("project", program.name)
    sink = capture.start()
    run = None
    # A launcher such as torchrun leaves the run to the program that it starts, and ranks other than 0 leave it to rank
    # 0.
    if capture.is_main() and not (is_module and is_installed(program.values["__file__"])):
        run = sink.begin(options) if sink is not None else _session.init(**options)
    return _execute(program, run)


def _options(arguments):
    options = {}
    rest = list(arguments)
    while rest and rest[0].startswith("--"):
        name, has_value, value = rest.pop(0)[2:].partition("=")
        if name not in ("capture", "project", "name") or not (has_value or rest):
            return {}, []
        options[name] = value if has_value else rest.pop(0)
    return options, rest


def _for_children():
    """Returns whether the program is a launcher such as torchrun, which starts the training as another process."""
    here = os.path.dirname(os.path.abspath(__file__))
    folders = [os.path.join(here, "capture", "bootstrap"), os.path.dirname(here)]
    before = os.environ.get("PYTHONPATH", "")
    missing = [folder for folder in folders if folder not in before.split(os.pathsep)]
    os.environ["PYTHONPATH"] = os.pathsep.join([*missing, *([before] if before else [])])


class _Program:
    def __init__(self, name, code, values, folder):
        self.name = name
        self.code = code
        self.values = values
        self.folder = folder


def _of_file(path):
    if os.path.isdir(path):
        path = os.path.join(path, "__main__.py")
    try:
        with open(path, "rb") as file:
            source = file.read()
        code = compile(source, path, "exec", dont_inherit=True)
    except OSError as error:
        print(f"tunesmith: {path}: {error.strerror}", file=sys.stderr)
        return None
    stem = os.path.splitext(os.path.basename(path))[0]
    folder = os.path.dirname(os.path.abspath(path))
    name = os.path.basename(folder) if stem == "__main__" else stem
    return _Program(name, code, {"__file__": path, "__spec__": None}, folder)


def _of_module(name):
    from importlib.util import find_spec

    # The working folder comes first, as with python -m.
    sys.path[0] = os.getcwd()
    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{name}.__main__")
        code = spec.loader.get_code(spec.name)
    except (ImportError, AttributeError, ValueError) as error:
        print(f"tunesmith: there is no program {name}: {error}", file=sys.stderr)
        return None
    sys.argv[0] = spec.origin or name
    values = {"__file__": spec.origin, "__spec__": spec, "__package__": spec.parent, "__loader__": spec.loader}
    return _Program(name.rpartition(".")[2], code, values, None)


def _execute(program, run):
    from types import ModuleType

    main_module = ModuleType("__main__")
    main_module.__dict__.update(program.values, __builtins__=__builtins__)
    sys.modules["__main__"] = main_module
    if program.folder is not None:
        sys.path[0] = program.folder
    try:
        exec(program.code, main_module.__dict__)
    except SystemExit as leaving:
        if run is not None and run._place.own and leaving.code not in (None, 0):
            text = leaving.code if isinstance(leaving.code, str) else f"the program ended with exit code {leaving.code}"
            run._ended = run._ended or ("failed", text)
        raise
    except BaseException as error:
        # The traceback starts in the program.
        trace = error.__traceback__.tb_next if error.__traceback__ is not None else None
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
