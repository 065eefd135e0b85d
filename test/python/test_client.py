import json
import math
import unittest

from support import RunCase


class Logging(RunCase):
    def test_what_is_no_dictionary_is_refused_with_the_form_that_is_meant(self):
        out, _ = self.run_code("""
import tunesmith
run = tunesmith.init()
for values in ([1, 2], 0.5, "loss"):
    for commit in (None, False):
        try: run.log(values, commit=commit)
        except TypeError as error: print(error)
""")
        text = "log takes a dictionary of names and values, such as {'loss': 0.5}, not"
        self.assertEqual(out.splitlines(), [f"{text} {kind}" for kind in ("list", "float", "str") for _ in range(2)])

    def test_everything_said_is_in_the_journal(self):
        out, err = self.run_code("""
import tunesmith
run = tunesmith.init(config={"lr": 9, "epochs": 3, "model": {"width": 64}})
assert run is tunesmith.init() is tunesmith.run
print(run.config.lr, run.config["epochs"], run.config.optimizer.name, tunesmith.config.model.width, run.seed, run.id)
run.log({"loss": 1.5})
tunesmith.log({"потери": {"train": 1, "val": {"a": True}}}, step=7, epoch=0.5)
tunesmith.log({"loss": 2})
run.progress(1.5, "эпоха"); tunesmith.progress(float("nan")); tunesmith.info({"weights": 10, "shape": (1, 2)})
tunesmith.message("careful", level="warning")
run.config.lr = 0.1
run.config.optimizer.name = "sgd"
""")
        self.assertEqual(out, "0.5 3 adam 64 7 r1\n")
        self.assertEqual(err, "")
        said = [{key: value for key, value in record.items() if key not in ("time", "pid", "client")} for record in self.records()]
        self.assertEqual(
            said,
            [
                {"type": "start", "rank": 0},
                {"type": "params", "params": {"epochs": 3, "model.width": 64}},
                {"type": "metrics", "step": 0, "values": {"loss": 1.5}},
                {"type": "metrics", "step": 7, "epoch": 0.5, "values": {"потери/train": 1, "потери/val/a": 1}},
                {"type": "metrics", "step": 1, "values": {"loss": 2}},
                {"type": "progress", "fraction": 1.0, "text": "эпоха"},
                {"type": "progress", "fraction": None, "text": ""},
                {"type": "info", "values": {"weights": 10, "shape": [1, 2]}},
                {"type": "message", "level": "warning", "text": "careful"},
                {"type": "params", "params": {"lr": 0.1}},
                {"type": "params", "params": {"optimizer.name": "sgd"}},
                {"type": "finish", "status": "completed"},
            ],
        )

    def test_numbers_of_every_kind(self):
        _, err = self.run_code("""
import tunesmith, fractions, decimal
class Scalar:
    def item(self): return 0.25
class Tensor:
    def item(self): raise ValueError("only one element")
tunesmith.log({"nan": float("nan"), "up": float("inf"), "down": float("-inf"), "tiny": 5e-324, "big": 10**400, "int": 2**60,
    "item": Scalar(), "frac": fractions.Fraction(1, 4), "dec": decimal.Decimal("0.5"), 3: 4.0, 'q"\\n': 1,
    "text": "no", "none": None, "many": Tensor(), "list": [1]}, step=2.5)
tunesmith.log({"text": "no"})
""")
        (record,) = self.metrics()
        values = record["values"]
        self.assertEqual(record["step"], 2.5)
        self.assertEqual((values["nan"], values["up"], values["down"]), ("NaN", "Infinity", "-Infinity"))
        self.assertEqual((values["tiny"], values["big"], values["int"]), (5e-324, "Infinity", 2.0**60))
        self.assertEqual((values["item"], values["frac"], values["dec"]), (0.25, 0.25, 0.5))
        self.assertEqual((values["3"], values['q"\n']), (4.0, 1))
        for name in ("text", "none", "many", "list"):
            self.assertNotIn(name, values)
            self.assertEqual(err.count(f"log: '{name}'"), 1, err)

    def test_names_that_cannot_be_shown_are_said_and_the_rest_is_kept(self):
        _, err = self.run_code("""
import tunesmith
for step in range(2): tunesmith.log({"": 1.0, "a": 2.0, "n" * 513: 3, "x" * 512: 4, "\\ud800": 5}, step=step)
run = tunesmith.init()
run.log({f"m{i}": i for i in range(6000)}, step=3)
""")
        first, _, wide = self.metrics()
        self.assertEqual(sorted(first["values"].values()), [2, 4, 5])
        self.assertEqual(len(wide["values"]), 6000)
        said = [record["text"] for record in self.records() if record["type"] == "message"]
        self.assertEqual([text for text in said if "1 to 512 characters" in text and "''" in text], said[:1])
        self.assertEqual(len(said), 3)
        self.assertIn("more than 5000 different metrics", said[2])
        self.assertTrue(all(text in err for text in said))

    def test_floats_come_back_as_they_were(self):
        self.run_code("""
import tunesmith, random
random.seed(3)
for i in range(2000):
    tunesmith.log({"x": random.uniform(-1, 1) * 10 ** random.uniform(-300, 300)}, step=i)
""")
        import random

        random.seed(3)
        expected = [random.uniform(-1, 1) * 10 ** random.uniform(-300, 300) for _ in range(2000)]
        self.assertEqual([record["values"]["x"] for record in self.metrics()], expected)

    def test_bad_arguments_are_refused_by_name(self):
        for code, message in (
            ("run.log({'a': 1}, step=float('nan'))", "finite"),
            ("run.message('x', level='loud')", '"info", "warning" or "error"'),
            ("run.finish('done')", '"completed", "failed"'),
            ("tunesmith.init(on_stop='never')", '"raise" or "flag"'),
            ("run.config.momentum", "no parameter 'momentum'; it has: lr, optimizer.name"),
            ("tunesmith.nothing", "no attribute 'nothing'"),
            ("run.media('a', 'nowhere.png')", "there is no file"),
        ):
            with self.subTest(code=code):
                _, err = self.run_code(f"import tunesmith\nrun = tunesmith.init()\n{code}", expect=1)
                self.assertIn(message, err)

    def test_media_from_elsewhere_is_copied_into_the_run(self):
        other = self.folder.parent / "plot.png"
        other.write_bytes(b"png")
        self.run_code(f"import tunesmith\nfor i in range(2): tunesmith.media('plot', {str(other)!r}, step=i)")
        media = [record for record in self.records() if record["type"] == "media"]
        self.assertEqual([record["path"] for record in media], ["media/plot.png", "media/plot-2.png"])
        self.assertEqual({record["mime"] for record in media}, {"image/png"})
        self.assertEqual((self.folder / "media" / "plot-2.png").read_bytes(), b"png")

    def test_large_records_and_many_windows(self):
        self.run_code("""
import tunesmith
run = tunesmith.init()
for i in range(4000):
    run.log({f"metric/{j}": i + j / 7 for j in range(40)}, step=i)
    if i % 500 == 0: run.message("я" * 40000)
""")
        self.assertEqual([record["step"] for record in self.metrics()], list(range(4000)))
        self.assertEqual(len([1 for record in self.records() if record["type"] == "message"]), 8)
        self.assertTrue(all(len(record["values"]) == 40 for record in self.metrics()))
        (path,) = (self.folder / "journal").iterdir()
        self.assertNotIn(b"\0", path.read_bytes())

    def test_threads_share_one_journal(self):
        self.run_code("""
import tunesmith, threading
run = tunesmith.init()
def work(n):
    for i in range(3000): run.log({f"m{n}": i}, step=i)
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
""")
        for n in range(4):
            steps = [record["step"] for record in self.metrics() if f"m{n}" in record["values"]]
            self.assertEqual(steps, list(range(3000)))

    def test_plain_writes_where_there_is_no_map(self):
        self.run_code("import tunesmith\nfor i in range(100): tunesmith.log({'a': i})", TUNESMITH_JOURNAL_WRITE="plain")
        self.assertEqual([record["values"]["a"] for record in self.metrics()], list(range(100)))


