"""tyro: the dataclass that it makes of the program's arguments, or the arguments of the function that it calls."""
import inspect
from functools import wraps

from ._program import called_by_program
from ._settings_objects import settings_of

MODULES = ("tyro._cli",)


def install(module, sink):
    def starts(args, kwargs):
        if not args or not inspect.isfunction(args[0]) or not called_by_program("tyro"):
            return None
        return (_heard(args[0], sink), *args[1:]), kwargs

    def parsed(result, args, _kwargs):
        value = result[0] if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], list) else result
        if not inspect.isfunction(args[0] if args else None) and called_by_program("tyro"):
            sink.params("tyro", settings_of(value))

    sink.around(module, "cli", "tyro", before=starts, after=parsed)


def _heard(function, sink):
    @wraps(function)
    def called(*args, **kwargs):
        given = inspect.signature(function).bind(*args, **kwargs)
        given.apply_defaults()
        sink.guard("tyro", sink.params, "tyro", {name: settings_of(value) for name, value in given.arguments.items()})
        return function(*args, **kwargs)

    return called
