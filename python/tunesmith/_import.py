"""Imports logs of other tools through the command line, which has the readers."""
import json
import os
import shutil
import subprocess


def import_runs(*paths, dir=None, formats=(), dry_run=False):
    """
    Makes runs of what other tools have logged in the folders and files ``paths`` (none: in the whole workspace ``dir``, which is found
    as ``init`` finds it when it is not given). Returns a list of dicts: with ``dry_run`` what was found, else ``id``, ``name`` and
    ``what`` (``new``, ``grown`` or ``unchanged``) of each run.

    ``formats``: only these, such as ``["mlflow"]``. Raises RuntimeError with a sentence when it fails.
    """
    argv = [*_command(), "import", "--json"]
    if dir is not None:
        argv += ["--workspace", os.fspath(dir)]
    if dry_run:
        argv.append("--dry-run")
    for name in [formats] if isinstance(formats, str) else formats:
        argv += ["--format", name]
    done = subprocess.run(
        [*argv, "--", *map(os.fspath, paths)], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace"
    )
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(done.stderr.strip() or f"tunesmith import ended with {done.returncode}") from None


def _command():
    """The command line: as ``TUNESMITH_CLI`` says (a JSON list of words, or one program), else ``tunesmith`` on the path."""
    given = os.environ.get("TUNESMITH_CLI", "").strip()
    if given.startswith("["):
        return [str(word) for word in json.loads(given)]
    found = given or shutil.which("tunesmith")
    if not found:
        raise RuntimeError(
            "The command line of Tunesmith does the import, and there is no `tunesmith` on the path. Put it there (npm link in a "
            "clone of the project), or name it in TUNESMITH_CLI."
        )
    return [found]
