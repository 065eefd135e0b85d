"""Hyperparameters: names, groups, and values that keep their types."""
import json
import unittest

from support import RunCase


class Configs(RunCase):
    def stated(self):
        merged = {}
        for record in self.records():
            if record["type"] == "params":
                merged.update(record["params"])
        return merged

    def test_values_keep_their_types(self):
        out, _ = self.run_code(
            """
import pathlib, tunesmith
run = tunesmith.init(config={"clip": float("inf"), "nan": float("nan"), "betas": (0.9, 0.999), "data": pathlib.Path("a/b"), "none": None})
c = run.config
print(type(c.clip).__name__, c.clip, c.nan != c.nan, c.betas, type(c.data).__name__[-4:], c.none)
print(repr(c.lr), repr(c.decay), repr(c.epochs), c.flag, c.sizes)
""",
            TUNESMITH_PARAMS='{"lr": 1.0, "decay": 0.0, "epochs": 3, "flag": true, "sizes": [1, 2.0]}',
        )
        self.assertEqual(out.split("\n")[:2], ["float inf True (0.9, 0.999) Path None", "1.0 0.0 3 True [1, 2.0]"])
        params = self.stated()
        self.assertEqual((params["clip"], params["nan"], params["betas"]), ("Infinity", "NaN", [0.9, 0.999]))
        self.assertEqual(params["data"].replace("\\", "/"), "a/b")

    def test_it_is_a_dictionary_with_groups(self):
        out, _ = self.run_code(
            """
import copy, json, pickle, tunesmith
run = tunesmith.init(config={"model": {"width": 64, "head": {"bias": True}}, "lr": 9})
c = run.config
def f(lr, optimizer, model, seed=1): return (lr, optimizer["name"], model["width"])
print(f(**c))
print("model" in c, "model.width" in c, "model.depth" in c, "optimizer.name" in c, "name" in c.optimizer, "lr.x" in c)
print(c.get("optimizer.name"), c.get("optimizer"), c.get("nothing", 5), c.get("model.head.bias"), c["model"]["head"]["bias"], c.model.head.bias)
print(sorted(c), len(c), {**c}["model"] == {"width": 64, "head": {"bias": True}})
c.model.width = 128
c.update({"optimizer": {"lr": 1}}, epochs=2)
c["optimizer.name"] = "sgd"
c.setdefault("model.width", 3)
print(json.dumps(c, sort_keys=True))
print(type(pickle.loads(pickle.dumps(c)).__class__).__name__, copy.deepcopy(c) == c.as_dict(), c.flat()["optimizer.lr"])
""",
        )
        self.assertEqual(
            out.split("\n"),
            [
                "(0.5, 'adam', 64)",
                "True True False True True False",
                "adam {'name': 'adam'} 5 True True True",
                "['lr', 'model', 'optimizer'] 3 True",
                '{"epochs": 2, "lr": 0.5, "model": {"head": {"bias": true}, "width": 128}, "optimizer": {"lr": 1, "name": "sgd"}}',
                "type True 1",
                "",
            ],
        )
        self.assertEqual(
            self.stated(),
            {"model.width": 128, "model.head.bias": True, "optimizer.lr": 1, "optimizer.name": "sgd", "epochs": 2},
        )

    def test_a_value_and_a_group_of_one_name_are_both_kept(self):
        out, _ = self.run_code(
            "import tunesmith\nc = tunesmith.init().config\nprint(c['a'], c['a.b'], 'a.b' in c, c.flat())",
            TUNESMITH_PARAMS=json.dumps({"a": 1, "a.b": 2}),
        )
        self.assertEqual(out, "1 2 True {'a': 1, 'a.b': 2}\n")

    def test_an_argparse_namespace_is_taken(self):
        out, _ = self.run_code("""
import argparse, tunesmith
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=3.0); parser.add_argument("--steps", type=int, default=7)
run = tunesmith.init(config=parser.parse_args([]))
print(run.config.lr, run.config.steps)
""")
        self.assertEqual(out, "0.5 7\n")

    def received(self):
        return [name for record in self.records() if record["type"] == "received" for name in record["names"]]

    def spec_with(self, *unpassed):
        spec = {"id": "r1", "seed": 7, "params": self.params, "unpassed": list(unpassed)}
        (self.folder / "run.json").write_text(json.dumps(spec))

    def test_what_the_program_reads_is_recorded(self):
        ways = {
            "c.lr; c.lr": ["lr"],
            "c['optimizer.name']": ["optimizer.name"],
            "c.optimizer": [],
            "c.optimizer.get('name')": ["optimizer.name"],
            "dict(c)['optimizer']['name']": ["lr", "optimizer.name"],
            "(lambda lr, optimizer: 0)(**c)": ["lr"],
            "json.dumps(c)": ["lr", "optimizer.name"],
            "c.as_dict()": ["lr", "optimizer.name"],
            "'lr' in c; list(c); repr(c); getattr(c, 'absent', 0)": [],
            "c.absent if 'absent' in c else os._exit(0) if c.lr and not time.sleep(0.5) else 0": ["lr"],
        }
        for i, (code, names) in enumerate(ways.items()):
            with self.subTest(code):
                self.folder = self.folder.parent / f"way {i}"
                self.folder.mkdir()
                self.spec_with("lr", "optimizer.name")
                self.run_code(f"import json, os, time, tunesmith\nc = tunesmith.init().config\n{code}")
                self.assertEqual(self.received(), names)

    def test_only_what_nothing_else_passes_is_recorded(self):
        self.spec_with("optimizer.name")
        self.run_code("import tunesmith\nc = tunesmith.init().config\nc.lr; c.optimizer.name")
        self.assertEqual(self.received(), ["optimizer.name"])


if __name__ == "__main__":
    unittest.main()
