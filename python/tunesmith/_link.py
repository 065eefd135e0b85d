"""Threads that stream the journal to the supervisor and receive its messages. Failures cost nothing, because the file
has everything.
"""
import json
import os
import threading
import time
from collections import deque

_TICK = 0.05
# At first it sends more often, so that nobody waits for the first points of a run: after this share of its age.
_FIRST_TICK = 0.005
_SHARE = 0.05
_SLOWEST_RETRY = 10.0
# If more records than this could not be sent, the oldest are dropped: the engine reads the file.
_HELD = 50_000
# Connecting takes milliseconds.
_CONNECT_SECONDS = 5.0


def _nothing(*_message):
    """For a link without a run."""


class Link:
    """Calls ``tick`` on the background thread about twenty times a second."""

    def __init__(self, folder, file, socket, token, on_control, tick):
        self.queue = deque(maxlen=_HELD)
        self._folder = folder
        self._file = file
        self._address = (socket, token)
        self._on_control = on_control
        self._tick = tick
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._sending = threading.Lock()
        self._connected = threading.Event()
        self._answered = threading.Event()
        self._answer = None
        self._closing = False
        self._sender = None
        threading.Thread(target=self._send_forever, name="tunesmith-send", daemon=True).start()
        if socket:
            threading.Thread(target=self._listen_forever, name="tunesmith-listen", daemon=True).start()

    def serve(self, folder, file, on_control, tick):
        """From here on it is the link of another run, whose predecessor has ended."""
        with self._sending:
            self.queue.clear()
            self._folder, self._file, self._on_control, self._tick = folder, file, on_control, tick

    def rest(self):
        """The run has ended, and nothing is to be done until `serve` is called."""
        with self._sending:
            # The engine reads the journal of a run that has ended.
            self.queue.clear()
            self._on_control, self._tick = _nothing, _nothing

    def next_run(self):
        """Asks the supervisor for another run and waits for its answer; None when there is no supervisor to ask."""
        # A program whose first trial takes no time may still be connecting.
        if not self._connected.wait(_CONNECT_SECONDS):
            return None
        self._answered.clear()
        self._answer = None
        try:
            with self._sending:
                self._sender.send(b'{"type":"ready"}\n')
        except (OSError, AttributeError):
            return None
        self._answered.wait()
        return self._answer

    def close(self, timeout):
        """Sends queued records, for at most ``timeout`` seconds."""
        self._closing = True
        self._wake.set()
        self._idle.wait(timeout)

    def _send_forever(self):
        began = time.monotonic()
        while True:
            age = time.monotonic() - began
            self._wake.wait(min(_TICK, max(_FIRST_TICK, _SHARE * age)))
            try:
                self._tick()
            except Exception:  # noqa: BLE001 - a value that can't be read must not end the thread
                pass
            try:
                with self._sending:
                    self._send()
            except OSError:
                self._sender = None
            if self._closing:
                self._idle.set()
                return

    def _send(self):
        sender = self._sender
        if sender is None or not self.queue:
            return
        queue = self.queue
        while queue:
            start, data = queue.popleft()
            parts = [data]
            end = start + len(data)
            size = len(data)
            # Records that are adjacent in the file go out as one frame.
            while queue and size < 1 << 18:
                at, more = queue[0]
                if at != end:
                    break
                queue.popleft()
                parts.append(more)
                end += len(more)
                size += len(more)
            text = b"".join(parts).decode("utf-8", "replace")
            frame = {"type": "frame", "file": self._file, "offset": start, "data": text}
            sender.send(json.dumps(frame).encode() + b"\n")

    def _listen_forever(self):
        wait = 0.25
        while not self._closing:
            try:
                connection = _connect(*self._address)
                self._sender = connection
                self._connected.set()
                wait = 0.25
                for line in connection.lines():
                    self._receive(line)
            except OSError:
                pass
            self._sender = None
            self._connected.clear()
            # Without a supervisor no run comes.
            self._answered.set()
            time.sleep(wait)
            wait = min(wait * 2, _SLOWEST_RETRY)
            self._find_again()

    def _find_again(self):
        """The supervisor creates a new socket if someone has removed the old one."""
        try:
            with open(os.path.join(self._folder, "supervisor.json"), encoding="utf-8") as file:
                found = json.load(file)
            self._address = (str(found["socket"]), str(found["token"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def _receive(self, line):
        try:
            message = json.loads(line)
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        if message.get("type") in ("assigned", "dismiss"):
            self._answer = message
            self._answered.set()
        else:
            self._on_control(message)


def _hello(token, handles):
    return json.dumps({"type": "hello", "token": token, "role": "client", "handles": handles}).encode() + b"\n"


def _connect(address, token):
    if os.name == "nt":
        return _Pipe(address, token)
    return _Socket(address, token)


class _Socket:
    def __init__(self, address, token):
        import socket

        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(address)
        self.send(_hello(token, ["stop", "set"]))

    def send(self, data):
        self._socket.sendall(data)

    def lines(self):
        with self._socket, self._socket.makefile("rb") as file:
            yield from file


class _Pipe:
    """Uses two connections: on Windows, a blocked read of a pipe handle blocks writes to it as well."""

    def __init__(self, address, token):
        self._in = open(address, "r+b", buffering=0)  # noqa: SIM115
        self._out = open(address, "r+b", buffering=0)  # noqa: SIM115
        self._in.write(_hello(token, ["stop", "set"]))
        self._out.write(_hello(token, []))

    def send(self, data):
        view = memoryview(data)
        while view:
            view = view[self._out.write(view):]

    def lines(self):
        rest = b""
        with self._in, self._out:
            while True:
                chunk = self._in.read(1 << 16)
                if not chunk:
                    return
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
