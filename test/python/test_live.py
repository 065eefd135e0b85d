"""Stops, live edits, streaming, forks and sudden ends: with real processes and real sockets."""
import os
import signal
import sys
import time
import unittest

from support import RunCase, Supervisor, records_of


def until(look, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("waited in vain")


@unittest.skipIf(os.name == "nt", "local sockets and signals of POSIX")
class Live(RunCase):
    def setUp(self):
        super().setUp()
        self.supervisor = Supervisor(self)

    def begin(self, code):
        process = self.start(code, **self.supervisor.env)
        self.assertTrue(self.supervisor.hello.wait(20))
        self.assertEqual(process.stdout.readline(), "up\n")
        return process

    def test_it_says_hello_with_the_token(self):
        self.run_code("import tunesmith, time\ntunesmith.init()\ntime.sleep(0.3)", **self.supervisor.env)
        self.assertEqual(
            self.supervisor.received[0],
            {"type": "hello", "token": "secret", "role": "client", "handles": ["stop", "set"]},
        )

    def test_what_is_streamed_is_what_is_in_the_file(self):
        self.run_code("""
import tunesmith, time
run = tunesmith.init()
time.sleep(0.3)
for i in range(5000):
    run.log({"é": i}, step=i)
    if i % 100 == 0: time.sleep(0.003)
""", **self.supervisor.env)
        (path,) = (self.folder / "journal").iterdir()
        data = path.read_bytes()
        end = 0
        for frame in self.supervisor.frames():
            self.assertEqual((frame["file"], frame["offset"]), (path.name, end))
            piece = frame["data"].encode()
            self.assertEqual(data[end:end + len(piece)], piece)
            end += len(piece)
        self.assertEqual(end, len(data))
        self.assertLess(len(self.supervisor.frames()), 500)

    def test_a_stop_raises_from_the_next_log_once(self):
        process = self.begin("""
import tunesmith, time
run = tunesmith.init()
print("up")
try:
    i = 0
    while True:
        run.log({"a": i}, step=i)
        time.sleep(0.01)
        i += 1
except KeyboardInterrupt as error:
    print(type(error).__name__, error.reason)
    run.log({"last": 1}, step=i)
    raise
""")
        self.supervisor.send({"type": "stop", "reason": "prune"})
        out, err = process.communicate(timeout=20)
        self.assertEqual(out, "StopRequested prune\n")
        self.assertNotIn("Traceback", err)
        self.assertEqual(self.records()[-1]["status"], "pruned")
        self.assertIn("last", self.metrics()[-1]["values"])

    def test_a_program_that_looks_decides_itself(self):
        for option in ("run.should_stop", "tunesmith.init(on_stop='flag')"):
            with self.subTest(option=option):
                self.supervisor = Supervisor(self)
                process = self.begin(f"""
import tunesmith, time
run = tunesmith.init()
{option}
print("up")
while run.stop_reason is None: run.log({{"a": 1}}); time.sleep(0.01)
run.log({{"b": 1}})
print(tunesmith.should_stop)
""")
                self.supervisor.send({"type": "stop", "reason": "stop"})
                out, _ = process.communicate(timeout=20)
                self.assertEqual((out, process.returncode), ("True\n", 0))
                statuses = [records[-1]["status"] for records in self.journals().values()]
                self.assertEqual(set(statuses), {"stopped"})

    def test_sigterm_stops_a_program_that_does_not_log(self):
        process = self.begin("import tunesmith, time\ntunesmith.init()\nprint('up')\ntime.sleep(60)")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        self.assertNotIn("Traceback", err)
        self.assertEqual(self.records()[-1]["status"], "stopped")

    def test_sigterm_of_the_program_s_own_is_left_alone(self):
        process = self.begin("""
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *a: sys.exit(9))
import tunesmith
tunesmith.init()
print("up")
time.sleep(60)
""")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 9)

    def test_new_values_arrive(self):
        process = self.begin("""
import tunesmith, time
run = tunesmith.init()
run.on_set(lambda values: print(values, run.config.lr, run.config.optimizer.name))
print("up")
while run.config.lr == 0.5: time.sleep(0.01)
run.log({"a": 1})
""")
        self.supervisor.send({"type": "set", "params": {"lr": 0.25, "optimizer.name": "sgd"}})
        out, _ = process.communicate(timeout=20)
        self.assertEqual(out, "{'lr': 0.25, 'optimizer.name': 'sgd'} 0.25 sgd\n")
        self.assertEqual([record for record in self.records() if record["type"] == "params"], [])

    def test_garbage_is_ignored(self):
        process = self.begin("""
import tunesmith, time
run = tunesmith.init(on_stop="flag")
print("up")
while run.stop_reason is None: time.sleep(0.01)
""")
        self.supervisor.connection.sendall(b'\xff\xfe\n[]\n{"type":"stop"}\n{"type":"set","params":3}\n\n{"type":"stop","reason":"stop"}\n')
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)

    def test_a_lost_supervisor_is_found_again(self):
        process = self.begin("""
import tunesmith, time
run = tunesmith.init(on_stop="flag")
print("up")
i = 0
while run.stop_reason is None: run.log({"a": i}, step=i); i += 1; time.sleep(0.01)
""")
        other = Supervisor(self)
        (self.folder / "supervisor.json").write_text('{"pid":1,"socket":"%s","token":"new"}' % other.path)
        self.supervisor.connection.shutdown(2)
        self.assertTrue(other.hello.wait(20))
        self.assertEqual(other.received[0]["token"], "new")
        until(other.frames)
        other.send({"type": "stop", "reason": "stop"})
        process.communicate(timeout=20)
        steps = [record["step"] for record in self.metrics()]
        self.assertEqual(steps, list(range(len(steps))))


