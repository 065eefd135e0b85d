"""scikit-learn: parameters and scores of what the program fits, cross-validations, searches, and metrics that it computes."""
import threading
from contextlib import nullcontext
from functools import wraps
from time import perf_counter

from ._fitted import Fitted, Pictures, importances

MODULES = ("sklearn.base", "sklearn.metrics", "sklearn.model_selection")

# Their training has a separate module here.
_OTHERS = ("xgboost.", "lightgbm.", "catboost.")
# Parts of a program that are not models: their fits are not listed.
_HELPERS = ("sklearn.preprocessing.", "sklearn.impute.", "sklearn.feature_", "sklearn.compose.")
_SCORES = (
    "accuracy_score",
    "average_precision_score",
    "balanced_accuracy_score",
    "brier_score_loss",
    "cohen_kappa_score",
    "explained_variance_score",
    "f1_score",
    "log_loss",
    "matthews_corrcoef",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_log_error",
    "median_absolute_error",
    "precision_score",
    "r2_score",
    "recall_score",
    "roc_auc_score",
    "root_mean_squared_error",
    "silhouette_score",
)


def install(module, sink):
    {"sklearn.base": _estimators, "sklearn.metrics": _metrics, "sklearn.model_selection": _validation}[module.__name__](module, sink)


def _estimators(module, sink):
    """Classes of estimators are made one by one as their modules are imported; `fit` is replaced where a class defines it."""
    base = module.BaseEstimator
    fits = Fits(sink, "sklearn")
    make = base.__init_subclass__.__func__

    def __init_subclass__(cls, **options):
        make(cls, **options)
        for name in ("fit", "fit_predict", "fit_transform"):
            if name in vars(cls) and not cls.__module__.startswith(_OTHERS):
                fits.watch(cls, name, quiet=True)

    base.__init_subclass__ = classmethod(__init_subclass__)

    def scored(result, args, _kwargs):
        if _is_number(result):
            sink.metrics("sklearn", {"score": result}, fits.next("score"))

    for name in ("ClassifierMixin", "RegressorMixin"):
        sink.around(getattr(module, name), "score", "sklearn", after=scored, quiet=True)


class Fits:
    """Tells of the fits of a library with this interface. ``fits.watch(cls, name)`` replaces the method."""

    def __init__(self, sink, library):
        self._sink = sink
        self._library = library
        self._first = None
        self._counts = {}
        self._pictures = Pictures(sink, library)
        self._fitting = False

    def next(self, what):
        self._counts[what] = self._counts.get(what, -1) + 1
        return self._counts[what]

    def watch(self, cls, name, quiet):
        """With ``quiet`` nothing that is observed within the fit is taken: the models that it fits are part of it."""
        original = vars(cls)[name]
        if not callable(original) or getattr(original, "__tunesmith__", False):
            return

        @wraps(original)
        def fit(estimator, *args, **kwargs):
            # Threads fit the parts of something that is fitted here, such as a bag of models. A class calls its base's method.
            if not self._sink.taking or self._fitting or threading.current_thread() is not threading.main_thread():
                return original(estimator, *args, **kwargs)
            self._fitting = True
            try:
                self._sink.guard(self._library, self._begin, estimator)
                began = perf_counter()
                with self._sink.quiet() if quiet else nullcontext():
                    result = original(estimator, *args, **kwargs)
                seconds = perf_counter() - began
            finally:
                self._fitting = False
            self._sink.guard(self._library, self._end, estimator, args, kwargs, seconds)
            return result

        fit.__tunesmith__ = True
        setattr(cls, name, fit)

    def _begin(self, estimator):
        kind = type(estimator).__name__
        if type(estimator).__module__.startswith(_HELPERS):
            return
        # The first model has its parameters as they are called; those of another kind carry its name.
        self._first = self._first or kind
        prefix = "" if kind == self._first else f"{kind}."
        params = {**params_of(estimator), "estimator": kind}
        self._sink.params(self._library, {f"{prefix}{name}": value for name, value in params.items()})

    def _end(self, estimator, args, kwargs, seconds):
        if type(estimator).__module__.startswith(_HELPERS):
            return
        step = self.next("fit")
        self._sink.metrics(self._library, {"fit_seconds": seconds}, step)
        if hasattr(estimator, "cv_results_"):
            self._sink.guard(self._library, _search, self._sink, estimator)
        x = args[0] if args else kwargs.get("X")
        y = args[1] if len(args) > 1 else kwargs.get("y")
        if not hasattr(estimator, "cv_results_") or hasattr(estimator, "best_estimator_"):
            self._sink.guard(self._library, self._scores, estimator, x, y, kwargs.get("sample_weight"), seconds, step)

    def _scores(self, estimator, x, y, weights, seconds, step):
        for i, loss in enumerate(getattr(estimator, "loss_curve_", None) or ()):
            self._sink.metrics(self._library, {"loss": loss}, i)
        with self._sink.quiet():
            fitted = Fitted(estimator, x, y, weights, seconds)
            values = fitted.scores()
        self._sink.metrics(self._library, values, step)
        self._pictures.add(lambda: {**fitted.pictures(), **importances(getattr(estimator, "best_estimator_", estimator))}, step)


