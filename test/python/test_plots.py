"""Plots made of data, and histograms of gradients and weights."""
import csv
import importlib.util
import json
import unittest

from test_standalone import HandCase


class Plots(HandCase):
    def content(self, name):
        (record,) = [record for record in self.one().of("media") if record["name"] == name]
        return record, (self.one().folder / record["path"]).read_text()

    def test_a_confusion_matrix_is_what_the_panel_draws(self):
        self.run_code("""
import tunesmith
run = tunesmith.init()
truth, taken = [0, 1, 2, 2, 1], [0, 2, 2, 2, 1]
run.log({"matrix": tunesmith.plot.confusion_matrix(y_true=truth, preds=taken, class_names=["cat", "dog", "eel"])}, step=3)
""")
        record, text = self.content("confusion matrix")
        self.assertEqual((record["mime"], record["step"]), ("text/csv", 3))
        rows = list(csv.reader(text.splitlines()))
        self.assertEqual(rows, [["", "cat", "dog", "eel"], ["cat", "1", "0", "0"], ["dog", "0", "1", "1"], ["eel", "0", "0", "2"]])

    def test_names_and_mistakes_of_a_confusion_matrix(self):
        out, _ = self.run_code("""
from tunesmith import plot
print(plot.confusion_matrix(y_true=["b", "a"], preds=["a", "a"]).data)
for wrong in ({"y_true": [0]}, {"y_true": [0, 1], "preds": [0]}, {"y_true": [5], "preds": [0], "class_names": ["a"]}):
    try:
        plot.confusion_matrix(**wrong)
    except ValueError as error:
        print(error)
""")
        self.assertEqual(out.splitlines()[0], "[['a', 1, 0], ['b', 1, 0]]")
        self.assertEqual(out.count("\n"), 4)

    @unittest.skipUnless(importlib.util.find_spec("numpy"), "needs numpy")
    def test_curves_agree_with_their_definitions(self):
        self.run_code("""
import numpy, tunesmith
run = tunesmith.init()
truth = [1, 1, 0, 1, 0]
good = numpy.array([0.9, 0.8, 0.7, 0.7, 0.1])
scores = numpy.stack([1 - good, good], 1)
run.log({"roc": tunesmith.plot.roc_curve(truth, scores, labels=["no", "yes"], classes_to_plot=[1])})
run.log({"pr": tunesmith.plot.pr_curve(truth, scores, labels=["no", "yes"], classes_to_plot=[1])})
table = tunesmith.Table(columns=["x", "y"], data=[[2, 20], [1, 10], [3, float("nan")]])
run.log({"line": tunesmith.plot.line(table, "x", "y", title="a line")})
run.log({"lines": tunesmith.plot.line_series([0, 1], [[1, 2], [3, 4]], keys=["a", "b"])})
""")
        record, text = self.content("roc")
        self.assertEqual(record["mime"], "application/vnd.tunesmith.plot+json")
        (line,) = json.loads(text)["series"]
        # Three of the class, two not; the equal scores of one of each count at once.
        self.assertEqual((line["name"], line["x"], line["y"]), ("yes", [0, 0, 0, 0.5, 1], [0, 1 / 3, 2 / 3, 1, 1]))
        (line,) = json.loads(self.content("pr")[1])["series"]
        self.assertEqual((line["x"], line["y"]), ([0, 1 / 3, 2 / 3, 1, 1], [1, 1, 1, 0.75, 0.6]))
        spec = json.loads(self.content("line")[1])
        self.assertEqual((spec["title"], spec["series"]), ("a line", [{"name": "y", "x": [1, 2, 3], "y": [10, 20, None]}]))
        self.assertEqual([line["name"] for line in json.loads(self.content("lines")[1])["series"]], ["a", "b"])


@unittest.skipUnless(importlib.util.find_spec("torch"), "needs torch")
class Watching(HandCase):
    def test_gradients_and_weights_are_histograms_every_so_many_passes(self):
        self.run_code("""
import torch, tunesmith
run = tunesmith.init()
model = torch.nn.Linear(3, 2)
tunesmith.watch(model, log="all", log_freq=2)
for step in range(5):
    model(torch.ones(4, 3)).sum().backward()
    run.log({"loss": 1.0}, step=step)
tunesmith.unwatch(model)
model(torch.ones(4, 3)).sum().backward()
""")
        media = self.one().of("media")
        names = {"gradients/weight", "gradients/bias", "parameters/weight", "parameters/bias"}
        self.assertEqual({record["name"] for record in media}, names)
        gradients = [record for record in media if record["name"] == "gradients/weight"]
        self.assertEqual(len(gradients), 3)
        content = json.loads((self.one().folder / gradients[0]["path"]).read_text())
        self.assertEqual((sum(content["counts"]), len(content["edges"])), (6, len(content["counts"]) + 1))
        self.assertLess(content["edges"][0], 4)
        self.assertGreater(content["edges"][-1], 4)

    def test_counts_are_those_of_numpy_and_odd_tensors_are_taken(self):
        self.run_code("""
import torch
from tunesmith._watch import histogram
tensor = torch.randn(1000)
counts, edges = histogram(tensor)
assert sum(counts) == 1000 and abs(edges[0] - tensor.min()) < 1e-6
assert sum(histogram(torch.tensor([1.0, float("nan"), float("inf")]))[0]) == 1
assert histogram(torch.zeros(0)) == ([0.0], [0.0, 1.0])
assert sum(histogram(torch.ones(7))[0]) == 7
""")
