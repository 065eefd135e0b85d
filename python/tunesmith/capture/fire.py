"""Python Fire: the arguments of the function that the program is."""
import inspect

from ._program import is_program

MODULES = ("fire.core",)


def install(module, sink):
    make = module._MakeParseFn

    def make_parse(function, *rest):
        parse = make(function, *rest)

        def parse_and_tell(arguments):
            result = parse(arguments)
            sink.guard("fire", _tell, sink, function, result[0])
            return result

        return parse_and_tell

    module._MakeParseFn = make_parse


def _tell(sink, function, given):
    if not is_program() or inspect.isclass(function):
        return
    bound = inspect.signature(function).bind_partial(*given[0], **given[1])
    bound.apply_defaults()
    values = dict(bound.arguments)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            values.update(values.pop(parameter.name, {}))
        elif parameter.kind is parameter.VAR_POSITIONAL and not values.get(parameter.name):
            values.pop(parameter.name, None)
    sink.params("fire", values)
