"""How the processes of a distributed job find the run of rank 0: it writes a note into the workspace."""
import hashlib
import json
import os
import sys
from time import monotonic, sleep, time

from . import _host, _workspace
from ._place import read_object

_WAIT_SECONDS = 30.0
# A note from before this process started belongs to an earlier job, unless its rank 0 lives. Clocks of machines
# differ.
_CLOCKS_SECONDS = 600.0
_DAY = 86_400


def leave(workspace, key, note):
    """Notes the run of a job. ``note`` has the identity of this process, the run's ``id`` and the ``time``."""
    path = _path(workspace, key)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        for entry in os.scandir(os.path.dirname(path)):
            if time() - entry.stat(follow_symlinks=False).st_mtime > _DAY:
                os.unlink(entry.path)
        _workspace.write_whole(path, json.dumps(note))
    except OSError as error:
        print(f"tunesmith: other ranks can't find this run: {error}", file=sys.stderr)


def find(workspace, key):
    """Returns the run's folder once rank 0 has written its note; None if it does not within half a minute."""
    path = _path(workspace, key)
    until = monotonic() + float(os.environ.get("TUNESMITH_JOIN_SECONDS") or _WAIT_SECONDS)
    born = _host.born()
    while True:
        note = read_object(path)
        folder = os.path.join(workspace, _workspace.FOLDER, "runs", str(note.get("id")))
        if _workspace.is_id(note.get("id")) and os.path.isdir(folder):
            lives = _host.lives(note)
            written = note.get("time")
            oldest = born - (_CLOCKS_SECONDS if lives is None else 0)
            if lives or (isinstance(written, (int, float)) and written > oldest):
                return folder
        if monotonic() > until:
            return None
        sleep(0.1)


def _path(workspace, key):
    name = hashlib.sha256(key.encode()).hexdigest()[:24]
    return os.path.join(workspace, _workspace.FOLDER, "jobs", f"{name}.json")
