"""Records which hyperparameters the program has read, so that the person is told about those that never reached it."""
from collections import deque


class Received:
    """``unpassed``: names of the parameters that only this client passes to the program. ``record`` writes a record."""

    def __init__(self, unpassed, record):
        self._unread = {name for name in unpassed if isinstance(name, str)}
        self._fresh = deque()
        self._record = record

    @property
    def waits(self):
        """Returns whether some parameter has not been read yet."""
        return bool(self._unread)

    def read(self, name):
        """Called when the program has read a value. Safe to call from several threads."""
        if name in self._unread:
            self._unread.discard(name)
            self._fresh.append(name)

    def flush(self):
        """Records the names read since the last call."""
        names = []
        while self._fresh:
            try:
                names.append(self._fresh.popleft())
            except IndexError:
                break
        if names:
            self._record({"type": "received", "names": names})
