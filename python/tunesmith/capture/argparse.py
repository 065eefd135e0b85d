"""argparse: the arguments of the program are its hyperparameters."""
import sys

from ._program import caller, is_program
from ._settings_objects import settings_of

MODULES = ("argparse",)
# Their arguments say how they read the program's settings.
_OWN = ("hydra", "tyro")


def install(module, sink):
    def parsed(result, args, kwargs):
        given = args[1] if len(args) > 1 else kwargs.get("args")
        space = result[0] if isinstance(result, tuple) else result
        if (given is None or list(given) == sys.argv[1:]) and is_program() and caller("argparse") not in _OWN:
            sink.params("argparse", _plain(vars(space)))

    # `parse_args` calls it, and so do most of the libraries that build on argparse. Parsers of subcommands do so within it.
    sink.around(module.ArgumentParser, "parse_known_args", "argparse", after=parsed, quiet=True)


def _plain(values):
    return {name: settings_of(value) for name, value in values.items() if not name.startswith("_") and not callable(value)}
