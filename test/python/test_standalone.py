"""Programs that were started by hand: each makes the folder of its run itself. Real processes throughout."""
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from support import PACKAGE, records_of, remove


# All modules are loaded first: the interpreter may lie where the other user can't look.
AS_ANOTHER = """
import contextlib, hashlib, importlib, json, mmap, os, pkgutil, shutil, tempfile, tunesmith
for module in pkgutil.iter_modules(tunesmith.__path__): importlib.import_module("tunesmith." + module.name)
os.setgid(65534); os.setuid(65534)
"""


class HandCase(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="прогон ü ")
        self.addCleanup(remove, holder)
        self.workspace = Path(holder.name) / "work space"
        self.workspace.mkdir()

    def environment(self, **more):
        left_out = ("TUNESMITH_", "SLURM_", "PMI_", "OMPI_")
        ranks = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
        env = {name: value for name, value in os.environ.items() if not name.startswith(left_out) and name not in ranks}
        return {**env, "PYTHONPATH": str(PACKAGE), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}

    def start(self, code, cwd=None, file=None, arguments=(), **env):
        argv = ["-c", code]
        if file is not None:
            (self.workspace / file).write_text(code, encoding="utf-8")
            argv = [file]
        argv = [*argv, *arguments]
        process = subprocess.Popen(
            [sys.executable, *argv],
            cwd=cwd or self.workspace,
            env=self.environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

        def clean():
            process.kill()
            process.communicate()

        self.addCleanup(clean)
        return process

    def run_code(self, code, expect=0, **more):
        process = self.start(code, **more)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, expect, err)
        return out, err

    def runs(self, workspace=None):
        folder = (workspace or self.workspace) / ".tunesmith" / "runs"
        found = [Run(path) for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(found, key=lambda run: run.spec["createdAt"])

    def one(self, workspace=None):
        (run,) = self.runs(workspace)
        return run


class Run:
    def __init__(self, folder):
        self.folder = folder
        self.spec = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        # The use of the machine has a file of its own, which only a program of some seconds writes.
        paths = [path for path in sorted((folder / "journal").iterdir()) if path.name != "system.ndjson"]
        self.journals = {path.name: records_of(path) for path in paths}
        self.records = [record for records in self.journals.values() for record in records]

    def of(self, kind):
        return [record for record in self.records if record["type"] == kind]

    def values(self, name):
        return [record["values"][name] for record in self.of("metrics") if name in record["values"]]


class Places(HandCase):
    CODE = "import tunesmith\ntunesmith.log({'loss': 0.5})"

    def test_a_script_typed_by_hand_is_recorded_and_says_where(self):
        _, err = self.run_code(self.CODE, file="train.py")
        run = self.one()
        self.assertEqual(err, f'tunesmith: recording "{run.spec["name"]}" in {run.folder}\n')
        self.assertEqual(run.values("loss"), [0.5])
        self.assertEqual([record["type"] for record in run.records], ["start", "metrics", "finish"])
        spec = run.spec
        self.assertEqual((spec["version"], spec["id"], spec["experiment"]), (1, run.folder.name, "train"))
        self.assertRegex(spec["id"], r"^[0-9a-hjkmnp-tv-z]{10}$")
        self.assertEqual(Path(spec["argv"][0]).resolve(), Path(sys.executable).resolve())
        self.assertEqual((spec["argv"][-1], spec["cwd"]), ("train.py", "."))
        self.assertEqual((spec["search"], spec["objective"], spec["origin"]["by"]), (None, None, "program"))
        self.assertIn(spec["seed"], range(2**31))
        self.assertFalse((run.folder / "lease.json").exists())
        self.assertEqual((self.workspace / ".tunesmith" / ".gitignore").read_text(), "*\n")
        self.assertEqual(sorted(path.name for path in run.folder.iterdir() if path.name != "recorded"), ["journal", "output.log", "run.json"])

    def test_the_command_is_kept_as_a_person_would_type_it(self):
        package = self.workspace / "mine"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "__main__.py").write_text(self.CODE)
        # As the debugger of VS Code starts it.
        debugger = self.workspace / "debugpy"
        debugger.mkdir()
        (debugger / "__main__.py").write_text(
            "import runpy, sys\nsys.argv = sys.argv[3:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
        )
        (self.workspace / "train.py").write_text(self.CODE)
        for typed, kept in (
            (["-m", "mine", "--lr", "1"], None),
            ([str(debugger), "--connect", "1234", "train.py", "--lr", "1"], ["train.py", "--lr", "1"]),
            (["-u", "train.py", "a b"], None),
        ):
            done = subprocess.run([sys.executable, *typed], cwd=self.workspace, env=self.environment(), capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            if hasattr(sys, "orig_argv"):
                self.assertEqual(self.runs()[-1].spec["argv"][1:], kept or typed)
        self.assertEqual(self.runs()[0].spec["experiment"], "mine")

    def test_a_newer_run_json_is_said(self):
        (self.workspace / "run.json").write_text('{"version": 2, "id": "x"}')
        _, err = self.run_code(self.CODE, TUNESMITH_RUN_DIR=str(self.workspace))
        self.assertIn("run.json is of version 2, and this client knows 1", err)

    def test_the_workspace_is_looked_for_upwards(self):
        deep = self.workspace / "a" / "b"
        deep.mkdir(parents=True)
        self.run_code(self.CODE, cwd=deep)
        self.one(deep)
        (self.workspace / ".git").mkdir()
        inner = self.workspace / "a" / "c"
        inner.mkdir()
        self.run_code(self.CODE, cwd=inner)
        self.one()
        (self.workspace / "a" / ".tunesmith").mkdir()
        self.run_code(self.CODE, cwd=inner)
        self.one(self.workspace / "a")

    def test_the_place_can_be_named(self):
        for index, named in enumerate(("x", "y/.tunesmith")):
            with self.subTest(named):
                self.run_code(self.CODE, TUNESMITH_DIR=str(self.workspace / named))
                self.one(self.workspace / named.split("/")[0])
        self.run_code("import tunesmith\ntunesmith.init(dir='z')")
        self.one(self.workspace / "z")

    @unittest.skipIf(os.name == "nt", "modes of POSIX")
    def test_files_are_private_whatever_the_umask(self):
        self.run_code("import os; os.umask(0)\n" + self.CODE)
        for path in (self.workspace / ".tunesmith").rglob("*"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o700 if path.is_dir() else 0o600, path)

    @unittest.skipIf(os.name == "nt", "links of POSIX")
    def test_a_link_is_not_followed(self):
        elsewhere = self.workspace / "elsewhere"
        elsewhere.mkdir()
        (self.workspace / ".tunesmith").symlink_to(elsewhere)
        out, err = self.run_code(self.CODE + "\nprint('trained')")
        self.assertEqual((out, list(elsewhere.iterdir())), ("trained\n", []))
        self.assertEqual(err.count("nothing will be recorded"), 1)


class Ids(unittest.TestCase):
    def test_have_one_grammar_everywhere(self):
        sys.path.insert(0, str(PACKAGE))
        self.addCleanup(sys.path.remove, str(PACKAGE))
        from tunesmith._workspace import is_id

        for text in ("a", "_", "0-_", "Az09_-", "x" * 64):
            self.assertTrue(is_id(text), text)
        for text in ("", "-a", "x" * 65, "a/b", "..", ".", "a b", "a\n", "\na", "é", "٣", "a\0", None, 7):
            self.assertFalse(is_id(text), text)


class Several(HandCase):
    CODE = """
import tunesmith
for lr in (0.1, 0.2, 0.3):
    run = tunesmith.init(config={"lr": lr, "epochs": 2}, name=f"try {lr}")
    assert tunesmith.run is run and tunesmith.config is run.config
    for epoch in range(int(tunesmith.config.epochs)): tunesmith.log({"lr now": tunesmith.config.lr})
    tunesmith.finish()
"""

    def test_each_init_after_a_finish_is_a_run_of_its_own(self):
        self.run_code(self.CODE)
        runs = self.runs()
        self.assertEqual(sorted(run.spec["name"] for run in runs), ["try 0.1", "try 0.2", "try 0.3"])
        for run in runs:
            lr = float(run.spec["name"].split()[1])
            self.assertEqual(run.of("params")[0]["params"], {"lr": lr, "epochs": 2})
            self.assertEqual(run.values("lr now"), [lr, lr])
            self.assertEqual([record["step"] for record in run.of("metrics")], [0, 1])
            self.assertEqual(run.of("finish")[0]["status"], "completed")

    def test_in_a_program_that_tunesmith_started_the_first_is_its_run_and_the_others_lie_beside_it(self):
        folder = self.workspace / ".tunesmith" / "runs" / "given"
        folder.mkdir(parents=True)
        params = {"lr": 9.0, "epochs": 3}
        spec = {"version": 1, "id": "given", "params": params, "createdAt": 0, "seed": 1}
        (folder / "run.json").write_text(json.dumps(spec))
        elsewhere = self.workspace / "src"
        elsewhere.mkdir()
        self.run_code(self.CODE.replace(', "epochs": 2', ""), cwd=elsewhere, TUNESMITH_RUN_DIR=str(folder), TUNESMITH_PARAMS=json.dumps(params))
        first, *others = self.runs()
        self.assertEqual(first.values("lr now"), [9.0] * 3)
        self.assertEqual(sorted(run.values("lr now")[0] for run in others), [0.2, 0.3])
        self.assertEqual({len(run.values("lr now")) for run in others}, {3})
        self.assertEqual(others[0].spec["params"], {"epochs": 3})

    def test_reinit(self):
        self.run_code("""
import tunesmith
a = tunesmith.init(name="a")
assert tunesmith.init(name="x") is a
b = tunesmith.init(name="b", reinit=True)
c = tunesmith.init(name="c", reinit="create_new")
b.log({"v": 2}); c.log({"v": 3})
""")
        found = {run.spec["name"]: (run.values("v"), run.of("finish")[0]["status"]) for run in self.runs()}
        self.assertEqual(found, {"a": ([], "completed"), "b": ([2], "completed"), "c": ([3], "completed")})

    def test_a_run_goes_on_by_its_id(self):
        code = """
import json, os, tunesmith
run = tunesmith.init(id="my-run", resume="allow", config={"lr": 0.5})
print(run.checkpoint is not None, run.step, run.config.lr)
for _ in range(3):
    run.log({"i": run.step})
    with run.save_checkpoint(run.step - 1) as folder: open(os.path.join(folder, "s"), "w").close()
"""
        self.assertEqual(self.run_code(code)[0], "False 0 0.5\n")
        self.assertEqual(self.run_code(code)[0], "True 3 0.5\n")
        run = self.one()
        self.assertEqual(run.values("i") and sorted(run.values("i")), list(range(6)))
        self.assertEqual(run.spec["launch"]["number"], 2)
        self.assertEqual(sorted(record["launch"] for record in run.of("start")), [1, 2])
        _, err = self.run_code("import tunesmith\ntunesmith.init(id='my-run')")
        self.assertIn("there is a run my-run already", err)
        self.assertEqual(len(self.runs()), 2)
        for bad in ("../x", "a/b", "x" * 65, "-x"):
            _, err = self.run_code(f"import tunesmith\ntunesmith.init(id={bad!r}, resume='must')", expect=1)
            self.assertIn("init", err)
        self.assertEqual(len(self.runs()), 2)


class Ends(HandCase):
    def end(self, code, expect=0, **more):
        self.run_code("import sys, os, tunesmith\nrun = tunesmith.init()\nrun.log({'a': 1})\n" + code, expect=expect, **more)
        run = self.runs()[-1]
        (finish,) = run.of("finish")
        self.assertFalse((run.folder / "lease.json").exists())
        return finish["status"], finish.get("error", "")

    def test_how_a_program_ended_is_known_without_anybody_watching(self):
        self.assertEqual(self.end(""), ("completed", ""))
        self.assertEqual(self.end("sys.exit(0)"), ("completed", ""))
        self.assertEqual(self.end("sys.exit(3)", expect=3), ("failed", "the program ended with exit code 3"))
        self.assertEqual(self.end("sys.exit('no data')", expect=1), ("failed", "no data"))
        status, error = self.end("raise RuntimeError('так')", expect=1)
        self.assertEqual(status, "failed")
        self.assertIn("RuntimeError: так", error)
        self.assertEqual(self.end("try: sys.exit(4)\nexcept SystemExit: pass\nrun.finish()"), ("completed", ""))
        self.assertEqual(self.end("run.finish(exit_code=2)")[0], "failed")
        in_a_thread = "import threading\nt = threading.Thread(target=lambda: sys.exit(5)); t.start(); t.join()"
        self.assertEqual(self.end(in_a_thread), ("completed", ""))

    @unittest.skipIf(os.name == "nt", "signals of POSIX")
    def test_ctrl_c_and_sigterm_stop(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, None)):
            process = self.start("import time, tunesmith\ntunesmith.log({'a': 1})\nprint('up')\ntime.sleep(60)")
            process.stdout.readline()
            process.send_signal(number)
            process.communicate(timeout=30)
            self.assertEqual(self.runs()[-1].of("finish")[0]["status"], "stopped")

    @unittest.skipIf(os.name == "nt", "signals of POSIX")
    def test_kill_9_loses_nothing_and_leaves_who_it_was(self):
        process = self.start("""
import os, tunesmith
run = tunesmith.init()
i = 0
while True:
    run.log({"i": i}, step=i); os.write(1, b"%d\\n" % i); i += 1
""")
        for line in process.stdout:
            if int(line) >= 3000:
                break
        process.kill()
        rest = [int(text) for text in process.stdout.read().split("\n")[:-1] if text]
        process.wait()
        run = self.one()
        said = (rest or [int(line)])[-1]
        steps = [record["step"] for record in run.of("metrics")]
        self.assertEqual(steps, list(range(len(steps))))
        self.assertIn(len(steps) - 1 - said, (0, 1))
        lease = json.loads((run.folder / "lease.json").read_text())
        self.assertEqual((lease["pid"], lease["launch"], lease["host"]["name"]), (process.pid, 1, os.uname().nodename))
        start = run.of("start")[0]
        self.assertEqual([start[name] for name in ("pid", "started", "host")], [lease[name] for name in ("pid", "started", "host")])

    def test_a_stop_through_the_control_file(self):
        process = self.start("""
import time, tunesmith
run = tunesmith.init(config={"lr": 1.0})
print("up")
while True: run.log({"lr": run.config.lr}); time.sleep(0.01)
""")
        process.stdout.readline()
        run = self.one()
        control = run.folder / "control.ndjson"
        with open(control, "a") as file:
            file.write('nonsense\n[]\n{"type":"set","params":{"lr":0.25}}\n{"type":"stop","rea')
            file.flush()
            time.sleep(1)
            self.assertIsNone(process.poll())
            file.write('son":"stop"}\n')
        _, err = process.communicate(timeout=30)
        self.assertNotIn("Traceback", err)
        run = self.one()
        self.assertEqual(run.of("finish")[0]["status"], "stopped")
        self.assertIn(0.25, run.values("lr"))


