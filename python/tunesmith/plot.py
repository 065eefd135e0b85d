"""Plots that are made of data, as other trackers call them. Each is given to ``log``, and becomes a file of the run."""
import json
import math

from ._types import Media, Table, _array

MIME = "application/vnd.tunesmith.plot+json"
# Points of one line that are kept.
_MOST_POINTS = 1000
_MOST_CLASSES = 1000


class Plot(Media):
    """Lines, points or bars: ``{"kind", "title", "x", "y", "series": [{"name", "x", "y"}]}``."""

    end = ".json"
    mime = MIME

    def __init__(self, kind, title, x, y, series):
        super().__init__(None)
        self.spec = {"kind": kind, "title": title or "", "x": x, "y": y, "series": series}

    def _write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(_finite(self.spec), file, ensure_ascii=False, allow_nan=False)


class ConfusionMatrix(Table):
    """A row for each true class, with how many of its examples were taken for which."""

    #: The panel draws media of this name.
    NAME = "confusion matrix"

    def __init__(self, classes, counts):
        super().__init__(columns=["", *classes], data=[[name, *row] for name, row in zip(classes, counts)])

    def _record_into(self, run, name, step):
        super()._record_into(run, self.NAME, step)


def confusion_matrix(probs=None, y_true=None, preds=None, class_names=None, title=None, split_table=False):
    """
    Which classes were taken for which. ``y_true``: indexes of the true classes; ``preds``: of the predicted ones, or ``probs``:
    scores ``[example, class]``, of which the largest counts.
    """
    if (probs is None) == (preds is None):
        raise ValueError("confusion_matrix needs either probs or preds")
    if y_true is None:
        raise ValueError("confusion_matrix needs y_true")
    if preds is None:
        preds = _array(probs).argmax(-1)
    truth, predicted = _labels(y_true), _labels(preds)
    if len(truth) != len(predicted):
        raise ValueError(f"{len(truth)} true classes and {len(predicted)} predicted ones")
    if class_names is not None and not all(isinstance(label, int) for label in truth + predicted):
        places = {str(name): i for i, name in enumerate(class_names)}
        truth, predicted = ([places[str(label)] for label in labels] for labels in (truth, predicted))
    elif not all(isinstance(label, int) for label in truth + predicted):
        class_names = sorted({str(label) for label in truth + predicted})
        places = {name: i for i, name in enumerate(class_names)}
        truth, predicted = ([places[str(label)] for label in labels] for labels in (truth, predicted))
    count = max([*truth, *predicted, -1]) + 1
    classes = [str(name) for name in class_names] if class_names is not None else [f"Class_{i + 1}" for i in range(count)]
    if count > len(classes) or min([*truth, *predicted, 0]) < 0:
        raise ValueError(f"a class beyond the {len(classes)} names")
    if len(classes) > _MOST_CLASSES:
        raise ValueError(f"more than {_MOST_CLASSES} classes")
    counts = [[0] * len(classes) for _ in classes]
    for true, taken in zip(truth, predicted):
        counts[true][taken] += 1
    return ConfusionMatrix(classes, counts)


def roc_curve(y_true=None, y_probas=None, labels=None, classes_to_plot=None, title="ROC", split_table=False):
    """True over false positive rate, a line for each class. ``y_probas``: scores ``[example, class]``."""
    lines = []
    for name, truth, scores in _one_against_rest(y_true, y_probas, labels, classes_to_plot):
        hits, misses = _cumulative(truth, scores)
        positives, negatives = hits[-1], misses[-1]
        if positives and negatives:
            x = [0.0] + [count / negatives for count in misses]
            y = [0.0] + [count / positives for count in hits]
            lines.append(_line(name, x, y))
    return Plot("line", title, "false positive rate", "true positive rate", lines)


def pr_curve(y_true=None, y_probas=None, labels=None, classes_to_plot=None, interp_size=21, title="Precision-Recall", split_table=False):
    """Precision over recall, a line for each class. ``y_probas``: scores ``[example, class]``."""
    lines = []
    for name, truth, scores in _one_against_rest(y_true, y_probas, labels, classes_to_plot):
        hits, misses = _cumulative(truth, scores)
        if hits[-1]:
            x = [0.0] + [count / hits[-1] for count in hits]
            y = [1.0] + [good / (good + bad) for good, bad in zip(hits, misses)]
            lines.append(_line(name, x, y))
    return Plot("line", title, "recall", "precision", lines)


