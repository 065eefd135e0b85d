"""Writes attention.json: what PyTorch's nn.MultiheadAttention gives for fixed weights, and the gradient by its input.

    python attention.py > attention.json
"""
import json

import torch

torch.manual_seed(2)
FEATURES, HEADS, TIME, BATCH = 6, 3, 5, 2


def run(causal):
    layer = torch.nn.MultiheadAttention(FEATURES, HEADS, batch_first=True).double()
    # They begin at 0, where a wrong one would not be seen.
    for bias in (layer.in_proj_bias, layer.out_proj.bias):
        torch.nn.init.normal_(bias)
    x = torch.randn(BATCH, TIME, FEATURES, dtype=torch.float64, requires_grad=True)
    mask = torch.triu(torch.ones(TIME, TIME, dtype=torch.bool), diagonal=1) if causal else None
    output, shares = layer(x, x, x, attn_mask=mask)
    upper = torch.randn_like(output)
    (output * upper).sum().backward()
    query, key, value = layer.in_proj_weight.chunk(3)
    query_bias, _, value_bias = layer.in_proj_bias.chunk(3)
    weights = {
        "query": query.t(), "queryBias": query_bias, "key": key.t(), "value": value.t(), "valueBias": value_bias,
        "output": layer.out_proj.weight.t(), "outputBias": layer.out_proj.bias,
    }
    return {
        "weights": {name: values.tolist() for name, values in weights.items()},
        "input": x.tolist(), "output": output.tolist(), "upper": upper.tolist(), "gradient": x.grad.tolist(),
    }


print(json.dumps({"torch": torch.__version__, "heads": HEADS, "whole": run(False), "causal": run(True)}))
