"""fastai: what its Recorder notes after each epoch."""
MODULES = ("fastai.learner",)


def install(module, sink):
    def epoch_over(_result, args, _kwargs):
        recorder = args[0]
        learner = recorder.learn
        if not recorder.values or len(recorder.values) == getattr(recorder, "_tunesmith_epochs", 0):
            return
        recorder._tunesmith_epochs = len(recorder.values)
        # The first is the epoch and the last the time.
        names = [name for name in recorder.metric_names if name not in ("epoch", "time")]
        values = {name: value for name, value in zip(names, recorder.values[-1]) if value is not None}
        sink.metrics("fastai", values, learner.epoch, learner.epoch)
        sink.progress((learner.epoch + 1) / learner.n_epoch, f"epoch {learner.epoch + 1}/{learner.n_epoch}")

    def began(args, _kwargs):
        recorder = args[0]
        recorder._tunesmith_epochs = 0
        learner = recorder.learn
        sink.has_metrics = True
        hypers = {name: values[-1] for name, values in _hypers(learner).items()}
        sink.params("fastai", {"epochs": learner.n_epoch, "batch_size": getattr(learner.dls, "bs", None), **hypers})

    sink.around(module.Recorder, "after_epoch", "fastai", after=epoch_over)
    sink.around(module.Recorder, "before_fit", "fastai", before=began)


def _hypers(learner):
    hypers = {}
    for group in getattr(learner.opt, "hypers", None) or ():
        for name, value in group.items():
            hypers.setdefault(name, []).append(value)
    return hypers
