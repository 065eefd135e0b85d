"""Writes recurrent.json: what PyTorch's LSTM and GRU give for fixed weights, in our order of the blocks.

    python recurrent.py > recurrent.json
"""
import json

import torch

torch.manual_seed(1)
FEATURES, UNITS, TIME = 2, 3, 4


def run(cell):
    layer = (torch.nn.LSTM if cell == "lstm" else torch.nn.GRU)(FEATURES, UNITS, batch_first=True).double()
    x = torch.randn(1, TIME, FEATURES, dtype=torch.float64)
    output = layer(x)[0][0]
    w, u = layer.weight_ih_l0.t(), layer.weight_hh_l0.t()
    b, c = layer.bias_ih_l0, layer.bias_hh_l0
    # Blocks: input, forget, candidate, output; and reset, update, candidate. The biases add up, but for the candidate's.
    if cell == "gru":
        bias = torch.cat([(b + c)[: 2 * UNITS], b[2 * UNITS :]])
        state_bias = c[2 * UNITS :].tolist()
    else:
        bias, state_bias = b + c, None
    weights = {"input": w.tolist(), "state": u.tolist(), "bias": bias.tolist(), "stateBias": state_bias}
    return {"weights": weights, "input": x[0].tolist(), "output": output.tolist()}


print(json.dumps({"torch": torch.__version__, "lstm": run("lstm"), "gru": run("gru")}))