class Ending(RunCase):
    def finish(self):
        return [record for record in self.records() if record["type"] == "finish"]

    def test_an_exception_is_told(self):
        _, err = self.run_code("import tunesmith\ntunesmith.log({'a': 1})\nraise RuntimeError('так')", expect=1)
        self.assertIn("RuntimeError: так", err)
        (record,) = self.finish()
        self.assertEqual(record["status"], "failed")
        self.assertIn("RuntimeError: так", record["error"])

    def test_an_earlier_excepthook_is_still_called(self):
        _, err = self.run_code("""
import sys, tunesmith
sys.excepthook = lambda kind, error, trace: print("mine", error, file=sys.stderr)
tunesmith.init()
1 / 0
""", expect=1)
        self.assertIn("mine division by zero", err)
        self.assertEqual(self.finish()[0]["status"], "failed")

    def test_a_context_manager_finishes_once_and_what_comes_later_is_said(self):
        _, err = self.run_code("""
import tunesmith
with tunesmith.init() as run: run.log({"a": 1})
run.log({"a": 2}); run.log({"a": 3}); tunesmith.message("late"); run.finish("failed")
""")
        self.assertEqual(err.count("log after finish"), 1, err)
        self.assertIn("message after finish", err)
        self.assertEqual([record["status"] for record in self.finish()], ["completed"])
        self.assertEqual(len(self.metrics()), 1)

    def test_the_room_not_used_is_given_back(self):
        self.run_code("import tunesmith\ntunesmith.log({'a': 1})")
        (path,) = (self.folder / "journal").iterdir()
        self.assertLess(path.stat().st_size, 1000)
        self.assertNotIn(b"\0", path.read_bytes())


