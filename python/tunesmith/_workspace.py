"""The workspace folder of a program that was started by hand, and new run folders in it."""
import json
import os
import stat
from time import time

FOLDER = ".tunesmith"
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
# Epoch of the ids: 2024-01-01, as in ids that the engine makes.
_EPOCH = 1_704_067_200


def find(given=None):
    """Returns the workspace folder: the given one, else the one in TUNESMITH_DIR, else the nearest folder upwards
    from the working folder with a ``.tunesmith`` of ours, else the root of the git repository, else the working
    folder.
    """
    given = given or os.environ.get("TUNESMITH_DIR")
    if given:
        folder = os.path.abspath(os.path.expanduser(os.fspath(given)))
        return os.path.dirname(folder) if os.path.basename(folder) == FOLDER else folder
    here = os.getcwd()
    upwards = [here]
    while os.path.dirname(upwards[-1]) != upwards[-1]:
        upwards.append(os.path.dirname(upwards[-1]))
    for folder in upwards:
        if _is_ours(os.path.join(folder, FOLDER)):
            return folder
    for folder in upwards:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
    return here


def _is_ours(path):
    """Returns whether it is a real folder that no other user put there."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (os.name == "nt" or os.geteuid() in (0, found.st_uid))


def runs_folder(workspace):
    """Returns the folder of all runs of a workspace, and creates it if needed. Raises OSError."""
    folder = os.path.join(workspace, FOLDER)
    if not os.path.lexists(folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.path.islink(folder):
        raise OSError(f"{folder} is a link")
    ignore = os.path.join(folder, ".gitignore")
    if not os.path.lexists(ignore):
        write_whole(ignore, "*\n")
    runs = os.path.join(folder, "runs")
    os.makedirs(runs, mode=0o700, exist_ok=True)
    if os.path.islink(runs):
        raise OSError(f"{runs} is a link")
    return runs


def new_id():
    """Returns ten characters of lower-case Crockford base32: six for the second of its creation, four random ones."""
    second = max(0, int(time()) - _EPOCH)
    head = "".join(_DIGITS[(second >> shift) % 32] for shift in range(25, -1, -5))
    return head + "".join(_DIGITS[byte % 32] for byte in os.urandom(4))


def is_id(text):
    fits = isinstance(text, str) and 0 < len(text) <= 64 and text[0] != "-"
    return fits and all(c.isascii() and (c.isalnum() or c in "-_") for c in text)


def recorded(workspace, path):
    """Returns a path in the form of the records: with slashes, and relative if it is in the workspace, which may be
    moved.
    """
    if path is None:
        return None
    try:
        relative = os.path.relpath(path, workspace)
    except ValueError:
        # Another drive.
        return path
    return path if relative.split(os.sep)[0] == ".." else relative.replace(os.sep, "/")


def absolute(workspace, written):
    return None if written is None else os.path.normpath(os.path.join(workspace, written))


def make_run(runs, spec, files):
    """Creates the folder of a run completely, or not at all, and returns it. ``spec`` becomes its run.json; it gets
    an id if it has none. ``files``: further files by name, as objects. Raises OSError, FileExistsError if the id
    is taken.
    """
    import shutil

    temporary = os.path.join(runs, f".new-{os.getpid()}-{os.urandom(4).hex()}")
    os.mkdir(temporary, 0o700)
    try:
        os.mkdir(os.path.join(temporary, "journal"), 0o700)
        for name, content in files.items():
            write_whole(os.path.join(temporary, name), json.dumps(content))
        wanted = spec["id"]
        while True:
            spec["id"] = wanted or new_id()
            folder = os.path.join(runs, spec["id"])
            spec["name"] = spec["name"] or f"{spec['experiment']} {spec['id'][-4:]}"
            write_whole(os.path.join(temporary, "run.json"), json.dumps(spec, ensure_ascii=False))
            try:
                if os.path.lexists(folder):
                    raise FileExistsError(folder)
                os.rename(temporary, folder)
                return folder
            except OSError:
                # Two programs of the same second may have drawn the same id.
                if wanted or not os.path.lexists(folder):
                    raise
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def wake(runs, run):
    """Makes watchers of the folder of all runs check this run again, because they don't see changes inside it."""
    path = os.path.join(runs, f".wake-{run}")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600))
        os.unlink(path)
    except OSError:
        pass


def write_whole(path, text):
    """Writes a private file so that readers see the old or the new content completely, never a part."""
    temporary = f"{path}.{os.urandom(4).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise
