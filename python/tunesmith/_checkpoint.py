"""Checkpoints: folders in the run's ``checkpoints/``, each complete as soon as it has its name."""
import json
import os
import sys
from contextlib import contextmanager

from ._sync import sync_seconds

# Used while a checkpoint is written. The next program that saves removes those of killed programs.
_WRITING = ".writing-"
# Used for damaged checkpoints, which are kept for inspection.
_DAMAGED = ".damaged-"
# Written last into a checkpoint: "steps" that `log` had counted by itself, "number" raised with each checkpoint of a run,
# "files" with their sizes and checksums.
_MANIFEST = ".tunesmith.json"


@contextmanager
def save(run, step, keep):
    """Gives an empty folder to write into, which gets its name in one step when the block ends without an exception."""
    # Only programs that save pay for these imports.
    import shutil
    import tempfile

    step = float(step)
    if not 0 <= step < float("inf"):
        raise ValueError(f"the checkpoint's step must be 0 or more, not {step}")
    if not run.enabled:
        # Nothing is recorded: the block runs, and its files are deleted.
        with tempfile.TemporaryDirectory() as folder:
            yield folder
        return
    run._control.before_save()
    parent = os.path.join(run.folder, "checkpoints")
    os.makedirs(parent, mode=0o700, exist_ok=True)
    for name in os.listdir(parent):
        if name.startswith(_WRITING):
            shutil.rmtree(os.path.join(parent, name), ignore_errors=True)
    temporary = tempfile.mkdtemp(prefix=_WRITING, dir=parent)
    try:
        yield temporary
        sync = sync_seconds() > 0
        number = 1 + max((_read_manifest(folder).get("number", 0) for folder in _whole(parent)), default=0)
        files = {path: _digest(os.path.join(temporary, path), sync) for path in _files(temporary)}
        _write_manifest(temporary, {"steps": run._steps, "number": number, "files": files})
        if sync:
            _sync_folder(temporary)
        text = str(int(step)) if step == int(step) else repr(step)
        folder = _free_name(parent, f"step-{text.zfill(9)}")
        os.rename(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if sync:
        _sync_folder(parent)
    for old in _whole(parent)[max(1, keep):]:
        shutil.rmtree(old, ignore_errors=True)
    run._newest = folder
    run._control.after_save(step, run._last_step)


def newest(run_folder):
    """Returns the absolute path of a run's newest intact checkpoint, or None. Damaged ones are renamed and reported."""
    try:
        folders = _whole(os.path.join(run_folder, "checkpoints"))
    except OSError:
        return None
    for folder in folders:
        why = damage(folder)
        if why is None:
            return folder
        print(f"tunesmith: the checkpoint {folder} is damaged ({why}) and is not used", file=sys.stderr)
        _put_aside(folder)
    return None


def damage(folder):
    """Returns what is wrong with a checkpoint; None if it is intact, or was written without checksums."""
    wanted = _read_manifest(folder).get("files")
    if not isinstance(wanted, dict):
        return None
    try:
        there = set(_files(folder))
        for path, expected in wanted.items():
            if path not in there:
                return f"{path} is missing"
            found = _digest(os.path.join(folder, path))
            if not isinstance(expected, dict) or found["bytes"] != expected.get("bytes"):
                return f"{path} has {found['bytes']} bytes"
            if found["sha256"] != expected.get("sha256"):
                return f"the content of {path} has changed"
    except OSError as error:
        return str(error)
    return None


def count(folder, steps):
    """Stores in a checkpoint how many steps were counted so far, so that a run that resumes from it continues the
    count.
    """
    try:
        _write_manifest(folder, {**_read_manifest(folder), "steps": steps})
    except OSError:
        # A checkpoint without it is still valid: counting then starts at 0.
        pass


def counted(folder):
    """Returns the number that ``count`` stored; None if there is none."""
    return _read_manifest(folder).get("steps")


def _read_manifest(folder):
    try:
        with open(os.path.join(folder, _MANIFEST), encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    if not isinstance(value, dict):
        return {}
    for name in ("steps", "number"):
        if name in value and not (type(value[name]) is int and value[name] >= 0):
            del value[name]
    return value


def _write_manifest(folder, manifest):
    temporary = os.path.join(folder, f"{_MANIFEST}.tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(manifest, file)
    os.replace(temporary, os.path.join(folder, _MANIFEST))


def _files(folder):
    """Returns the paths of the regular files inside, with ``/``, without the manifest."""
    found = []
    for parent, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            inside = os.path.relpath(path, folder).replace(os.sep, "/")
            if inside not in (_MANIFEST, f"{_MANIFEST}.tmp") and not os.path.islink(path) and os.path.isfile(path):
                found.append(inside)
    return sorted(found)


def _digest(path, sync=False):
    # Only programs that save or resume pay for this import.
    import hashlib

    digest = hashlib.sha256()
    size = 0
    # Windows flushes only files that are open for writing.
    with open(path, "r+b" if sync and os.name == "nt" else "rb") as file:
        if sync:
            os.fsync(file.fileno())
        while True:
            block = file.read(1 << 20)
            if not block:
                return {"bytes": size, "sha256": digest.hexdigest()}
            digest.update(block)
            size += len(block)


def _sync_folder(folder):
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        # Windows can't do that.
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _free_name(parent, name):
    """Returns the name, with a number appended while a checkpoint of that name exists."""
    folder = os.path.join(parent, name)
    turn = 1
    while os.path.lexists(folder):
        turn += 1
        folder = os.path.join(parent, f"{name}-{turn}")
    return folder


def _put_aside(folder):
    import shutil

    aside = os.path.join(os.path.dirname(folder), _DAMAGED + os.path.basename(folder))
    try:
        shutil.rmtree(aside, ignore_errors=True)
        os.rename(folder, aside)
    except OSError:
        # It is skipped anyway.
        pass


def _whole(parent):
    """Returns the folders of the checkpoints, newest first."""
    entries = [entry for entry in os.scandir(parent) if entry.is_dir() and not entry.name.startswith(".")]
    found = [(_read_manifest(entry.path).get("number"), entry.stat().st_mtime_ns, entry.path) for entry in entries]
    numbered = all(number is not None for number, _time, _path in found)
    found.sort(key=lambda each: (each[0] if numbered else each[1], each[2]), reverse=True)
    return [path for _number, _time, path in found]
