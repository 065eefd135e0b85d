"""What is told of a model that was fitted: scores on the data that it was fitted with, and pictures of them.

Libraries with the interface of scikit-learn share it. It is computed after the fit, so nothing of it slows a step down.
"""
from time import perf_counter

# Scores on the training data are computed up to so many rows.
_MOST_ROWS = 100_000
# With more rows than these, some are predicted first, to tell how long all will take.
_FEW_ROWS = 2_000
# Pictures are made of so many fits of a run, at most, and for so many classes.
_MOST_PICTURED = 20
_MOST_CLASSES = 50
# Bars of a picture of importances.
_MOST_FEATURES = 50


def kind_of(estimator):
    """``"classifier"``, ``"regressor"``, or None for anything else."""
    kind = getattr(estimator, "_estimator_type", None)
    if kind is None:
        from sklearn.base import is_classifier, is_regressor

        try:
            kind = "classifier" if is_classifier(estimator) else "regressor" if is_regressor(estimator) else None
        except AttributeError:
            # Versions of a library and of scikit-learn that don't know each other.
            kind = "classifier" if hasattr(estimator, "classes_") else None
    return kind if kind in ("classifier", "regressor") else None


class Fitted:
    """A model that has just been fitted to ``x`` and ``y`` within ``seconds``. Predictions are made once for all that needs them."""

    def __init__(self, estimator, x, y, weights=None, seconds=None):
        self._estimator = estimator
        self._y = y
        self._weights = weights
        self._kind = kind_of(estimator)
        self._predicted = self._shares = None
        rows = getattr(x, "shape", None)
        rows = rows[0] if rows else len(x) if hasattr(x, "__len__") else 0
        if y is not None and self._kind is not None and rows <= _MOST_ROWS and hasattr(estimator, "predict"):
            if rows <= _FEW_ROWS or seconds is None or _lasts(estimator, x, rows) <= seconds + 1:
                self._predicted = estimator.predict(x)
                if hasattr(estimator, "predict_proba"):
                    self._shares = estimator.predict_proba(x)

    def scores(self):
        """Metrics by name; those of the training data are called ``training_…``."""
        if self._predicted is None:
            return {"inertia": self._estimator.inertia_} if hasattr(self._estimator, "inertia_") else {}
        return self._of_classes() if self._kind == "classifier" else self._of_numbers()

    def _of_classes(self):
        from sklearn import metrics

        y, predicted, weights = self._y, self._predicted, self._weights
        values = {"training_accuracy": metrics.accuracy_score(y, predicted, sample_weight=weights)}
        for name in ("f1", "precision", "recall"):
            score = getattr(metrics, f"{name}_score")
            values[f"training_{name}"] = score(y, predicted, average="weighted", zero_division=0, sample_weight=weights)
        if self._shares is not None and getattr(self._shares, "ndim", 0) == 2:
            classes, shares = self._estimator.classes_, self._shares
            values["training_log_loss"] = metrics.log_loss(y, shares, labels=classes, sample_weight=weights)
            scored = shares[:, 1] if len(classes) == 2 else shares
            if len(classes) > 1:
                values["training_roc_auc"] = metrics.roc_auc_score(
                    y, scored, multi_class="ovr", average="weighted", sample_weight=weights
                )
        return values

    def _of_numbers(self):
        from sklearn import metrics

        y, predicted, weights = self._y, self._predicted, self._weights
        squared = metrics.mean_squared_error(y, predicted, sample_weight=weights)
        return {
            "training_mse": squared,
            "training_rmse": squared**0.5,
            "training_mae": metrics.mean_absolute_error(y, predicted, sample_weight=weights),
            "training_r2": metrics.r2_score(y, predicted, sample_weight=weights),
        }

    def pictures(self):
        """What ``log`` takes, by name: the confusion matrix, and ROC and precision-recall curves of a classifier."""
        from .. import plot

        if self._kind != "classifier" or self._predicted is None or getattr(self._predicted, "ndim", 0) != 1:
            return {}
        classes = list(getattr(self._estimator, "classes_", ()))
        if not 1 < len(classes) <= _MOST_CLASSES:
            return {}
        names = [str(each) for each in classes]
        places = {each: i for i, each in enumerate(classes)}
        truth, predicted = ([places[label] for label in _flat(labels)] for labels in (self._y, self._predicted))
        found = {plot.ConfusionMatrix.NAME: plot.confusion_matrix(y_true=truth, preds=predicted, class_names=names)}
        if self._shares is not None and getattr(self._shares, "ndim", 0) == 2:
            # One curve tells all of two classes.
            chosen = [1] if len(classes) == 2 else None
            found["training_roc_curve"] = plot.roc_curve(truth, self._shares, names, chosen)
            found["training_precision_recall_curve"] = plot.pr_curve(truth, self._shares, names, chosen)
        return found


class Pictures:
    """Makes the pictures of the first fits of a run: each is a file."""

    def __init__(self, sink, library):
        self._sink = sink
        self._library = library
        self._made = 0

    def add(self, make, step):
        """``make()`` gives pictures by name."""
        if self._made >= _MOST_PICTURED:
            if self._made == _MOST_PICTURED:
                self._made += 1
                self._sink.tell(f"pictures {self._library}", f"pictures are made of the first {_MOST_PICTURED} models that are fitted")
            return
        self._made += 1
        with self._sink.quiet():
            found = make()
        for name, picture in found.items():
            self._sink.media(self._library, name, lambda picture=picture: picture, step)


def importances(estimator):
    """The picture of a model's ``feature_importances_``, or of the coefficients of a linear one, by name."""
    values = getattr(estimator, "feature_importances_", None)
    title = "feature importance"
    if values is None and getattr(getattr(estimator, "coef_", None), "ndim", 0) <= 2:
        values = getattr(estimator, "coef_", None)
        title = "coefficients"
        if values is not None and getattr(values, "ndim", 1) == 2:
            values = values[0] if values.shape[0] == 1 else None
    if values is None or getattr(values, "ndim", 0) != 1 or not hasattr(values, "tolist"):
        return {}
    names = getattr(estimator, "feature_names_in_", None)
    return {title: bars(title, names, values.tolist())}


def bars(title, names, values):
    """The largest of ``values``, each with the name of its feature; features without a name are called by their index."""
    from ..plot import Plot

    names = [f"feature {i}" for i in range(len(values))] if names is None else [str(name) for name in names]
    largest = sorted(zip(names, values), key=lambda pair: -abs(pair[1]))[:_MOST_FEATURES]
    series = {"name": title, "x": [name for name, _ in largest], "y": [float(value) for _, value in largest]}
    return Plot("bar", title, "feature", title, [series])


def _lasts(estimator, x, rows):
    """Seconds that the prediction of all rows will take, roughly."""
    part = x.iloc[:256] if hasattr(x, "iloc") else x[:256]
    began = perf_counter()
    estimator.predict(part)
    return (perf_counter() - began) * rows / 256


def _flat(labels):
    values = labels.to_numpy() if hasattr(labels, "to_numpy") else labels
    return values.ravel().tolist() if hasattr(values, "ravel") else list(values)
