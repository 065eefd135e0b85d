"""Loads what was exported with the programs that it is for, and compares their outputs with ours.

Needs `keras` with a backend, `onnx` and `onnxruntime`, or some of them; called by export.test.ts when
TUNESMITH_EXPORT_PYTHON names a Python. Prints one JSON object: {"onnx": {case: largest difference}, "keras": {...}}.
"""
import json
import os
import pathlib
import sys

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def difference(given, wanted):
    given, wanted = np.asarray(given).ravel(), np.asarray(wanted)
    return float(np.max(np.abs(given - wanted)) / np.max(np.abs(wanted)))


def main(folder):
    cases = json.loads((folder / "cases.json").read_text())
    found = {"onnx": {}, "keras": {}}
    try:
        import onnx
        import onnxruntime
    except ImportError:
        onnx = None
    try:
        import keras
    except ImportError:
        keras = None
    for i, case in enumerate(cases):
        inputs = np.asarray(case["inputs"], np.float32).reshape([3, *case["shape"]])
        path = folder / f"{i}.onnx"
        if onnx and path.exists():
            onnx.checker.check_model(onnx.load(path), full_check=True)
            options = onnxruntime.SessionOptions()
            if case["name"].startswith("quantised"):
                # By default, ONNX Runtime also rounds the inputs of such kernels to 8 bits.
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            given = session.run(None, {"input": inputs})[0]
            found["onnx"][case["name"]] = difference(given, case["outputs"])
        path = folder / f"{i}.keras"
        if keras and path.exists():
            given = keras.saving.load_model(path).predict(inputs, verbose=0)
            found["keras"][case["name"]] = difference(given, case["outputs"])
    print(json.dumps(found))


main(pathlib.Path(sys.argv[1]))
