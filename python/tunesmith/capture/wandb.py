"""Weights & Biases: beside the real one, which goes on as it was."""
MODULES = ("wandb", "wandb.sdk.wandb_run", "wandb.sdk.lib.noop_run", "wandb.sdk.wandb_config", "wandb.sdk.wandb_summary")


def install(module, sink):
    {
        "wandb": _init,
        "wandb.sdk.wandb_run": lambda module, sink: _run(module.Run, sink),
        # A disabled run does nothing by itself.
        "wandb.sdk.lib.noop_run": lambda module, sink: _run(module.NoopRun, sink),
        "wandb.sdk.wandb_config": _config,
        "wandb.sdk.wandb_summary": _summary,
    }[module.__name__](module, sink)


def _init(module, sink):
    from ._wandb_values import loggable

    def began(run, _args, kwargs):
        if run is None:
            return
        sink.params("wandb", dict(run.config))
        facts = {name: kwargs[name] for name in ("project", "group", "job_type") if kwargs.get(name)}
        if kwargs.get("name"):
            facts["name"] = kwargs["name"]
        if kwargs.get("tags"):
            facts["tags"] = list(kwargs["tags"])
        sink.facts("wandb", facts)
        if not hasattr(run.log, "__tunesmith__"):
            # The disabled run of earlier versions has its own functions, and the module has the same.
            _instance(run, sink, loggable)
            module.log = run.log

    sink.around(module, "init", "wandb", after=began, quiet=True)


def _instance(run, sink, loggable):
    original = run.log

    def log(*args, **kwargs):
        sink.guard("wandb", _logged, sink, loggable, args, kwargs)
        return original(*args, **kwargs)

    log.__tunesmith__ = True
    run.log = log


class _Steps:
    """wandb counts a step with each call that commits; values of one step may come in several calls."""

    def __init__(self):
        self.step = 0

    def of(self, step, commit):
        if step is not None:
            self.step = int(step)
        now = self.step
        if commit or (commit is None and step is None):
            self.step += 1
        return now


_steps = _Steps()


def _logged(sink, loggable, args, kwargs):
    data = args[0] if args else kwargs.get("data")
    step = args[1] if len(args) > 1 else kwargs.get("step")
    commit = args[2] if len(args) > 2 else kwargs.get("commit")
    at = _steps.of(step, commit)
    numbers, media = loggable(data or {})
    sink.metrics("wandb", numbers, at)
    for name, make in media:
        sink.media("wandb", name, make, at)


def _run(kind, sink):
    from ._wandb_values import loggable

    def logging(args, kwargs):
        _logged(sink, loggable, args[1:], kwargs)

    def defined(args, kwargs):
        from .._familiar import Familiar

        given = dict(zip(("name", "step_metric", "step_sync", "hidden", "summary", "goal"), args[1:]), **kwargs)
        run = sink.begin({})
        if isinstance(run, Familiar) and (given.get("summary") or given.get("goal")):
            run.define_metric(given["name"], summary=given.get("summary"), goal=given.get("goal"))

    sink.around(kind, "log", "wandb", before=logging, quiet=True)
    if hasattr(kind, "define_metric"):
        sink.around(kind, "define_metric", "wandb", before=defined, quiet=True)


def _config(module, sink):
    def changed(_result, args, _kwargs):
        sink.params("wandb", {name: value for name, value in dict(args[0]).items() if name != "_wandb"})

    for name in ("update", "__setitem__", "setdefaults"):
        sink.around(module.Config, name, "wandb", after=changed, quiet=True)
    if "__setattr__" in vars(module.Config):
        # It is the same function under another name.
        module.Config.__setattr__ = module.Config.__setitem__


def _summary(module, sink):
    def changed(_result, args, _kwargs):
        if type(args[0]).__name__ == "Summary":
            given = args[1] if isinstance(args[1], dict) else {args[1]: args[2]}
            sink.facts("wandb", {name: value for name, value in given.items() if isinstance(value, (bool, int, float, str))})

    sink.around(module.Summary, "update", "wandb", after=changed, quiet=True)
    sink.around(module.Summary, "__setitem__", "wandb", after=changed, quiet=True)
