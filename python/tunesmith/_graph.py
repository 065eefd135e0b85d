"""The parts of a PyTorch or Keras model, with the shapes of their results and weights, as a file of the run."""
import json

from ._types import Media

_MOST_NODES = 5000
_MOST_WEIGHTS = 200
_LONGEST = 500


class Graph(Media):
    """``nodes``: as ``ModelGraph`` of ``src/protocol/engine/drawings.ts`` has them."""

    end = ".json"
    mime = "application/vnd.tunesmith.graph+json"

    def _write(self, path):
        nodes = self._data[:_MOST_NODES]
        content = {"nodes": nodes, **({"cut": True} if len(self._data) > len(nodes) else {})}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file)


class TorchGraph:
    """Collects the graph of a PyTorch model: its modules at once, shapes and connections in its first forward pass."""

    def __init__(self, model, done):
        self._model, self._done = model, done
        self._nodes, self._places, self._handles = [], {}, []
        # Results of modules by identity, as long as the pass lasts: what is freed may get the identity of another.
        self._results, self._kept = {}, []
        for name, module in model.named_modules():
            self._add(name, module)
        self._handles.append(model.register_forward_hook(self._end))

    def _add(self, name, module):
        if len(self._nodes) > _MOST_NODES:
            return
        at = len(self._nodes)
        above = name.rpartition(".")[0] if name else None
        parent = None if above is None else self._places.get(above)
        weights = [
            {"name": own[:_LONGEST], "shape": list(weight.shape), "trained": bool(weight.requires_grad)}
            for own, weight in module.named_parameters(recurse=False)
        ]
        node = {"name": (name or type(module).__name__)[:_LONGEST], "type": type(module).__name__[:_LONGEST], "parent": parent}
        if weights:
            node["weights"] = weights[:_MOST_WEIGHTS]
        self._places[name] = at
        self._nodes.append(node)
        if name:
            self._handles.append(module.register_forward_hook(lambda _module, given, result: self._pass(at, given, result)))

    def _pass(self, at, given, result):
        # An unreadable model must not end the training.
        try:
            node = self._nodes[at]
            inputs = [self._results[id(one)] for one in _tensors(given) if id(one) in self._results]
            if inputs and "inputs" not in node:
                node["inputs"] = sorted(set(inputs))[:_MOST_WEIGHTS]
            found = _tensors(result)
            if found and "shape" not in node:
                node["shape"] = [None, *list(found[0].shape)[1:]][:20] if found[0].dim() else []
            for one in found:
                # A container gives the result of its last part: that one has made it.
                self._results.setdefault(id(one), at)
            self._kept.append(found)
        except Exception:  # noqa: BLE001
            pass

    def _end(self, _module, given, result):
        self._pass(0, given, result)
        self.finish()

    def finish(self):
        """Gives the graph as far as it is known, once."""
        for handle in self._handles:
            handle.remove()
        self._handles, self._results, self._kept = [], {}, []
        done, self._done = self._done, None
        if done is not None:
            done(Graph(self._nodes))


def keras_graph(model):
    """The graph of a Keras model that has been built."""
    nodes, places = [], {}
    _add_layer(model, None, nodes, places)
    for at, layer in places.values():
        found = sorted({places[name][0] for name in _before(layer) if name in places})
        if found:
            nodes[at]["inputs"] = found[:_MOST_WEIGHTS]
    return Graph(nodes)


def _add_layer(layer, parent, nodes, places):
    at = len(nodes)
    if at > _MOST_NODES:
        return
    parts = getattr(layer, "layers", None) or []
    node = {"name": str(layer.name)[:_LONGEST], "type": type(layer).__name__[:_LONGEST], "parent": parent}
    shape = _output_shape(layer)
    if shape is not None:
        node["shape"] = shape
    if not parts:
        trained = {id(weight) for weight in getattr(layer, "trainable_weights", [])}
        weights = [
            {
                "name": str(getattr(weight, "name", "")).rpartition("/")[2][:_LONGEST],
                "shape": [int(side) for side in weight.shape],
                "trained": id(weight) in trained,
            }
            for weight in getattr(layer, "weights", [])[:_MOST_WEIGHTS]
        ]
        if weights:
            node["weights"] = weights
    nodes.append(node)
    places.setdefault(layer.name, (at, layer))
    for part in parts:
        _add_layer(part, at, nodes, places)


def _output_shape(layer):
    try:
        output = layer.output
        shape = (output[0] if isinstance(output, (list, tuple)) else output).shape
    except Exception:  # noqa: BLE001 - a layer that was never called has none
        return None
    # The first axis is the batch, whose size a model that was built by its first call has.
    return [None if side is None or axis == 0 else int(side) for axis, side in enumerate(shape)][:20]


def _before(layer):
    """Names of the layers whose results it takes."""
    names = []
    for node in getattr(layer, "_inbound_nodes", []):
        for before in getattr(node, "parent_nodes", []):
            operation = getattr(before, "operation", getattr(before, "layer", None))
            names.append(getattr(operation, "name", None))
    return names


def _tensors(value):
    """Tensors of a module's arguments or result."""
    if hasattr(value, "shape") and hasattr(value, "dim"):
        return [value]
    if isinstance(value, dict) or hasattr(value, "values") and hasattr(value, "keys"):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [one for each in value for one in _tensors(each)]
    return []
