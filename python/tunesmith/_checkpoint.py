"""Checkpoints: folders in the run's ``checkpoints/``, each whole once it has its name."""
import os
from contextlib import contextmanager

# While it is written. Left behind by a killed program, and removed by the next one that saves.
_WRITING = ".writing-"


def given():
    """Absolute folder of the checkpoint to go on from; None when the program is to begin."""
    folder = os.environ.get("TUNESMITH_CHECKPOINT", "")
    return folder if folder and os.path.isdir(folder) else None


@contextmanager
def save(run_folder, step, keep):
    """An empty folder to write into, which gets its name in one step when the block ends well."""
    # Only programs that save pay for these.
    import shutil
    import tempfile

    step = float(step)
    if not 0 <= step < float("inf"):
        raise ValueError(f"the checkpoint's step must be 0 or more, not {step}")
    parent = os.path.join(run_folder, "checkpoints") if run_folder else None
    if parent is None:
        # Not started by Tunesmith: the block runs, and what it writes is thrown away.
        with tempfile.TemporaryDirectory() as folder:
            yield folder
        return
    os.makedirs(parent, exist_ok=True)
    for name in os.listdir(parent):
        if name.startswith(_WRITING):
            shutil.rmtree(os.path.join(parent, name), ignore_errors=True)
    temporary = tempfile.mkdtemp(prefix=_WRITING, dir=parent)
    try:
        yield temporary
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    text = str(int(step)) if step == int(step) else repr(step)
    folder = os.path.join(parent, f"step-{text.zfill(9)}")
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(temporary, folder)
    for old in _whole(parent)[max(1, keep):]:
        shutil.rmtree(old, ignore_errors=True)


def _whole(parent):
    folders = [entry for entry in os.scandir(parent) if entry.is_dir() and not entry.name.startswith(".")]
    return [entry.path for entry in sorted(folders, key=lambda e: (e.stat().st_mtime_ns, e.name), reverse=True)]
