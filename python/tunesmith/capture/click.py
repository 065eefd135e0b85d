"""click and Typer: the options of the command that the program runs are its hyperparameters."""
from ._program import is_program

# Newer versions of Typer have their own copy.
MODULES = ("click.core", "typer._click.core")


def install(module, sink):
    def invoked(args, kwargs):
        context = args[1] if len(args) > 1 else kwargs["ctx"]
        if is_program():
            hidden = {option.name for option in args[0].params if getattr(option, "hide_input", False)}
            sink.params("click", {name: value for name, value in context.params.items() if name not in hidden})

    # Groups invoke it for themselves and then for the command that was asked for.
    sink.around(module.Command, "invoke", "click", before=invoked)
