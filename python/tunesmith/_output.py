"""Saves the output of a program that was started by hand as its run's log. For other programs, the supervisor does."""
import os
import sys

_FILE = "output.log"


class Output:
    """Appends everything that goes through ``sys.stdout`` and ``sys.stderr`` between ``begin`` and ``end`` to the
    run's log as well.

    Output of child processes and native libraries that bypasses Python's streams is not included.
    """

    def __init__(self, folder):
        self._path = os.path.join(folder, _FILE)
        self._descriptor = -1
        self._patched = []

    def begin(self):
        if os.environ.get("TUNESMITH_OUTPUT", "").strip().lower() == "off":
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._descriptor = os.open(self._path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError:
            return
        for stream in {id(stream): stream for stream in (sys.stdout, sys.stderr) if stream is not None}.values():
            self._patch(stream)

    def _patch(self, stream):
        write = getattr(stream, "write", None)
        if write is None:
            return

        def both(text):
            done = write(text)
            self._keep(text)
            return done

        before = vars(stream).get("write") if hasattr(stream, "__dict__") else None
        try:
            # The stream itself stays in place, because libraries and handlers keep references to it.
            stream.write = both
        except (AttributeError, TypeError):
            return
        self._patched.append((stream, both, before))

    def _keep(self, text):
        descriptor = self._descriptor
        if descriptor < 0 or not isinstance(text, str):
            return
        try:
            os.write(descriptor, text.encode("utf-8", "replace"))
        except OSError:
            # A full disk must not keep the program from printing.
            pass

    def end(self):
        descriptor, self._descriptor = self._descriptor, -1
        for stream, both, before in self._patched:
            # If another run of this process, or a library, has wrapped ours, that wrapper continues to write through
            # it.
            if vars(stream).get("write") is not both:
                continue
            if before is None:
                del stream.write
            else:
                stream.write = before
        self._patched = []
        if descriptor >= 0:
            os.close(descriptor)
