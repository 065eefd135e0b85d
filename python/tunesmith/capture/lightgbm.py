"""LightGBM: parameters and the evaluation of each round, through a callback of its own kind."""
MODULES = ("lightgbm.engine",)


def install(module, sink):
    from inspect import signature

    for name in ("train", "cv"):
        _hook(module, name, signature(getattr(module, name)), sink)


def _hook(module, name, form, sink):
    def training(args, kwargs):
        bound = form.bind(*args, **kwargs)
        given = bound.arguments
        params = {key: value for key, value in (given.get("params") or {}).items() if value is not None and not callable(value)}
        rounds = given.get("num_boost_round", form.parameters["num_boost_round"].default)
        sink.params("lightgbm", {"num_boost_round": rounds, **params})
        given["callbacks"] = [*(given.get("callbacks") or ()), after_round]
        return bound.args, bound.kwargs

    def after_round(env):
        sink.guard("lightgbm", _round, sink, env)

    # After the evaluation has been printed and before early stopping ends the training.
    after_round.order = 25
    after_round.before_iteration = False
    sink.around(module, name, "lightgbm", before=training)


def _round(sink, env):
    values = {}
    for entry in env.evaluation_result_list or ():
        data, metric, value = entry[:3]
        values[f"{data}/{metric}"] = value
        if len(entry) > 4:
            values[f"{data}/{metric}/std"] = entry[4]
    sink.metrics("lightgbm", values, env.iteration)
    if env.end_iteration:
        sink.progress((env.iteration + 1) / env.end_iteration, f"round {env.iteration + 1}/{env.end_iteration}")