class Trouble(HandCase):
    """Whatever is wrong with the disk is said once, and the training goes on."""

    CODE = """
import tunesmith
run = tunesmith.init(config={"lr": 1})
for i in range(300): run.log({"i": i, "pi": 3.14}, step=i)
with run.save_checkpoint(1) as folder: open(folder + "/x", "w").close()
run.summary["best"] = 1
print("trained", run.config.lr)
"""

    def check(self, **more):
        out, err = self.run_code(more.pop("before", "") + more.pop("code", self.CODE), **more)
        self.assertEqual(out, "trained 1\n")
        self.assertEqual(err.count("tunesmith:"), 1, err)
        self.assertNotIn("Traceback", err)
        return err

    def test_a_folder_that_cannot_be_written(self):
        (self.workspace / ".tunesmith").write_text("in the way")
        self.assertIn("nothing will be recorded", self.check())
        self.assertIn("nothing will be recorded", self.check(TUNESMITH_DIR="/proc/nowhere"))

    @unittest.skipIf(os.name == "nt", "modes of POSIX")
    def test_a_folder_of_somebody_else(self):
        if os.geteuid() != 0:
            (self.workspace).chmod(0o500)
            self.addCleanup(self.workspace.chmod, 0o700)
            self.assertIn("nothing will be recorded", self.check())
            return
        self.workspace.parent.chmod(0o755)
        self.workspace.chmod(0o755)
        self.assertIn("nothing will be recorded", self.check(before=AS_ANOTHER))

    @unittest.skipUnless(sys.platform == "linux", "needs setrlimit")
    def test_a_full_disk_from_the_start(self):
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))\n"
        # Where no file can be written, the program itself can save nothing either.
        code = "\n".join(line for line in self.CODE.split("\n") if "checkpoint" not in line)
        self.assertIn("nothing will be recorded", self.check(before=limit, code=code))
        self.assertEqual([path for path in (self.workspace / ".tunesmith").rglob("*") if path.is_file()], [])

    @unittest.skipUnless(sys.platform == "linux", "needs setrlimit")
    def test_a_disk_that_fills_up_is_said_and_nothing_is_lost(self):
        code = """
import resource, time, tunesmith
run = tunesmith.init()
resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, resource.RLIM_INFINITY))
for i in range(3000): run.log({"value": i}, step=i)
time.sleep(0.3)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""
        _, err = self.run_code(code)
        self.assertEqual(err.count("can't be written"), 1, err)
        self.assertEqual(self.one().values("value"), list(range(3000)))

    PRINTING = """
