"""Writes event files of RUNS runs with POINTS points of one metric each: peer.py FOLDER RUNS POINTS."""
import os
import struct
import sys

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

folder, runs, points = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for run in range(runs):
    place = os.path.join(folder, f"run{run:06d}")
    os.makedirs(place)
    with open(os.path.join(place, "events.out.tfevents.1700000000.host.1.0"), "wb") as file:

        def record(event):
            data = event.SerializeToString()
            length = struct.pack("<Q", len(data))
            file.write(length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data)))

        record(Event(wall_time=1.7e9, file_version="brain.Event:2"))
        for step in range(points):
            value = (1 + run % 97 / 97) / (1 + step / 20) + (run * 7 + step * 13) % 11 / 500
            record(Event(wall_time=1.7e9 + step, step=step, summary=Summary(value=[Summary.Value(tag="loss", simple_value=value)])))
