"""Where a run is recorded if Tunesmith started the program, and where nothing is recorded."""
import json
import os
import sys

from . import _checkpoint
from ._ranks import job, rank

_GRACE = 10.0
#: The version of run.json that is understood.
VERSION = 1


class Place:
    """The surroundings of a run: where it records and how it is reached. This class records nothing."""

    folder = ""
    id = ""
    name = ""
    project = ""
    seed = 0
    checkpoint = None
    #: The supervisor's socket and token, or None.
    address = None
    #: Seconds between a request to stop and force.
    grace = _GRACE
    #: The first step that ``log`` counts by itself, unless the checkpoint says more.
    steps = 0
    #: Called about twenty times a second on a background thread; None if there is nothing to do.
    tick = None
    #: Names of the parameters that only this client passes to the program.
    unpassed = ()
    #: The search that the run is a trial of, or None, and the trial's number there.
    search = None
    trial = None
    #: The metric that a search compares runs by, or None.
    metric = None
    #: Step after which that search wants the run to pause, or None.
    until = None
    #: The program was started by hand, so nobody else knows its exit code.
    own = False

    def __init__(self):
        self.rank = rank()
        self.params = {}

    def identity(self):
        """Fields for the first record of the journal."""
        return {}

    def opened(self, run):
        """Called when the journal exists."""

    def compare_by(self, metric, goal):
        """Called when the program names its objective; a program that Tunesmith started has an experiment file for
        that.
        """

    def closed(self):
        """Called when the last record is written."""


class Nowhere(Place):
    pass


class Given(Place):
    """The run that Tunesmith started this program for. ``params``: the program's own values, if it was started
    without any.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        spec = read_object(os.path.join(folder, "run.json"))
        if spec.get("version", VERSION) != VERSION:
            text = f"run.json is of version {spec['version']}, and this client knows {VERSION}: update the package tunesmith"
            print(f"tunesmith: {text}", file=sys.stderr)
        environ = os.environ
        self.id = environ.get("TUNESMITH_RUN_ID", "") or str(spec.get("id", ""))
        self.name = str(spec.get("name") or self.id)
        self.project = str(spec.get("experiment") or "")
        self.seed = spec.get("seed", 0)
        self.params = _params(environ.get("TUNESMITH_PARAMS")) or spec.get("params") or {}
        given = environ.get("TUNESMITH_CHECKPOINT", "")
        self.checkpoint = given if given and os.path.isdir(given) else None
        socket = environ.get("TUNESMITH_SOCKET", "")
        self.address = (socket, environ.get("TUNESMITH_TOKEN", "")) if socket else None
        self.grace = grace_of(spec)
        launch = spec.get("launch")
        objective = spec.get("objective")
        self.search, self.trial = spec.get("search"), spec.get("trial")
        self.metric = objective.get("metric") if isinstance(objective, dict) else None
        unpassed = spec.get("unpassed")
        self.unpassed = unpassed if isinstance(unpassed, list) else ()
        self._launch = launch.get("number") if isinstance(launch, dict) else None
        until = (launch if isinstance(launch, dict) else spec).get("until")
        # Ranks of a distributed job have to pause together, when they are asked to.
        self.until = until if isinstance(until, (int, float)) and job() is None else None

    def identity(self):
        return {"launch": self._launch} if isinstance(self._launch, int) else {}


def grace_of(spec):
    grace = spec.get("stopGrace")
    return float(grace) if isinstance(grace, (int, float)) else _GRACE


def read_object(path):
    """Reads a JSON object from a file; returns an empty one if it can't be read."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
        return value if isinstance(value, dict) else {}
    except (OSError, ValueError):
        return {}


def _params(text):
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