import logging, os, sys, tunesmith
handler = logging.StreamHandler()
print("before")
first = tunesmith.init(name="a")
print("größe", 1, 2, sep="-")
logging.getLogger().addHandler(handler)
logging.getLogger().warning("logged")
for i in range(3): sys.stderr.write(f"\\r{i}/3")
sys.stdout.writelines(["x", "y\\n"])
second = tunesmith.init(name="b", reinit="create_new")
print("both")
first.finish()
print("second alone")
second.finish()
print("after", sys.stdout.isatty())
third = tunesmith.init(name="c")
print(first.folder, second.folder, third.folder, sep="\\n", file=sys.__stdout__)
os.close(third._place._output._descriptor)
print("goes on")
raise ValueError("why")
"""

    def test_what_is_printed_is_the_runs_log(self):
        out, err = self.run_code(self.PRINTING, expect=1)
        logs = [Path(folder) / "output.log" for folder in out.split("\n") if os.path.isabs(folder)]
        first, second = (log.read_bytes().decode() for log in logs[:2])
        head = "größe-1-2\nlogged\n\r0/3\r1/3\r2/3xy\n"
        self.assertTrue(first.startswith(head), first)
        self.assertIn("both\n", first)
        self.assertNotIn("second alone", first)
        self.assertIn("both\nsecond alone\n", second)
        self.assertNotIn("after", first + second)
        self.assertTrue(out.startswith("before\ngröße-1-2\nxy\nboth\nsecond alone\nafter False\n"), out)
        self.assertIn("goes on\n", out)
        self.assertIn("ValueError: why", err)
        self.assertEqual(os.stat(logs[0]).st_mode & 0o077, 0)

    def test_a_failure_is_in_the_log_and_the_log_can_be_turned_off(self):
        code = "import tunesmith\ntunesmith.init()\nprint('said')\nraise ValueError('why')"
        self.run_code(code, expect=1)
        log = self.one().folder / "output.log"
        self.assertRegex(log.read_text(), r"(?s)^said\nTraceback.*ValueError: why\n$")
        log.unlink()
        self.run_code(code, expect=1, TUNESMITH_OUTPUT="off")
        self.assertEqual(list((self.workspace / ".tunesmith").rglob("output.log")), [])

    def test_the_journal_is_forced_to_the_disk_as_often_as_asked(self):
        code = """
