"""absl: the flags that the program itself defines."""
import sys

from ._program import is_program

MODULES = ("absl.flags._flagvalues",)


def install(module, sink):
    def parsed(_result, args, _kwargs):
        if not is_program():
            return
        values = {}
        for name in (sys.argv[0], "__main__"):
            values.update({flag.name: flag.value for flag in args[0].get_flags_for_module(name)})
        sink.params("absl", values)

    # `app.run` calls the object with the program's arguments.
    sink.around(module.FlagValues, "__call__", "absl", after=parsed)
