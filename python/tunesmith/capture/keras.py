"""Keras: `Model.fit` gets a callback more. Keras 2 (also in TensorFlow) and 3."""
from time import monotonic

from .._graph import keras_graph

MODULES = ("keras.src.models.model", "keras.src.engine.training", "keras.engine.training")

# Arguments of `fit` that are settings.
_SETTINGS = (
    *("batch_size", "epochs", "initial_epoch", "steps_per_epoch", "shuffle", "class_weight", "sample_weight"),
    *("validation_split", "validation_steps", "validation_batch_size", "validation_freq"),
)
# Settings of the callback that stops early.
_STOPPING = ("monitor", "min_delta", "patience", "baseline", "restore_best_weights", "start_from_epoch")
# Seconds between two looks at the means within an epoch.
_BATCH_SECONDS = 10.0


def install(module, sink):
    from inspect import signature

    model = module.Model
    fit = signature(model.fit)
    callback = []

    def fitting(args, kwargs):
        bound = fit.bind(*args, **kwargs)
        given = bound.arguments
        if not callback:
            callback.append(_callback(module, sink))
        ours = callback[0]({**{name: fit.parameters[name].default for name in _SETTINGS if name in fit.parameters}, **given})
        others = given.get("callbacks")
        if hasattr(others, "append") and hasattr(others, "callbacks"):
            # A CallbackList of the program's own.
            others.append(ours)
        else:
            others = [] if others is None else list(others) if isinstance(others, (list, tuple)) else [others]
            given["callbacks"] = [*others, ours]
        return bound.args, bound.kwargs

    def evaluated(result, args, kwargs):
        if getattr(args[0], "_tunesmith_fits", False):
            return
        if not isinstance(result, dict):
            values = list(result) if isinstance(result, (list, tuple)) else [result]
            names = list(args[0].metrics_names)
            if hasattr(args[0], "get_metrics_result"):
                # Keras 3 has one name for all metrics that were compiled, and tells them apart here.
                names = list(args[0].get_metrics_result())
            if len(names) != len(values):
                names = ["loss", *(f"metric {i}" for i in range(1, len(values)))]
            result = dict(zip(names, values))
        sink.metrics("keras", {f"evaluate/{name}": value for name, value in result.items()})

    sink.around(model, "fit", "keras", before=fitting)
    if hasattr(model, "evaluate"):
        sink.around(model, "evaluate", "keras", after=evaluated)


def _callback(module, sink):
    from importlib import import_module

    base = import_module(f"{module.__name__.split('.')[0]}.callbacks").Callback

    class TunesmithCapture(base):
        """Tells Tunesmith how the training goes, after each epoch, and within long ones."""

        # Keras 3 must not wait for its computations because of us.
        async_safe = True

        def __init__(self, given):
            super().__init__()
            self._given = given
            self._batches = 0
            self._said = monotonic()

        def on_train_begin(self, logs=None):
            self.model._tunesmith_fits = True
            sink.has_metrics = True
            sink.guard("keras", _params, sink, self.model, self._given)

        def on_train_end(self, logs=None):
            self.model._tunesmith_fits = False
            sink.guard("keras", _stopped, sink, self._given)

        def on_train_batch_end(self, batch, logs=None):
            self._batches += 1
            now = monotonic()
            if now - self._said >= _BATCH_SECONDS:
                # Read rarely, because some backends then wait for their computations.
                self._said = now
                sink.guard("keras", _batch, sink, self._batches, dict(logs or {}))

        def on_epoch_end(self, epoch, logs=None):
            self._said = monotonic()
            sink.guard("keras", _epoch, sink, self.model, epoch, dict(logs or {}), self._given.get("epochs"))

    return TunesmithCapture


def _params(sink, model, given):
    # Weights of examples are arrays.
    params = {name: given[name] for name in _SETTINGS if name in given and (_is_plain(given[name]) or isinstance(given[name], dict))}
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        config = {name: value for name, value in optimizer.get_config().items() if _is_plain(value)}
        params["optimizer"] = config.pop("name", type(optimizer).__name__)
        params.update({("optimizer_" + name if name in params else name): value for name, value in config.items()})
    loss = getattr(model, "loss", None)
    if loss is not None:
        params["loss"] = loss if isinstance(loss, str) else getattr(loss, "name", None) or type(loss).__name__
    stopping = _stopping(given)
    if stopping is not None:
        params.update({f"early_stopping.{name}": getattr(stopping, name) for name in _STOPPING if hasattr(stopping, name)})
    sink.params("keras", params)
    # A program may call fit once for each epoch, or thaw weights in between.
    if model.built and sink.taking and sink.describes((model.name, model.count_params(), len(model.trainable_weights))):
        sink.media("keras", "model summary", lambda: _summary(model))
        sink.media("keras", "graph", lambda: keras_graph(model))
    sink.facts("keras", {"model": model.name, "weights": model.count_params()} if model.built else {"model": model.name})


def _summary(model):
    from .._types import Text

    lines = []
    # Frames and colors are for terminals.
    model.summary(print_fn=lambda line, **_: lines.append(line), line_length=100)
    return Text("\n".join(lines))


def _stopping(given):
    callbacks = given.get("callbacks") or ()
    callbacks = getattr(callbacks, "callbacks", callbacks)
    found = [each for each in callbacks if type(each).__name__ == "EarlyStopping"]
    return found[0] if found else None


def _stopped(sink, given):
    stopping = _stopping(given)
    if stopping is not None and getattr(stopping, "stopped_epoch", 0):
        facts = {"stopped_epoch": stopping.stopped_epoch}
        if getattr(stopping, "restore_best_weights", False):
            facts["restored_epoch"] = getattr(stopping, "best_epoch", None)
        sink.facts("keras", facts)


def _batch(sink, batches, logs):
    sink.metrics("keras", {f"batch/{name}": value for name, value in logs.items()}, batches)


def _epoch(sink, model, epoch, logs, epochs):
    rate = getattr(getattr(model, "optimizer", None), "learning_rate", None)
    if rate is not None and "learning_rate" not in logs and "lr" not in logs:
        value = _number(rate)
        # A schedule's value is known to the optimizer alone.
        if value is not None:
            logs["learning_rate"] = value
    sink.metrics("keras", logs, epoch, epoch)
    if epochs:
        sink.progress((epoch + 1) / epochs, f"epoch {epoch + 1}/{epochs}")


def _number(value):
    for read in (float, lambda variable: float(variable.numpy())):
        try:
            return read(value)
        except (TypeError, ValueError, AttributeError):
            pass
    return None


def _is_plain(value):
    return value is None or isinstance(value, (bool, int, float, str))
