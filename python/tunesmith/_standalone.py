"""Runs of programs that were started by hand: in a terminal, with F5, in a notebook, by torchrun, sbatch or CI.

The program makes the run's folder itself. An engine that is there, or comes later, reads it; none is needed. Beside what the
engine writes for its own runs the folder has:

    lease.json        who records here (process and machine), as long as it does; written again every ten seconds
    control.ndjson    what the engine asks of the program, one message a line, as on the supervisor's socket
"""
import json
import os
import sys
from time import monotonic, time

from . import _checkpoint, _command, _host, _notes, _ranks, _recorded, _workspace
from ._output import Output
from ._packed import journal_names, lines
from ._place import VERSION, Place, grace_of, read_object
from ._values import flat_params

LEASE = "lease.json"
CONTROL = "control.ndjson"
# In the environment of a program that records: its child processes record into the same run.
JOIN = "TUNESMITH_JOIN"
_LOOK_SECONDS = 0.4
_LARGEST_CONTROL = 1 << 16


class Standalone(Place):
    """A run of our own. Raises OSError if its folder can't be created."""

    own = True

    def __init__(self, options, turn):
        super().__init__()
        self._run = None
        self._pid = os.getpid()
        self._read = 0
        self._looked = self._touched = 0.0
        self.workspace = _workspace.find(options.get("dir"))
        self._me = {**_host.identity(), "launch": 1}
        self._beat = _beat()
        runs = _workspace.runs_folder(self.workspace)
        resumed = _resumable(runs, options)
        if resumed is not None:
            self._resume(resumed)
        else:
            self._make(runs, options)
        self.name = str(options.get("name") or self._spec.get("name") or self.id)
        self.project = str(self._spec.get("experiment") or "")
        self.grace = grace_of(self._spec)
        self._output = Output(self.folder)
        job = _ranks.job()
        if job is not None:
            _notes.leave(self.workspace, f"{job} {turn}", {**self._me, "id": self.id, "time": time()})

    def _make(self, runs, options):
        program = _command.program()
        spec = {
            "version": VERSION,
            "id": options.get("id"),
            "experiment": options.get("project") or program,
            "file": None,
            "search": None,
            "trial": None,
            "params": flat_params(options.get("params") or {}),
            "argv": _command.argv(),
            "cwd": _workspace.recorded(self.workspace, os.getcwd()),
            "env": {},
            "seed": int.from_bytes(os.urandom(4), "big") >> 1,
            "objective": options.get("objective"),
            "createdAt": round(time() * 1000),
            "name": options.get("name"),
            "origin": {"host": self._me["host"]["name"], "git": None, "by": "program"},
            "stopGrace": Place.grace,
        }
        observed = observation(os.environ.get("TUNESMITH_CAPTURE"))
        if observed is not None:
            spec["capture"] = observed
        if options.get("tags"):
            spec["tags"] = [str(tag) for tag in options["tags"]]
        if options.get("notes"):
            spec["note"] = str(options["notes"])
        self.folder = _workspace.make_run(runs, spec, {LEASE: self._me})
        _recorded.start(self.folder, 1, spec["createdAt"], spec["params"], observed is None or observed["system"])
        self._spec = spec
        self.id = spec["id"]
        self.seed = spec["seed"]
        self.params = options.get("params") or {}

    def _resume(self, folder):
        spec = read_object(os.path.join(folder, "run.json"))
        self.folder = folder
        self.id = os.path.basename(folder)
        self.seed = spec.get("seed", 0)
        self.checkpoint = _checkpoint.newest(folder)
        self.params, self.steps = _records_of(folder)
        self.params = {**spec.get("params", {}), **self.params}
        earlier = spec.get("launch")
        number = earlier.get("number", 1) if isinstance(earlier, dict) else 1
        checkpoint = _workspace.recorded(self.workspace, self.checkpoint)
        spec["launch"] = {"number": number + 1, "at": round(time() * 1000), "checkpoint": checkpoint}
        self._me["launch"] = number + 1
        # Requests to the earlier program are not meant for this one.
        self._read = _size(os.path.join(folder, CONTROL))
        _workspace.write_whole(os.path.join(folder, "run.json"), json.dumps(spec, ensure_ascii=False))
        _workspace.write_whole(os.path.join(folder, LEASE), json.dumps(self._me))
        _workspace.wake(os.path.dirname(folder), self.id)
        observed = spec.get("capture")
        system = not isinstance(observed, dict) or observed.get("system") is not False
        _recorded.start(folder, number + 1, spec.get("createdAt"), system=system)
        self._spec = spec

    def identity(self):
        return {name: self._me[name] for name in ("started", "host", "launch")}

    def opened(self, run):
        self._run = run
        os.environ[JOIN] = self.folder
        if not os.environ.get("TUNESMITH_SILENT"):
            print(f'tunesmith: recording "{self.name}" in {self.folder}', file=sys.stderr)
        self._output.begin()

    def compare_by(self, metric, goal):
        if self._spec.get("objective") is not None or os.getpid() != self._pid:
            return
        self._spec["objective"] = {"metric": metric, "goal": goal}
        try:
            _workspace.write_whole(os.path.join(self.folder, "run.json"), json.dumps(self._spec, ensure_ascii=False))
        except OSError:
            return
        _workspace.wake(os.path.dirname(self.folder), self.id)

    def closed(self):
        if os.getpid() != self._pid:
            return
        self._output.end()
        if os.environ.get(JOIN) == self.folder:
            del os.environ[JOIN]
        try:
            os.unlink(os.path.join(self.folder, LEASE))
        except OSError:
            pass

    def tick(self):
        now = monotonic()
        if now - self._looked < _LOOK_SECONDS or self._run is None or os.getpid() != self._pid:
            return
        self._looked = now
        self._listen()
        if now - self._touched >= self._beat:
            self._touched = now
            self._touch()

    def _touch(self):
        """A heartbeat for an engine that can't see our process, because it runs on another machine or in another
        container.
        """
        try:
            descriptor = os.open(os.path.join(self.folder, LEASE), os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
            try:
                # Written, not just touched: the time is then the file server's own, whatever our clock says.
                os.write(descriptor, json.dumps(self._me).encode())
            finally:
                os.close(descriptor)
        except OSError:
            pass

    def _listen(self):
        path = os.path.join(self.folder, CONTROL)
        if _size(path) <= self._read:
            return
        try:
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            descriptor = os.open(path, flags)
            try:
                os.lseek(descriptor, self._read, os.SEEK_SET)
                data = os.read(descriptor, _LARGEST_CONTROL)
            finally:
                os.close(descriptor)
        except OSError:
            return
        end = data.rfind(b"\n") + 1
        if end == 0 and len(data) == _LARGEST_CONTROL:
            # No message is that long.
            end = len(data)
        self._read += end
        for line in data[:end].split(b"\n"):
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                self._run._receive(message)


class Joined(Place):
    """The run of another process: of rank 0 of the same job, or of the program that started this worker."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        spec = read_object(os.path.join(folder, "run.json"))
        self.id = os.path.basename(folder)
        self.name = str(spec.get("name") or self.id)
        self.seed = spec.get("seed", 0)
        self.params = spec.get("params") or {}
        self.project = str(spec.get("experiment") or "")
        self.grace = grace_of(spec)
        launch = spec.get("launch")
        if isinstance(launch, dict):
            self.checkpoint = _workspace.absolute(os.path.abspath(os.path.join(folder, "../../..")), launch.get("checkpoint"))

    def identity(self):
        me = _host.identity()
        return {name: me[name] for name in ("started", "host")}


def place(options, turn):
    """Returns where the ``turn``-th run of this process is recorded. Raises OSError if it can't be."""
    folder = os.environ.get(JOIN)
    rank = _ranks.rank()
    if folder and os.path.isdir(folder) and (_is_worker() or (rank > 0 and _is_parent(folder))):
        return Joined(folder)
    job = _ranks.job()
    if rank > 0 and job is not None:
        found = _notes.find(_workspace.find(options.get("dir")), f"{job} {turn}")
        if found is not None:
            return Joined(found)
        print(f"tunesmith: rank {rank} found no run of rank 0, so it records one of its own", file=sys.stderr)
    return Standalone(options, turn)


def observation(text):
    """Returns TUNESMITH_CAPTURE in the form of run.json; None for the defaults."""
    text = (text or "").strip()
    if text == "off":
        return {"libraries": "off", "wandb": "listen", "output": "off", "files": "off", "system": False}
    try:
        given = json.loads(text) if text.startswith("{") else None
    except ValueError:
        given = None
    if not isinstance(given, dict):
        return None
    output = given.get("output")
    patterns = [each for each in output if isinstance(each, str)] if isinstance(output, list) else None
    return {
        "libraries": "off" if given.get("libraries") == "off" else "auto",
        "wandb": "replace" if given.get("wandb") == "replace" else "listen",
        "output": patterns or ("off" if output == "off" else "auto"),
        "files": "off" if given.get("files") == "off" else "auto",
        "system": given.get("system") is not False,
    }


def _beat():
    try:
        seconds = float(os.environ.get("TUNESMITH_LEASE_SECONDS") or 0)
    except ValueError:
        seconds = 0
    return seconds if 0 < seconds <= 600 else 10.0


def _is_parent(folder):
    """Returns whether the process that records there started this one: Lightning starts the other ranks from rank 0."""
    return read_object(os.path.join(folder, LEASE)).get("pid") == os.getppid()


def _is_worker():
    """Returns whether multiprocessing started this process."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    return multiprocessing is not None and multiprocessing.parent_process() is not None


def _resumable(runs, options):
    """Returns the folder of the run to continue, or None for a new one. Clears an unusable id."""
    wanted, resume = options.get("id"), options.get("resume")
    if not wanted:
        if resume == "must":
            raise ValueError('init(resume="must") needs the id of a run')
        return None
    if not _workspace.is_id(wanted):
        raise ValueError(f"init: an id has 1 to 64 letters, digits, _ and -, and does not begin with -, unlike {wanted!r}")
    folder = os.path.join(runs, wanted)
    if not os.path.isdir(folder) or os.path.islink(folder):
        if resume == "must":
            raise ValueError(f"init(resume='must'): there is no run {wanted} in {runs}")
        return None
    if resume in (None, False, "never"):
        print(f'tunesmith: there is a run {wanted} already; use resume="allow" to go on with it. A new id is used', file=sys.stderr)
    elif read_object(os.path.join(folder, "run.json")).get("origin", {}).get("by") != "program":
        print(f"tunesmith: run {wanted} was started by Tunesmith, which resumes it itself. A new id is used", file=sys.stderr)
    elif _host.lives(read_object(os.path.join(folder, LEASE)) or {"pid": 0}):
        print(f"tunesmith: run {wanted} is being recorded by another program. A new id is used", file=sys.stderr)
    else:
        return folder
    options["id"] = None
    return None


def _records_of(folder):
    """Returns the hyperparameters that the program has set, and the step after the last logged one."""
    params, steps = {}, 0
    journal = os.path.join(folder, "journal")
    try:
        names = [name for name in journal_names(journal) if name.startswith("rank0-")]
    except OSError:
        return params, steps
    for name in names:
        for line in lines(os.path.join(journal, name)):
            if line[:1] == b"\0":
                break
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if record.get("type") == "params":
                params.update(record.get("params") or {})
            elif record.get("type") == "metrics" and isinstance(record.get("step"), (int, float)):
                steps = max(steps, int(record["step"]) + 1)
    return params, steps


def _size(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
