"""The run of this process."""
import atexit
import json
import os
import signal
import sys
import threading
from collections import deque
from time import time as _now

from . import _checkpoint
from ._config import Config
from ._journal import Journal
from ._link import Link
from ._values import _names, deferred, flat_params, flatten, float_text, int_text, name_text, scalar_text
from ._version import __version__


_ENDS = {"stop": "stopped", "prune": "pruned", "pause": "paused"}


class StopRequested(KeyboardInterrupt):
    """This run was asked to stop. ``reason`` is ``"stop"`` (by the person), ``"prune"`` (it can't win) or ``"pause"``: it
    will be started again, to go on from its checkpoint."""

    def __init__(self, reason="stop"):
        super().__init__(f"the run was asked to {reason}")
        self.reason = reason


class Run:
    """What a training program says about its run, and hears from the person. Made by ``tunesmith.init()``."""

    def __init__(self, config=None, on_stop="raise"):
        environ = os.environ
        self.folder = environ.get("TUNESMITH_RUN_DIR", "")
        #: False when Tunesmith did not start this program: every call then works and records nothing.
        self.enabled = bool(self.folder)
        spec = _read_spec(self.folder)
        self.id = environ.get("TUNESMITH_RUN_ID", "") or str(spec.get("id", ""))
        #: Seed of this run, in [0, 2**31).
        self.seed = spec.get("seed", 0)
        #: Folder of the checkpoint to go on from (this run was paused before, or goes on from another's state), or None.
        #: Load it before training, and go on with the step after the one saved.
        self.checkpoint = _checkpoint.given()
        rank = environ.get("TUNESMITH_RANK") or environ.get("RANK") or ""
        #: Index of this process among those of a distributed job; 0 when alone.
        self.rank = int(rank) if rank.isascii() and rank.isdigit() else 0
        self._on_stop = _checked(on_stop)
        self._pid = os.getpid()
        self._forked = False
        self._lock = threading.Lock()
        self._reset()
        self._reason = None
        self._raised = False
        self._in_call = False
        self._set_callbacks = []
        self._error = None
        params = _params(environ.get("TUNESMITH_PARAMS")) or spec.get("params") or {}
        #: Hyperparameters of this run; setting one records it.
        self.config = Config(params, self._config_changed)
        if self.enabled:
            try:
                self._open()
            except OSError as error:
                self.enabled = False
                print(f"tunesmith: nothing will be recorded: {error}", file=sys.stderr)
        elif environ.get("TUNESMITH_VERBOSE"):
            print("tunesmith: not started by Tunesmith, so nothing is recorded", file=sys.stderr)
        if config:
            self._defaults(config)

    # What the program says

    def log(self, values, step=None, epoch=None):
        """Records scalars at one step: numbers, numpy or torch scalars, and nested dicts of them (joined with ``/``).

        It is in the file when this returns: killing the process loses nothing. (A scalar on a GPU is read a little
        later in the background, so that logging it does not wait for the GPU.) Steps may come in any order; without
        one, calls without a step are counted from 0. NaN and infinities are kept.

        Raises ``StopRequested``, after recording, when the run is to stop (see ``init(on_stop=…)``).
        """
        if self._finished or not self.enabled:
            return
        self._in_call = True
        try:
            if step is None:
                step = self._steps
                self._steps += 1
                at = str(step)
            elif type(step) is int:
                at = int_text(step)
            else:
                at = _step_text(step)
            head = f'{{"type":"metrics","time":{_now() * 1000:.0f},"step":{at}'
            if epoch is not None:
                head += f',"epoch":{_step_text(epoch)}'
            parts = []
            late = None
            for name, value in values.items():
                if type(value) is float:
                    # The usual case, without a call: paced calls run with cold caches, where each costs.
                    text = repr(value) if value - value == 0.0 else float_text(value)
                    parts.append((_names.get(name) or name_text(name)) + text)
                    continue
                if isinstance(value, dict):
                    nested = {}
                    flatten(value, nested, f"{name}/")
                else:
                    nested = {name: value}
                for key, inner in nested.items():
                    held = deferred(inner)
                    if held is not None:
                        late = late or []
                        late.append((key, held))
                    else:
                        text = scalar_text(inner)
                        if text is not None:
                            parts.append(name_text(key) + text)
                        else:
                            self._refuse(key, inner)
            if parts:
                self._write(f'{head},"values":{{{",".join(parts)}}}}}\n')
            if late:
                self._late.append((head, late))
                self._opened()
        finally:
            self._in_call = False
        if self._reason is not None or self._edits:
            self._attend()

    def progress(self, fraction, text=""):
        """How far the work has come: a fraction in [0, 1] (None when unknown), and a text for the person."""
        if fraction is not None:
            fraction = float(fraction)
            fraction = None if fraction != fraction else min(1.0, max(0.0, fraction))
        self._record({"type": "progress", "fraction": fraction, "text": str(text)})

    def info(self, values):
        """Facts that are no metrics, such as the number of weights."""
        self._record({"type": "info", "values": flat_params(values)})

    def message(self, text, level="info"):
        """A message for the person; the last one of level ``error`` explains a failed run."""
        if level not in ("info", "warning", "error"):
            raise ValueError(f'level must be "info", "warning" or "error", not {level!r}')
        self._record({"type": "message", "level": level, "text": str(text)})

    def media(self, name, path, step=None, mime=None):
        """A file that belongs to the run: a picture, a table, a checkpoint. One outside the run's folder is copied."""
        if not self.enabled:
            return
        from ._media import adopt

        record = {"type": "media", "name": str(name), **adopt(self.folder, path, mime)}
        if step is not None:
            record["step"] = float(step)
        self._record(record)

    def save_checkpoint(self, step, keep=2):
        """Saves a checkpoint, for a run that may be paused and started again::

            with run.save_checkpoint(step) as folder:
                torch.save(state, os.path.join(folder, "state.pt"))

        The folder counts once the block has ended; a program killed meanwhile leaves the earlier checkpoint as it was.
        The newest ``keep`` are kept. With several ranks, one of them saves.
        """
        return _checkpoint.save(self.folder if self.enabled else None, step, keep)

    def finish(self, status=None, error=None):
        """The last record. Without a status: ``completed``, or ``stopped``/``pruned``/``paused`` when that was asked for."""
        if self._finished or not self.enabled:
            return
        if status not in (None, "completed", "failed", "stopped", "pruned", "paused"):
            raise ValueError(f'status must be "completed", "failed", "stopped", "pruned" or "paused", not {status!r}')
        if status is None:
            status = {None: "completed", **_ENDS}[self._reason]
        self._read_late()
        record = {"type": "finish", "status": status}
        if error is not None:
            record["error"] = str(error)
        self._record(record)
        self._finished = True
        journal, link = self._journal, self._link
        if link is not None:
            link.close(1.0)
        if journal is not None:
            if journal.lost:
                print(f"tunesmith: {journal.lost} records were lost: the disk was full", file=sys.stderr)
            journal.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            self.finish()
        elif isinstance(error, StopRequested) or self._reason is not None and isinstance(error, KeyboardInterrupt):
            self.finish()
        else:
            self.finish("failed", _trace(kind, error, trace))
        return False

    # What the person asks for

    @property
    def should_stop(self):
        """True once the run is to stop. A program that looks here decides for itself: ``log`` no longer raises."""
        self._on_stop = "flag"
        return self._reason is not None

    @property
    def stop_reason(self):
        """``"stop"``, ``"prune"`` or ``"pause"`` once that was asked for, else None."""
        return self._reason

    def on_set(self, callback):
        """``callback(values)`` within the next ``log`` after the person changed hyperparameters of the live run."""
        self._set_callbacks.append(callback)
        return callback

    # Inside

    def _reset(self):
        self._journal = None
        self._link = None
        self._queue = None
        self._late = deque()
        self._late_lock = threading.Lock()
        self._edits = deque()
        self._refused = set()
        self._steps = 0
        self._finished = False

    def _open(self):
        environ = os.environ
        self._journal = Journal(os.path.join(self.folder, "journal"), f"rank{self.rank}-{os.getpid()}")
        self._link = Link(
            self.folder,
            self._journal.name,
            environ.get("TUNESMITH_SOCKET", ""),
            environ.get("TUNESMITH_TOKEN", ""),
            self._control,
            self._tick,
        )
        self._queue = self._link.queue if environ.get("TUNESMITH_SOCKET") else None
        self._record({"type": "start", "pid": os.getpid(), "rank": self.rank, "client": f"python/{__version__}"})

    def _opened(self):
        """The journal; in a forked child it is made by its first record."""
        if self._journal is None and self.enabled:
            with self._lock:
                if self._journal is None:
                    try:
                        self._open()
                    except OSError:
                        self.enabled = False
        return self._journal

    def _write(self, line):
        journal = self._journal
        if journal is None:
            journal = self._opened() if self.enabled else None
            if journal is None:
                return
        data = line.encode()
        at = journal.append(data)
        if at >= 0 and self._queue is not None:
            self._queue.append((at, data))

    def _record(self, record):
        if self.enabled and not self._finished:
            # A signal's handler must not raise in the middle of a record.
            outer, self._in_call = self._in_call, True
            try:
                typed = {"type": record.pop("type"), "time": round(_now() * 1000), **record}
                self._write(json.dumps(typed, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
            finally:
                self._in_call = outer

    def _refuse(self, name, value):
        if name in self._refused or len(self._refused) > 100:
            return
        self._refused.add(name)
        text = f"log: {name!r} was given {type(value).__name__} {str(value)[:60]!r} and is left out; only single numbers are metrics"
        print(f"tunesmith: {text}", file=sys.stderr)
        self.message(text, "warning")

    def _defaults(self, config):
        given = config if isinstance(config, dict) else vars(config)
        new = {name: value for name, value in flat_params(given).items() if name not in self.config}
        self.config.update(new)

    def _config_changed(self, values):
        self._record({"type": "params", "params": flat_params(values)})

    def _attend(self):
        """Between two records: what came from the person."""
        while self._edits:
            values = self._edits.popleft()
            for callback in list(self._set_callbacks):
                callback(values)
        if self._reason is not None and self._on_stop == "raise" and not self._raised:
            self._raised = True
            raise StopRequested(self._reason)

    def _control(self, message):
        """On the listening thread."""
        kind = message.get("type")
        if kind == "stop" and message.get("reason") in _ENDS:
            self._reason = self._reason or message["reason"]
        elif kind == "set" and isinstance(message.get("params"), dict):
            self.config._receive(message["params"])
            self._edits.append(message["params"])

    def _tick(self):
        """On the sending thread."""
        if self._late:
            self._read_late()
        if self._journal is not None:
            self._journal.prepare()

    def _read_late(self):
        """Reads the values that were left on a GPU, in the order they were logged."""
        with self._late_lock:
            while self._late:
                head, late = self._late.popleft()
                texts = [(name, scalar_text(value)) for name, value in late]
                parts = ",".join(name_text(name) + text for name, text in texts if text is not None)
                if parts:
                    self._write(f'{head},"values":{{{parts}}}}}\n')

    def _on_sigterm(self, _number, _frame):
        self._reason = self._reason or "stop"
        if self._in_call or self._on_stop != "raise" or self._raised:
            return
        # The program has not logged since it was asked; it may be long until it does.
        self._raised = True
        raise StopRequested(self._reason)

    def _after_fork(self):
        """In the child: its records go into a file of its own, made by the first of them."""
        journal = self._journal
        self._forked = True
        self._lock = threading.Lock()
        self._reset()
        if journal is not None:
            journal.abandon()
        self._in_call = False
        if signal.getsignal(signal.SIGTERM) == self._on_sigterm:
            # Libraries end their worker processes with it and expect no exception there.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _at_exit(self):
        if self._forked:
            if self._journal is not None:
                self._read_late()
                self._journal.close()
            return
        if self._error is not None:
            self.finish("failed", self._error)
        else:
            self.finish()


_current = None
_init_lock = threading.Lock()


def init(config=None, on_stop=None):
    global _current
    with _init_lock:
        if _current is None:
            _current = Run(config, on_stop or "raise")
            if _current.enabled:
                _install(_current)
            return _current
    if on_stop is not None:
        _current._on_stop = _checked(on_stop)
    if config:
        _current._defaults(config)
    return _current


def current():
    return _current if _current is not None else init()


def _install(run):
    atexit.register(run._at_exit)
    previous = sys.excepthook

    def hook(kind, error, trace):
        if issubclass(kind, StopRequested) or (run._reason is not None and issubclass(kind, KeyboardInterrupt)):
            print(f"tunesmith: {error}", file=sys.stderr)
            return
        run._error = _trace(kind, error, trace)
        previous(kind, error, trace)

    sys.excepthook = hook
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=run._after_fork)
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and os.name != "nt" and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, run._on_sigterm)


def _trace(kind, error, trace):
    import traceback

    return "".join(traceback.format_exception(kind, error, trace))


def _checked(on_stop):
    if on_stop not in ("raise", "flag"):
        raise ValueError(f'on_stop must be "raise" or "flag", not {on_stop!r}')
    return on_stop


def _step_text(step):
    try:
        value = step.__index__()
        return int_text(value)
    except (AttributeError, TypeError):
        pass
    value = float(step)
    if value - value != 0.0:
        raise ValueError(f"step and epoch must be finite numbers, not {value}")
    return repr(value)


def _params(text):
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _read_spec(folder):
    if not folder:
        return {}
    try:
        with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
            spec = json.load(file)
        return spec if isinstance(spec, dict) else {}
    except (OSError, ValueError):
        return {}
