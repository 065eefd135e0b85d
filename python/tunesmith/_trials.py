"""Trials of a search, one after the other in one process."""
import os
import sys

from . import _hooks, _ranks, _session
from ._control import StopRequested

__all__ = ["Trial", "trials"]


class Trial:
    """One trial: values to try, and what came of them. Made by ``tunesmith.trials()``.

    In a ``with`` block, an error fails this trial alone, and a request to end it (a pruner's, or a person's) only ends the block::

        for trial in tunesmith.trials():
            with trial:
                for epoch in range(10):
                    trial.report(epoch, train(trial.params))
    """

    def __init__(self, run):
        #: The run of this trial: ``tunesmith.log`` and all others go to it meanwhile.
        self.run = run
        self._metric = run._place.metric or "value"

    @property
    def number(self):
        """Its number in the search, from 0; None outside a search."""
        return self.run._place.trial

    @property
    def params(self):
        """Its hyperparameters: a dictionary that takes dotted names and attributes, too."""
        return self.run.config

    @property
    def seed(self):
        return self.run.seed

    @property
    def folder(self):
        return self.run.folder

    @property
    def checkpoint(self):
        """Folder of the checkpoint to continue from, or None."""
        return self.run.checkpoint

    @property
    def pruned(self):
        """True once the trial is to end early: a pruner has decided so, or a person has stopped it."""
        control = self.run._control
        return control.reason is not None and (control.raised or control.on_stop == "flag")

    def report(self, step, value):
        """Records the objective at a step. Returns True if the trial is to end now."""
        try:
            self.log({self._metric: value}, step)
        except StopRequested:
            pass
        return self.pruned

    def log(self, values, step=None, epoch=None):
        """Records metrics; see ``Run.log``."""
        self.run.log(values, step, epoch)

    def tell(self, value=None):
        """Ends the trial. ``value``: its objective, if it was not reported or logged before."""
        run = self.run
        try:
            if value is not None:
                last = run._last_step
                run.log({self._metric: value}, 0 if last is None else int(last) + 1)
        except StopRequested:
            # It has come to its end by itself.
            pass
        self._end()

    def _end(self, status=None, error=None):
        run = self.run
        run._recorder.keeps_link = True
        run.finish(status, error)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None or _hooks.is_stop(self.run, kind):
            self._end()
            return error is not None
        if not isinstance(error, Exception):
            return self.run.__exit__(kind, error, trace)
        text = _hooks.trace_text(kind, error, trace)
        print(text, file=sys.stderr, end="", flush=True)
        self._end("failed", text)
        return True


def trials():
    run = _session.current()
    while run is not None:
        trial = Trial(run)
        yield trial
        trial._end()
        run = _next(run)


def _next(run):
    """The run of the next trial; None when no more comes."""
    place, link = run._place, run._recorder.link
    # Ranks of a distributed job would have to begin the next trial together.
    if link is None or not place.address or place.search is None or run.rank > 0 or _ranks.job() is not None:
        return None
    answer = link.next_run()
    if not answer or answer.get("type") != "assigned":
        return None
    before = run.folder
    _set_environment(answer)
    _move_output(before, os.environ["TUNESMITH_RUN_DIR"])
    _renew_capture()
    return _session.succeed(run, link)


def _set_environment(answer):
    """What the program was started with for its first trial, for libraries and for programs that it starts."""
    folder = str(answer["folder"])
    os.environ.update(
        TUNESMITH_RUN_DIR=folder,
        TUNESMITH_RUN_ID=str(answer["id"]),
        TUNESMITH_JOURNAL=os.path.join(folder, "journal", "external.ndjson"),
        TUNESMITH_PARAMS=str(answer["params"]),
    )
    checkpoint = answer.get("checkpoint")
    if checkpoint:
        os.environ["TUNESMITH_CHECKPOINT"] = str(checkpoint)
    else:
        os.environ.pop("TUNESMITH_CHECKPOINT", None)


def _move_output(before, now):
    """What is printed from here on goes to the new run's file, where it went to the old one's."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    try:
        old = os.stat(os.path.join(before, "output.log"))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        file = os.open(os.path.join(now, "output.log"), flags, 0o600)
    except OSError:
        return
    try:
        for descriptor in (1, 2):
            if os.path.samestat(os.fstat(descriptor), old):
                os.dup2(file, descriptor)
    except OSError:
        pass
    finally:
        os.close(file)


def _renew_capture():
    capture = sys.modules.get("tunesmith.capture")
    sink = getattr(capture, "_sink", None)
    if sink is not None:
        sink.forget()
