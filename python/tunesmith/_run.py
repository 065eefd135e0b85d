"""One run of this process: records what the program logs, and receives the person's requests."""
import os
import sys
from time import monotonic as _monotonic
from time import time as _now

from . import _checkpoint, _hooks
from ._config import Config
from ._control import ENDS, Control, StopRequested, checked
from ._familiar import Familiar
from ._received import Received
from ._recorder import Recorder
from ._values import LONGEST_NAME, deferred, flat_names, flat_params, flatten, float_text, int_text, name_text, scalar_text, step_text
from ._version import __version__

__all__ = ["Run", "StopRequested"]

_STATUSES = (None, "completed", "failed", "stopped", "pruned", "paused")
# The engine charts this many metrics of a run.
_MAX_METRICS = 5000


class Run(Familiar):
    """The training program's side of its run: logs to it and receives requests. Made by ``tunesmith.init()``."""

    def __init__(self, place, config=None, on_stop="raise", link=None):
        checked(on_stop)
        self._place = place
        self.folder = place.folder
        #: False if nothing is recorded: every call then works and does nothing.
        self.enabled = bool(place.folder)
        self.id = place.id
        self.name = place.name
        #: Seed of this run, in [0, 2**31).
        self.seed = place.seed
        #: Folder of the checkpoint to continue from (this run was paused before, or continues from another's state), or None.
        #: Load it before training, and continue with the step after the saved one.
        self.checkpoint = place.checkpoint
        #: Index of this process among those of a distributed job; 0 when alone.
        self.rank = place.rank
        self._control = Control(on_stop, place.grace, self.checkpoint is not None)
        self._recorder = Recorder(place.folder, place.rank, place.address, self._first_record, self._receive, self._tick, link)
        self._names = {}
        self._refused = set()
        self._held = {}
        self._ended = None
        self._began = _monotonic()
        self._forked = False
        saved = _checkpoint.counted(self.checkpoint) if self.checkpoint else None
        self._steps = place.steps if saved is None else saved
        self._last_step = None
        self._newest = None
        #: Step after which the search wants the run to pause: it does so by itself, however late the request comes.
        self._until = place.until
        #: Hyperparameters of this run; setting one records it.
        self._received = Received(place.unpassed if self.enabled else (), self._recorder.record)
        self.config = Config(place.params, self._config_changed, read=self._read if self._received.waits else None)
        if self.enabled:
            try:
                self._recorder.open()
            except OSError as error:
                self.enabled = False
                self._recorder.disable(error)
            else:
                place.opened(self)
                _hooks.attend(self)
        if config is not None:
            self._defaults(config)

    # Records from the program

    def log(self, values, step=None, epoch=None, commit=None):
        """Records scalars at one step: numbers, numpy or torch scalars, and nested dicts of them (joined with ``/``).

        They are in the file when it returns: killing the process loses nothing. (A scalar on a GPU is read a little
        later in the background, so that logging it does not wait for the GPU.) Steps may come in any order; without
        one, calls without a step are counted from 0, and the count continues if the run resumes from a checkpoint.
        NaN and infinities are kept. With ``commit=False`` the values are recorded by the next call.

        Raises ``StopRequested`` when the run has to stop; see "Stop and pause" in the README for when exactly.
        """
        recorder = self._recorder
        if recorder.finished or not self.enabled:
            if recorder.finished:
                self._say_once("log", "log after finish: these values are not recorded. Begin another run with tunesmith.init().")
            return
        if type(values) is not dict and not hasattr(values, "items"):
            raise TypeError(f"log takes a dictionary of names and values, such as {{'loss': 0.5}}, not {type(values).__name__}")
        if commit is False:
            self._held.update(values)
            return
        if self._held:
            values = {**self._held, **values}
            self._held = {}
        if self._axes and step is None:
            for at, group in self._by_axes(values).items():
                if at is not None:
                    self.log(group, at, epoch)
            values = self._by_axes(values).get(None)
            if not values:
                return
        control = self._control
        counted = step is None
        if counted:
            step = self._steps
            at = str(step)
        elif type(step) is int:
            at = int_text(step)
        else:
            at = step_text(step)
        belongs = False if control.logged else control.before_log(step if type(step) is int else float(step))
        recorder.in_call = True
        try:
            head = f'{{"type":"metrics","time":{_now() * 1000:.0f},"step":{at}'
            if epoch is not None:
                head += f',"epoch":{step_text(epoch)}'
            parts = []
            late = None
            names = self._names
            for name, value in values.items():
                if type(value) is float:
                    # The most frequent case, without a function call: paced calls run with cold caches, where each
                    # call costs.
                    text = repr(value) if value - value == 0.0 else float_text(value)
                    head_text = names.get(name) or self._name(name)
                    if head_text:
                        parts.append(head_text + text)
                    continue
                if isinstance(value, dict):
                    nested = {}
                    flatten(value, nested, f"{name}/")
                else:
                    nested = {name: value}
                for key, inner in nested.items():
                    held = deferred(inner)
                    if held is not None:
                        head_text = names.get(key) or self._name(key)
                        if head_text:
                            late = late or []
                            late.append((head_text, held))
                        continue
                    text = scalar_text(inner)
                    if text is None:
                        self._no_number(key, inner, step)
                        continue
                    head_text = names.get(key) or self._name(key)
                    if head_text:
                        parts.append(head_text + text)
            if counted:
                self._steps = step + 1
                if belongs and self._newest is not None:
                    _checkpoint.count(self._newest, self._steps)
            self._last_step = step
            if parts:
                recorder.write(f'{head},"values":{{{",".join(parts)}}}}}\n')
            if late:
                recorder.later(head, late)
        finally:
            recorder.in_call = False
        if self._until is not None and (step if epoch is None else epoch) >= self._until and _has(values, self._place.metric):
            control.ask_itself("pause")
        if control.reason is not None or control.edits:
            control.after_log()

    def progress(self, fraction, text=""):
        """Records the progress of the work: a fraction in [0, 1] (None if unknown), and a text for the person."""
        if fraction is not None:
            fraction = float(fraction)
            fraction = None if fraction != fraction else min(1.0, max(0.0, fraction))
        self._record({"type": "progress", "fraction": fraction, "text": str(text)})

    def info(self, values):
        """Records facts other than metrics, such as the number of weights."""
        self._record({"type": "info", "values": flat_params(values)})

    def message(self, text, level="info"):
        """Records a message for the person; the last one of level ``error`` explains a failed run."""
        if level not in ("info", "warning", "error"):
            raise ValueError(f'level must be "info", "warning" or "error", not {level!r}')
        self._record({"type": "message", "level": level, "text": str(text)})

    def media(self, name, path, step=None, mime=None):
        """Records a file that belongs to the run: a picture, a table, a checkpoint. A file outside the run's folder
        is copied.
        """
        if not self.enabled:
            return
        from ._media import adopt

        record = {"type": "media", "name": str(name), **adopt(self.folder, path, mime)}
        if step is not None:
            record["step"] = float(step)
        self._record(record)

    def save_checkpoint(self, step, keep=2):
        """Saves a checkpoint, for a run that may be paused and started again::

            run.log({"val/loss": loss}, step=epoch)
            with run.save_checkpoint(epoch) as folder:
                torch.save(state, os.path.join(folder, "state.pt"))

        The folder counts once the block has ended; a program killed meanwhile leaves the earlier checkpoint as it was.
        The newest ``keep`` are kept. With several ranks, one of them saves. Log a step before you save it: a pause takes
        effect when the block ends, by raising ``StopRequested``.
        """
        return _checkpoint.save(self, step, keep)

    def finish(self, status=None, error=None, exit_code=None, quiet=None):
        """Ends the run. Without a status: ``completed``, or ``stopped``/``pruned``/``paused`` if that was requested;
        or ``failed`` with an ``exit_code`` other than 0.
        """
        recorder = self._recorder
        if recorder.finished or not self.enabled:
            return
        if type(status) is int and error is None:
            # The first argument of other trackers is an exit code.
            status, exit_code = None, status
        if status is None and exit_code:
            status, error = "failed", error or f"the program ended with exit code {exit_code}"
        if status not in _STATUSES:
            raise ValueError(f'status must be "completed", "failed", "stopped", "pruned" or "paused", not {status!r}')
        if self._held:
            self.log({})
        if status is None:
            reason = self._control.took_effect
            status = ENDS[reason] if reason else "completed"
        record = {"status": status}
        if self._place.own:
            # Nobody else measures it, and a clock may have been set meanwhile.
            record["ran"] = round((_monotonic() - self._began) * 1000)
        if error is not None:
            record["error"] = str(error)
        self._received.flush()
        recorder.finish(record)
        _hooks.leave(self)
        self._place.closed()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None or _hooks.is_stop(self, kind):
            self.finish()
        elif isinstance(error, SystemExit) and error.code in (None, 0):
            self.finish()
        elif isinstance(error, KeyboardInterrupt):
            self.finish("stopped")
        else:
            self.finish("failed", _hooks.trace_text(kind, error, trace))
        return False

    # Requests from the person

    @property
    def should_stop(self):
        """True once the run has to stop. A program that reads this decides for itself: ``log`` no longer raises."""
        self._control.on_stop = "flag"
        return self._control.reason is not None

    @property
    def stop_reason(self):
        """``"stop"``, ``"prune"`` or ``"pause"`` once that was requested, else None."""
        return self._control.reason

    def on_set(self, callback):
        """Calls ``callback(values)`` within the next ``log`` after the person changed hyperparameters of the live
        run.
        """
        self._control.callbacks.append(callback)
        return callback

    # Internals

    def _first_record(self):
        return {"pid": os.getpid(), "rank": self.rank, "client": f"python/{__version__}", **self._place.identity()}

    def _record(self, record):
        if self._recorder.finished:
            kind = record["type"]
            self._say_once(kind, f"{kind} after finish: it is not recorded. Begin another run with tunesmith.init().")
        elif self.enabled:
            self._recorder.record(record)

    def _name(self, name):
        """Returns the JSON text of a metric's new name; '' if the name is invalid."""
        text = name_text(name)
        known = self._names
        if not text:
            self._warn_once(
                "name " + str(name)[:80],
                f"log: a metric's name has 1 to {LONGEST_NAME} characters, so {_short(str(name))} is left out",
            )
        elif len(known) < 2 * _MAX_METRICS:
            known[name] = text
            if len(known) == _MAX_METRICS + 1:
                self._warn_once(
                    "metrics",
                    f"this run logs more than {_MAX_METRICS} different metrics. Further ones, such as {_short(str(name))}, are "
                    "only in its journal. Use fewer names: a step or an index belongs into the step, not into the name",
                )
        return text

    def _no_number(self, name, value, step):
        from ._media import of_value

        if of_value(self, name, value, step):
            return
        kind = type(value).__name__
        text = f"log: {name!r} was given {kind} {_short(str(value))} and is left out; only single numbers are metrics"
        self._warn_once(name, text)

    def _warn_once(self, what, text):
        """Warns on the error output and in the run's messages, once for each ``what``."""
        if what not in self._refused and self._say_once(what, text):
            self._recorder.record({"type": "message", "level": "warning", "text": text})

    def _say_once(self, what, text):
        if what in self._refused or len(self._refused) > 100:
            return False
        self._refused.add(what)
        print(f"tunesmith: {text}", file=sys.stderr)
        return True

    def _defaults(self, config, replaceable=None):
        """Adds new values; ``replaceable``: names whose existing values may be replaced."""
        given = config if hasattr(config, "items") else vars(config)
        values = flat_names(dict(given))
        new = {name: value for name, value in values.items() if name not in self.config or name in (replaceable or ())}
        if replaceable is not None:
            replaceable.update(new)
        if new:
            self.config.update(new)

    def _config_changed(self, values):
        self._record({"type": "params", "params": flat_params(values)})

    def _read(self, name):
        received = self._received
        received.read(name)
        if self._forked:
            # The thread starts with the first record.
            received.flush()
        if not received.waits:
            self.config._stop_telling()

    def _tick(self):
        """Called on a background thread, about twenty times a second."""
        self._received.flush()
        if self._place.tick is not None:
            self._place.tick()

    def _receive(self, message):
        """Called on the listening thread."""
        values = self._control.receive(message)
        if values is not None:
            self.config._receive(values)

    def _on_sigterm(self):
        """Returns True if the program should be interrupted at once."""
        control = self._control
        control.hurry()
        # A program that is writing a record is interrupted after that.
        if self._recorder.in_call or control.on_stop != "raise" or control.raised:
            return False
        # It has not logged since the request, and may not for long.
        control.raised = True
        return True

    def _after_fork(self):
        self._forked = True
        self._recorder.after_fork()

    def _at_exit(self):
        if self._forked:
            self._recorder.close()
        else:
            self.finish(*(self._ended or ()))


def _has(values, metric):
    # A dict in it has the rest of the name.
    return metric in values or str(metric).split("/", 1)[0] in values


def _short(text):
    return repr(text[:60] + "…" if len(text) > 60 else text)
