"""Records gradients and weights of a PyTorch model as histograms at regular backward passes, and its graph."""
from ._graph import TorchGraph, keras_graph
from ._types import Histogram

_BINS = 64
# Maximum number of tensors of one model that are recorded.
_MOST = 300


def watch(run, models, criterion=None, log="gradients", log_freq=1000, idx=None, log_graph=False, graph=False):
    """See ``Run.watch``. Returns the watches, one for each model."""
    if log not in ("gradients", "parameters", "all", "graph", None):
        raise ValueError(f'log must be "gradients", "parameters", "all", "graph" or None, not {log!r}')
    graph = graph or log_graph or log == "graph"
    log = None if log == "graph" else log
    if int(log_freq) < 1:
        raise ValueError(f"log_freq must be at least 1, not {log_freq!r}")
    models = list(models) if isinstance(models, (list, tuple)) else [models]
    watches = []
    for number, model in enumerate(models, 0 if idx is None else int(idx)):
        prefix = "" if len(models) == 1 and idx is None else f"graph_{number}/"
        if hasattr(model, "named_parameters"):
            watches.append(_Watch(run, model, prefix, log, int(log_freq), graph))
        elif graph and hasattr(model, "layers") and hasattr(model, "weights"):
            _record_graph(run, prefix, keras_graph(model))
        else:
            run._say_once("watch", f"watch: {type(model).__name__} is no PyTorch model, so nothing of it is recorded")
    return watches


def _record_graph(run, prefix, graph):
    # With several ranks each would record the same.
    if run.rank == 0 and not run._recorder.finished:
        graph._record_into(run, f"{prefix}model graph", 0)


class _Watch:
    def __init__(self, run, model, prefix, log, every, graph):
        self.model = model
        self._graph = TorchGraph(model, lambda made: _record_graph(run, prefix, made)) if graph else None
        self._run = run
        self._every = every
        self._passes = {}
        self._handles = []
        named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
        if len(named) > _MOST:
            run._warn_once("watch many", f"watch: of {len(named)} tensors only the first {_MOST} are recorded")
        for name, weight in named[:_MOST] if log is not None else ():
            self._handles.append(weight.register_hook(self._hook(prefix, name, weight, log)))

    def _hook(self, prefix, name, weight, log):
        def on_gradient(gradient):
            # With several ranks, each would record the same.
            passes = self._passes[name] = self._passes.get(name, 0) + 1
            if (passes - 1) % self._every or self._run.rank > 0:
                return
            if log in ("gradients", "all"):
                self._record(f"gradients/{prefix}{name}", gradient)
            if log in ("parameters", "all"):
                self._record(f"parameters/{prefix}{name}", weight)

        return on_gradient

    def _record(self, name, tensor):
        run = self._run
        if run._recorder.finished:
            return
        values = tensor.detach()
        if values.is_sparse:
            values = values.coalesce().values()
        run.log({name: Histogram(np_histogram=histogram(values))}, step=run._steps if run._last_step is None else run._last_step)

    def remove(self):
        for handle in self._handles:
            handle.remove()
        self._handles = []
        if self._graph is not None:
            self._graph.finish()


def histogram(tensor, bins=_BINS):
    """Counts and edges of a tensor's finite values, counted where the tensor is: only the counts leave the GPU."""
    import torch

    values = tensor.flatten().float()
    values = values[torch.isfinite(values)]
    if values.numel() == 0:
        return [0.0], [0.0, 1.0]
    low, high = (float(edge) for edge in torch.stack(list(torch.aminmax(values))).tolist())
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts = torch.histc(values, bins, low, high).tolist()
    width = (high - low) / bins
    return counts, [low + width * i for i in range(bins)] + [high]
