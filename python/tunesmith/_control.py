"""Requests to a running run, and the moment at which a stop takes effect."""
from collections import deque
from time import monotonic

ENDS = {"stop": "stopped", "prune": "pruned", "pause": "paused"}
# The supervisor sends SIGTERM after this share of the grace period; the client gives up waiting a little earlier.
_SHARE = 0.6


class StopRequested(KeyboardInterrupt):
    """This run was asked to stop. ``reason`` is ``"stop"`` (by the person), ``"prune"`` (it can't win) or
    ``"pause"``: it will be started again and resume from its checkpoint.
    """

    def __init__(self, reason="stop"):
        super().__init__(f"the run was asked to {reason}")
        self.reason = reason


class Control:
    """Requests from the person or a search, and when they take effect.

    A pruned run ends at its next ``log``. A run that is to pause, or to stop although it saves checkpoints, may be continued
    later, so it ends where its newest checkpoint and its log agree: nothing logged is repeated then, and nothing is missing.
    That is the end of the next ``save_checkpoint``; or the next ``log``, before it records anything, when nothing was logged
    since the last save. What is logged before a save belongs to that checkpoint. A program that logs a step after saving it
    is recognised by its order and ends when it is about to save again. After most of the grace period, the next
    ``log`` ends the run in any case.
    """

    def __init__(self, on_stop, grace, continued):
        self.on_stop = checked(on_stop)
        #: ``"stop"``, ``"prune"`` or ``"pause"`` once asked for.
        self.reason = None
        #: StopRequested was raised; it is raised once.
        self.raised = False
        self.edits = deque()
        self.callbacks = []
        self._grace = grace
        self._deadline = 0.0
        #: True if there is a checkpoint to resume from.
        self._saves = continued
        self._saves_first = False
        self._logged_ever = False
        #: True if something was logged since the last save, or since the program started.
        self.logged = False
        self._saved_step = None
        self._last_step = None

    def receive(self, message):
        """Handles a message from the engine, on the listening thread. Returns new values of hyperparameters, or None.
        """
        kind = message.get("type")
        if kind == "stop" and message.get("reason") in ENDS:
            grace = message.get("grace")
            self.ask(message["reason"], grace if isinstance(grace, (int, float)) else None)
        elif kind == "set" and isinstance(message.get("params"), dict):
            self.edits.append(message["params"])
            return message["params"]
        return None

    def ask(self, reason, grace=None):
        # A pause can still become a stop; otherwise the first reason counts.
        known = self._deadline < float("inf") and (self.reason != "pause" or reason == "pause")
        if self.reason is None or not (known or self.raised):
            self._deadline = monotonic() + _SHARE * (self._grace if grace is None else grace)
            self.reason = reason

    def ask_itself(self, reason):
        """Handles the program's own request: nobody ends it by force meanwhile."""
        if self.reason is None:
            self._deadline = float("inf")
            self.reason = reason

    def hurry(self):
        """Ends all waiting, because the grace period is nearly over, or someone else ends the process."""
        if self.reason is None:
            self.reason = "stop"
        self._deadline = 0.0

    @property
    def pending(self):
        return self.reason is not None and self.on_stop == "raise" and not self.raised

    @property
    def took_effect(self):
        """The reason that ended the program, or None: it has ended by itself, before the step at which it was to pause."""
        own = self._deadline == float("inf") and not self.raised and self.on_stop == "raise"
        return None if own else self.reason

    @property
    def _waits(self):
        """Applies the request at a checkpoint."""
        return self.reason == "pause" or (self.reason == "stop" and self._saves)

    def before_log(self, step):
        """Called before the first record since the last save. Returns True if it belongs to the step that was saved."""
        self._logged_ever = True
        saved, last = self._saved_step, self._last_step
        if saved is not None:
            # It was logged for the step that was just saved, so in this program logging follows saving.
            follows = step == saved and (last is None or last > saved or self._saves_first)
            self._saves_first = follows or step == last
        if self.pending and self._waits and not self._saves_first:
            self.raise_now()
        self.logged = True
        return self._saves_first

    def after_log(self):
        """Called between two records, if there is a request."""
        while self.edits:
            values = self.edits.popleft()
            for callback in list(self.callbacks):
                callback(values)
        if self.pending and (not self._waits or monotonic() >= self._deadline):
            self.raise_now()

    def before_save(self):
        if self.pending and self._waits and self._saves_first and self._saved_step is not None:
            self.raise_now()

    def after_save(self, step, last_step):
        if not self._logged_ever:
            self._saves_first = True
        self._saves = True
        self._saved_step, self._last_step = step, last_step
        self.logged = False
        if self.pending and self._waits and not self._saves_first:
            self.raise_now()

    def raise_now(self):
        self.raised = True
        raise StopRequested(self.reason)


def checked(on_stop):
    if on_stop not in ("raise", "flag"):
        raise ValueError(f'on_stop must be "raise" or "flag", not {on_stop!r}')
    return on_stop
