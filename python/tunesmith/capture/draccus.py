"""draccus and pyrallis: the dataclass that holds the program's settings."""
from ._program import called_by_program
from ._settings_objects import settings_of

MODULES = ("draccus.argparsing", "pyrallis.argparsing")


def install(module, sink):
    def parsed(result, _args, _kwargs):
        if called_by_program("draccus", "pyrallis"):
            sink.params("draccus", settings_of(result))

    # It parses with argparse, which sees texts only.
    sink.around(module, "parse", "draccus", after=parsed, quiet=True)
