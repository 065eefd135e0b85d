"""The append-only journal file of one process.

A record is in the file when ``append`` returns: it outlives the process, whatever ends it. On Linux the file is
mapped into memory, which makes an append a copy of a few bytes; its space is allocated (so that a full disk can't
kill the process) and touched beforehand by the background thread. Elsewhere an append is one ``write``.
"""
import errno
import mmap
import os
import threading
from time import monotonic, sleep

from ._filesystem import network_type

_PAGE = mmap.ALLOCATIONGRANULARITY
_FIRST_WINDOW = 64 << 10
_LARGEST_WINDOW = 1 << 20
# Windows overlap by this much, so that a record up to this size always fits whole into one of two.
_OVERLAP = 16 << 10
# Maximum number of bytes of records kept in memory while the disk is full.
_MAX_WAITING = 64 << 20
_MADV_POPULATE_WRITE = 23
# Errors of a disk without room: it may have some later. EFBIG is the limit on a file's size.
_FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name))
_RETRY_SECONDS = 0.2
# Maximum wait of a program that ends while the disk fails in another way.
_GIVE_UP_SECONDS = 5.0


class _Window:
    __slots__ = ("start", "end", "map")

    def __init__(self, fd, start, length):
        os.posix_fallocate(fd, start, length)
        self.start = start
        self.end = start + length
        self.map = mmap.mmap(fd, length, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=start)
        # The first write to a page stalls the writer; this call waits instead.
        try:
            self.map.madvise(_MADV_POPULATE_WRITE)
        except (OSError, ValueError, AttributeError):
            pass