def line(table, x, y, stroke=None, title=None, split_table=False):
    """A line through the rows of a table; ``stroke`` names a column that tells several lines apart."""
    return Plot("line", title, x, y, _of_columns(table, x, y, stroke, in_order=True))


def scatter(table, x, y, title=None, split_table=False):
    return Plot("scatter", title, x, y, _of_columns(table, x, y, None, in_order=False))


def bar(table, label, value, title=None, split_table=False):
    at, height = table.columns.index(label), table.columns.index(value)
    rows = table.data[:_MOST_POINTS]
    series = [{"name": value, "x": [str(row[at]) for row in rows], "y": [float(row[height]) for row in rows]}]
    return Plot("bar", title, label, value, series)


def histogram(table, value, title=None, split_table=False):
    from ._types import Histogram

    at = table.columns.index(value)
    return Histogram([row[at] for row in table.data])


def line_series(xs, ys, keys=None, title=None, xname=None, split_table=False):
    """Several lines: ``ys`` are their values, ``xs`` the places of all of them, or of each."""
    ys = [list(values) for values in ys]
    shared = not (len(xs) and hasattr(xs[0], "__len__"))
    names = [str(key) for key in keys] if keys is not None else [f"key_{i}" for i in range(len(ys))]
    if len(names) != len(ys) or not (shared or len(xs) == len(ys)):
        raise ValueError(f"{len(ys)} lines need as many keys and places")
    lines = [_line(name, [float(v) for v in (xs if shared else xs[i])], [float(v) for v in ys[i]]) for i, name in enumerate(names)]
    return Plot("line", title, xname or "x", "", lines)


def _labels(values):
    found = values.tolist() if hasattr(values, "tolist") else list(values)
    return [int(label) if isinstance(label, float) and label.is_integer() else label for label in found]


def _one_against_rest(y_true, y_probas, labels, chosen):
    """For each class: its name, whether each example is of it, and its scores."""
    if y_true is None or y_probas is None:
        raise ValueError("both y_true and y_probas are needed")
    truth, scores = _labels(y_true), _array(y_probas)
    if scores.ndim != 2 or scores.shape[0] != len(truth):
        raise ValueError(f"y_probas must be [example, class] for {len(truth)} examples, not {list(scores.shape)}")
    classes = sorted(set(truth)) if not all(isinstance(label, int) for label in truth) else list(range(scores.shape[1]))
    if len(classes) != scores.shape[1]:
        raise ValueError(f"{len(classes)} classes and {scores.shape[1]} columns of scores")
    for i, label in enumerate(classes):
        if chosen is None or label in chosen:
            name = str(labels[i]) if labels is not None else str(label)
            yield name, [each == label for each in truth], scores[:, i].tolist()


def _cumulative(truth, scores):
    """How many examples at and above each score are of the class, and how many are not. Equal scores count at once."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    hits, misses = [], []
    good = bad = 0
    for place, i in enumerate(order):
        good += truth[i]
        bad += not truth[i]
        if place + 1 == len(order) or scores[order[place + 1]] != scores[i]:
            hits.append(good)
            misses.append(bad)
    return hits or [0], misses or [0]


def _line(name, x, y):
    """Thinned evenly when it is long; the ends stay."""
    if len(x) > _MOST_POINTS:
        kept = sorted({round(i * (len(x) - 1) / (_MOST_POINTS - 1)) for i in range(_MOST_POINTS)})
        x, y = [x[i] for i in kept], [y[i] for i in kept]
    return {"name": name, "x": x, "y": y}


def _of_columns(table, x, y, stroke, in_order):
    at, height = table.columns.index(x), table.columns.index(y)
    group = table.columns.index(stroke) if stroke is not None else None
    lines = {}
    for row in table.data:
        lines.setdefault(str(row[group]) if group is not None else y, []).append((float(row[at]), float(row[height])))
    found = []
    for name, points in lines.items():
        points = sorted(points, key=lambda point: point[0]) if in_order else points
        found.append(_line(name, [point[0] for point in points], [point[1] for point in points]))
    return found


def _finite(value):
    """JSON has no NaN and no infinities."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
