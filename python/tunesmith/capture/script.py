"""Scripts that read no arguments: the constants at their top are their hyperparameters.

Only names that the script assigns once, at the top level and as a plain number, word or truth value, count; a counter or a best
loss is assigned again. The values are those that the names have when the first metric comes, as a file of settings that the
script executes may have changed them.
"""
import re
import sys

MODULES = ()

# Their values say how the program was started.
_PARSERS = ("absl", "argparse", "click", "draccus", "fire", "hydra", "jsonargparse", "omegaconf", "tyro")
_LARGEST = 1 << 20
_MOST = 100
_WORD = re.compile(r"[\w.+-]{1,60}")


def constants(sink):
    if any(name in sink.seen for name in _PARSERS):
        return
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    if path is None or not path.endswith(".py"):
        return
    with open(path, "rb") as file:
        text = file.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        return
    values = vars(main)
    found = {name: values[name] for name in _names(text) if _is_setting(values.get(name))}
    sink.params("script", dict(list(found.items())[:_MOST]))


def _names(text):
    """Names that are assigned once in the module's own scope, as a constant or a list of constants."""
    import ast

    tree = ast.parse(text)
    counts = {}
    for node in _of_module(tree, ast):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            counts[node.id] = counts.get(node.id, 0) + 1
        elif isinstance(node, ast.Global):
            counts.update({name: 2 for name in node.names})
    for node in tree.body:
        value, targets = getattr(node, "value", None), getattr(node, "targets", [getattr(node, "target", None)])
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or len(targets) != 1 or not isinstance(targets[0], ast.Name):
            continue
        name = targets[0].id
        if counts.get(name) == 1 and not name.startswith("_") and _is_plain(value, ast):
            yield name


def _of_module(tree, ast):
    """Everything but the names of functions and classes; what these declare as global is in."""
    left = [tree]
    while left:
        for child in ast.iter_child_nodes(left.pop()):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
                yield from (inner for inner in ast.walk(child) if isinstance(inner, ast.Global))
            elif not isinstance(child, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                yield child
                left.append(child)


def _is_plain(node, ast):
    """Whether it is computed of constants alone, such as `5 * 8`, `-1` or `(3, 3)`."""
    kinds = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.operator, ast.unaryop, ast.expr_context)
    return node is not None and all(isinstance(each, kinds) for each in ast.walk(node))


def _is_setting(value):
    if isinstance(value, (list, tuple)):
        return 0 < len(value) <= 20 and all(_is_number(each) for each in value)
    if _is_number(value):
        return True
    if not isinstance(value, str) or _WORD.fullmatch(value) is None:
        return False
    from ._secrets import is_random

    return not is_random(value)


def _is_number(value):
    return isinstance(value, float) or isinstance(value, int) and abs(value) < 1 << 63
