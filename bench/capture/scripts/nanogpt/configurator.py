# Executed by train.py: a file's name among the arguments is executed, `--name=value` sets one value.
import sys
from ast import literal_eval

for argument in sys.argv[1:] or ["config/small.py"]:
    if argument.startswith("--"):
        name, _, value = argument[2:].partition("=")
        if name not in globals():
            raise ValueError(f"there is no setting {name}")
        globals()[name] = literal_eval(value)
    else:
        exec(open(argument).read())
