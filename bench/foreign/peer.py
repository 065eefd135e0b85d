"""Writes an event file of N points (write FOLDER N), or reads one with TensorBoard's own reader (read FOLDER)."""
import os
import struct
import sys
from time import perf_counter

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c


def write(folder, points):
    with open(os.path.join(folder, "events.out.tfevents.1700000000.host.1.0"), "wb") as file:

        def record(event):
            data = event.SerializeToString()
            length = struct.pack("<Q", len(data))
            file.write(length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data)))

        record(Event(wall_time=1.7e9, file_version="brain.Event:2"))
        tags = ["train/loss", "train/accuracy", "lr", "grad/norm", "val/loss"]
        for i in range(points // len(tags)):
            for k, tag in enumerate(tags):
                value = Summary.Value(tag=tag, simple_value=1 / (i + 1) + k)
                record(Event(wall_time=1.7e9 + i * 0.01, step=i, summary=Summary(value=[value])))


def read(folder):
    start = perf_counter()
    accumulator = EventAccumulator(folder, size_guidance={"scalars": 0})
    accumulator.Reload()
    points = sum(len(accumulator.Scalars(tag)) for tag in accumulator.Tags()["scalars"])
    print(f"{points} {perf_counter() - start}")


if sys.argv[1] == "write":
    write(sys.argv[2], int(sys.argv[3]))
else:
    read(sys.argv[2])
