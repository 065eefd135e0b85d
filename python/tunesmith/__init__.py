"""Records a training run for Tunesmith.

    import tunesmith
    run = tunesmith.init(config={"lr": 1e-3})
    run.log({"loss": loss}, step=step)

In a program that Tunesmith started this is the run it was started for. In any other the run is recorded into the
``.tunesmith`` folder of the workspace, where Tunesmith finds it.
Importing this costs next to nothing: the rest is loaded by the first call of ``init``.
"""
from ._version import __version__

#: Loaded at their first use, so that importing costs next to nothing.
_ELSEWHERE = {
    "Config": "_config",
    "Run": "_run",
    "StopRequested": "_control",
    **dict.fromkeys(("Audio", "Histogram", "Html", "Image", "Table", "Text", "Video"), "_types"),
    "Api": "_api",
    "import_runs": "_import",
    "Object3D": "_scenes",
    "Trial": "_trials",
    **dict.fromkeys(("AlertLevel", "Settings", "login"), "_accepted"),
    "Artifact": "_artifacts",
}
_OF_RUN = ("checkpoint", "config", "should_stop", "summary")

# Without what begins a run when it is looked at.
__all__ = [
    *_ELSEWHERE,
    "alert",
    "define_metric",
    "finish",
    "info",
    "init",
    "log",
    "log_artifact",
    "media",
    "message",
    "plot",
    "progress",
    "save",
    "save_checkpoint",
    "trials",
    "unwatch",
    "use_artifact",
    "watch",
]


def init(config=None, on_stop=None, **options):
    """The run of this process. It is the same object at every call until it is finished; then the next call begins another.

    ``config``: values used where the run was not started with others; they are recorded.
    ``on_stop``: ``"raise"`` (the default) lets ``log`` or ``save_checkpoint`` raise ``StopRequested`` when the run is to stop;
    ``"flag"`` only sets ``run.should_stop``.
    ``project``, ``name``, ``tags``, ``notes``, ``group``, ``job_type``: how the run is called and grouped.
    ``id``, ``resume``: with ``resume="allow"`` (or ``"must"``) the run of that id goes on.
    ``reinit``: ``True`` finishes the present run first; ``"create_new"`` leaves it open.
    ``objective``: such as ``("val/loss", "minimize")``: what runs that were started by hand are compared by.
    ``dir``: the workspace folder. ``mode="disabled"`` records nothing.
    Other options of ``wandb.init`` are accepted, and said once to mean nothing.
    """
    from . import _session

    return _session.init(config, on_stop, **options)


def trials():
    """The trials of the search that this program was started for, one after the other, without a new process for each::

        for trial in tunesmith.trials():
            loss = train(**trial.params)
            trial.tell(loss)

    Each trial is a run of its own. In a program that was started otherwise, there is one: its run.
    """
    from . import _trials

    return _trials.trials()


def log(values, step=None, epoch=None, commit=None, **unused):
    """Records scalars at one step; see ``Run.log``."""
    current().log(values, step, epoch, commit)


def progress(fraction, text=""):
    """Records the progress of the work: a fraction in [0, 1] (or None), and a text for the person."""
    current().progress(fraction, text)


def info(values):
    """Records facts about the run other than metrics."""
    current().info(values)


def message(text, level="info"):
    """Records a message for the person: level ``info``, ``warning`` or ``error``."""
    current().message(text, level)


def alert(title, text="", level="info", wait_duration=None):
    """Records a message with a title."""
    current().alert(title, text, level)


def media(name, path, step=None, mime=None):
    """Records a file that belongs to the run."""
    current().media(name, path, step, mime)


def save(path, base_path=None, policy=None):
    """Copies files into the run, by a path or a pattern such as ``"models/*.pt"``; see ``Run.save``."""
    return current().save(path, base_path, policy)


def define_metric(name, **options):
    """Defines how a metric is drawn and summarized; see ``Run.define_metric``."""
    return current().define_metric(name, **options)


def watch(models, criterion=None, log="gradients", log_freq=1000, idx=None, log_graph=False, graph=False):
    """Gradients and weights of a PyTorch model as histograms, and its graph; see ``Run.watch``."""
    return current().watch(models, criterion, log, log_freq, idx, log_graph, graph)


def unwatch(models=None):
    """Ends ``watch``."""
    current().unwatch(models)


def log_artifact(artifact, name=None, type=None, aliases=None):
    """Saves files under a name, with a version; see ``Run.log_artifact``."""
    return current().log_artifact(artifact, name, type, aliases)


def use_artifact(artifact, type=None, aliases=None, use_as=None):
    """Finds files that a run of this workspace has logged; see ``Run.use_artifact``."""
    return current().use_artifact(artifact, type, aliases, use_as)


def save_checkpoint(step, keep=2):
    """Gives a folder for a checkpoint, which counts once the ``with`` block ends; see ``Run.save_checkpoint``."""
    return current().save_checkpoint(step, keep)


def finish(status=None, error=None, exit_code=None, quiet=None):
    """Ends the run. Not needed at the end of the program."""
    current().finish(status, error, exit_code, quiet)


def current():
    """Returns the newest run of this process, and starts one if there is none yet."""
    from . import _session

    return _session.current()


def __getattr__(name):
    if name in _OF_RUN:
        return getattr(current(), name)
    if name == "run":
        from . import _session

        return _session.run()
    if name == "plot":
        import importlib

        return importlib.import_module(".plot", __name__)
    if name in _ELSEWHERE:
        import importlib

        return getattr(importlib.import_module(f".{_ELSEWHERE[name]}", __name__), name)
    raise AttributeError(f"module 'tunesmith' has no attribute {name!r}")


def load_ipython_extension(ipython):
    """Implements ``%load_ext tunesmith``: runs that start in the notebook show their curves below the cell."""
    from . import _notebook

    _notebook.load(ipython)


def unload_ipython_extension(ipython):
    from . import _notebook

    _notebook.unload(ipython)
