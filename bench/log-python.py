"""Cost of one log() in Python, and what a kill -9 loses, beside other trackers.

    python bench/log-python.py [--quick] [--json] [--only NAME,…]

Each writer runs in a process of its own. "Tight" is a loop of calls; "paced" is a call every 10 ms with work in
between, as in training, when caches are cold. Lost: a program logs at 1 kHz and is killed after 3 s; a record is lost
when its call had returned and a reader does not find it. Trackers that are not installed are left out. Compare the
ratios: the microseconds belong to the machine.
"""
import argparse
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "python"
ONE = {"train/loss": 0.123456789}
TWENTY = {f"metric/{i}": i * 0.123456789 + 1e-3 for i in range(20)}


def tunesmith(folder):
    os.environ["TUNESMITH_RUN_DIR"] = folder
    sys.path.insert(0, str(PACKAGE))
    import tunesmith

    run = tunesmith.init()
    return lambda values, step: run.log(values, step=step)


def tunesmith_plain(folder):
    os.environ["TUNESMITH_JOURNAL_WRITE"] = "plain"
    return tunesmith(folder)


def json_line(folder):
    file = open(os.path.join(folder, "log.ndjson"), "w")

    def log(values, step):
        file.write(json.dumps({"time": time.time(), "step": step, "values": values}) + "\n")
        file.flush()

    return log


def tensorboard(folder):
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(folder)

    def log(values, step):
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    return log


def wandb(folder):
    os.environ.update(WANDB_MODE="offline", WANDB_DIR=folder, WANDB_SILENT="true")
    import wandb

    run = wandb.init(project="bench")
    return lambda values, step: run.log(values, step=step)


def trackio(folder):
    os.environ["TRACKIO_DIR"] = folder
    import trackio

    trackio.init(project="bench", name="bench")
    return lambda values, step: trackio.log(values, step=step)


def mlflow(folder):
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
    import mlflow

    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    mlflow.start_run()
    return lambda values, step: mlflow.log_metrics(values, step=step)


def count_ndjson(folder):
    steps = 0
    for path in Path(folder).rglob("*.ndjson"):
        for line in path.read_bytes().split(b"\0")[0].split(b"\n")[:-1]:
            steps += b'"values"' in line
    return steps


def count_tensorboard(folder):
    # A TFRecord: length (8 bytes), its checksum (4), the data, its checksum (4). The first one names the version.
    count = -1
    for path in Path(folder).rglob("events.*"):
        data = path.read_bytes()
        at = 0
        while at + 12 <= len(data):
            at += 16 + int.from_bytes(data[at:at + 8], "little")
            count += at <= len(data)
    return count


def count_wandb(folder):
    """Its file is a LevelDB log after 7 bytes: blocks of 32 KiB with pieces of records, each with a header of 7 bytes."""
    from wandb.proto import wandb_internal_pb2

    count = 0
    for path in Path(folder).rglob("*.wandb"):
        data = path.read_bytes()
        at, whole = 7, b""
        while at + 7 <= len(data):
            left = 32768 - at % 32768
            if left < 7:
                at += left
                continue
            length, kind = int.from_bytes(data[at + 4:at + 6], "little"), data[at + 6]
            if kind not in (1, 2, 3, 4) or at + 7 + length > len(data):
                break
            whole = (b"" if kind in (1, 2) else whole) + data[at + 7:at + 7 + length]
            at += 7 + length
            if kind in (1, 4):
                record = wandb_internal_pb2.Record()
                record.ParseFromString(whole)
                count += record.WhichOneof("record_type") == "history"
    return count


def count_mlflow(folder):
    import sqlite3

    try:
        return sqlite3.connect(os.path.join(folder, "mlflow.db")).execute("select count(*) from metrics").fetchone()[0]
    except sqlite3.Error:
        return 0


def count_trackio(folder):
    import sqlite3

    count = 0
    for path in Path(folder).rglob("*.db"):
        try:
            count += sqlite3.connect(path).execute("select count(*) from metrics").fetchone()[0]
        except sqlite3.Error:
            pass
    return count


# Name: what makes it, what counts its records, the package it needs.
WRITERS = {
    "tunesmith": (tunesmith, count_ndjson, None),
    "tunesmith (plain write)": (tunesmith_plain, count_ndjson, None),
    "JSON line, flushed": (json_line, count_ndjson, None),
    "torch SummaryWriter": (tensorboard, count_tensorboard, "torch.utils.tensorboard"),
    "wandb offline": (wandb, count_wandb, "wandb"),
    "trackio": (trackio, count_trackio, "trackio"),
    "mlflow (SQLite)": (mlflow, count_mlflow, "mlflow"),
}


