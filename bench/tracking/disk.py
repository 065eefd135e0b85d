"""Logs so many points with one tracker, one value a step: `disk.py TRACKER FOLDER KIND POINTS` (see disk.ts)."""
import importlib.util
import os
import random
import struct
import sys
from pathlib import Path

spec = importlib.util.spec_from_file_location("trackers", Path(__file__).parents[1] / "log-python.py")
trackers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trackers)

KINDS = {
    "float32": lambda x: struct.unpack("f", struct.pack("f", x))[0],
    "double": lambda x: x,
    "rounded": lambda x: round(x, 4),
}

if __name__ == "__main__":
    name, folder, kind, points = sys.argv[1:]
    make, _, needs = trackers.WRITERS[name]
    if not trackers.installed(needs):
        sys.exit("missing")
    log = make(folder)
    chance = random.Random(1)
    for step in range(int(points)):
        log({"loss": KINDS[kind](0.1 + chance.random() / (1 + step / 1000))}, step)
    if name.startswith("torch"):
        log.__closure__[0].cell_contents.close()
    elif name.startswith("wandb"):
        __import__("wandb").finish()
    elif name == "trackio":
        __import__("trackio").finish()
    sys.stdout.flush()
    os._exit(0)
