"""Compares the speed of exported ONNX networks in ONNX Runtime, such as a network and its quantised form.

    python bench/pruning/quantised.py whole.onnx small.onnx [--batch 64] [--rounds 30]

Needs onnxruntime. The networks take turns within one process, so that a busy machine slows all of them; prints the median
time of a batch for each, its ratio to the first network's, and the size of the files.
"""
import argparse
import os
import statistics
import time

import numpy as np
import onnxruntime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]) for path in given.networks]
    shape = [given.batch, *sessions[0].get_inputs()[0].shape[1:]]
    inputs = {"input": np.random.default_rng(1).uniform(0, 255, shape).astype(np.float32)}
    times: list[list[float]] = [[] for _ in sessions]
    for turn in range(given.rounds + 3):
        for session, own in zip(sessions, times):
            before = time.perf_counter()
            session.run(None, inputs)
            # The first turns allocate memory.
            if turn >= 3:
                own.append(time.perf_counter() - before)
    medians = [statistics.median(own) for own in times]
    for path, median in zip(given.networks, medians):
        print(f"{path}: {1000 * median:.3f} ms, {medians[0] / median:.2f} times as fast, {os.path.getsize(path)} bytes")


main()
