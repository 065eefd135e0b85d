"""Calls that people know from other trackers, in scripts as they are written for those."""
import json
import os
import unittest

from test_standalone import HandCase


class Familiar(HandCase):
    def test_a_script_for_another_tracker_runs_with_one_changed_line(self):
        (self.workspace / "model.pt").write_bytes(b"weights")
        _, err = self.run_code("""
import random
import tunesmith as wandb
wandb.login()
run = wandb.init(project="my-project", entity="me", name="first", config={"learning_rate": 0.02, "epochs": 3}, tags=["a", "b"],
    notes="a note", group="g", job_type="train", save_code=True, settings=wandb.Settings(start_method="fork"))
assert wandb.run is run and run.name == "first" and run.project == "my-project" and run.url is None
config = wandb.config
config.update({"batch_size": 8}, allow_val_change=True)
wandb.define_metric("epoch")
wandb.define_metric("val/*", step_metric="epoch")
wandb.define_metric("val/acc", step_metric="epoch", summary="max")
wandb.watch(None, log="all")
for epoch in range(config.epochs):
    for batch in range(4):
        wandb.log({"train/loss": 1 / (epoch * 4 + batch + 1)})
    wandb.log({"val/acc": [0.5, 0.9, 0.7][epoch], "epoch": epoch})
wandb.log({"part": 1}, commit=False)
wandb.log({"whole": 2})
assert wandb.summary["val/acc"] == 0.9 and wandb.summary["train/loss"] == 1 / 12, wandb.summary
wandb.summary["best"] = 0.9
wandb.run.summary.update({"note": "good"})
wandb.alert(title="Low accuracy", text="0.7 is low", level=wandb.AlertLevel.WARN)
wandb.save("*.pt")
wandb.finish()
""", file="train.py")
        run = self.one()
        self.assertEqual((run.spec["experiment"], run.spec["name"]), ("my-project", "first"))
        self.assertEqual((run.spec["tags"], run.spec["note"]), (["a", "b"], "a note"))
        accuracies = [(record["step"], record["values"]["val/acc"]) for record in run.of("metrics") if "val/acc" in record["values"]]
        self.assertEqual(accuracies, [(0, 0.5), (1, 0.9), (2, 0.7)])
        losses = [record["step"] for record in run.of("metrics") if "train/loss" in record["values"]]
        self.assertEqual(len(losses), 12)
        self.assertEqual(losses, sorted(set(losses)))
        self.assertEqual(run.of("metrics")[-1]["values"], {"part": 1, "whole": 2})
        self.assertEqual([record["params"] for record in run.of("params")], [{"learning_rate": 0.02, "epochs": 3}, {"batch_size": 8}])
        facts = {name: value for record in run.of("info") for name, value in record["values"].items()}
        self.assertEqual((facts["group"], facts["job_type"], facts["best"], facts["note"]), ("g", "train", 0.9, "good"))
        message = run.of("message")[0]
        self.assertEqual((message["level"], message["text"]), ("warning", "Low accuracy: 0.7 is low"))
        (media,) = run.of("media")
        self.assertEqual((media["name"], (run.folder / media["path"]).read_bytes()), ("model.pt", b"weights"))
        self.assertEqual(run.of("finish")[0]["status"], "completed")
        self.assertEqual(err.count("entity, save_code, settings mean nothing here"), 1, err)
        self.assertEqual(err.count("watch:"), 1, err)

    def test_an_option_that_nobody_knows_is_refused(self):
        _, err = self.run_code("import tunesmith\ntunesmith.init(projct='x')", expect=1)
        self.assertIn("unexpected keyword argument 'projct'", err)

    def test_looking_at_run_begins_none(self):
        out, _ = self.run_code("import tunesmith\nfrom tunesmith import *\nprint(tunesmith.run)")
        self.assertEqual((out, self.runs()), ("None\n", []))

    def test_a_block_that_fails_is_recorded_with_its_traceback(self):
        _, err = self.run_code("""
import tunesmith
with tunesmith.init() as run:
    run.log({"a": 1})
    raise ValueError("bad batch")
""", expect=1)
        (finish,) = self.one().of("finish")
        self.assertEqual(finish["status"], "failed")
        self.assertIn("ValueError: bad batch", finish["error"])
        self.assertIn("line 5", finish["error"])


