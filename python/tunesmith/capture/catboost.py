"""CatBoost: parameters and the metrics of each iteration, through a callback of its own kind."""
MODULES = ("catboost.core",)


def install(module, sink):
    from inspect import signature

    model = module.CatBoost
    form = signature(model._fit)

    def fitting(args, kwargs):
        bound = form.bind(*args, **kwargs)
        given = bound.arguments
        params = {name: value for name, value in args[0].get_params().items() if not callable(value)}
        sink.params("catboost", params)
        # On a GPU it takes no callbacks; its results are read afterwards.
        if "callbacks" in form.parameters and str(params.get("task_type", "CPU")).upper() != "GPU":
            given["callbacks"] = [*(given.get("callbacks") or ()), _Iterations(sink)]
        return bound.args, bound.kwargs

    def fitted(_result, args, _kwargs):
        if str(args[0].get_params().get("task_type", "CPU")).upper() == "GPU":
            _afterwards(sink, args[0].get_evals_result())
        if args[0].get_best_iteration() is not None:
            sink.facts("catboost", {"best_iteration": args[0].get_best_iteration()})

    sink.around(model, "_fit", "catboost", before=fitting, after=fitted)


class _Iterations:
    def __init__(self, sink):
        self._sink = sink

    def after_iteration(self, info):
        self._sink.guard("catboost", self._note, info)
        return True

    def _note(self, info):
        values = {}
        for data, metrics in (info.metrics or {}).items():
            for metric, series in metrics.items():
                values[f"{data}/{metric}"] = series[-1]
        self._sink.metrics("catboost", values, info.iteration - 1)


def _afterwards(sink, results):
    for data, metrics in (results or {}).items():
        for metric, series in metrics.items():
            for step, value in enumerate(series):
                sink.metrics("catboost", {f"{data}/{metric}": value}, step)