import os, time
real, synced = os.fsync, []
def fsync(fd):
    real(fd)
    synced.append(os.fstat(fd).st_ino)
os.fsync = fsync
import tunesmith
run = tunesmith.init()
until = time.monotonic() + 1
while time.monotonic() < until: run.log({"value": 1}); time.sleep(0.01)
before = len(synced)
time.sleep(0.3)
idle = len(synced) - before
run.finish()
[name] = os.listdir(os.path.join(run.folder, "journal"))
journal = os.stat(os.path.join(run.folder, "journal", name)).st_ino
print(before, idle, synced.count(journal))
"""
        for seconds, least, most in (("0.1", 2, 11), ("", 0, 2), ("0", 0, 0), ("nonsense", 0, 2)):
            with self.subTest(seconds):
                out, _ = self.run_code(code, TUNESMITH_FSYNC_SECONDS=seconds)
                before, idle, in_all = map(int, out.split())
                self.assertTrue(least <= before <= most, out)
                # Once what was logged is on the disk, it is left alone until there is more; the end is forced there too.
                self.assertLessEqual(idle, 1)
                self.assertEqual(in_all >= 1, seconds != "0", out)

    def test_without_a_home(self):
        env = self.environment()
        for name in ("HOME", "USER", "LOGNAME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR"):
            env.pop(name, None)
        done = subprocess.run([sys.executable, "-c", self.CODE], cwd=self.workspace, env=env, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("trained 1\n", 1), done.stderr)
        self.assertEqual(len(self.one().of("metrics")), 300)


class Processes(HandCase):
    CODE = """