class Reading(HandCase):
    def test_the_runs_of_a_workspace_are_read_back(self):
        self.run_code("""
import tunesmith
for lr in (0.1, 0.2):
    with tunesmith.init(project="p", name=f"lr {lr}", config={"lr": lr, "model": {"w": 2}}, tags=["t"], objective=("loss", "min")) as run:
        for i in range(3): run.log({"loss": lr / (i + 1), "other": float("nan")}, step=10 * i)
        run.summary["note"] = "ok"
run = tunesmith.init(project="q", name="lives")
run.log({"a": 1})
print([r.status for r in tunesmith.Api().runs("q")])
""")
        self.assertEqual([run.spec["objective"] for run in self.runs()][:2], [{"metric": "loss", "goal": "minimize"}] * 2)
        # Files of an engine and of a program without a client, some damaged.
        other = self.workspace / ".tunesmith" / "runs" / "given"
        (other / "journal").mkdir(parents=True)
        (other / "run.json").write_text('{"version":1,"id":"given","experiment":"p","params":{"lr":1},"createdAt":1}')
        (other / "meta.json").write_text('{"version":1,"name":"renamed","tags":["b"],"note":"n","deletedAt":null}')
        (other / "journal" / "external.ndjson").write_text('{"loss": 3}\nnonsense\n{"loss": "Infinity"}\n{"lo')
        (other / "journal" / "supervisor.ndjson").write_text('{"type":"exit","time":9,"code":1,"signal":null,"requested":null}\n')
        (other.parent / "broken").mkdir()
        # Killed after step 2 and launched again from its checkpoint of step 0; the next launch began anew.
        again = other.parent / "again"
        (again / "journal").mkdir(parents=True)
        (again / "run.json").write_text('{"version":1,"id":"again","experiment":"r","params":{},"createdAt":0}')
        (again / "journal" / "rank0-2.ndjson").write_text(
            '{"type":"start","time":5,"pid":2,"client":"c","launch":2}\n'
            '{"time":5,"step":1,"loss":21}\n{"time":6,"step":3,"loss":23,"b":1}\n'
        )
        (again / "journal" / "rank0-9.ndjson").write_text(
            '{"type":"start","time":1,"pid":9,"client":"c"}\n{"time":1,"step":0,"loss":10}\n'
            '{"time":2,"step":1,"loss":11,"a":1}\n{"time":3,"step":2,"loss":12}\n{"time":4,"step":"x","loss":13}\n'
        )
        (again / "journal" / "external.ndjson").write_text(
            '{"time":1,"c":1}\n{"time":2,"c":2}\n{"type":"start","time":7,"pid":3,"client":"s","launch":3,"anew":true}\n{"time":8,"c":3}\n'
        )
        out, _ = self.run_code("""
import json, tunesmith
api = tunesmith.Api()
again = api.runs("r")[0]
print([(r["_step"], r["loss"]) for r in again.history(["loss"], pandas=False)], again.summary["a"])
print([(r["_step"], r["c"]) for r in again.history(["c"], pandas=False)])
print(sorted(r.name for r in api.runs()), len(api.runs("p")), [r.name for r in api.runs(status="failed")])
run = api.runs("p", status="completed")[0]
print(run.config.model.w, run.summary["loss"] == run.config.lr / 3, run.summary["note"], run.tags)
print(json.dumps([{k: r[k] for k in ("_step", "loss")} for r in run.history(["loss"], pandas=False)]) if run.config.lr == 0.2 else "order")
given = api.run("given")
print(given.name, given.notes, given.config.lr, given.history(pandas=False)[1]["loss"], given.history(pandas=False)[1]["_step"])
print(api.runs("q")[0].status, given)
for bad in ("nope", "../x"):
    try: api.run(bad)
    except KeyError as error: print("no run" in str(error))
try: tunesmith.init(objective="loss")
except ValueError as error: print(error)
""")
        self.assertEqual(
            out.split("\n"),
            [
                "[(0, 10), ('x', 13), (1, 21), (3, 23)] 1",
                "[(0, 3)]",
                "['again', 'lives', 'lr 0.1', 'lr 0.2', 'renamed'] 3 ['renamed', 'again']",
                "2 True ok ['t']",
                '[{"_step": 0, "loss": 0.2}, {"_step": 10, "loss": 0.1}, {"_step": 20, "loss": 0.06666666666666667}]',
                "renamed n 1 inf 1",
                "completed <tunesmith run 'renamed' (given, failed)>",
                "True",
                "True",
                'objective must be such as ("val/loss", "minimize"), not \'loss\'',
                "",
            ],
        )


