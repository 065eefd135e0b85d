"""Reads the runs of a workspace from their folders, for scripts and notebooks. Needs no engine and changes nothing."""
import json
import os
from itertools import count
from math import inf

from . import _host, _workspace
from ._config import Config
from ._packed import journal_names, lines
from ._place import read_object

_STATUS_OF_REQUEST = {"stop": "stopped", "prune": "pruned", "pause": "paused"}


class Api:
    """The runs of a workspace: the given one, else the one that ``init`` would record into."""

    def __init__(self, dir=None, **_unused):
        self.workspace = _workspace.find(dir)
        self._runs = os.path.join(self.workspace, _workspace.FOLDER, "runs")

    def runs(self, project=None, status=None):
        """Returns the runs, newest first, optionally only those of one project (experiment) or one status."""
        try:
            names = [entry.name for entry in os.scandir(self._runs) if entry.is_dir(follow_symlinks=False)]
        except OSError:
            names = []
        found = [run for run in map(self._read, names) if run is not None and project in (None, run.project)]
        return sorted((run for run in found if status in (None, run.status)), key=lambda run: -run.created_at)

    def run(self, id):
        """Returns the run with an id. Raises KeyError if there is none."""
        found = self._read(id) if _workspace.is_id(id) else None
        if found is None:
            raise KeyError(f"there is no run {id!r} in {self._runs}")
        return found

    def export(self, path, format=None, runs=None, points=False):
        """Writes ``runs`` (from ``runs()``; None: all) for other tools, and returns the path.

        ``format``: ``csv``, ``json``, ``jsonl`` or ``parquet`` (needs pyarrow), by default from the file's extension;
        or ``tensorboard`` and ``mlflow`` (a new folder) or ``optuna`` (a new file), which need the command
        ``tunesmith``. A table has a row for each run, or with ``points`` one for each point of a metric. Raises
        ValueError for an unknown format, RuntimeError if something is missing, OSError if the file can't be written.
        """
        from ._export import export

        return export(self, path, format, self.runs() if runs is None else list(runs), points)

    def _read(self, id):
        folder = os.path.join(self._runs, id)
        spec = read_object(os.path.join(folder, "run.json"))
        return RecordedRun(folder, spec) if _workspace.is_id(id) and spec.get("id") == id else None


class RecordedRun:
    """A run, read from its folder. Its journal is read on first use, and then kept."""

    def __init__(self, folder, spec):
        self.folder = folder
        self.id = spec["id"]
        said = {**spec, **read_object(os.path.join(folder, "meta.json"))}
        self.name = str(said.get("name") or self.id)
        self.project = str(spec.get("experiment") or "")
        self.tags = list(said.get("tags") or ())
        self.notes = str(said.get("note") or "")
        #: Milliseconds since 1970.
        self.created_at = spec.get("createdAt") or 0
        self._spec = spec
        self._journal = None

    def __repr__(self):
        return f"<tunesmith run {self.name!r} ({self.id}, {self.status})>"

    @property
    def config(self):
        """Hyperparameters: those that it was started with, and those that the program has set."""
        return Config(self.params)

    @property
    def params(self):
        """Hyperparameters by their full names, such as ``optimizer.lr``."""
        return {**(self._spec.get("params") or {}), **self._read().params}

    @property
    def last(self):
        """The last value of each metric."""
        last = {}
        for _, values in self._read().points:
            last.update(values)
        return last

    @property
    def summary(self):
        """The last value of each metric; metrics of other ranks than 0 are called ``rank1/<name>``."""
        return {**self.last, **self._read().facts}

    @property
    def status(self):
        """``running``, ``completed``, ``failed``, ``stopped``, ``pruned``, ``paused`` or ``queued``."""
        journal = self._read()
        lease = read_object(os.path.join(self.folder, "lease.json"))
        works = bool(lease) and _host.lives(lease) is not False
        if journal.exit is not None and not works:
            return _exit_status(journal.exit, journal.finish)
        if works or os.path.exists(os.path.join(self.folder, "supervisor.json")):
            return "running"
        if journal.finish is not None:
            return journal.finish
        return "failed" if journal.started else "queued"

    @property
    def state(self):
        return self.status

    def history(self, names=None, pandas=True):
        """Returns one row for each logged step, with ``_step`` and ``_time`` (milliseconds) next to the values."""
        rows = []
        for (step, time), values in self._read().points:
            chosen = values if names is None else {name: values[name] for name in names if name in values}
            if chosen:
                rows.append({"_step": step, "_time": time, **chosen})
        return _table(rows, pandas)

    def ranks(self, name, pandas=True):
        """Returns a metric over the ranks of a distributed job: one row for each step, with ``_step``, ``min``,
        ``mean``, ``max`` and the number of ``ranks`` that have logged it.
        """
        values = {}
        for (step, _), logged in self._read().points:
            for metric, value in logged.items():
                rank, _, rest = metric.partition("/")
                own = metric == name
                if own or (rest == name and rank.startswith("rank") and rank[4:].isdigit()):
                    values.setdefault(step, {})["rank0" if own else rank] = value
        rows = []
        for step in sorted(values, key=_comparable):
            each = list(values[step].values())
            rows.append({"_step": step, "min": min(each), "mean": sum(each) / len(each), "max": max(each), "ranks": len(each)})
        return _table(rows, pandas)

    def _read(self):
        if self._journal is None:
            self._journal = _Journal(os.path.join(self.folder, "journal"))
        return self._journal


