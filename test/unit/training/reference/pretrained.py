"""Makes the trained networks in ../transfer/fixtures with Keras and PyTorch, and their outputs.

Needs `keras` (with any backend), `h5py`, `torch`, `safetensors` and `numpy`:

    KERAS_BACKEND=torch python pretrained.py
"""

import json
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

FOLDER = Path(__file__).parent.parent / "transfer" / "fixtures"
layers = keras.layers


def images():
    """A convolutional network with every kind of layer that tutorials begin with."""
    return keras.Sequential(
        [
            keras.Input((8, 7, 1)),
            layers.Rescaling(1 / 255, offset=-0.5),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="first"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.SeparableConv2D(5, 3, padding="same", activation="gelu"),
            layers.DepthwiseConv2D(2, depth_multiplier=2, activation="silu"),
            layers.AveragePooling2D((1, 2)),
            layers.SpatialDropout2D(0.1),
            layers.Flatten(),
            layers.Dense(6, activation="tanh", use_bias=False),
            layers.Dropout(0.5),
            layers.LayerNormalization(),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )


def blocks():
    """Residual blocks: a functional model with sums, one of them with a projection."""
    given = keras.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, padding="same")(given)
    y = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    x = layers.Add()([x, layers.BatchNormalization()(y)])
    y = layers.Conv2D(6, 3, strides=2, padding="same", activation="elu")(x)
    x = layers.Add()([layers.Conv2D(6, 1, strides=2, use_bias=False)(x), y])
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(given, layers.Dense(2)(x))


def sequences():
    """Recurrent cells in both directions over embedded words."""
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Embedding(9, 4),
            layers.Bidirectional(layers.GRU(3, return_sequences=True)),
            layers.LSTM(4, return_sequences=True),
            layers.Conv1D(3, 2, activation="relu"),
            layers.SimpleRNN(3),
            layers.Dense(2, activation="sigmoid"),
        ]
    )


def randomize(model, seed):
    """Gives every weight a value of its own, moving averages included."""
    numbers = numpy.random.default_rng(seed)
    values = []
    for value in model.get_weights():
        drawn = numbers.normal(0, 0.4, value.shape)
        values.append((numpy.abs(drawn) + 0.2 if "variance" in str(len(values)) else drawn).astype("float32"))
    model.set_weights(values)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            scale, shift, mean, variance = layer.get_weights()
            layer.set_weights([scale, shift, mean, numpy.abs(variance) + 0.3])


def main():
    FOLDER.mkdir(exist_ok=True)
    numbers = numpy.random.default_rng(0)
    inputs = {
        "images": numbers.integers(0, 256, (2, 8, 7, 1)).astype("float32"),
        "blocks": numbers.normal(size=(2, 6, 6, 2)).astype("float32"),
        "sequences": numbers.integers(0, 9, (2, 5)).astype("float32"),
    }
    found = {"keras": keras.__version__, "torch": torch.__version__, "models": {}}
    for seed, build in enumerate((images, blocks, sequences)):
        name = build.__name__
        model = build()
        randomize(model, seed)
        model.save(FOLDER / f"{name}.keras")
        if name != "sequences":
            model.save(FOLDER / f"{name}.h5")
        outputs = model.predict(inputs[name], verbose=0)
        found["models"][name] = {
            "shape": list(inputs[name].shape[1:]),
            "inputs": inputs[name].ravel().tolist(),
            "outputs": outputs.ravel().tolist(),
        }
    torch.manual_seed(3)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, (2, 3)), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(3 * 4 * 3, 2)
    )
    x = torch.randn(2, 1, 5, 5)
    # The order of values after flattening differs: here it is height, width, channels.
    permuted = net[3].weight.data.reshape(2, 3, 4, 3).permute(0, 2, 3, 1).reshape(2, -1).contiguous()
    save_file(
        {"conv.weight": net[0].weight.data, "conv.bias": net[0].bias.data, "fc.weight": permuted, "fc.bias": net[3].bias.data},
        FOLDER / "torch.safetensors",
    )
    save_file({"half": torch.tensor([1.5, -2.25]).half(), "brain": torch.tensor([1.5, -3.0]).bfloat16()}, FOLDER / "types.safetensors")
    found["torch_model"] = {
        "inputs": x.permute(0, 2, 3, 1).contiguous().ravel().tolist(),
        "outputs": net(x).detach().ravel().tolist(),
    }
    (FOLDER / "outputs.json").write_text(json.dumps(found) + "\n")


main()