class Journal:
    """Appends whole lines. Safe to use from several threads of one process."""

    def __init__(self, folder, name, mapped=None):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        turn = 1
        while True:
            self.name = f"{name}.ndjson" if turn == 1 else f"{name}-{turn}.ndjson"
            try:
                # A packed journal has its name still.
                if os.path.lexists(os.path.join(folder, f"{self.name}.packed")):
                    raise FileExistsError
                self._fd = os.open(os.path.join(folder, self.name), flags, 0o600)
                break
            except FileExistsError:
                # A process with the same pid has been here before.
                turn += 1
        if mapped is None:
            # Other hosts see nothing for long of what is written into a mapped file of a network file system.
            mapped = os.environ.get("TUNESMITH_JOURNAL_WRITE") or ("plain" if network_type(folder) else "mapped")
            mapped = mapped != "plain"
        self._mapped = mapped and hasattr(os, "posix_fallocate") and hasattr(mmap, "MAP_SHARED")
        self.position = 0
        self._synced = 0
        self._lock = threading.Lock()
        self._window = None
        self._map = None
        self._base = 0
        self._end = 0
        self._next = None
        self._length = _FIRST_WINDOW
        self._waiting = []
        self._waiting_bytes = 0
        self._closed = False
        self.lost = 0
        #: Why the last write failed, when one did.
        self.trouble = None
        #: Since when records wait for room, on a monotonic clock, and how many have waited.
        self._since = None
        self._waited = 0
        self._full = False
        #: An outage that has ended but was not reported yet: seconds, waiting records, reason.
        self.outage = None
        if self._mapped:
            self._use(self._make(0))

    def append(self, data):
        """Appends the bytes of one or more whole lines. Returns their offset in the file, or -1 while they wait for
        room.
        """
        with self._lock:
            at = self.position
            end = at + len(data)
            if end <= self._end:
                start = at - self._base
                window = self._map
                try:
                    # The first byte is written last: until then, a reader sees an empty record.
                    window[start + 1:end - self._base] = data[1:]
                    window[start] = data[0]
                except BaseException:
                    # If this is interrupted (Ctrl+C), leave nothing that a shorter record would not cover.
                    window[start:end - self._base] = bytes(len(data))
                    raise
                self.position = end
                return at
            return self._append_slowly(data)

    def prepare(self):
        """Called regularly by the background thread: allocates room ahead, and writes waiting records."""
        if self._waiting:
            with self._lock:
                self._write_waiting()
        window = self._window
        if window is None or self._next is not None or self.position < (window.start + window.end) // 2:
            return
        made = self._make(window.end - _OVERLAP)
        with self._lock:
            if self._window is window and not self._closed:
                self._next = made

    def sync(self):
        """Syncs appended records to the disk, so that they survive a power cut. Waits for the disk."""
        with self._lock:
            if self._closed or self.position == self._synced:
                return
            position = self.position
            fd = os.dup(self._fd)
        try:
            os.fsync(fd)
            self._synced = position
        except OSError:
            # A disk that can't do this reports nothing useful.
            self._synced = position
        finally:
            os.close(fd)

    def drain(self, say):
        """Waits until everything is written, for a program that ends: waits without limit while the disk is full.

        ``say`` prints a line. Killing the process loses the waiting records.
        """
        until = monotonic() + _GIVE_UP_SECONDS
        told = False
        while self._waiting:
            with self._lock:
                if self._closed:
                    return
                self._write_waiting()
                waiting = len(self._waiting)
            if not waiting:
                return
            if not self._full and monotonic() > until:
                say(f"gives up {waiting} records that can't be written ({self.trouble})")
                self._waiting.clear()
                return
            if not told:
                say("this program has ended and waits for room on the disk to write its last records; Ctrl+C ends it without them")
                told = True
            sleep(_RETRY_SECONDS)

    def close(self):
        """Frees the allocated room that was not used."""
        with self._lock:
            if self._closed:
                return
            self._write_waiting()
            self._closed = True
            self._drop_map()
            try:
                if self._mapped:
                    os.ftruncate(self._fd, self.position)
                os.close(self._fd)
            except OSError:
                pass

    def abandon(self):
        """Forgets the parent's file in a forked child, without touching it."""
        self._closed = True
        self._drop_map()
        try:
            os.close(self._fd)
        except OSError:
            pass

    def _append_slowly(self, data):
        if self._closed:
            return -1
        if self._waiting:
            self._write_waiting()
        if not self._waiting:
            if self._mapped and len(data) <= _OVERLAP and self._advance(len(data)):
                start = self.position - self._base
                self._map[start + 1:start + len(data)] = data[1:]
                self._map[start] = data[0]
                at = self.position
                self.position = at + len(data)
                return at
            at = self.position
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            self._write_waiting()
            if self._waiting:
                self._waited = 1
            return at if not self._waiting else -1
        if self._waiting_bytes + len(data) > _MAX_WAITING:
            self.lost += 1
            return -1
        self._waited += 1
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        return -1

    def _write_waiting(self):
        """Plain writes: for large records, without a map, and when the disk was full."""
        try:
            while self._waiting:
                data = self._waiting[0]
                done = self._write_at(data)
                self.position += done
                self._waiting_bytes -= done
                if done == len(data):
                    self._waiting.pop(0)
                else:
                    self._waiting[0] = data[done:]
            self._end = self._window.end if self._window is not None else 0
        except OSError as error:
            self.trouble = error.strerror or str(error)
            self._full = error.errno in _FULL
            if self._since is None:
                self._since = monotonic()
            # No record may overtake waiting ones.
            self._end = 0
            return
        if self._since is not None:
            self.outage = (monotonic() - self._since, self._waited, self.trouble)
            self._since, self._waited, self.trouble = None, 0, None

    def _write_at(self, data):
        if hasattr(os, "pwrite"):
            return os.pwrite(self._fd, data, self.position)
        return os.write(self._fd, data)

    def _advance(self, length):
        """Moves on to a window with room for a record. Returns False if that fails."""
        made = self._next
        self._next = None
        if made is None or self.position < made.start or self.position + length > made.end:
            made = self._make(self.position - self.position % _PAGE)
        return self._use(made)

    def _make(self, start):
        start -= start % _PAGE
        try:
            made = _Window(self._fd, start, self._length)
        except (OSError, ValueError):
            return None
        self._length = min(self._length * 2, _LARGEST_WINDOW)
        return made

    def _use(self, window):
        self._drop_map()
        if window is None:
            return False
        self._window = window
        self._map = window.map
        self._base = window.start
        self._end = window.end
        return True

    def _drop_map(self):
        window, self._window, self._map, self._end, self._next = self._window, None, None, 0, None
        if window is not None:
            window.map.close()
