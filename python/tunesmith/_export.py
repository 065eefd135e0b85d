"""Writes runs for tables and other tools. CSV, JSON and Parquet have the rows of ``tunesmith export``."""
import csv
import json
import os
import subprocess

from ._import import _command

_BY_ENDING = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
#: Formats that the command line writes.
_OTHERS = ("tensorboard", "mlflow", "optuna")
_FACTS = ("id", "experiment", "name", "status", "createdAt")


def export(api, path, format, runs, points):
    """See ``Api.export``."""
    path = os.path.abspath(os.fspath(path))
    format = format or _BY_ENDING.get(os.path.splitext(path)[1].lower())
    if format in _OTHERS:
        return _by_command(api, path, format, runs)
    if format not in _BY_ENDING.values():
        known = ", ".join([*dict.fromkeys(_BY_ENDING.values()), *_OTHERS])
        raise ValueError(f"export needs a format ({known}) or a file name with its ending, not {format or path!r}")
    rows = [row for run in runs for row in _points(run)] if points else _rows(runs)
    if format == "parquet":
        _parquet(path, rows)
        return path
    # Written completely, or not at all.
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            _WRITERS[format](file, rows)
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    return path


def _rows(runs):
    rows = []
    for run in runs:
        row = dict(zip(_FACTS, (run.id, run.project, run.name, run.status, run.created_at)))
        row.update({f"param:{name}": value for name, value in run.params.items()})
        row.update({f"metric:{name}": value for name, value in run.last.items()})
        rows.append(row)
    names = sorted({name for row in rows for name in row} - set(_FACTS))
    return [{name: row.get(name) for name in (*_FACTS, *names)} for row in rows]


def _points(run):
    for row in run.history(pandas=False):
        for name, value in row.items():
            if name not in ("_step", "_time"):
                yield {"run": run.id, "metric": name, "step": row["_step"], "time": row["_time"], "value": value}


def _csv(file, rows):
    if rows:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)


def _cell(value):
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list, bool)) else value


def _json(file, rows):
    json.dump([_plain(row) for row in rows], file, ensure_ascii=False, indent=1)


def _json_lines(file, rows):
    for row in rows:
        file.write(json.dumps(_plain(row), ensure_ascii=False) + "\n")


def _plain(row):
    """JSON has no NaN and no infinities; they are strings, as in the journal."""
    words = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return {name: words.get(repr(value), value) if isinstance(value, float) else value for name, value in row.items()}


_WRITERS = {"csv": _csv, "json": _json, "jsonl": _json_lines}


def _parquet(path, rows):
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise RuntimeError("Parquet files need the package pyarrow: pip install pyarrow") from None
    columns = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows]
        kinds = {type(value) for value in values if value is not None}
        # A column has one type: numbers of any kind are numbers, every other mixture is text.
        if not (len(kinds) <= 1 and kinds <= {int, float, str, bool} or kinds <= {int, float}):
            values = [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]
        elif kinds == {int, float}:
            values = [None if value is None else float(value) for value in values]
        columns[name] = values
    parquet.write_table(pyarrow.table(columns), path)


def _by_command(api, path, format, runs):
    argv = [*_command(), "export", "--format", format, "--output", path, "--workspace", api.workspace, "--", *(run.id for run in runs)]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"tunesmith export ended with {done.returncode}")
    return path
