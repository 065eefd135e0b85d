"""Lightning: what `self.log` hands to the loggers, whatever loggers there are, and the hyperparameters of module and data."""
MODULES = (
    "lightning.pytorch.trainer.trainer",
    "lightning.pytorch.loggers.csv_logs",
    "pytorch_lightning.trainer.trainer",
    "pytorch_lightning.loggers.csv_logs",
)


def install(module, sink):
    if module.__name__.endswith("csv_logs"):
        _csv_logger(module, sink)
    else:
        _trainer(module, sink)


def _trainer(module, sink):
    def logged(args, kwargs):
        connector = args[0]
        metrics = args[1] if len(args) > 1 else kwargs.get("metrics")
        step = args[2] if len(args) > 2 else kwargs.get("step")
        values = dict(metrics or {})
        given = values.pop("step", None)
        trainer = connector.trainer
        if step is None:
            step = int(given) if given is not None else trainer.fit_loop.epoch_loop._batches_that_stepped
        epoch = values.pop("epoch", trainer.current_epoch)
        sink.metrics("lightning", values, step, float(epoch))

    def hyperparameters(_result, args, _kwargs):
        trainer = args[0]
        # Its progress bar repeats its metrics.
        sink.has_metrics = True
        model = trainer.lightning_module
        params = {}
        for part in (getattr(trainer, "datamodule", None), model):
            params.update(getattr(part, "hparams_initial", None) or {})
        for name in ("max_epochs", "max_steps", "accumulate_grad_batches", "gradient_clip_val", "precision"):
            value = getattr(trainer, name, None)
            if value is not None and value != -1:
                params.setdefault(name, value)
        sink.params("lightning", params)
        sink.facts("lightning", {"model": type(model).__name__, "weights": _weights(model)})

    def optimizers(args, _kwargs):
        """They are made after the hyperparameters were logged."""
        trainer = args[0]
        params = {}
        for i, optimizer in enumerate(getattr(trainer, "optimizers", None) or ()):
            prefix = "optimizer" if i == 0 else f"optimizer{i}"
            params[prefix] = type(getattr(optimizer, "optimizer", optimizer)).__name__
            params.update({f"{prefix}.{name}": value for name, value in optimizer.defaults.items() if _is_plain(value)})
        for config in getattr(trainer, "lr_scheduler_configs", None) or ():
            params.setdefault("lr_scheduler", type(config.scheduler).__name__)
        for callback in getattr(trainer, "early_stopping_callbacks", None) or ():
            for name in ("monitor", "mode", "patience", "min_delta", "stopping_threshold"):
                params.setdefault(f"early_stopping.{name}", getattr(callback, name, None))
        sink.params("lightning", params)
        model = trainer.lightning_module
        if model is not None:
            sink.media("lightning", "model summary", lambda: _summary(module, model))

    # Loggers such as TensorBoard's are called within, and would say it all again.
    sink.around(module._LoggerConnector, "log_metrics", "lightning", before=logged, quiet=True)
    sink.around(module, "_log_hyperparams", "lightning", after=hyperparameters, quiet=True)
    sink.around(module.Trainer, "_run_stage", "lightning", before=optimizers)


def _summary(module, model):
    from importlib import import_module

    from .._types import Text

    package = module.__name__.rpartition(".trainer.trainer")[0]
    return Text(str(import_module(f"{package}.utilities.model_summary").ModelSummary(model, max_depth=2)))


def _is_plain(value):
    return value is None or isinstance(value, (bool, int, float, str, tuple))


def _csv_logger(module, sink):
    """Its file is written by no library that is heard elsewhere."""

    def logged(args, kwargs):
        metrics = args[1] if len(args) > 1 else kwargs.get("metrics")
        step = args[2] if len(args) > 2 else kwargs.get("step")
        sink.metrics("lightning", dict(metrics or {}), step)

    sink.around(module.CSVLogger, "log_metrics", "lightning", before=logged)


def _weights(model):
    # Lazy layers don't know their number of weights yet.
    return sum(weight.numel() for weight in model.parameters() if type(weight).__name__ != "UninitializedParameter")