def params_of(estimator):
    """Parameters, those of parts within it (a pipeline's steps) included; the parts themselves are named by their kinds."""
    params = {}
    for name, value in estimator.get_params(deep=True).items():
        if value is None or isinstance(value, (bool, int, float, str)):
            params[name] = value
        elif name != "steps":
            params[name] = type(value).__name__ if hasattr(value, "get_params") else str(value)
    return params


def _search(sink, search):
    """Each candidate of a search is a step; its parameters are in the table."""
    from .._types import Table

    results = search.cv_results_
    names = [name for name in results if name.startswith(("mean_", "std_")) and not name.endswith("score_time")]
    for i in range(len(results["params"])):
        sink.metrics("sklearn", {f"search/{name}": results[name][i] for name in names}, i)
    if hasattr(search, "best_score_"):
        sink.metrics("sklearn", {"best_score": search.best_score_}, 0)
    sink.params("sklearn", {f"best.{name}": value for name, value in (getattr(search, "best_params_", None) or {}).items()})
    columns = [name for name in results if name != "params"]
    rows = list(zip(*(results[name] for name in columns)))
    sink.media("sklearn", "cv_results", lambda: Table(columns=columns, data=rows))


def _validation(module, sink):
    def folds(values, prefix):
        for name, series in values.items():
            for i, value in enumerate(series):
                sink.metrics("sklearn", {f"{prefix}{name}": value}, i)
            mean = sum(series) / len(series)
            deviation = (sum((value - mean) ** 2 for value in series) / len(series)) ** 0.5
            sink.metrics("sklearn", {f"{prefix}{name}/mean": mean, f"{prefix}{name}/std": deviation}, 0)

    def score(result, args, kwargs):
        estimator(args, kwargs)
        folds({"score": list(result)}, "cv/")

    def validate(result, args, kwargs):
        estimator(args, kwargs)
        folds({name: list(series) for name, series in result.items() if name.startswith(("test_", "train_"))}, "cv/")

    def estimator(args, kwargs):
        model = args[0] if args else kwargs.get("estimator")
        sink.params("sklearn", {**params_of(model), "estimator": type(model).__name__})

    _function(module, "cross_val_score", score, sink)
    _function(module, "cross_validate", validate, sink)


def _metrics(module, sink):
    counts = {}

    def hook(name):
        def computed(result, _args, _kwargs):
            if _is_number(result):
                counts[name] = counts.get(name, -1) + 1
                sink.metrics("sklearn", {name: result}, counts[name])

        _function(module, name, computed, sink)

    for name in _SCORES:
        if hasattr(module, name):
            hook(name)
    _reports(module, sink)


def _reports(module, sink):
    """The report and the confusion matrix that the program computes, mostly of test data."""
    counts = {}

    def at(name):
        counts[name] = counts.get(name, -1) + 1
        return counts[name]

    def reported(result, _args, _kwargs):
        from .._types import Text

        if isinstance(result, str):
            sink.media("sklearn", "classification report", lambda: Text(result), at("report"))
        else:
            for row, values in result.items():
                values = values if isinstance(values, dict) else {"": values}
                sink.metrics("sklearn", {f"report/{row}/{name}".rstrip("/"): value for name, value in values.items()}, at(f"report {row}"))

    def counted(result, args, kwargs):
        from ..plot import ConfusionMatrix

        labels = kwargs.get("labels")
        if labels is None:
            truth, predicted = (args[i] if len(args) > i else kwargs.get(name) for i, name in enumerate(("y_true", "y_pred")))
            with sink.quiet():
                labels = unique_labels(truth, predicted)
        names = [str(label) for label in labels]
        if len(names) == len(result) and kwargs.get("normalize") is None:
            sink.media("sklearn", ConfusionMatrix.NAME, lambda: ConfusionMatrix(names, result.tolist()), at("confusion"))

    from sklearn.utils.multiclass import unique_labels

    _function(module, "classification_report", reported, sink)
    _function(module, "confusion_matrix", counted, sink)


def _function(module, name, after, sink):
    """Replaces a function in the package and where it is defined, as pickle looks there for it."""
    import sys

    original = getattr(module, name)
    sink.around(module, name, "sklearn", after=after, quiet=True)
    home = sys.modules.get(original.__module__)
    if home is not None and getattr(home, name, None) is original:
        setattr(home, name, getattr(module, name))


def _is_number(value):
    return isinstance(value, (int, float)) or (hasattr(value, "item") and getattr(value, "ndim", 1) == 0)
