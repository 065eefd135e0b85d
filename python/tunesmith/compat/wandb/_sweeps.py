"""``wandb.sweep`` and ``wandb.agent`` within one program: the function is called with drawn values, one run after the other."""
import itertools
import math
import random
import sys

_sweeps = {}


def sweep(sweep=None, entity=None, project=None, prior_runs=None):
    """Takes a sweep's configuration and returns an id for ``agent``."""
    config = sweep() if callable(sweep) else dict(sweep or {})
    if not isinstance(config.get("parameters"), dict):
        raise ValueError('a sweep needs "parameters"')
    found = f"sweep{len(_sweeps) + 1}"
    _sweeps[found] = (config, project or config.get("project"))
    return found


def agent(sweep_id, function=None, entity=None, project=None, count=None, forward_signals=None):
    """Calls ``function`` once for each set of values, at most ``count`` times. Other samplers than a grid draw at random here."""
    import tunesmith
    from tunesmith import _session

    if function is None or str(sweep_id).rsplit("/", 1)[-1] not in _sweeps:
        raise ValueError("wandb.agent: here it needs a function, and a sweep of this program")
    config, of_project = _sweeps[str(sweep_id).rsplit("/", 1)[-1]]
    method = str(config.get("method", "random"))
    if method not in ("grid", "random"):
        print(f"tunesmith: wandb.agent draws at random here instead of {method}; `tunesmith search FILE` reads sweep files", file=sys.stderr)
    if method != "grid" and count is None:
        raise ValueError("wandb.agent: a random sweep needs a count here")
    for values in itertools.islice(_grid(config["parameters"]) if method == "grid" else _draws(config["parameters"]), count):
        with _session.preset(values, project or of_project):
            try:
                function()
            finally:
                tunesmith.finish() if _session._current is not None else None


def _draws(parameters):
    source = random.Random()
    while True:
        yield {name: _drawn(each, source) for name, each in parameters.items()}


def _drawn(parameter, source):
    if "parameters" in parameter:
        return {name: _drawn(each, source) for name, each in parameter["parameters"].items()}
    if "value" in parameter:
        return parameter["value"]
    if "values" in parameter:
        weights = parameter.get("probabilities")
        return source.choices(list(parameter["values"]), weights)[0]
    kind = parameter.get("distribution")
    if kind in ("normal", "q_normal", "log_normal", "q_log_normal"):
        value = source.gauss(parameter.get("mu", 0), parameter.get("sigma", 1))
        value = math.exp(value) if "log" in kind else value
    else:
        low, high = parameter["min"], parameter["max"]
        whole = isinstance(low, int) and isinstance(high, int)
        kind = kind or ("int_uniform" if whole else "uniform")
        if kind == "int_uniform":
            return source.randint(low, high)
        if kind in ("log_uniform", "q_log_uniform"):
            # Their bounds are exponents.
            value = math.exp(source.uniform(low, high))
        elif "log_uniform" in kind:
            value = math.exp(source.uniform(math.log(low), math.log(high)))
        else:
            value = source.uniform(low, high)
    if kind.startswith("q_"):
        step = parameter.get("q", 1)
        value = round(value / step) * step
    return value


def _grid(parameters):
    names = list(parameters)
    for values in itertools.product(*(_choices(parameters[name]) for name in names)):
        yield dict(zip(names, values))


def _choices(parameter):
    if "parameters" in parameter:
        return list(_grid(parameter["parameters"]))
    if "value" in parameter:
        return [parameter["value"]]
    if "values" in parameter:
        return list(parameter["values"])
    low, high = parameter.get("min"), parameter.get("max")
    if isinstance(low, int) and isinstance(high, int):
        return list(range(low, high + 1))
    raise ValueError("a grid needs values, or min and max that are whole numbers")
