"""CatBoost: parameters, the metrics of each iteration through a callback of its own kind, scores and pictures of the model."""
from time import perf_counter

from ._fitted import Fitted, Pictures, bars

MODULES = ("catboost.core",)


def install(module, sink):
    from inspect import signature

    model = module.CatBoost
    form = signature(model._fit)
    pictures = Pictures(sink, "catboost")
    began = []

    def fitting(args, kwargs):
        bound = form.bind(*args, **kwargs)
        given = bound.arguments
        params = {name: value for name, value in args[0].get_params().items() if not callable(value)}
        sink.params("catboost", params)
        # On a GPU it takes no callbacks; its results are read afterwards.
        if "callbacks" in form.parameters and str(params.get("task_type", "CPU")).upper() != "GPU":
            given["callbacks"] = [*(given.get("callbacks") or ()), _Iterations(sink)]
        began[:] = [perf_counter()]
        return bound.args, bound.kwargs

    def fitted(_result, args, kwargs):
        if str(args[0].get_params().get("task_type", "CPU")).upper() == "GPU":
            _afterwards(sink, args[0].get_evals_result())
        if args[0].get_best_iteration() is not None:
            sink.facts("catboost", {"best_iteration": args[0].get_best_iteration()})
        sink.guard("catboost", _resulted, sink, pictures, form.bind(*args, **kwargs).arguments, perf_counter() - began[0])

    sink.around(model, "_fit", "catboost", before=fitting, after=fitted)


def _resulted(sink, pictures, given, seconds):
    """All parameters that were in force, and what the fitted model gets right of its training data."""
    estimator = given["self"]
    # Those that were given stay as they are; these are the defaults, and what was derived from the data.
    sink.params("catboost", {name: value for name, value in estimator.get_all_params().items() if isinstance(value, (bool, int, float, str))})
    x, y = given.get("X"), given.get("y")
    if not (hasattr(x, "shape") and y is not None and _has_sklearn()):
        # A Pool keeps its labels to itself, and scores are computed by scikit-learn.
        x = y = None
    with sink.quiet():
        fitted = Fitted(estimator, x, y, given.get("sample_weight"), seconds) if y is not None else None
        scores = fitted.scores() if fitted is not None else {}
    sink.metrics("catboost", scores, 0)

    def make():
        names, values = estimator.feature_names_, estimator.get_feature_importance().tolist()
        return {**(fitted.pictures() if fitted is not None else {}), "feature importance": bars("feature importance", names, values)}

    pictures.add(make, 0)


def _has_sklearn():
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


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
