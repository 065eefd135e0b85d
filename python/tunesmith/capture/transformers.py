"""Trainer of Hugging Face's transformers, through a callback of its own kind."""
MODULES = ("transformers.trainer", "transformers.integrations.integration_utils")


def install(module, sink):
    if module.__name__ == "transformers.trainer":
        module.DEFAULT_CALLBACKS.append(_callback(module.TrainerCallback, sink))
    else:
        _quiet_integrations(module, sink)


def _callback(base, sink):
    class TunesmithCapture(base):
        """Tells Tunesmith what the trainer logs."""

        def on_train_begin(self, args, state, control, model=None, **_):
            sink.guard("transformers", _params, sink, args, model)

        def on_log(self, args, state, control, logs=None, **_):
            sink.guard("transformers", _logged, sink, state, logs)

        def on_step_end(self, args, state, control, **_):
            sink.guard("transformers", _progress, sink, state)

    return TunesmithCapture


def _params(sink, args, model):
    # Its progress bar repeats its metrics.
    sink.has_metrics = True
    params = {name: value for name, value in args.to_sanitized_dict().items() if value not in (None, "")}
    config = getattr(model, "config", None)
    if config is not None and hasattr(config, "to_dict"):
        params["model"] = {name: value for name, value in config.to_dict().items() if not isinstance(value, dict)}
    sink.params("transformers", params)
    if hasattr(model, "num_parameters"):
        sink.facts("transformers", {"weights": model.num_parameters()})


def _logged(sink, state, logs):
    values = {}
    epoch = None
    for name, value in (logs or {}).items():
        if name == "epoch":
            epoch = float(value)
        elif not isinstance(value, str):
            values[_renamed(name)] = value
    sink.metrics("transformers", values, state.global_step, epoch)


def _renamed(name):
    """`loss` of a training and `eval_loss` are two curves of two groups, as other trackers show them."""
    if name == "train_loss":
        # The mean of the whole training, which is no point of the curve of `loss`.
        return "train/train_loss"
    for group in ("eval", "test", "train"):
        if name.startswith(f"{group}_"):
            return f"{group}/{name[len(group) + 1:]}"
    return f"train/{name}"


def _progress(sink, state):
    if state.max_steps and state.max_steps > 0:
        sink.progress(state.global_step / state.max_steps, f"step {state.global_step}/{state.max_steps}")


def _quiet_integrations(module, sink):
    """Callbacks for other trackers repeat what the trainer logs."""
    for kind in vars(module).values():
        if not (isinstance(kind, type) and kind.__module__ == module.__name__ and kind.__name__.endswith("Callback")):
            continue
        for name in ("setup", "on_train_begin", "on_train_end", "on_log", "on_evaluate", "on_save", "on_step_end"):
            if name in vars(kind):
                sink.around(kind, name, "transformers", quiet=True)
