"""Runs written for other tools, and metrics over ranks."""
import csv
import json
import math
import sys
import tempfile
import unittest
from pathlib import Path

from capture_support import needs
from support import PACKAGE

sys.path.insert(0, str(PACKAGE))
import tunesmith  # noqa: E402


class ExportTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="прогон ü ")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.run_folder("one", {"lr": 0.5, "optimizer.name": "adam, w"}, [
            ("rank0-1.ndjson", [{"step": 0, "values": {"loss": 3}}, {"step": 1, "values": {"loss": "NaN"}}]),
            ("rank1-2.ndjson", [{"step": 0, "values": {"loss": 1}}]),
            ("rank2-3.ndjson", [{"step": 0, "values": {"loss": 5}}]),
            ("output.ndjson", [{"step": 9, "values": {"loss": 7, "acc": 0.5}}]),
        ])
        self.run_folder("two", {"lr": "auto"}, [("rank0-1.ndjson", [{"step": 0, "values": {"acc": 1}}])])
        self.api = tunesmith.Api(self.folder)

    def run_folder(self, id, params, journals):
        folder = self.folder / ".tunesmith" / "runs" / id
        (folder / "journal").mkdir(parents=True)
        created = 1 if id == "two" else 2
        (folder / "run.json").write_text(json.dumps({"id": id, "params": params, "experiment": "e", "createdAt": created}))
        for name, records in journals:
            (folder / "journal" / name).write_text("".join(json.dumps({"type": "metrics", "time": 5, **r}) + "\n" for r in records))

    def test_a_table_of_runs(self):
        path = self.api.export(self.folder / "runs.csv")
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["id"], row["param:lr"], row["param:optimizer.name"]) for row in rows], [("one", "0.5", "adam, w"), ("two", "auto", "")])
        self.assertEqual([row["metric:acc"] for row in rows], ["0.5", "1"])

    def test_points_and_what_json_cannot_say(self):
        rows = json.loads(Path(self.api.export(self.folder / "points.json", points=True)).read_text())
        self.assertIn({"run": "one", "metric": "loss", "step": 1, "time": 5, "value": "NaN"}, rows)
        lines = Path(self.api.export(self.folder / "points.jsonl", points=True, runs=self.api.runs()[:1])).read_text().splitlines()
        self.assertEqual({json.loads(line)["run"] for line in lines}, {"one"})
        self.assertEqual([path.name for path in self.folder.iterdir() if path.suffix not in (".json", ".jsonl", "")], [])

    def test_what_is_printed_of_a_metric_that_is_logged_does_not_count(self):
        run = self.api.run("one")
        self.assertTrue(math.isnan(run.last["loss"]))
        self.assertEqual(run.last["acc"], 0.5)

    def test_a_metric_over_the_ranks(self):
        first = self.api.run("one").ranks("loss", pandas=False)[0]
        self.assertEqual(first, {"_step": 0, "min": 1, "mean": 3, "max": 5, "ranks": 3})
        self.assertEqual(len(self.api.run("one").ranks("loss", pandas=False)), 2)

    @needs("pyarrow")
    def test_parquet(self):
        from pyarrow import parquet

        table = parquet.read_table(self.api.export(self.folder / "runs.parquet")).to_pylist()
        self.assertEqual([row["param:lr"] for row in table], ["0.5", "auto"])
        self.assertEqual([row["metric:acc"] for row in table], [0.5, 1])

    def test_formats_that_nobody_knows_and_what_is_missing(self):
        with self.assertRaisesRegex(ValueError, "csv, json, jsonl, parquet, tensorboard, mlflow, optuna"):
            self.api.export(self.folder / "runs.xls")
        with self.assertRaises(OSError):
            self.api.export(self.folder / "nowhere" / "runs.csv")


if __name__ == "__main__":
    unittest.main()
