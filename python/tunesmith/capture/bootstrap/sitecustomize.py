"""Begins to capture in a Python process that Tunesmith started, before its program runs.

This folder stands first on PYTHONPATH of such a program. Python imports a module of this name at its start; one that is
shadowed by this runs first, as it would without us.
"""
import os
import sys


def _run_shadowed(here):
    from importlib.machinery import PathFinder

    sys.path[:] = [path for path in sys.path if os.path.realpath(path or ".") != here]
    spec = PathFinder.find_spec(__name__, sys.path)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules[__name__] = module
    spec.loader.exec_module(module)


def _capture():
    if os.environ.get("TUNESMITH_CAPTURE", "off") == "off":
        return
    try:
        from tunesmith import capture

        capture.start()
    except Exception as error:
        print(f"tunesmith: nothing is captured: {type(error).__name__}: {error}", file=sys.stderr)


try:
    _run_shadowed(os.path.dirname(os.path.realpath(__file__)))
finally:
    _capture()
