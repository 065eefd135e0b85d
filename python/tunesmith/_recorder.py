"""Writes the records of this process into its journal, and streams them to the supervisor."""
import json
import os
import sys
import threading
from collections import deque
from time import monotonic
from time import time as _now

from ._journal import Journal
from ._link import Link
from ._sync import sync_seconds
from ._values import scalar_text


def _say(text):
    """Prints a line. A full disk must not end the program."""
    try:
        print(f"tunesmith: {text}", file=sys.stderr)
    except OSError:
        pass


class Recorder:
    """Owns the journal file of this process. A forked child creates its own file with its first record.

    ``start`` is called for the content of the first record. ``address`` is the supervisor's socket and token, or None.
    ``link``: the one of an earlier run of this process, which has ended.
    """

    def __init__(self, folder, rank, address, start, on_control, tick, link=None):
        self.folder = folder
        self.rank = rank
        self.enabled = True
        self.finished = False
        #: True while a record is written: a signal handler must not raise then.
        self.in_call = False
        self._told = False
        self._lost_told = 0
        # A supervisor syncs everything that is written into the run's journals.
        self._sync_seconds = 0 if address else sync_seconds()
        self._synced_at = monotonic()
        self._address = address
        self._start = start
        self._on_control = on_control
        self._tick_more = tick
        #: The link stays open when the run ends: another run gets it.
        self.keeps_link = False
        self._reset()
        self._link = link

    def _reset(self):
        self.journal = None
        self._link = None
        self._queue = None
        self._late = deque()
        self._late_lock = threading.Lock()
        self._lock = threading.Lock()

    def open(self):
        """Creates the journal. Raises OSError if that fails."""
        self.journal = Journal(os.path.join(self.folder, "journal"), f"rank{self.rank}-{os.getpid()}")
        socket, token = self._address or ("", "")
        if self._link is None:
            self._link = Link(self.folder, self.journal.name, socket, token, self._on_control, self._tick)
        else:
            self._link.serve(self.folder, self.journal.name, self._on_control, self._tick)
        self._queue = self._link.queue if socket else None
        self.record({"type": "start", **self._start()})

    def opened(self):
        """Returns the journal, or None if there is none and none can be created."""
        if self.journal is None and self.enabled:
            with self._lock:
                if self.journal is None:
                    try:
                        self.open()
                    except OSError as error:
                        self.disable(error)
        return self.journal

    def disable(self, error):
        self.enabled = False
        print(f"tunesmith: nothing will be recorded: {error}", file=sys.stderr)

    # Writing

    def write(self, line):
        """Appends one line of text, which ends with a newline."""
        journal = self.journal
        if journal is None:
            journal = self.opened()
            if journal is None:
                return
        try:
            data = line.encode()
        except UnicodeEncodeError:
            # Half of a surrogate pair, such as an undecodable byte of a file name.
            data = line.encode("utf-8", "replace")
        at = journal.append(data)
        if at >= 0 and self._queue is not None:
            self._queue.append((at, data))

    def record(self, record):
        """Appends a record of any kind other than metrics."""
        if self.enabled and not self.finished:
            outer, self.in_call = self.in_call, True
            try:
                typed = {"type": record.pop("type"), "time": round(_now() * 1000), **record}
                self.write(json.dumps(typed, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
            finally:
                self.in_call = outer

    def later(self, head, values):
        """Stores a metrics record whose values are still on a GPU: its text before them, and pairs of a name's text
        and a value.
        """
        self._late.append((head, values))
        self.opened()

    def read_late(self):
        """Reads the values that were left on a GPU, in the order in which they were logged."""
        with self._late_lock:
            while self._late:
                head, late = self._late.popleft()
                texts = [(name, scalar_text(value)) for name, value in late]
                parts = ",".join(name + text for name, text in texts if text is not None)
                if parts:
                    self.write(f'{head},"values":{{{parts}}}}}\n')

    def _tick(self):
        """Called on the sending thread, about twenty times a second."""
        if self._late:
            self.read_late()
        journal = self.journal
        if journal is not None:
            journal.prepare()
            if journal.trouble is not None and not self._told:
                self._told = True
                _say(f"the journal can't be written ({journal.trouble}); records wait in memory")
            self._tell_outage()
            if self._sync_seconds and monotonic() - self._synced_at >= self._sync_seconds:
                self._synced_at = monotonic()
                journal.sync()
        if self._tick_more is not None:
            self._tick_more()

    def _tell_outage(self):
        """Tells the person once the disk has room again: output on a full disk is lost."""
        journal = self.journal
        if journal is None or journal.outage is None:
            return
        (seconds, waited, reason), journal.outage = journal.outage, None
        lost, self._lost_told = journal.lost - self._lost_told, journal.lost
        then = f"{lost} more records are lost: too many had to wait." if lost else "Nothing is missing."
        text = f"The journal could not be written for {seconds:.1f} s ({reason}). {waited} records waited in memory and are written now. {then}"
        self._told = False
        self.record({"type": "message", "level": "error" if lost else "warning", "text": text})

    # The end

    def finish(self, record):
        """Writes the last record and closes the journal."""
        self.read_late()
        self._drain()
        self.record({"type": "finish", **record})
        self.finished = True
        self.close()

    @property
    def link(self):
        return self._link

    def _drain(self):
        journal = self.journal
        if journal is not None:
            journal.drain(_say)
            self._tell_outage()

    def close(self):
        if self._late:
            self.read_late()
        journal, link = self.journal, self._link
        if link is not None and self.keeps_link:
            link.rest()
        elif link is not None:
            link.close(1.0)
        if journal is not None:
            self._drain()
            if journal.lost:
                _say(f"{journal.lost} records were lost: the disk was full")
            if self._sync_seconds:
                journal.sync()
            journal.close()

    def after_fork(self):
        """Called in a forked child: the file belongs to the parent."""
        journal = self.journal
        self._reset()
        self.in_call = False
        # The supervisor talks to the parent; the child only streams its records.
        if journal is not None:
            journal.abandon()
