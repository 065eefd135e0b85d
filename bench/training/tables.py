"""Writes the tables as CSV files and scores scikit-learn's MLP on them, for tables.mjs.

    python tables.py FOLDER SPLITS
"""
import csv
import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_circles,
    make_classification,
    make_friedman1,
    make_hastie_10_2,
    make_moons,
)
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
folder, splits = pathlib.Path(sys.argv[1]), int(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
TABLES = {
    "iris": load_iris(return_X_y=True),
    "wine": load_wine(return_X_y=True),
    "breast cancer": load_breast_cancer(return_X_y=True),
    "digits": load_digits(return_X_y=True),
    "diabetes": load_diabetes(return_X_y=True),
    "moons": make_moons(600, noise=0.25, random_state=3),
    "circles": make_circles(400, noise=0.15, factor=0.5, random_state=3),
    "clusters": make_classification(800, 20, n_informative=8, n_classes=4, flip_y=0.05, random_state=3),
    "hastie": make_hastie_10_2(1000, random_state=3),
    "friedman": make_friedman1(500, noise=1.0, random_state=3),
}


def write(path, inputs, targets, classes):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"x{i}" for i in range(inputs.shape[1])] + ["y"])
        for row, target in zip(inputs, targets):
            rows.writerow([repr(float(v)) for v in row] + [f"class {target}" if classes else repr(float(target))])


results = []
for name, (inputs, targets) in TABLES.items():
    classes = name not in ("diabetes", "friedman")
    for split in range(splits):
        parts = train_test_split(
            inputs, targets, test_size=0.25, random_state=100 + split, stratify=targets if classes else None
        )
        x, x_test, y, y_test = parts
        file = f"{name.replace(' ', '-')}-{split}"
        write(folder / f"{file}-train.csv", x, y, classes)
        write(folder / f"{file}-test.csv", x_test, y_test, classes)
        model = MLPClassifier if classes else MLPRegressor
        score = lambda one: one.fit(x, y).score(x_test, y_test)
        results.append(
            {
                "table": name,
                "split": split,
                "file": file,
                "classes": classes,
                "plain": score(model(random_state=split)),
                "scaled": score(make_pipeline(StandardScaler(), model(random_state=split))),
            }
        )
print(json.dumps({"version": sklearn.__version__, "results": results}))