def installed(module):
    try:
        return module is None or importlib.util.find_spec(module) is not None
    except (ImportError, AttributeError):
        return False


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(name, folder, quick):
    """In the child: prints the figures, in microseconds."""
    clock = time.perf_counter
    began = clock()
    log = WRITERS[name][0](folder)
    result = {"init_ms": (clock() - began) * 1e3}
    step = 0
    for key, values in (("1", ONE), ("20", TWENTY)):
        for _ in range(50):
            log(values, step)
            step += 1
        costs = []
        for _ in range(100 if quick else 400):
            due = clock() + 0.01
            # Work of a training's kind between two calls: it, too, wants the caches.
            while clock() < due:
                sum(x * 1.0001 for x in range(500))
            start = clock()
            log(values, step)
            costs.append(clock() - start)
            step += 1
        result[f"paced{key}"] = [percentile(costs, 0.5) * 1e6, percentile(costs, 0.99) * 1e6]
        count = 500 if quick else 2000
        start = clock()
        for _ in range(count):
            log(values, step)
            step += 1
        result[f"tight{key}"] = (clock() - start) / count * 1e6
        time.sleep(0.5)
    print("\nRESULT" + json.dumps(result), flush=True)
    os._exit(0)


def log_at_1khz(name, folder):
    """In the child: logs until killed; tells on stdout how many calls have returned."""
    log = WRITERS[name][0](folder)
    os.write(1, b"READY\n")
    due = time.perf_counter()
    step = 0
    while True:
        log(ONE, step)
        step += 1
        os.write(1, b"%d\n" % step)
        due += 0.001
        while time.perf_counter() < due:
            time.sleep(0.0002)


def child(*args, **options):
    env = {key: value for key, value in os.environ.items() if not key.startswith("TUNESMITH_")}
    return subprocess.Popen(
        [sys.executable, __file__, "--child", *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True, **options
    )


def lost_by_kill(name, folder, seconds):
    process = child("kill", name, folder)
    for line in process.stdout:
        if line.strip().endswith("READY"):
            break
    # A reader of the pipe, so that it never blocks the program.
    deadline = time.monotonic() + seconds
    done = 0
    for line in process.stdout:
        done = int(line) if line.strip().isdigit() else done
        if time.monotonic() > deadline:
            break
    process.send_signal(signal.SIGKILL)
    for line in process.stdout.read().split("\n"):
        done = int(line) if line.strip().isdigit() else done
    process.wait()
    # Helper processes of other trackers may still be writing; that counts for them.
    time.sleep(2)
    return max(0, done - WRITERS[name][1](folder)), done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer calls")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--only", help="names, separated by commas")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(WRITERS)
    results = {}
    for name in wanted:
        if not installed(WRITERS[name][2]):
            print(f"{name}: not installed, left out", file=sys.stderr)
            continue
        holder = tempfile.mkdtemp(prefix="bench ")
        try:
            process = child("measure", name, holder, "quick" if options.quick else "full")
            out, _ = process.communicate(timeout=600)
            figures = [line for line in out.split("\n") if line.startswith("RESULT")]
            if not figures:
                print(f"{name}: did not run", file=sys.stderr)
                continue
            result = json.loads(figures[0][len("RESULT"):])
            shutil.rmtree(holder, ignore_errors=True)
            os.makedirs(holder, exist_ok=True)
            result["lost"], result["of"] = lost_by_kill(name, holder, 1 if options.quick else 3)
            results[name] = result
        finally:
            shutil.rmtree(holder, ignore_errors=True)
    if options.json:
        print(json.dumps(results, indent=2))
        return
    base = results.get("tunesmith")
    print("| Writer | paced p50 / p99 µs, 1 scalar | 20 scalars | × tunesmith (1 / 20) | tight µs, 1 / 20 | start ms | lost by kill -9 |")
    print("|---|---|---|---|---|---|---|")
    for name, result in results.items():
        one, twenty = result["paced1"], result["paced20"]
        ratio = f'{one[0] / base["paced1"][0]:.1f} / {twenty[0] / base["paced20"][0]:.1f}' if base else "-"
        print(
            f'| {name} | {one[0]:.1f} / {one[1]:.0f} | {twenty[0]:.1f} / {twenty[1]:.0f} | {ratio} | '
            f'{result["tight1"]:.2f} / {result["tight20"]:.2f} | {result["init_ms"]:.0f} | {result["lost"]} of {result["of"]} |'
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        kind, writer, folder, *rest = sys.argv[2:]
        if kind == "measure":
            measure(writer, folder, rest == ["quick"])
        else:
            log_at_1khz(writer, folder)
    else:
        main()
