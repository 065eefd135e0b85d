"""Runs programs that know nothing of Tunesmith, as its supervisor starts them."""
import importlib.metadata
import json
import os
import subprocess
import sys
import textwrap
import unittest

from support import PACKAGE, RunCase

BOOTSTRAP = PACKAGE / "tunesmith" / "capture" / "bootstrap"


def needs(*packages):
    """Skips a test, with the reason, where a library that it is about is not installed."""
    missing = []
    for package in packages:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    return unittest.skipIf(missing, f"needs {', '.join(missing)}")


class CaptureCase(RunCase):
    def setUp(self):
        super().setUp()
        self.params = {}
        (self.folder / "run.json").write_text(json.dumps({"id": "r1", "seed": 7, "params": {}}))

    def environment(self, capture="auto", **more):
        env = super().environment(TUNESMITH_CAPTURE=capture, PYTHONPATH=f"{BOOTSTRAP}{os.pathsep}{PACKAGE}")
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "torch", "WANDB_MODE": "offline", "WANDB_SILENT": "true"}
        env.update(quiet, HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1", TRACKIO_DIR=str(self.folder / "trackio"), **more)
        return env

    def run_script(self, code, *args, expect=0, **env):
        """Writes ``code`` to a file of its own and runs it. Returns what it printed, and its error output."""
        script = self.folder / "train.py"
        script.write_text(textwrap.dedent(code), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script), *args],
            env=self.environment(**env),
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=300,
        )
        self.assertEqual(done.returncode, expect, done.stderr[-4000:])
        self.errors = done.stderr
        return done.stdout, done.stderr

    def all_records(self):
        if not (self.folder / "journal").exists():
            return []
        return self.records()

    def series(self):
        """Points of each metric, as pairs of step and value."""
        found = {}
        for record in self.all_records():
            if record["type"] == "metrics":
                for name, value in record["values"].items():
                    found.setdefault(name, []).append((record["step"], value))
        return found

    def observed(self):
        """All hyperparameters, as the run has them in the end."""
        params = {}
        for record in self.all_records():
            if record["type"] == "params":
                params.update(record["params"])
        return params

    def facts(self):
        facts = {}
        for record in self.all_records():
            if record["type"] == "info":
                facts.update(record["values"])
        return facts

    def files(self):
        return {record["name"]: record for record in self.all_records() if record["type"] == "media"}

    def text(self, name):
        """What the file of this name says that was recorded last."""
        return (self.folder / self.files()[name]["path"]).read_text(encoding="utf-8")

    def drawn(self, name):
        """A plot: its kind, axes and series."""
        return json.loads(self.text(name))

    def no_complaints(self):
        complaints = [line for line in self.errors.splitlines() if line.startswith("tunesmith:")]
        self.assertEqual(complaints, [])


__all__ = ["BOOTSTRAP", "CaptureCase", "json", "needs"]
