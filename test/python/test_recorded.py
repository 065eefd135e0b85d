"""Code and environment of programs that were started by hand."""
import hashlib
import json
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

from support import PACKAGE
from test_standalone import HandCase

sys.path.insert(0, str(PACKAGE))

CODE = "import tunesmith\nrun = tunesmith.init()\nrun.log({'loss': 1})\nprint(run.dir)\n"


class RecordedTest(HandCase):
    def git(self, *arguments):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        return subprocess.run(
            ["git", "-C", str(self.workspace), *identity, *arguments], check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()

    def repository(self):
        self.git("init", "-q", "-b", "main")
        (self.workspace / "train.py").write_text("old\n", encoding="utf-8")
        self.git("add", ".")
        self.git("commit", "-qm", "first")

    def recorded(self, **more):
        process = self.start(CODE, file="train.py", **more)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        folder = next((self.workspace / ".tunesmith" / "runs").glob("*/run.json")).parent / "recorded"
        until = time.monotonic() + 30
        while not (folder / "environment.json").exists() and time.monotonic() < until:
            time.sleep(0.02)
        return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    def test_the_code_the_interpreter_and_its_packages_are_written_down(self):
        self.repository()
        self.git("remote", "add", "origin", "https://me:hunter2@example.com/a.git?x=hunter2")
        (self.workspace / "модуль.py").write_text("x = 1\n", encoding="utf-8")
        (self.workspace / ".env").write_text("hunter2", encoding="utf-8")
        files = self.recorded(OMP_NUM_THREADS="3", API_KEY="hunter2")
        self.assertEqual(sorted(files), ["changes.diff", "code.json", "environment.json", "untracked.json"])
        code = json.loads(files["code.json"])
        self.assertEqual(code["commit"], self.git("rev-parse", "HEAD"))
        self.assertEqual((code["branch"], code["remote"], code["folder"]), ("main", "https://example.com/a.git", ""))
        self.assertEqual(code["changed"], ["train.py"])
        self.assertIn("-old\n+import tunesmith", files["changes.diff"])
        self.assertIn({"path": "модуль.py", "text": "x = 1\n"}, json.loads(files["untracked.json"]))
        environment = json.loads(files["environment.json"])
        self.assertEqual(environment["variables"]["OMP_NUM_THREADS"], "3")
        self.assertEqual(environment["interpreter"]["language"], "python")
        self.assertIn("pip", environment["packages"])
        self.assertNotIn("hunter2", "".join(files.values()))

    @unittest.skipIf(os.name == "nt", "a shell script")
    def test_nothing_that_the_repository_names_is_started(self):
        self.repository()
        (self.workspace / ".gitattributes").write_text("* filter=evil diff=evil\n", encoding="utf-8")
        self.git("add", ".")
        self.git("commit", "-qm", "attributes")
        # Git has the shell split what it is told to start: a path without a blank.
        place = Path(subprocess.run(["mktemp", "-d", "/tmp/evil-XXXXXX"], capture_output=True, text=True).stdout.strip())
        self.addCleanup(lambda: subprocess.run(["rm", "-r", str(place)], check=True))
        evil, proof = place / "evil.sh", place / "proof"
        evil.write_text(f"#!/bin/sh\necho started >> {proof}\ncat\n", encoding="utf-8")
        evil.chmod(0o755)
        settings = ("core.fsmonitor", "core.pager", "diff.external", "diff.evil.command", "diff.evil.textconv")
        for name in (*settings, "filter.evil.clean", "filter.evil.process"):
            self.git("config", name, str(evil))
        subprocess.run(["git", "-C", str(self.workspace), "status"], capture_output=True)
        self.assertTrue(proof.exists())
        proof.unlink()
        self.assertIn("code.json", self.recorded())
        self.assertFalse(proof.exists())

    def test_outside_a_repository_only_the_environment_is_written_down(self):
        self.assertEqual(sorted(self.recorded()), ["environment.json"])

    def run_folder(self, code, arguments=(), **more):
        process = self.start(code, file="train.py", arguments=arguments, **more)
        out, err = process.communicate(timeout=90)
        self.assertEqual(process.returncode, 0, err)
        return next((self.workspace / ".tunesmith" / "runs").glob("*/run.json")).parent

    def wait_for(self, path):
        until = time.monotonic() + 30
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.05)
        return path.read_text(encoding="utf-8")

    def test_data_files_that_arguments_and_hyperparameters_name_are_written_down(self):
        (self.workspace / "a.csv").write_bytes(b"1,2\n")
        (self.workspace / "b.csv").write_bytes(b"3\n")
        (self.workspace / "model.py").write_bytes(b"")
        code = "import tunesmith\ntunesmith.init(config={'data': {'test': 'b.csv'}, 'code': 'model.py'})\n"
        folder = self.run_folder(code, ["--train=a.csv", "missing.csv"])
        data = json.loads(self.wait_for(folder / "recorded" / "data.json"))
        self.assertEqual([(one["path"], one["size"]) for one in data], [("a.csv", 4), ("b.csv", 2)])
        self.assertEqual(data[0]["sha256"], hashlib.sha256(b"1,2\n").hexdigest())

    @unittest.skipUnless(os.path.exists("/proc/net/dev"), "only Linux tells of other processes")
    def test_the_use_of_the_machine_is_sampled_while_the_program_works(self):
        code = """
import subprocess, sys, time, tunesmith
tunesmith.init()
busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
journal = tunesmith.run.folder + "/journal/system.ndjson"
import os
until = time.monotonic() + 60
while not os.path.exists(journal) and time.monotonic() < until:
    time.sleep(0.1)
busy.kill()
"""
        folder = self.run_folder(code)
        record = json.loads((folder / "journal" / "system.ndjson").read_text().splitlines()[0])
        self.assertEqual((record["type"], record["step"] >= 0), ("metrics", True))
        self.assertGreater(record["values"]["system/memory_mib"], 5)
        self.assertGreater(record["values"]["system/cpu_percent"], 0)
        self.assertGreaterEqual(record["values"]["system/net_received_mib_per_s"], 0)

    @unittest.skipUnless(os.path.exists("/proc/net/dev"), "only Linux tells of other processes")
    def test_nobody_watches_when_the_run_is_over(self):
        code = "import tunesmith, time\ntunesmith.init().finish()\nimport tunesmith._recorded as r\nr._STARTED[0].wait(60)\n"
        folder = self.run_folder(code)
        self.assertFalse((folder / "journal" / "system.ndjson").exists())


if __name__ == "__main__":
    unittest.main()
