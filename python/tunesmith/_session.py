"""The runs of this process, one after the other."""
import os
import sys
import threading
from contextlib import contextmanager

from ._control import checked
from ._place import Given, Nowhere
from ._run import Run
from ._values import flat_names

# Arguments of other trackers' `init` without an effect here.
_UNUSED = frozenset(
    "entity settings save_code sync_tensorboard monitor_gym force anonymous magic tensorboard allow_val_change "
    "config_include_keys config_exclude_keys resume_from fork_from".split()
)

_lock = threading.RLock()
_current = None
#: Number of runs that this process has started.
_turn = 0
_said_unused = set()
# Values and project of the next run, from a sweep within this program.
_preset = None


def init(config=None, on_stop=None, **options):
    global _current
    reinit = options.pop("reinit", None)
    _refuse(options)
    if options.get("objective") is not None:
        options["objective"] = _objective(options["objective"])
    if _preset is not None:
        config = {**(dict(config if hasattr(config, "items") else vars(config)) if config is not None else {}), **_preset[0]}
        if options.get("project") is None and _preset[1]:
            options["project"] = _preset[1]
    with _lock:
        if _current is not None and not _current._recorder.finished:
            if reinit in (None, False, "return_previous", "default"):
                _again(_current, config, on_stop)
                return _current
            if reinit != "create_new":
                _current.finish()
        _current = _begin(config, on_stop, options)
        return _current


@contextmanager
def preset(params, project=None):
    """Within it, ``init`` starts another run with these values, which take precedence over the program's own config."""
    global _preset
    with _lock:
        if _current is not None and not _current._recorder.finished:
            _current.finish()
        _preset = (params, project)
    try:
        yield
    finally:
        _preset = None


def current():
    """Returns the newest run of this process, and starts one if there is none yet."""
    return _current if _current is not None else init()


def run():
    """Returns the newest run of this process; None if there is none yet and Tunesmith did not start the program."""
    return current() if _current is not None or os.environ.get("TUNESMITH_RUN_DIR") else None


def succeed(run, link):
    """Begins the run that Tunesmith has assigned to this process, as the environment says it now, after an earlier one."""
    global _current, _turn
    with _lock:
        _turn += 1
        _current = Run(Given(os.environ["TUNESMITH_RUN_DIR"]), None, run._control.on_stop, link)
        return _current


def _objective(given):
    """Returns ``{"metric": …, "goal": "minimize" or "maximize"}`` from the argument of ``init``: the same, or a pair.
    """
    try:
        metric, goal = (given["metric"], given["goal"]) if isinstance(given, dict) else given
        goal = {"min": "minimize", "max": "maximize"}.get(goal, goal)
        if not isinstance(metric, str) or goal not in ("minimize", "maximize"):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(f'objective must be such as ("val/loss", "minimize"), not {given!r}') from None
    return {"metric": metric, "goal": goal}


def _again(run, config, on_stop):
    if on_stop is not None:
        run._control.on_stop = checked(on_stop)
    if config is not None:
        run._defaults(config)


def _begin(config, on_stop, options):
    global _turn
    on_stop = checked(on_stop or "raise")
    _turn += 1
    run = Run(_place(config, options), config, on_stop)
    facts = {name: options[name] for name in ("project", "group", "job_type") if options.get(name)}
    if not run._place.own:
        facts.update({name: options[name] for name in ("tags", "notes", "name") if options.get(name)})
    if facts and run.rank == 0:
        run.info({name: list(value) if name == "tags" else str(value) for name, value in facts.items()})
    return run


def _place(config, options):
    folder = os.environ.get("TUNESMITH_RUN_DIR", "")
    if options.get("mode") == "disabled" or os.environ.get("TUNESMITH_MODE") == "disabled":
        return Nowhere()
    if folder and _turn == 1:
        return Given(folder)
    if folder:
        # Tunesmith knows one run of this program. Further ones are recorded next to it and start with the same values.
        options.setdefault("dir", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(folder)))))
        own = set() if config is None else set(flat_names(dict(config if hasattr(config, "items") else vars(config))))
        options["params"] = {name: value for name, value in Given(folder).params.items() if name not in own}
    # Programs that Tunesmith starts don't need it.
    from . import _standalone

    try:
        return _standalone.place(options, _turn)
    except OSError as error:
        print(f"tunesmith: nothing will be recorded: {error}", file=sys.stderr)
        return Nowhere()


def _refuse(options):
    """Reports accepted arguments without effect, once; raises TypeError for unknown ones."""
    known = {"project", "name", "tags", "notes", "group", "job_type", "id", "resume", "mode", "dir", "objective"}
    for name in options:
        if name not in known and name not in _UNUSED:
            raise TypeError(f"init() got an unexpected keyword argument {name!r}")
    unused = {name for name in options if name in _UNUSED and options[name] is not None} - _said_unused
    if unused:
        _said_unused.update(unused)
        print(f"tunesmith: init: {', '.join(sorted(unused))} mean nothing here and are ignored", file=sys.stderr)


def _after_fork():
    global _lock
    # Another thread may have held it.
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
