"""A pause at any moment: what was logged is neither repeated nor missing once the program has gone on."""
import json
import os
import time
import unittest

from support import RunCase, Supervisor, records_of

EPOCHS = 30

# The program of a person, in the orders in which people write it. Each saves a state and goes on after it.
HEAD = """
import json, os, time, tunesmith
run = tunesmith.init()
start = 0
if run.checkpoint:
    start = json.load(open(os.path.join(run.checkpoint, "state.json")))["epoch"] + 1
def save(epoch, step=None):
    with run.save_checkpoint(epoch if step is None else step) as folder:
        json.dump({"epoch": epoch}, open(os.path.join(folder, "state.json"), "w"))
def train(): time.sleep(0.004)
"""
PROGRAMS = {
    "log, then save": """
for epoch in range(start, %d):
    train(); run.log({"acc": epoch}, step=epoch); train(); save(epoch)
""",
    "log without a step, then save": """
for epoch in range(start, %d):
    train(); run.log({"acc": epoch}); train(); save(epoch)
""",
    "log, then save under the number of the next epoch": """
for epoch in range(start, %d):
    train(); run.log({"acc": epoch}, step=epoch); save(epoch, epoch + 1)
""",
    "log every batch and epoch, save every third epoch": """
for epoch in range(start, %d):
    for batch in range(4):
        train(); run.log({"loss": batch}, step=epoch * 4 + batch)
    run.log({"acc": epoch}, step=epoch * 4 + 3, epoch=epoch)
    if epoch %% 3 == 2: save(epoch)
""",
    "save, then log": """
for epoch in range(start, %d):
    train(); save(epoch); train(); run.log({"acc": epoch}, step=epoch)
""",
}


@unittest.skipIf(os.name == "nt", "local sockets of POSIX")
class Pauses(RunCase):
    def play(self, code, grace):
        """Runs the program with a pause at another moment of every launch, until it completes. Returns the launches."""
        checkpoints = self.folder / "checkpoints"
        for launch in range(200):
            supervisor = Supervisor(self)
            newest = max(checkpoints.iterdir(), key=lambda path: path.stat().st_mtime_ns) if checkpoints.is_dir() else ""
            process = self.start(HEAD + code % EPOCHS, **supervisor.env, TUNESMITH_CHECKPOINT=str(newest))
            while not supervisor.hello.wait(0.05) and process.poll() is None:
                pass
            time.sleep(0.03 + 0.0037 * (launch % 11))
            try:
                supervisor.send({"type": "stop", "reason": "pause", "grace": grace})
            except (OSError, AttributeError):
                pass  # It had nothing left to do.
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode in (0, 1), True, err)
            self.assertNotIn("Traceback", err)
            last = max((self.folder / "journal").iterdir(), key=lambda path: path.stat().st_mtime_ns)
            if records_of(last)[-1]["status"] == "completed":
                return launch + 1
        raise AssertionError("it never completed")

    def logged(self, name):
        files = sorted((self.folder / "journal").iterdir(), key=lambda path: records_of(path)[0]["time"])
        records = [record for path in files for record in records_of(path) if record["type"] == "metrics"]
        return [(record["step"], record["values"][name]) for record in records if name in record["values"]]

    def test_every_epoch_is_logged_once(self):
        for title, code in PROGRAMS.items():
            with self.subTest(title):
                self.setUp()
                launches = self.play(code, grace=60)
                self.assertGreater(launches, 2)
                per_epoch = 4 if "batch" in title else 1
                expected = [(epoch * per_epoch + per_epoch - 1, epoch) for epoch in range(EPOCHS)]
                self.assertEqual(self.logged("acc"), expected)
                if per_epoch > 1:
                    steps = [step for step, _ in self.logged("loss")]
                    self.assertEqual(steps, list(range(EPOCHS * per_epoch)))

    def test_a_program_that_never_saves_is_not_waited_for_longer_than_the_grace_period(self):
        supervisor = Supervisor(self)
        process = self.start(
            "import time, tunesmith\nfor i in range(10**6):\n    tunesmith.log({'a': i})\n    time.sleep(0.01)", **supervisor.env
        )
        self.assertTrue(supervisor.hello.wait(20))
        time.sleep(0.1)
        supervisor.send({"type": "stop", "reason": "pause", "grace": 0.5})
        process.communicate(timeout=30)
        self.assertEqual(self.records()[-1]["status"], "paused")

    def test_sigterm_after_a_pause_is_still_a_pause(self):
        supervisor = Supervisor(self)
        process = self.start("import time, tunesmith\ntunesmith.init()\nprint('up')\ntime.sleep(60)", **supervisor.env)
        process.stdout.readline()
        self.assertTrue(supervisor.hello.wait(20))
        supervisor.send({"type": "stop", "reason": "pause", "grace": 60})
        time.sleep(0.3)
        process.terminate()
        process.communicate(timeout=30)
        self.assertEqual(self.records()[-1]["status"], "paused")

    def until(self, step):
        spec = {"id": "r1", "seed": 7, "params": self.params, "until": step, "objective": {"metric": "acc"}}
        (self.folder / "run.json").write_text(json.dumps(spec))

    def test_a_program_pauses_by_itself_where_its_search_wants_it(self):
        self.until(3)
        self.run_code(HEAD + "for epoch in range(9): run.log({'acc': epoch}, step=epoch); save(epoch)", expect=1)
        self.assertEqual(self.metrics()[-1]["step"], 3)
        self.assertEqual(self.records()[-1]["status"], "paused")

    def test_a_program_that_ends_by_itself_at_that_step_is_complete(self):
        self.until(3)
        self.run_code(HEAD + "for epoch in range(4): run.log({'acc': epoch}, step=epoch)")
        self.assertEqual(self.records()[-1]["status"], "completed")

    def test_a_stop_of_a_program_that_saves_waits_for_the_save(self):
        supervisor = Supervisor(self)
        code = HEAD + """
for epoch in range(10**6):
    run.log({"acc": epoch}, step=epoch)
    if epoch == 3: print("up"); time.sleep(0.3)
    save(epoch)
"""
        process = self.start(code, **supervisor.env)
        process.stdout.readline()
        supervisor.send({"type": "stop", "reason": "stop", "grace": 60})
        process.communicate(timeout=30)
        logged = self.metrics()[-1]["step"]
        newest = max(path.name for path in (self.folder / "checkpoints").iterdir())
        self.assertEqual(newest, f"step-{logged:09d}")
        self.assertEqual(self.records()[-1]["status"], "stopped")


if __name__ == "__main__":
    unittest.main()
