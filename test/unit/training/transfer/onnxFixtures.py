"""Writes the ONNX files that onnx.test.ts reads, and the outputs that PyTorch and Keras give for them.

    python test/unit/training/transfer/onnxFixtures.py torch   # needs torch, onnx, onnxscript
    python test/unit/training/transfer/onnxFixtures.py keras   # needs tensorflow, tf2onnx
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures" / "onnx"


def note(name, shape, inputs, outputs):
    path = FOLDER / "outputs.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[name] = {
        "shape": list(shape),
        "inputs": [round(float(x), 6) for x in inputs.reshape(-1)],
        "outputs": [float(x) for x in outputs.reshape(-1)],
    }
    path.write_text(json.dumps(dict(sorted(known.items()))))


def without_traces(path):
    """Removes what PyTorch notes about its own code, which names folders of this machine."""
    import onnx

    model = onnx.load(path)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    onnx.save(model, path)


def with_torch():
    import torch
    from torch import nn

    torch.manual_seed(7)

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.norm = nn.BatchNorm2d(outputs)
            self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)
            self.direct = nn.Sequential()
            if stride != 1 or inputs != outputs:
                self.direct = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

        def forward(self, x):
            return torch.relu(self.second(torch.relu(self.norm(self.first(x)))) + self.direct(x))

    class States(nn.Module):
        def __init__(self, cell, last, **settings):
            super().__init__()
            self.cell = cell(3, 5, batch_first=True, **settings)
            self.last = last
            self.head = nn.Linear(10 if settings.get("bidirectional") else 5, 2)

        def forward(self, x):
            states, hidden = self.cell(x)
            if isinstance(hidden, tuple):
                hidden = hidden[0]
            if self.last == "step":
                return self.head(states[:, -1])
            if self.last == "both":
                return self.head(torch.cat([hidden[-2], hidden[-1]], dim=-1))
            if self.last == "mean":
                return self.head(states.mean(1))
            return self.head(hidden[-1])

    class Words(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(9, 4)
            self.norm = nn.LayerNorm(4)
            self.wide = nn.Linear(4, 6)
            self.head = nn.Linear(6, 2)

        def forward(self, x):
            return self.head(nn.functional.gelu(self.wide(self.norm(self.table(x)))).mean(1))

    images = {
        "cnn": nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 4, 3, groups=4, padding=1), nn.SiLU(), nn.Conv2d(4, 6, (2, 3), stride=(1, 2)),
            nn.LeakyReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(18, 5), nn.Tanh(), nn.Linear(5, 3), nn.LogSoftmax(-1),
        ),
        "resnet": nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.ReLU6(), Block(4, 4, 1), Block(4, 6, 2), Block(6, 8, 2),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
        ),
        "pools": nn.Sequential(
            nn.AvgPool2d(2), nn.Mish(), nn.Conv2d(2, 3, 2), nn.Hardsigmoid(), nn.Flatten(),
            nn.BatchNorm1d(27), nn.ELU(), nn.Linear(27, 4), nn.Softplus(), nn.Linear(4, 3), nn.Softmax(-1),
        ),
    }
    tables = {
        "mlp": nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.SELU(), nn.Linear(8, 6, bias=False), nn.GELU(), nn.Linear(6, 2), nn.Sigmoid()),
    }
    sequences = {
        "lstm": States(nn.LSTM, "hidden", num_layers=2),
        "lstm-step": States(nn.LSTM, "step"),
        "lstm-both": States(nn.LSTM, "both", bidirectional=True),
        "gru-mean": States(nn.GRU, "mean", bidirectional=True),
        "rnn": States(nn.RNN, "step"),
        "conv1d": nn.Sequential(nn.Conv1d(4, 5, 3, padding=1), nn.ReLU(), nn.Conv1d(5, 6, 2, stride=2), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(6, 2)),
    }
    cases = [(name, model, torch.randn(2, 2, 8, 8)) for name, model in images.items()]
    cases += [(name, model, torch.randn(3, 4)) for name, model in tables.items()]
    cases += [(name, model, torch.randn(2, 4, 3) if name != "conv1d" else torch.randn(2, 4, 6)) for name, model in sequences.items()]
    cases += [("words", Words(), torch.randint(0, 9, (2, 5)))]
    for name, model, x in cases:
        for module in model.modules():
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias)
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                nn.init.normal_(module.running_mean)
                nn.init.uniform_(module.running_var, 0.5, 1.5)
        model.eval()
        x = x if x.dtype == torch.int64 else (x * 1e6).round() / 1e6
        outputs = model(x).detach()
        if name == "cnn":
            outputs = model[:-1](x).detach()
        # In our order of axes: images and sequences with their features last.
        ours = x.permute(0, 2, 3, 1) if x.dim() == 4 else x.permute(0, 2, 1) if name == "conv1d" else x
        for way in ("script", "dynamo"):
            path = FOLDER / f"{name}.{way}.onnx"
            settings = {"dynamic_axes": {"x": {0: "batch"}}} if way == "script" else {"external_data": False}
            if way == "dynamo" and name == "rnn":
                # This way writes out its steps, which are layers no more.
                continue
            if way == "dynamo":
                settings["dynamic_shapes"] = ({0: torch.export.Dim("batch")},)
            torch.onnx.export(model, (x,), str(path), input_names=["x"], dynamo=way == "dynamo", verbose=False, **settings)
            without_traces(path)
            note(path.name, ours.shape[1:], ours.numpy(), outputs.numpy())


def with_keras():
    import keras
    import numpy as np
    import tensorflow as tf

    keras.utils.set_random_seed(7)
    layers = keras.layers
    inputs = keras.Input((8, 8, 2))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Add()([x, layers.Conv2D(4, 3, padding="same", activation="relu")(x)])
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="swish")(x)
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(5, activation="elu")(x)
    models = {
        "keras-cnn": keras.Model(inputs, layers.Dense(3, activation="softmax")(x)),
        "keras-mlp": keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(6, "tanh"), layers.Dense(2)]),
        "keras-lstm": keras.Sequential([keras.Input((4, 3)), layers.LSTM(5, return_sequences=True), layers.LSTM(4), layers.Dense(2)]),
        "keras-conv1d": keras.Sequential([keras.Input((6, 3)), layers.Conv1D(4, 3, padding="same", activation="relu"), layers.GlobalAveragePooling1D(), layers.Dense(2)]),
    }
    for name, model in models.items():
        x = np.random.default_rng(3).normal(size=(2, *model.input_shape[1:])).round(6).astype("float32")
        outputs = np.asarray(model(x))
        model.export(str(FOLDER / f"{name}.onnx"), format="onnx", verbose=False)
        note(f"{name}.onnx", x.shape[1:], x, outputs)


FOLDER.mkdir(parents=True, exist_ok=True)
{"torch": with_torch, "keras": with_keras}[sys.argv[1]]()
