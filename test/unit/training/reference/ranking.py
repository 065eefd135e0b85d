"""Writes ranking.json: scikit-learn's areas under the ROC curve and average precisions, for scores with ties.

    python ranking.py > ranking.json
"""
import json

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

random = np.random.default_rng(11)
cases = {}


def case(name, count, classes, rounding, width=None):
    truth = np.arange(count) % classes
    outputs = random.normal(size=(count, width or classes))
    for i, code in enumerate(truth):
        outputs[i, code if (width or classes) > 1 else 0] += 1 if (width or classes) > 1 or code else -1
    outputs = np.round(outputs, rounding).astype(np.float32).astype(float)
    if outputs.shape[1] == 1:
        scores = 1 / (1 + np.exp(-outputs[:, 0]))
    else:
        scores = np.exp(outputs - outputs.max(1, keepdims=True))
        scores /= scores.sum(1, keepdims=True)
        # Equal probabilities must stay equal although they were computed in another order.
        scores = np.round(scores, 12)
    if classes == 2:
        positive = scores if outputs.shape[1] == 1 else scores[:, 1]
        roc, pr = roc_auc_score(truth, positive), average_precision_score(truth, positive)
    else:
        roc = roc_auc_score(truth, scores, multi_class="ovr", average="macro")
        pr = average_precision_score(np.eye(classes)[truth], scores, average="macro")
    cases[name] = {"classes": classes, "truth": truth.tolist(), "outputs": outputs.tolist(), "roc": roc, "pr": pr}


case("two classes", 60, 2, 3)
case("two classes, one output, many ties", 60, 2, 0, 1)
case("five classes", 103, 5, 3)
print(json.dumps(cases))
