"""Files that belong to a run."""
import mimetypes
import os
import shutil


def adopt(folder, path, mime):
    """Returns ``path`` (relative to the run's folder) and ``mime`` of a media record; copies a file from elsewhere."""
    path = os.path.abspath(os.path.join(folder, path) if not os.path.exists(path) else path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no file {path}")
    inside = os.path.relpath(path, folder)
    if inside.startswith(".."):
        target = free(os.path.join(folder, "media"), os.path.basename(path))
        shutil.copyfile(path, target)
        inside = os.path.relpath(target, folder)
    kind = mime or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return {"path": inside.replace(os.sep, "/"), "mime": kind}


def of_value(run, name, value, step):
    """Records a picture, table or similar value given to ``log``. Returns False for any other value."""
    from . import _types

    media = _types.wrap(value)
    if media is None:
        return False
    for one in media:
        one._record_into(run, name, step)
    return True


def free(folder, name):
    """Returns an unused path in ``folder`` with a name close to ``name``."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    stem, end = os.path.splitext(name)
    turn = 1
    while True:
        target = os.path.join(folder, name if turn == 1 else f"{stem}-{turn}{end}")
        if not os.path.exists(target):
            return target
        turn += 1
