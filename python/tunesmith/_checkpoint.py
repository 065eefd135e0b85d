"""Checkpoints: folders in the run's ``checkpoints/``, each whole once it has its name."""
import json
import os
from contextlib import contextmanager

# While it is written. Left behind by a killed program, and removed by the next one that saves.
_WRITING = ".writing-"
# In a checkpoint: the number of steps that `log` had counted by itself.
_COUNT = ".tunesmith.json"


@contextmanager
def save(run, step, keep):
    """An empty folder to write into, which gets its name in one step when the block ends well."""
    # Only programs that save pay for these.
    import shutil
    import tempfile

    step = float(step)
    if not 0 <= step < float("inf"):
        raise ValueError(f"the checkpoint's step must be 0 or more, not {step}")
    if not run.enabled:
        # Nothing is recorded: the block runs, and what it writes is thrown away.
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
        count(temporary, run._steps)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    text = str(int(step)) if step == int(step) else repr(step)
    folder = os.path.join(parent, f"step-{text.zfill(9)}")
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(temporary, folder)
    for old in _whole(parent)[max(1, keep):]:
        shutil.rmtree(old, ignore_errors=True)
    run._newest = folder
    run._control.after_save(step, run._last_step)


def newest(run_folder):
    """Absolute folder of the newest checkpoint of a run, or None."""
    try:
        return next(iter(_whole(os.path.join(run_folder, "checkpoints"))), None)
    except OSError:
        return None


def count(folder, steps):
    """Notes in a checkpoint how many steps were counted by then, so that a run which goes on from it counts on."""
    try:
        temporary = os.path.join(folder, f"{_COUNT}.tmp")
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump({"steps": steps}, file)
        os.replace(temporary, os.path.join(folder, _COUNT))
    except OSError:
        # A checkpoint without it is still a checkpoint: counting then begins at 0.
        pass


def counted(folder):
    """What ``count`` noted; None when it noted nothing."""
    try:
        with open(os.path.join(folder, _COUNT), encoding="utf-8") as file:
            steps = json.load(file)["steps"]
        return steps if type(steps) is int and steps >= 0 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _whole(parent):
    folders = [entry for entry in os.scandir(parent) if entry.is_dir() and not entry.name.startswith(".")]
    return [entry.path for entry in sorted(folders, key=lambda e: (e.stat().st_mtime_ns, e.name), reverse=True)]
