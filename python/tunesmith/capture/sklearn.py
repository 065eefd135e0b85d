"""scikit-learn: parameters and scores of what the program fits, cross-validations, searches, and metrics that it computes."""
import threading
from functools import wraps
from time import perf_counter

MODULES = ("sklearn.base", "sklearn.metrics", "sklearn.model_selection")

# Largest number of rows for which scores on the training data are computed.
_MOST_ROWS = 100_000
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
    fits = _Fits(sink)
    make = base.__init_subclass__.__func__

    def __init_subclass__(cls, **options):
        make(cls, **options)
        for name in ("fit", "fit_predict", "fit_transform"):
            if name in vars(cls) and not cls.__module__.startswith(_OTHERS):
                _replace(cls, name, sink, fits)

    base.__init_subclass__ = classmethod(__init_subclass__)

    def scored(result, args, _kwargs):
        if _is_number(result) and not type(args[0]).__module__.startswith(_OTHERS):
            sink.metrics("sklearn", {"score": result}, fits.next("score"))

    for name in ("ClassifierMixin", "RegressorMixin"):
        sink.around(getattr(module, name), "score", "sklearn", after=scored, quiet=True)


def _replace(cls, name, sink, fits):
    original = vars(cls)[name]
    if not callable(original):
        return

    @wraps(original)
    def fit(self, *args, **kwargs):
        # Threads fit the parts of something that is fitted here, such as a bag of models.
        if not sink.taking or threading.current_thread() is not threading.main_thread():
            return original(self, *args, **kwargs)
        began = perf_counter()
        # The models that it fits within itself are part of it.
        with sink.quiet():
            result = original(self, *args, **kwargs)
        sink.guard("sklearn", fits.note, self, args, kwargs, perf_counter() - began)
        return result

    setattr(cls, name, fit)


class _Fits:
    def __init__(self, sink):
        self._sink = sink
        self._first = None
        self._counts = {}

    def next(self, what):
        self._counts[what] = self._counts.get(what, -1) + 1
        return self._counts[what]

    def note(self, estimator, args, kwargs, seconds):
        kind = type(estimator).__name__
        if type(estimator).__module__.startswith(_HELPERS):
            return
        # The first model has its parameters as they are called; those of another kind carry its name.
        self._first = self._first or kind
        prefix = "" if kind == self._first else f"{kind}."
        params = _params(estimator)
        self._sink.params("sklearn", {f"{prefix}{name}": value for name, value in {**params, "estimator": kind}.items()})
        step = self.next("fit")
        self._sink.metrics("sklearn", {"fit_seconds": seconds}, step)
        if hasattr(estimator, "cv_results_"):
            self._sink.guard("sklearn", _search, self._sink, estimator)
        else:
            x = args[0] if args else kwargs.get("X")
            y = args[1] if len(args) > 1 else kwargs.get("y")
            self._sink.guard("sklearn", self._train_scores, estimator, x, y, step)

    def _train_scores(self, estimator, x, y, step):
        values = {}
        with self._sink.quiet():
            losses = getattr(estimator, "loss_curve_", None)
            if y is not None and getattr(x, "shape", (0,))[0] <= _MOST_ROWS and hasattr(estimator, "predict"):
                values = _scores(estimator, x, y)
        for i, loss in enumerate(losses or ()):
            self._sink.metrics("sklearn", {"loss": loss}, i)
        self._sink.metrics("sklearn", values, step)


def _params(estimator):
    """Parameters, those of parts within it (a pipeline's steps) included; the parts themselves are named by their kinds."""
    params = {}
    for name, value in estimator.get_params(deep=True).items():
        if value is None or isinstance(value, (bool, int, float, str)):
            params[name] = value
        elif name != "steps":
            params[name] = type(value).__name__ if hasattr(value, "get_params") else str(value)
    return params


def _scores(estimator, x, y):
    from sklearn import metrics
    from sklearn.base import is_classifier, is_regressor

    if is_classifier(estimator):
        predicted = estimator.predict(x)
        values = {
            "training_accuracy": metrics.accuracy_score(y, predicted),
            "training_f1": metrics.f1_score(y, predicted, average="weighted"),
            "training_precision": metrics.precision_score(y, predicted, average="weighted", zero_division=0),
            "training_recall": metrics.recall_score(y, predicted, average="weighted", zero_division=0),
        }
        if hasattr(estimator, "predict_proba"):
            shares = estimator.predict_proba(x)
            values["training_log_loss"] = metrics.log_loss(y, shares, labels=estimator.classes_)
            both = len(estimator.classes_) == 2
            values["training_roc_auc"] = metrics.roc_auc_score(y, shares[:, 1] if both else shares, multi_class="ovr", average="weighted")
        return values
    if is_regressor(estimator):
        predicted = estimator.predict(x)
        squared = metrics.mean_squared_error(y, predicted)
        return {
            "training_mse": squared,
            "training_rmse": squared**0.5,
            "training_mae": metrics.mean_absolute_error(y, predicted),
            "training_r2": metrics.r2_score(y, predicted),
        }
    if hasattr(estimator, "inertia_"):
        return {"inertia": estimator.inertia_}
    return {}


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
        sink.params("sklearn", {**_params(model), "estimator": type(model).__name__})

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