@unittest.skipIf(os.name == "nt", "processes of POSIX")
class Processes(RunCase):
    def test_kill_9_loses_nothing(self):
        for mode in ("mapped", "plain"):
            with self.subTest(mode=mode):
                # The program tells, on its output, how many calls have returned.
                process = self.start("""
import os, time, tunesmith
run = tunesmith.init()
due = time.perf_counter()
i = 0
while True:
    run.log({"loss": 1 / (i + 1), "i": i}, step=i)
    os.write(1, b"%d\\n" % i)
    i += 1
    due += 0.001
    while time.perf_counter() < due: time.sleep(0.0002)
""", TUNESMITH_JOURNAL_WRITE=mode)
                for line in process.stdout:
                    if int(line) >= 4000:
                        break
                process.kill()
                rest = process.stdout.read().split("\n")
                process.wait()
                said = [int(text) for text in rest if text][-1:] or [int(line)]
                newest = max((self.folder / "journal").iterdir(), key=lambda path: path.stat().st_mtime_ns)
                records = [record for record in records_of(newest) if record["type"] == "metrics"]
                self.assertEqual([record["step"] for record in records], list(range(len(records))))
                self.assertIn(len(records) - 1 - said[0], (0, 1))

    def test_a_forked_child_has_its_own_file(self):
        self.run_code("""
import os, tunesmith
run = tunesmith.init()
run.log({"a": 0}, step=0)
pid = os.fork()
for i in range(1000): run.log({"child" if pid == 0 else "parent": i}, step=i)
if pid:
    assert os.waitpid(pid, 0)[1] == 0
""")
        found = self.journals()
        self.assertEqual(len(found), 2)
        for name, records in found.items():
            (kind,) = {key for record in records if record["type"] == "metrics" for key in record["values"]} - {"a"}
            values = [record["values"][kind] for record in records if kind in record.get("values", ())]
            self.assertEqual(values, list(range(1000)))
            self.assertEqual(records[0]["pid"], int(name[len("rank0-"):-len(".ndjson")]))
            # Only the program's own process says how the run ended.
            self.assertEqual(records[-1]["type"], "finish" if kind == "parent" else "metrics")

    def test_a_forked_child_that_says_nothing_leaves_nothing(self):
        self.run_code("""
import multiprocessing as mp, tunesmith, time
mp.set_start_method("fork")
run = tunesmith.init()
worker = mp.Process(target=time.sleep, args=(60,))
worker.start()
time.sleep(0.2)
worker.terminate()
worker.join()
assert worker.exitcode == -15, worker.exitcode
""")
        self.assertEqual(len(self.journals()), 1)

    def test_ranks_have_their_own_files(self):
        for rank in ("0", "1"):
            self.run_code("import tunesmith\ntunesmith.log({'a': 1})", RANK=rank)
        self.run_code("import tunesmith\ntunesmith.log({'a': 1})", RANK="1", TUNESMITH_RANK="2")
        self.run_code("import tunesmith\ntunesmith.log({'a': 1})", RANK="../x")
        self.assertEqual(sorted(name.split("-")[0] for name in self.journals()), ["rank0", "rank0", "rank1", "rank2"])

    @unittest.skipUnless(sys.platform == "linux", "needs prlimit")
    def test_a_full_disk_does_not_stop_the_training(self):
        # The limit on a file's size is what a full disk is to a writer: writes fail, or end half-way.
        self.run_code("""
import resource, time, tunesmith
resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, resource.RLIM_INFINITY))
run = tunesmith.init()
for i in range(3000): run.log({"value": i}, step=i)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
for i in range(3000, 3100): run.log({"value": i}, step=i)
time.sleep(0.3)
run.log({"value": 3100}, step=3100)
""")
        self.assertEqual([record["step"] for record in self.metrics()], list(range(3101)))
        self.assert_outage_is_told()

    def assert_outage_is_told(self):
        said = [record for record in self.records() if record["type"] == "message"]
        self.assertEqual([record["level"] for record in said], ["warning"])
        text = r"The journal could not be written for \d+\.\d s \(File too large\)\. \d+ records waited in memory and are written now\. Nothing is missing\."
        self.assertRegex(said[0]["text"], text)
        self.assertEqual(self.records()[-1]["type"], "finish")

    @unittest.skipUnless(sys.platform == "linux", "needs prlimit")
    def test_a_program_that_ends_on_a_full_disk_waits_for_room(self):
        _, err = self.run_code("""
import resource, threading, time, tunesmith
resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, resource.RLIM_INFINITY))
run = tunesmith.init()
for i in range(3000): run.log({"value": i}, step=i)
def room():
    time.sleep(0.8)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
threading.Thread(target=room, daemon=True).start()
""")
        self.assertIn("waits for room on the disk to write its last records", err)
        self.assertEqual([record["step"] for record in self.metrics()], list(range(3000)))
        self.assert_outage_is_told()

    def test_ctrl_c_in_the_middle_of_logging_leaves_a_whole_journal(self):
        process = self.start("""
import signal, tunesmith
run = tunesmith.init()
armed = False
def interrupt(*_):
    global armed
    if armed:
        armed = False
        raise KeyboardInterrupt
signal.signal(signal.SIGINT, interrupt)
print("up")
i = 0
while True:
    try:
        armed = True
        while True: run.log({"x" * (i % 50 + 1): i}, step=i); i += 1
    except KeyboardInterrupt: pass
""")
        process.stdout.readline()
        for _ in range(100):
            process.send_signal(signal.SIGINT)
            time.sleep(0.004)
        process.kill()
        process.wait()
        steps = [record["step"] for record in self.metrics()]
        self.assertEqual(sorted(set(steps)), list(range(len(set(steps)))))
        self.assertGreater(len(steps), 1000)


if __name__ == "__main__":
    unittest.main()