import os, tunesmith
run = tunesmith.init(config={"lr": 1})
for i in range(20): run.log({"loss": i + 100 * run.rank}, step=i)
"""

    def ranks(self, count, code=CODE, **more):
        env = {"WORLD_SIZE": str(count), "MASTER_ADDR": "localhost", "MASTER_PORT": "29517", **more}
        processes = [self.start(code, RANK=str(rank), **env) for rank in reversed(range(count))]
        said = [process.communicate(timeout=90)[1] for process in processes]
        self.assertEqual([process.returncode for process in processes], [0] * count, said)
        return said

    def test_the_ranks_of_a_job_share_a_run_and_have_files_of_their_own(self):
        for _ in range(2):
            self.ranks(3)
        runs = self.runs()
        self.assertEqual(len(runs), 2)
        for run in runs:
            ranks = {}
            for name, records in run.journals.items():
                rank = records[0]["rank"]
                self.assertTrue(name.startswith(f"rank{rank}-"))
                ranks[rank] = [record["values"]["loss"] for record in records if record["type"] == "metrics"]
            self.assertEqual(ranks, {rank: [i + 100 * rank for i in range(20)] for rank in range(3)})

    def test_a_rank_without_rank_0_records_for_itself(self):
        _, err = self.run_code(self.CODE, RANK="1", WORLD_SIZE="2", MASTER_ADDR="a", MASTER_PORT="1", TUNESMITH_JOIN_SECONDS="0.3")
        self.assertIn("found no run of rank 0", err)
        self.assertEqual(len(self.one().values("loss")), 20)

    def test_workers_of_multiprocessing_record_into_their_parents_run(self):
        self.run_code(
            """
