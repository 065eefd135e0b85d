"""Methods of a run that are known from other trackers."""
import os


class Familiar:
    """Mixed into ``Run``."""

    _axes = None
    _summary = None
    _watches = ()

    def define_metric(self, name, step_metric=None, summary=None, goal=None, **_unused):
        """Defines how metrics named ``name`` (``*`` matches anything) are drawn and summarized.

        ``step_metric``: the metric whose value is the step of ``log`` calls without one. ``summary``: ``"last"`` (the
        default), ``"min"``, ``"max"``, ``"mean"``, ``"first"``, or ``"best"`` (by ``goal``), for ``run.summary``.
        ``goal``: ``"minimize"`` or ``"maximize"``; the first metric with a goal becomes the objective of a run that
        was started by hand.
        """
        name = getattr(name, "name", name)
        if step_metric is not None:
            self._axes = {**(self._axes or {}), name: getattr(step_metric, "name", step_metric)}
        if summary is not None or goal is not None:
            self.summary._define(name, summary or "best", goal)
        goal = {"min": "minimize", "max": "maximize"}.get(goal, goal)
        if goal in ("minimize", "maximize") and "*" not in name:
            self._place.compare_by(name, goal)
        return _Defined(name)

    @property
    def summary(self):
        """One value of each metric (the last, unless ``define_metric`` says otherwise), and values that the program
        sets itself.
        """
        if self._summary is None:
            from ._summary import Summary

            self._summary = Summary(self)
        self._summary._refresh()
        return self._summary

    def alert(self, title, text="", level="info", wait_duration=None):
        """Records a message with a title. ``level``: ``info``, ``warning`` (or ``WARN``) or ``error``."""
        level = str(getattr(level, "value", level)).lower()
        level = {"warn": "warning"}.get(level, level)
        self.message(f"{title}: {text}" if text else str(title), level if level in ("warning", "error") else "info")

    def save(self, path, base_path=None, policy=None):
        """Copies files into the run, by a path or a pattern such as ``"models/*.pt"``. Returns their paths."""
        import glob

        found = sorted(name for name in glob.glob(os.fspath(path), recursive=True) if os.path.isfile(name))
        if not found:
            self._warn_once(f"save {path}", f"save: there is no file {path}")
        for name in found:
            try:
                self.media(os.path.relpath(name, base_path) if base_path else os.path.basename(name), name)
            except OSError as error:
                self._warn_once(f"save {name}", f"save: {name} can't be copied: {error}")
        return found

    def watch(self, models, criterion=None, log="gradients", log_freq=1000, idx=None, log_graph=False, graph=False):
        """
        Records histograms of a PyTorch model's ``"gradients"``, its ``"parameters"`` or ``"all"``, at the first backward pass and
        then at each ``log_freq``-th. ``models``: one or a list. ``criterion`` means nothing here.

        ``graph`` (or ``log_graph``, or ``log="graph"``) also records the model's parts, with the shapes of their weights and, of a
        PyTorch model after its first forward pass, of their results. That also works for a Keras model that has been built.
        """
        if not self.enabled:
            return []
        from ._watch import watch

        watches = watch(self, models, criterion, log, log_freq, idx, log_graph, graph)
        self._watches = [*self._watches, *watches]
        return watches

    def unwatch(self, models=None):
        """Stops ``watch``, for all models or the given ones."""
        models = None if models is None else list(models) if isinstance(models, (list, tuple)) else [models]
        kept = []
        for watch in self._watches:
            if models is None or any(watch.model is model for model in models):
                watch.remove()
            else:
                kept.append(watch)
        self._watches = kept

    def log_artifact(self, artifact, name=None, type=None, aliases=None):
        """Saves files under a name, with a version: an ``Artifact``, or the path of a file or folder. Content that
        the newest version has already gets no new version. Returns the artifact with its ``version`` and
        ``digest``.
        """
        from . import _artifacts

        return _artifacts.log(self, artifact, name, type, aliases)

    def use_artifact(self, artifact, type=None, aliases=None, use_as=None):
        """Finds an artifact that a run of this workspace has logged, by ``"name"``, ``"name:v3"`` or an alias, and
        records that this run uses it. ``download()`` returns the folder with its files. Raises ValueError if there
        is none.
        """
        from . import _artifacts

        return _artifacts.use(self, artifact, type, aliases, use_as)

    def log_code(self, *_args, **_options):
        """Accepted for scripts written for other trackers."""

    @property
    def step(self):
        """The step that the next ``log`` without one gets."""
        return self._steps

    @property
    def dir(self):
        """The run's folder; files written there stay with the run."""
        return self.folder

    @property
    def project(self):
        return self._place.project

    @property
    def url(self):
        """There is no server."""
        return None

    def get_url(self):
        return None

    def _by_axes(self, values):
        """Groups values by the step that ``define_metric`` gives them; None means the step counted by ``log``."""
        groups = {}
        for name, value in values.items():
            axis = self._axis(name)
            at = values.get(axis) if axis is not None else None
            if at is None and axis is not None:
                at = self.summary.get(axis)
            groups.setdefault(at, {})[name] = value
        return groups

    def _axis(self, name):
        if name in self._axes:
            return self._axes[name]
        import fnmatch

        for pattern, axis in self._axes.items():
            if name != axis and fnmatch.fnmatchcase(name, pattern):
                return axis
        return None


class _Defined:
    def __init__(self, name):
        self.name = name
