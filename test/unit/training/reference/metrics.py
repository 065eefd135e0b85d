"""Writes metrics.json: what scikit-learn's metrics are for fixed outputs of networks.

    python metrics.py > metrics.json
"""
import json
import warnings

import numpy as np
import sklearn
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
    root_mean_squared_error,
    top_k_accuracy_score,
)

warnings.filterwarnings("ignore")
random = np.random.default_rng(5)


def float32(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def classes(count, examples, outputs=None, absent=(), separation=1.0):
    """`absent`: classes that no example has, and that no network would choose."""
    outputs = outputs or count
    present = [i for i in range(count) if i not in absent]
    truth = random.choice(present, examples)
    if outputs == 1:
        scores = float32(random.normal(size=(examples, 1)) + separation * (2 * truth[:, None] - 1))
        predicted = (scores[:, 0] > 0).astype(int)
    else:
        scores = random.normal(size=(examples, outputs)) + separation * np.eye(count)[truth]
        scores[:, list(absent)] -= 100
        scores = float32(scores)
        predicted = scores.argmax(axis=1)
    labels = list(range(count))
    precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    macro = precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0)
    case = {
        "classes": count,
        "truth": truth.tolist(),
        "outputs": scores.tolist(),
        "accuracy": accuracy_score(truth, predicted),
        "precision": macro[0],
        "recall": macro[1],
        "f1": macro[2],
        "perClass": {"precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist()},
        "confusion": confusion_matrix(truth, predicted, labels=labels).tolist(),
    }
    if outputs > 2:
        case["top"] = {k: top_k_accuracy_score(truth, scores, k=k, labels=labels) for k in (1, 2, 3)}
    return case


def numbers(examples, width, constant=False):
    truth = float32(random.normal(size=(examples, width)) * 50 + 1000)
    if constant:
        truth[:, 0] = 7
    outputs = float32(truth + random.normal(size=(examples, width)) * np.arange(10, 10 * width + 10, 10))
    return {
        "width": width,
        "truth": truth.tolist(),
        "outputs": outputs.tolist(),
        "mae": mean_absolute_error(truth, outputs),
        "rmse": root_mean_squared_error(truth, outputs),
        "r2": r2_score(truth, outputs),
    }


print(
    json.dumps(
        {
            "sklearn": sklearn.__version__,
            "classes": {
                "two classes, two outputs": classes(2, 20),
                "two classes, one output": classes(2, 20, outputs=1, separation=0.7),
                "five classes": classes(5, 40),
                "classes that no example has": classes(6, 25, absent=(0, 4)),
                "a class that is never found": classes(4, 12, separation=-1.5),
            },
            "numbers": {
                "one number": numbers(25, 1),
                "three numbers": numbers(15, 3),
                "a number that is always the same": numbers(10, 2, constant=True),
            },
        }
    )
)
