"""Writes tables as CSV files, and tunes scikit-learn's models on them for a given time, for run.mjs.

    python peers.py write FOLDER SPLITS FIRST    writes TABLE-SPLIT-train.csv and -test.csv, prints their names
    python peers.py tune FOLDER NAME MODEL SECONDS SEED
    python peers.py score FOLDER NAME PREDICTIONS
"""
import csv
import json
import pathlib
import sys
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
TABLES = {
    "iris": load_iris,
    "wine": load_wine,
    "breast-cancer": load_breast_cancer,
    "digits": load_digits,
    "diabetes": load_diabetes,
}


def write_table(path, inputs, targets):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"x{i}" for i in range(inputs.shape[1])] + ["y"])
        for row, target in zip(inputs, targets):
            rows.writerow([repr(float(v)) for v in row] + [target])


def read_table(path):
    with open(path) as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[float(v) for v in row[:-1]] for row in rows]), np.array([row[-1] for row in rows])


def write(folder, splits, first):
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for table, load in TABLES.items():
        inputs, targets = load(return_X_y=True)
        classes = table != "diabetes"
        words = [f"class {t}" if classes else repr(float(t)) for t in targets]
        for split in range(first, first + splits):
            x, x_test, y, y_test = train_test_split(
                inputs, words, test_size=0.25, random_state=100 + split, stratify=targets if classes else None
            )
            name = f"{table}-{split}"
            write_table(folder / f"{name}-train.csv", x, y)
            write_table(folder / f"{name}-test.csv", x_test, y_test)
            names.append({"name": name, "table": table, "classes": classes})
    print(json.dumps(names))


def draw(model, classes, random):
    """A random configuration, in the ranges that are usual for the model."""
    log = lambda low, high: float(np.exp(random.uniform(np.log(low), np.log(high))))
    if model == "boosting":
        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        return kind(
            learning_rate=log(0.01, 0.5),
            max_iter=int(log(30, 500)),
            max_leaf_nodes=int(log(4, 128)),
            min_samples_leaf=int(log(2, 60)),
            l2_regularization=log(1e-6, 10),
            random_state=0,
        )
    kind = MLPClassifier if classes else MLPRegressor
    return make_pipeline(
        StandardScaler(),
        kind(
            hidden_layer_sizes=(int(log(16, 256)),) * int(random.integers(1, 5)),
            activation=random.choice(["relu", "tanh"]),
            alpha=log(1e-6, 1),
            learning_rate_init=log(5e-4, 5e-2),
            batch_size=int(random.choice([16, 32, 64, 128])),
            max_iter=int(log(20, 500)),
            random_state=0,
        ),
    )


def tune(folder, name, model, seconds, seed):
    """Random search with a validation part, as long as there is time; the best one is trained again on everything."""
    began_all = time.monotonic()
    end = began_all + seconds
    x, y = read_table(folder / f"{name}-train.csv")
    x_test, y_test = read_table(folder / f"{name}-test.csv")
    classes = not name.startswith("diabetes")
    if not classes:
        y, y_test = y.astype(float), y_test.astype(float)
    x_fit, x_val, y_fit, y_val = train_test_split(x, y, test_size=0.2, random_state=1, stratify=y if classes else None)
    random = np.random.default_rng(seed)
    best, tried, longest = None, 0, 0.0
    while best is None or time.monotonic() + 2 * longest < end:
        began = time.monotonic()
        one = draw(model, classes, random).fit(x_fit, y_fit)
        loss = (
            log_loss(y_val, one.predict_proba(x_val), labels=one.classes_)
            if classes
            else mean_squared_error(y_val, one.predict(x_val))
        )
        tried += 1
        longest = max(longest, time.monotonic() - began)
        if best is None or loss < best[0]:
            best = (loss, one)
    final = best[1].fit(x, y)
    print(json.dumps({"score": final.score(x_test, y_test), "tried": tried, "took": time.monotonic() - began_all}))


def score(folder, name, predictions):
    _, y_test = read_table(folder / f"{name}-test.csv")
    with open(predictions) as file:
        predicted = [row.get("prediction", row.get("prediction:y")) for row in csv.DictReader(file)]
    if name.startswith("diabetes"):
        print(json.dumps({"score": r2_score(y_test.astype(float), np.array(predicted, float))}))
    else:
        print(json.dumps({"score": accuracy_score(y_test, predicted)}))


command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
if command == "write":
    write(folder, int(sys.argv[3]), int(sys.argv[4]))
elif command == "tune":
    tune(folder, sys.argv[3], sys.argv[4], float(sys.argv[5]), int(sys.argv[6]))
else:
    score(folder, sys.argv[3], sys.argv[4])
