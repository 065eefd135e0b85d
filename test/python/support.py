"""Runs real programs with the client, in a folder like that of a run."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "python"


def records_of(path):
    """A journal as a reader sees it: up to the first NUL or unfinished line."""
    data = path.read_bytes().split(b"\0")[0]
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def remove(holder):
    """Removes a folder in which the code of a run may still be written down."""
    for _ in range(100):
        try:
            return holder.cleanup()
        except OSError:
            time.sleep(0.05)


class RunCase(unittest.TestCase):
    """A run folder with a blank and non-Latin letters in its path."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="прогон ü ")
        self.addCleanup(remove, holder)
        self.folder = Path(holder.name) / "run 1"
        self.folder.mkdir()
        self.params = {"lr": 0.5, "optimizer.name": "adam"}
        (self.folder / "run.json").write_text(json.dumps({"id": "r1", "seed": 7, "params": self.params}))

    def environment(self, **more):
        env = {name: value for name, value in os.environ.items() if not name.startswith("TUNESMITH_")}
        env.update(
            TUNESMITH_RUN_DIR=str(self.folder),
            TUNESMITH_RUN_ID="r1",
            TUNESMITH_PARAMS=json.dumps(self.params),
            PYTHONPATH=str(PACKAGE),
            PYTHONUNBUFFERED="1",
        )
        env.update(more)
        return env

    def start(self, code, **env):
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=self.environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )

        def clean():
            process.kill()
            process.communicate()

        self.addCleanup(clean)
        return process

    def run_code(self, code, expect=0, **env):
        process = self.start(code, **env)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, expect, err)
        return out, err

    def journals(self):
        return {path.name: records_of(path) for path in sorted((self.folder / "journal").glob("*.ndjson"))}

    def records(self):
        found = self.journals()
        self.assertEqual(len(found), 1, found.keys())
        return next(iter(found.values()))

    def metrics(self):
        return [record for record in self.records() if record["type"] == "metrics"]


class Supervisor:
    """The other end of the run's socket: notes what it hears, says what it is told to."""

    def __init__(self, case):
        # Socket paths are short; the run's folder need not be.
        holder = tempfile.TemporaryDirectory(prefix="ts-")
        case.addCleanup(holder.cleanup)
        self.path = os.path.join(holder.name, "s")
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(self.path)
        self.server.listen()
        case.addCleanup(self.close)
        self.received = []
        self.connection = None
        self.hello = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def env(self):
        return {"TUNESMITH_SOCKET": self.path, "TUNESMITH_TOKEN": "secret"}

    def frames(self):
        return [message for message in self.received if message["type"] == "frame"]

    def send(self, message):
        self.connection.sendall(json.dumps(message).encode() + b"\n")

    def close(self):
        if self.server.fileno() < 0:
            return
        # Closing alone does not wake a thread that waits for a connection.
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        if self.connection is not None:
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                # The program has gone.
                pass
            self.connection.close()

    def _serve(self):
        while True:
            try:
                self.connection, _ = self.server.accept()
            except OSError:
                return
            with self.connection.makefile("rb") as file:
                for line in file:
                    self.received.append(json.loads(line))
                    self.hello.set()
