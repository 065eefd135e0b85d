"""Real trainings, tabulated once: `python bench/search/make_tables.py` (numpy, scikit-learn; minutes).

Each table in bench/search/data is a first line of JSON (axes with their levels, steps) and then a line for each
configuration and seed, the last axis and then the seed running fastest: the validation loss after each step.
"""
import itertools
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import train_test_split

FOLDER = Path(__file__).parent / "data"
SEEDS = 2
STEPS = 16


def tabulate(name, axes, train):
    meta = {"axes": [{"name": axis, "levels": levels} for axis, levels in axes.items()], "steps": STEPS, "seeds": SEEDS}
    with open(FOLDER / f"{name}.txt", "w") as file:
        file.write(json.dumps(meta) + "\n")
        for point in itertools.product(*axes.values()):
            for seed in range(SEEDS):
                curve = train(seed=seed, **dict(zip(axes, point)))
                file.write(",".join(f"{min(value, 99.0):.4g}" for value in curve) + "\n")
    print(name, "done", file=sys.stderr)


X, Y = load_digits(return_X_y=True)
X = (X / 16.0).astype(np.float32)
DIGITS = train_test_split(X, Y, test_size=597, random_state=0, stratify=Y)


def network(seed, optimizer, lr, hidden, batch, decay):
    """A network of one hidden layer on 8 x 8 digits, an epoch a step. `optimizer`: adam, or the momentum of SGD."""
    train, valid, labels, wanted = DIGITS
    random = np.random.default_rng(seed)
    adam = optimizer == "adam"
    weights = [random.normal(0, np.sqrt(2 / 64), (64, hidden)), np.zeros(hidden),
               random.normal(0, np.sqrt(1 / hidden), (hidden, 10)), np.zeros(10)]
    weights = [w.astype(np.float32) for w in weights]
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    momentum = 0.9 if adam else float(optimizer)
    curve, step = [], 0
    for _ in range(STEPS):
        order = random.permutation(len(train))
        for at in range(0, len(order), batch):
            rows = order[at:at + batch]
            x, y = train[rows], labels[rows]
            w1, b1, w2, b2 = weights
            h = np.maximum(0, x @ w1 + b1)
            logits = h @ w2 + b2
            p = np.exp(logits - logits.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            p[np.arange(len(y)), y] -= 1
            p /= len(y)
            back = (p @ w2.T) * (h > 0)
            grads = [x.T @ back + decay * w1, back.sum(0), h.T @ p + decay * w2, p.sum(0)]
            step += 1
            for i, g in enumerate(grads):
                if adam:
                    first[i] = 0.9 * first[i] + 0.1 * g
                    second[i] = 0.999 * second[i] + 0.001 * g * g
                    size = lr * np.sqrt(1 - 0.999 ** step) / (1 - 0.9 ** step)
                    weights[i] = weights[i] - size * first[i] / (np.sqrt(second[i]) + 1e-8)
                else:
                    first[i] = momentum * first[i] + g
                    weights[i] = weights[i] - lr * first[i]
        w1, b1, w2, b2 = weights
        with np.errstate(all="ignore"):
            logits = np.maximum(0, valid @ w1 + b1) @ w2 + b2
            logits = logits - logits.max(1, keepdims=True)
            loss = float(np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(len(wanted)), wanted]))
        curve.append(loss if np.isfinite(loss) else 99.0)
    return curve


def boosting(kind, data):
    train, valid, labels, wanted = train_test_split(*data, test_size=0.35, random_state=0)
    most = 4 * STEPS

    def fit(seed, lr, leaves, leaf, l2, features):
        """Gradient boosting, four trees a step."""
        model = kind(learning_rate=lr, max_iter=most, max_leaf_nodes=leaves, min_samples_leaf=leaf, l2_regularization=l2,
                     max_features=features, early_stopping=False, random_state=seed)
        model.fit(train, labels)
        if kind is HistGradientBoostingClassifier:
            losses = [log_loss(wanted, p) for p in model.staged_predict_proba(valid)]
        else:
            losses = [mean_squared_error(wanted, p) for p in model.staged_predict(valid)]
        return losses[3::4]

    return fit


TREES = {
    "lr": [0.01, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0],
    "leaves": [2, 4, 8, 16, 32],
    "leaf": [1, 6, 36],
    "l2": [0.001, 0.1, 10.0],
    "features": [0.2, 1.0],
}
tabulate("digits", {
    "optimizer": ["adam", "0", "0.5", "0.9"],
    "lr": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
    "hidden": [8, 24, 72, 216],
    "batch": [16, 64, 256],
    "decay": [1e-6, 1e-3, 0.1],
}, network)
tabulate("cancer", TREES, boosting(HistGradientBoostingClassifier, load_breast_cancer(return_X_y=True)))
data = load_diabetes(return_X_y=True)
tabulate("diabetes", TREES, boosting(HistGradientBoostingRegressor, (data[0], data[1] / 77.0)))