def _table(rows, pandas):
    """Returns a DataFrame if pandas is requested and installed, else the rows."""
    try:
        if pandas:
            from pandas import DataFrame

            return DataFrame(rows)
    except ImportError:
        pass
    return rows


class _Journal:
    def __init__(self, folder):
        #: Pairs of (step, time) and values, in the order in which they were logged. If several launches of the run have
        #: logged a step, the latest launch's value counts.
        self.points = []
        self._launches = []
        self._printed, self._logged = set(), set()
        self.params = {}
        self.facts = {}
        self.finish = None
        self.exit = None
        self.started = False
        try:
            names = journal_names(folder)
        except OSError:
            names = []
        for name in names:
            rank = name[4:].split("-")[0] if name.startswith("rank") else "0"
            self._prefix = f"rank{rank}/" if rank.isdigit() and int(rank) > 0 else ""
            self._steps = count()
            self._launch = 1
            self._is_printed = name in ("output.ndjson", "patterns.ndjson")
            for record in _records(os.path.join(folder, name)):
                self._take(record, name)
        self._leave_out_lost()
        self._leave_out_printed()
        self.points.sort(key=lambda point: point[0][1])

    def _leave_out_lost(self):
        """Leaves out the records of a launch from the step at which a later one resumed."""
        launches = sorted(set(self._launches), reverse=True)
        if len(launches) < 2:
            return
        limits = {}
        counting = []
        for launch in launches:
            mine = [point for point, writer in zip(self.points, self._launches) if writer == launch]
            for (step, time), values in mine:
                counts = type(values)({n: v for n, v in values.items() if _comparable(step) < limits.get(n, inf)})
                if counts:
                    counting.append(((step, time), counts))
            for (step, _), values in mine:
                for name in values:
                    limits[name] = min(_comparable(step, inf), limits.get(name, inf))
        self.points = counting

    def _leave_out_printed(self):
        """Leaves out metrics read from the output that the program also records itself."""
        doubled = self._printed & self._logged
        if doubled:
            for _, values in self.points:
                if isinstance(values, _Printed):
                    for name in doubled & values.keys():
                        del values[name]

    def _take(self, record, file):
        kind = record.get("type", "metrics")
        if kind == "metrics":
            values = record.get("values")
            if not isinstance(values, dict):
                values = {name: value for name, value in record.items() if name not in ("type", "step", "time", "epoch")}
            step = record["step"] if record.get("step") is not None else next(self._steps)
            numbers = {self._prefix + name: _number(value) for name, value in values.items()}
            known = {n: v for n, v in numbers.items() if v is not None}
            (self._printed if self._is_printed else self._logged).update(known)
            self.points.append(((step, record.get("time") or 0), _Printed(known) if self._is_printed else known))
            self._launches.append(self._launch)
        elif kind == "params" and isinstance(record.get("params"), dict):
            self.params.update(record["params"])
        elif kind == "info" and isinstance(record.get("values"), dict):
            self.facts.update(record["values"])
        elif kind == "finish" and (self.finish is None or record.get("status") == "failed"):
            self.finish = record.get("status")
        elif kind == "exit" and file == "supervisor.ndjson":
            self.exit = record
        elif kind == "start":
            launch = record.get("launch")
            if isinstance(launch, int) and launch > self._launch:
                self._launch = launch
                self._steps = count() if record.get("anew") is True else self._steps
            # A later launch has not ended yet.
            self.finish = None if self._prefix == "" else self.finish
        self.started = True


class _Printed(dict):
    """Returns the values that were read from the output."""


def _exit_status(exit, finish):
    clean = exit.get("code") == 0
    if exit.get("requested") in _STATUS_OF_REQUEST and not (clean and finish == "completed"):
        return _STATUS_OF_REQUEST[exit["requested"]]
    return (finish or "completed") if clean else ("failed" if finish in (None, "completed", "failed") else finish)


def _comparable(step, otherwise=-inf):
    """A damaged record may give any step."""
    return step if isinstance(step, (int, float)) else otherwise


def _number(value):
    if isinstance(value, (int, float)):
        return value
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else None


def _records(path):
    """Yields whole records, without those that are damaged or not written yet."""
    for line in lines(path):
        if line[:1] == b"\0":
            return
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record