class Silent(RunCase):
    def test_a_disabled_run_records_nothing(self):
        code = """
import tunesmith, threading
with tunesmith.init(config={"lr": 3}, mode="disabled") as run:
    run.log({"a": 1}); run.progress(0.5); run.info({}); run.message("x"); run.media("a", "b"); run.on_set(print)
    print(run.enabled, run.config.lr, run.should_stop, threading.active_count())
"""
        out, err = self.run_code(code)
        self.assertEqual((out, err), ("False 3 False 1\n", ""))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["run.json"])

    def test_a_folder_that_cannot_be_written_does_not_stop_the_training(self):
        (self.folder / "journal").write_text("in the way")
        out, err = self.run_code("import tunesmith\ntunesmith.log({'a': 1})\nprint('trained')")
        self.assertEqual(out, "trained\n")
        self.assertIn("nothing will be recorded", err)

    def test_importing_costs_little(self):
        out, _ = self.run_code("""
import sys
before = set(sys.modules)
import tunesmith
print(sorted(name for name in set(sys.modules) - before if not name.startswith("tunesmith")))
tunesmith.init()
print(sorted({"asyncio", "logging", "numpy", "torch", "multiprocessing", "subprocess"} & set(sys.modules)))
""")
        self.assertEqual(out, "[]\n[]\n")


class Numpy(RunCase):
    def setUp(self):
        super().setUp()
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("numpy is not installed")

    def test_scalars_and_arrays_of_one_element(self):
        self.run_code("""
import tunesmith, numpy as np
tunesmith.log({"f32": np.float32(0.5), "i": np.int64(3), "b": np.bool_(True), "nan": np.float64("nan"), "a": np.array([[2.5]]), "f64": np.float64(0.1)},
    step=np.int64(4), epoch=np.float32(0.5))
tunesmith.config.update({"n": np.int64(5)})
tunesmith.log({"many": np.zeros(2)})
""")
        (record,) = self.metrics()
        self.assertEqual((record["step"], record["epoch"]), (4, 0.5))
        self.assertEqual(record["values"], {"f32": 0.5, "i": 3, "b": 1, "nan": "NaN", "a": 2.5, "f64": 0.1})
        self.assertTrue(math.isclose(json.loads(json.dumps(record))["values"]["f64"], 0.1))


if __name__ == "__main__":
    unittest.main()
