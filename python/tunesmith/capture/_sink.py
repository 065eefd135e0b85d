"""Where the hooks of all libraries put what they observe: the run of this process."""
import atexit
import os
import sys
import threading
from functools import wraps
from time import monotonic

from . import OWNER

# Seconds between two records of progress.
_PROGRESS_SECONDS = 1.0
# Files of one run that come from captured pictures, histograms and texts, at most.
_MOST_MEDIA = 2000
# Longest text of a parameter, in characters: a printed array is not a parameter.
_LONGEST = 1000


class Sink:
    """Takes what is observed. Nothing here raises but ``StopRequested``, which ends the program where it logs.

    Inside ``with sink.quiet():`` nothing is taken: one library calls another one there, and what that logs is known already.
    """

    def __init__(self, script=None):
        #: Reads the constants of the program's script, once; None: not at all.
        self._script = script
        self._pid = os.getpid()
        self._local = threading.local()
        self._lock = threading.RLock()
        self._session = self._stop = None
        self._seen = []
        self._counts = {}
        self._described = set()
        self._media = 0
        self._progress = 0.0
        self._told = set()
        self._observed = {}
        #: Metrics came from elsewhere than progress bars.
        self.has_metrics = False
        if hasattr(os, "register_at_fork"):
            # A worker (of a DataLoader, of multiprocessing) is not captured.
            os.register_at_fork(after_in_child=self._over)
        # Python clears its modules at exit, and objects that are destroyed then still call the hooks.
        atexit.register(self._over)
        self.alive = True

    # Observed values

    def metrics(self, library, values, step=None, epoch=None):
        """Numbers of any kind at one step. Without a step, those of one set of names are counted from 0."""
        if not self.taking or not values:
            return
        if step is None:
            key = (library, tuple(values))
            with self._lock:
                step = self._counts[key] = self._counts.get(key, -1) + 1
        self.constants()
        self._say(library)
        self.has_metrics = self.has_metrics or library != "tqdm"
        self._do(library, lambda run: run.log(values, step=step, epoch=epoch))

    def params(self, library, values, anew=False):
        """Hyperparameters that the program uses; those that the run was started with stay as they are. ``anew``: they take the
        place of what was observed of this library before."""
        if not self.taking:
            return
        from ._secrets import without_secrets

        values = {str(name): _short(value) for name, value in without_secrets(values).items()}
        if values:
            self._say(library)
            self._do(library, lambda run: run._defaults(values, self._observed.setdefault(library, set()) if anew else None))

    def constants(self):
        """Takes the constants of a script that reads no arguments, once."""
        script, self._script = self._script, None
        if script is not None:
            self.guard("script", script, self)

    def facts(self, library, values):
        """What describes the run and is neither a metric nor a hyperparameter."""
        if self.taking and values:
            self._say(library)
            self._do(library, lambda run: run.info(values))

    def progress(self, fraction, text=""):
        """How far the work has come; more often than once a second means nothing."""
        now = monotonic()
        if self.taking and (now - self._progress >= _PROGRESS_SECONDS or (fraction or 0) >= 1):
            self._progress = now
            self._do("tqdm", lambda run: run.progress(fraction, text))

    def media(self, library, name, make, step=None):
        """``make()`` gives a picture, histogram, table or text as ``log`` takes it; it is called only where that is recorded."""
        if not self.taking:
            return
        self._media += 1
        if self._media > _MOST_MEDIA:
            self.tell("media", f"{_MOST_MEDIA} pictures, histograms and texts were captured; further ones are left out")
            return
        self._say(library)
        self._do(library, lambda run: run.log({name: make()}, step=0 if step is None else step))

    def describes(self, what):
        """Returns whether this is the first time in the run, for what would otherwise be kept anew with each call of a loop."""
        is_new = what not in self._described
        self._described.add(what)
        return is_new

    def begin(self, options):
        """The run of this process. ``options`` of ``init`` count where it has not begun yet."""
        if self._session is None:
            from .. import _control, _session

            self._session, self._stop = _session, _control.StopRequested
            os.environ[OWNER] = str(self._pid)
        run = self._session._current
        return self._session.init(**options) if run is None else run

    def renew(self):
        """Ends the run of this process, and the next value that is observed begins another."""
        if self.taking and self._session is not None and self._session._current is not None:
            self._session._current.finish()
            self._session.init(reinit=True)
            self.forget()

    def forget(self):
        """The next value that is observed belongs to another run."""
        self._seen, self._counts, self._observed, self._described = [], {}, {}, set()
        self._media, self.has_metrics = 0, False

    # For hooks

    @property
    def seen(self):
        """Libraries whose values were taken."""
        return self._seen

    @property
    def taking(self):
        return self.alive and not getattr(self._local, "quiet", 0)

    def quiet(self):
        return _Quiet(self._local)

    def around(self, owner, name, library, before=None, after=None, quiet=False):
        """
        Replaces the function ``owner.name`` by one that calls ``before(args, kwargs)`` and ``after(result, args, kwargs)`` around
        it. What those raise is said once and counts for nothing. ``before`` may return other arguments as a pair. With ``quiet``
        nothing else is taken meanwhile. Raises AttributeError where there is no such function.
        """
        original = getattr(owner, name)
        if getattr(original, "__tunesmith__", False):
            return
        sink = self

        @wraps(original)
        def wrapped(*args, **kwargs):
            if not sink.taking:
                return original(*args, **kwargs)
            if before is not None:
                changed = sink.guard(library, before, args, kwargs)
                if changed is not None:
                    args, kwargs = changed
            if quiet:
                with sink.quiet():
                    result = original(*args, **kwargs)
            else:
                result = original(*args, **kwargs)
            if after is not None:
                sink.guard(library, after, result, args, kwargs)
            return result

        wrapped.__tunesmith__ = True
        setattr(owner, name, wrapped)

    def guard(self, library, function, *args):
        """Calls a function of ours; what it raises is said once. A request to stop the run passes."""
        try:
            return function(*args)
        except Exception as error:
            self.gave_up(library, error)
            return None

    def gave_up(self, library, error):
        self.tell(f"broken {library}", f"capture of {library} is incomplete here: {type(error).__name__}: {error}")

    def tell(self, what, text):
        """One line for the person, once."""
        if what not in self._told:
            self._told.add(what)
            print(f"tunesmith: {text}", file=sys.stderr)

    # Inside

    def _say(self, library):
        if library not in self._seen:
            self._seen.append(library)
            self._do(library, lambda run: run.info({"captured": ", ".join(self._seen)}))

    def _do(self, library, act):
        run = self.begin({})
        # Values logged after the end of the run are not recorded.
        if run._recorder.finished:
            return
        try:
            with self.quiet():
                act(run)
        except self._stop:
            if threading.current_thread() is threading.main_thread():
                raise
            # It would end this thread alone. The main thread hears of it when it logs next, or by the signal.
            run._control.raised = False
        except Exception as error:
            self.gave_up(library, error)

    def _over(self):
        self.alive = False


class _Quiet:
    def __init__(self, local):
        self._local = local

    def __enter__(self):
        self._local.quiet = getattr(self._local, "quiet", 0) + 1

    def __exit__(self, *_error):
        self._local.quiet -= 1


def _short(value):
    """A parameter's value; objects of the program that are no values are known by their names."""
    if value is None or isinstance(value, (bool, int, float, list, tuple, dict, set, frozenset)):
        return value
    if isinstance(value, type) or callable(value) and hasattr(value, "__name__"):
        return value.__name__
    if hasattr(value, "item") and getattr(value, "size", 1) != 1:
        return type(value).__name__
    text = value if isinstance(value, str) else None
    if text is None:
        import enum
        import os.path

        if isinstance(value, enum.Enum):
            return _short(value.value)
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if hasattr(value, "item"):
            return value
        text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