class Things(HandCase):
    def files(self):
        run = self.one()
        return {record["name"]: (record, run.folder / record["path"]) for record in run.of("media")}

    def test_tables_texts_and_histograms_become_files(self):
        _, err = self.run_code("""
import tunesmith
table = tunesmith.Table(columns=["id", "text"], data=[[1, 'a,"b"']])
table.add_data(2, "é")
table.add_column("score", [0.5, 0.25])
tunesmith.log({"t/table": table, "loss": 0.5, "page": tunesmith.Html("<script>alert(1)</script>"), "words": tunesmith.Text("hello"),
    "h": tunesmith.Histogram([0.0, 0.1, 0.9, 1.0, float("nan")], num_bins=2), "given": tunesmith.Histogram(np_histogram=([1, 2], [0, 1, 2])),
    "nothing": tunesmith.Image("nowhere.png")}, step=4)
""")
        files = self.files()
        self.assertEqual(files["t/table"][1].read_text(), 'id,text,score\n1,"a,""b""",0.5\n2,é,0.25\n')
        self.assertEqual({name: record["mime"] for name, (record, _) in files.items()}, {
            "t/table": "text/csv", "page": "text/html", "words": "text/plain",
            "h": "application/vnd.tunesmith.histogram+json", "given": "application/vnd.tunesmith.histogram+json",
        })
        self.assertEqual({record["step"] for record, _ in files.values()}, {4})
        self.assertEqual(json.loads(files["h"][1].read_text()), {"counts": [2, 2], "edges": [0.0, 0.5, 1.0]})
        self.assertEqual(self.one().values("loss"), [0.5])
        self.assertIn("'nothing' is left out: there is no file", err)

    def test_pictures_in_cells_of_a_table_become_files_that_the_cells_name(self):
        png = b"\x89PNG\r\n\x1a\n0"
        _, err = self.run_code(f"""
import tunesmith
open("cat.png", "wb").write({png!r}); open("secret.txt", "w").write("secret")
cat = tunesmith.Image("cat.png", caption="a\\ncat]")
rows = [[1, cat], [2, cat], [3, tunesmith.Image("cat.png")], [4, tunesmith.Image("gone.png", caption="gone")],
    [5, tunesmith.Image("secret.txt", caption="no picture")], [6, tunesmith.Text("words", )]]
tunesmith.log({{"t/éa": tunesmith.Table(columns=["id", "p"], data=rows)}}, step=4)
""")
        record, path = self.files()["t/éa"]
        self.assertEqual(record["mime"], "text/csv")
        self.assertEqual(path.read_text().splitlines(), [
            "id,p", "1,![a cat]](media/t__a-4-cell.png)", "2,![a cat]](media/t__a-4-cell.png)", "3,![](media/t__a-4-cell-2.png)",
            "4,gone", "5,no picture", "6,Text",
        ])
        folder = self.one().folder / "media"
        self.assertEqual([(folder / name).read_bytes() for name in ("t__a-4-cell.png", "t__a-4-cell-2.png")], [png, png])
        self.assertEqual(sorted(os.path.splitext(name)[1] for name in os.listdir(folder)), [".csv", ".png", ".png"])

    def test_pictures_and_sounds_from_arrays(self):
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("numpy is not installed")
        self.run_code("""
import numpy as np, tunesmith
picture = np.zeros((4, 6, 3)); picture[1, 2] = (1, 0.5, 0)
tunesmith.log({"p": tunesmith.Image(picture), "grey": [tunesmith.Image(np.full((2, 2), 7, dtype="uint8")), tunesmith.Image(np.eye(2, dtype=bool))],
    "beep": tunesmith.Audio(np.sin(np.arange(100) / 5), sample_rate=8000), "bad": tunesmith.Image(np.zeros((2, 2, 9)))}, step=0)
tunesmith.log({"array": np.zeros(3)})
""")
        run = self.one()
        media = run.of("media")
        self.assertEqual([record["name"] for record in media], ["p", "grey", "grey", "beep"])
        width, height, pixels = read_png((run.folder / media[0]["path"]).read_bytes())
        self.assertEqual((width, height, pixels[(1 * 6 + 2) * 3:][:3]), (6, 4, bytes([255, 127, 0])))
        self.assertEqual(read_png((run.folder / media[2]["path"]).read_bytes())[2], bytes([255, 0, 0, 255]))
        import wave

        with wave.open(str(run.folder / media[3]["path"])) as sound:
            self.assertEqual((sound.getnframes(), sound.getframerate(), sound.getnchannels()), (100, 8000, 1))
        self.assertEqual(len([record for record in run.of("message") if "left out" in record["text"]]), 2)


def read_png(data):
    """Width, height and pixels of a PNG without filters, its checksums verified."""
    import struct
    import zlib

    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(data):
        (size,), name = struct.unpack(">I", data[at:at + 4]), data[at + 4:at + 8]
        content = data[at + 8:at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0] == zlib.crc32(name + content)
        chunks[name] = content
        at += 12 + size
    width, height, _, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    row = width * {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    raw = zlib.decompress(chunks[b"IDAT"])
    return width, height, b"".join(raw[i * (row + 1) + 1:(i + 1) * (row + 1)] for i in range(height))


if __name__ == "__main__":
    unittest.main()
