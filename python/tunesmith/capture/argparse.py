"""argparse: the arguments of the program are its hyperparameters."""
import sys

from ._program import is_program

MODULES = ("argparse",)


def install(module, sink):
    def parsed(result, args, kwargs):
        given = args[1] if len(args) > 1 else kwargs.get("args")
        space = result[0] if isinstance(result, tuple) else result
        if (given is None or list(given) == sys.argv[1:]) and is_program():
            sink.params("argparse", {k: v for k, v in vars(space).items() if not k.startswith("_") and not callable(v)})

    # `parse_args` calls it, and so do most of the libraries that build on argparse. Parsers of subcommands do so within it.
    sink.around(module.ArgumentParser, "parse_known_args", "argparse", after=parsed, quiet=True)

