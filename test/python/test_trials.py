"""Trials one after the other in one process, with a real socket."""
import json
import os
import unittest
from pathlib import Path

from support import RunCase, Supervisor, records_of
from test_live import until

PROGRAM = """
import os, tunesmith
for trial in tunesmith.trials():
    with trial:
        print("trial", trial.number, flush=True)
        trial.report(0, trial.params.lr)
print("over", flush=True)
"""


class Plain(RunCase):
    def test_a_program_that_is_no_trial_has_one(self):
        out, _ = self.run_code(PROGRAM)
        self.assertEqual(out, "trial None\nover\n")
        self.assertEqual(self.records()[-1]["status"], "completed")
        self.assertEqual(self.metrics()[0]["values"], {"value": 0.5})

    def test_an_error_outside_of_a_block_ends_the_program(self):
        code = "import tunesmith\nfor trial in tunesmith.trials():\n    raise ValueError('here')"
        _, err = self.run_code(code, expect=1)
        self.assertIn("ValueError: here", err)
        self.assertEqual(self.records()[-1]["status"], "failed")


@unittest.skipIf(os.name == "nt", "local sockets of POSIX")
class InOneProcess(RunCase):
    def setUp(self):
        super().setUp()
        self.supervisor = Supervisor(self)
        self.write_spec(self.folder, 0)
        self.process = self.start(PROGRAM, **self.supervisor.env)

    def write_spec(self, folder, trial):
        spec = {"id": f"r{trial}", "seed": 7 + trial, "search": "s1", "trial": trial, "params": {"lr": trial + 0.5}}
        (folder / "run.json").write_text(json.dumps({**spec, "objective": {"metric": "loss", "goal": "minimize"}}))

    def assign(self, trial, **more):
        folder = self.folder.parent / f"run {trial + 1}"
        folder.mkdir()
        self.write_spec(folder, trial)
        answer = {"type": "assigned", "id": f"r{trial}", "folder": str(folder), "params": json.dumps({"lr": trial + 0.5})}
        self.supervisor.send({**answer, "checkpoint": None, **more})
        return folder

    def ready(self, times):
        return until(lambda: [m["type"] for m in self.supervisor.received].count("ready") >= times)

    def last(self, folder):
        (journal,) = (folder / "journal").glob("*.ndjson")
        return records_of(journal)

    def test_each_trial_is_in_the_folder_that_it_was_given(self):
        folders = [self.folder]
        for trial in range(1, 4):
            self.ready(trial)
            # The run before is whole before another is asked for.
            self.assertEqual(self.last(folders[-1])[-1]["type"], "finish")
            folders.append(self.assign(trial))
        self.ready(4)
        self.supervisor.send({"type": "dismiss"})
        out, err = self.process.communicate(timeout=20)
        self.assertEqual((self.process.returncode, err), (0, ""))
        self.assertEqual(out, "trial 0\ntrial 1\ntrial 2\ntrial 3\nover\n")
        for trial, folder in enumerate(folders):
            records = self.last(folder)
            self.assertEqual([r["values"] for r in records if r["type"] == "metrics"][0], {"loss": trial + 0.5 if trial else 0.5})
            self.assertEqual(records[-1]["status"], "completed")

    def test_it_ends_when_its_supervisor_is_gone(self):
        self.ready(1)
        self.supervisor.close()
        out, _ = self.process.communicate(timeout=20)
        self.assertEqual((self.process.returncode, out), (0, "trial 0\nover\n"))

    def test_a_request_for_an_earlier_trial_does_not_reach_the_next(self):
        self.ready(1)
        self.supervisor.send({"type": "stop", "reason": "prune"})
        folder = self.assign(1)
        self.ready(2)
        self.supervisor.send({"type": "dismiss"})
        self.process.communicate(timeout=20)
        self.assertEqual(self.last(folder)[-1]["status"], "completed")
        self.assertTrue(Path(folder).is_dir())