import multiprocessing as mp, tunesmith
def work(n):
    import tunesmith
    tunesmith.log({f"w{n}": n}, step=0)
if __name__ == "__main__":
    tunesmith.init()
    context = mp.get_context("spawn")
    workers = [context.Process(target=work, args=(n,)) for n in range(2)]
    [w.start() for w in workers]; [w.join() for w in workers]
    assert all(w.exitcode == 0 for w in workers)
    tunesmith.log({"parent": 1.0}, step=1)
""",
            file="main.py",
        )
        run = self.one()
        self.assertEqual((run.values("w0"), run.values("w1"), run.values("parent")), ([0], [1], [1.0]))

    def test_ranks_that_rank_0_starts_join_it_and_a_job_that_it_launches_does_not(self):
        self.run_code(
            '''
import os, subprocess, sys, tunesmith
run = tunesmith.init(name="outer")
run.log({"a": 0})
code = "import tunesmith; run = tunesmith.init(); run.log({'a': 10 + run.rank})"
# As Lightning starts the other ranks of a machine.
subprocess.run([sys.executable, "-c", code], env={**os.environ, "LOCAL_RANK": "1", "WORLD_SIZE": "2"}, check=True)
# As torchrun, started by this program, starts its ranks: from a process between.
job = {"WORLD_SIZE": "2", "MASTER_ADDR": "x", "MASTER_PORT": "1", "TORCHELASTIC_RUN_ID": "e"}
agent = """
import os, subprocess, sys
ranks = [subprocess.Popen([sys.executable, "-c", sys.argv[1]], env={**os.environ, "RANK": r}) for r in "10"]
sys.exit(sum(rank.wait() for rank in ranks))
"""
subprocess.run([sys.executable, "-c", agent, code], env={**os.environ, **job}, check=True)
''',
            TUNESMITH_JOIN_SECONDS="5",
        )
        found = sorted(sorted(run.values("a")) for run in self.runs())
        self.assertEqual(found, [[0, 11], [10, 11]])

    def test_a_program_that_a_program_starts_has_a_run_of_its_own(self):
        self.run_code("""
import subprocess, sys, tunesmith
tunesmith.log({"outer": 1})
subprocess.run([sys.executable, "-c", "import tunesmith; tunesmith.log({'inner': 1})"], check=True)
""")
        self.assertEqual(sorted(list(run.of("metrics")[0]["values"])[0] for run in self.runs()), ["inner", "outer"])

    def test_a_hundred_at_once_are_all_there(self):
        code = "import tunesmith\nfor i in range(50): tunesmith.log({'i': i})"
        for _ in range(4):
            processes = [self.start(code) for _ in range(25)]
            for process in processes:
                self.assertEqual(process.wait(timeout=120), 0)
                process.communicate()
        runs = self.runs()
        self.assertEqual(len(runs), 100)
        self.assertTrue(all(run.values("i") == list(range(50)) for run in runs))


if __name__ == "__main__":
    unittest.main()
