"""jsonargparse, and LightningCLI with it: the resolved configuration of the program."""
from ._program import is_program

MODULES = ("jsonargparse.core", "jsonargparse._core")


def install(module, sink):
    def parsed(result, args, _kwargs):
        if is_program():
            sink.params("jsonargparse", _plain(result))

    if hasattr(module, "ArgumentParser"):
        sink.around(module.ArgumentParser, "parse_args", "jsonargparse", after=parsed, quiet=True)


def _plain(space):
    """Classes of the program are known by their paths, with their arguments below."""
    values = {}
    for name, value in vars(space).items():
        if hasattr(value, "as_dict"):
            value = _plain(value)
        if name != "config" and value is not None:
            values[name] = value
    return values
