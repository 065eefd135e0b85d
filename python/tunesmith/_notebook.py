"""``%load_ext tunesmith``: a run that is begun in a notebook shows its curves below the cell, live.

``%%tunesmith [NAME]`` makes a run of one cell. What is shown is HTML with SVG in it and needs no script, so it is there
again when the notebook is opened later, and in every program that shows notebooks.
"""
import html
import json
import math
import os
import threading
import time

from ._packed import journal_names, lines

#: Seconds between two looks at the journal.
EVERY = 1.0
#: Maximum number of curves, of points per curve, and of bytes that are read at a time.
MOST_CURVES = 8
#: Maximum length of a name.
MOST_TEXT = 1000
#: Content type by which Tunesmith's extension draws a card itself; other programs show the HTML.
MIME = "application/vnd.tunesmith.run+json"
MOST_POINTS = 400
CHUNK = 4 * 1024 * 1024
WIDTH, HEIGHT = 280, 110

_loaded = None


def load(ipython, display=None):
    """Called by ``%load_ext``. ``display``: as IPython's, for tests."""
    global _loaded
    if _loaded is None:
        _loaded = _Notebook(ipython, display or _ipython_display)


def unload(ipython):
    global _loaded
    if _loaded is not None:
        _loaded.close()
        _loaded = None


class _Notebook:
    def __init__(self, ipython, display):
        from . import _hooks

        self._ipython = ipython
        self._display = display
        self._cards = []
        self._hooks = _hooks
        _hooks.began.append(self._began)
        ipython.events.register("post_run_cell", self._after_cell)
        ipython.register_magic_function(self._cell, "cell", "tunesmith")

    def close(self):
        self._hooks.began.remove(self._began)
        self._ipython.events.unregister("post_run_cell", self._after_cell)
        for card in self._cards:
            card.close()

    def _began(self, run):
        self._cards = [card for card in self._cards if not card.over]
        self._cards.append(Card(run, self._display))

    def _after_cell(self, *_):
        for card in self._cards:
            card.refresh()

    def _cell(self, line, cell):
        """Runs the cell as a separate run, named as the line says."""
        import tunesmith

        run = tunesmith.init(reinit=True, **({"name": line.strip()} if line.strip() else {}))
        result = self._ipython.run_cell(cell)
        failure = result.error_before_exec or result.error_in_exec
        run.finish(*([] if failure is None else ["failed", f"{type(failure).__name__}: {failure}"]))
        self._after_cell()


class Card:
    """One run below a cell. It reads the run's journal, which contains everything logged from any thread or process."""

    def __init__(self, run, display):
        self.over = False
        self._run = run
        self._curves = Curves(os.path.join(run.folder, "journal"))
        self._lock = threading.Lock()
        self._handle = display(self._bundle())
        self._thread = threading.Thread(target=self._follow, name="tunesmith-notebook", daemon=True)
        self._thread.start()

    def close(self):
        self.over = True

    def refresh(self):
        """Shows new values; shows the final state when the run is finished."""
        with self._lock:
            if self.over or not self._curves.read():
                return
            self.over = self._curves.status is not None
            self._handle.update(self._bundle(), raw=True)

    def _follow(self):
        while not self.over:
            time.sleep(EVERY)
            try:
                self.refresh()
            except Exception:
                # A display error must not disturb the training.
                return

    def _bundle(self):
        name = self._run.name or self._run.id
        return {
            MIME: data(self._run.id, name, self._curves),
            "text/plain": f"Tunesmith run {name}: {self._curves.status or 'running'}",
            "text/html": page(name, self._curves),
        }


class Curves:
    """The metrics of a journal folder, read on as its files grow. Only some points of long curves are kept."""

    def __init__(self, folder):
        self._folder = folder
        self._read = {}
        self.metrics = {}
        #: None during the run.
        self.status = None

    def read(self):
        """Returns whether there were new records."""
        new = False
        try:
            names = journal_names(self._folder)
        except OSError:
            return False
        for name in names:
            path = os.path.join(self._folder, name)
            if not os.path.exists(path):
                # An earlier program's, which was packed.
                if name not in self._read:
                    self._read[name] = 0
                    for line in lines(path):
                        new = self._take(line) or new
                continue
            with open(path, "rb") as file:
                file.seek(self._read.get(name, 0))
                data = file.read(CHUNK)
            # Half a line, or the zeros behind the last one, are read the next time.
            end = data.split(b"\0")[0].rfind(b"\n") + 1
            if end == 0 and len(data) == CHUNK:
                # No record is that long.
                end = CHUNK
            self._read[name] = self._read.get(name, 0) + end
            for line in data[:end].splitlines():
                new = self._take(line) or new
        return new

    def _take(self, line):
        try:
            record = json.loads(line)
        except ValueError:
            return False
        if not isinstance(record, dict):
            return False
        if record.get("type") == "finish":
            self.status = str(record.get("status"))
            return True
        values = record.get("values")
        if record.get("type") != "metrics" or not isinstance(values, dict):
            return False
        for name, value in values.items():
            if name in self.metrics or len(self.metrics) < MOST_CURVES:
                self._add(name, record.get("step", 0), value)
        return True

    def _add(self, name, step, value):
        curve = self.metrics.setdefault(name, {"last": None, "points": [], "every": 1, "count": 0})
        number = float(value) if isinstance(value, (int, float)) else math.nan
        curve["last"] = value
        if curve["count"] % curve["every"] == 0:
            curve["points"].append((step, number))
        curve["count"] += 1
        if len(curve["points"]) > MOST_POINTS:
            curve["points"] = curve["points"][::2]
            curve["every"] *= 2


def data(run, name, curves):
    """Returns the card in the form of the editor's renderer (``src/protocol/notebook.ts``). JSON has no NaN and no
    infinities.
    """
    return {
        "version": 1,
        "id": str(run),
        "name": str(name)[:MOST_TEXT],
        "status": curves.status or "running",
        "curves": [
            {
                "name": str(metric)[:MOST_TEXT],
                "last": _plain(curve["last"]) if _plain(curve["last"]) is not None else str(curve["last"])[:MOST_TEXT],
                "points": [[_plain(x) or 0, _plain(y)] for x, y in curve["points"]],
            }
            for metric, curve in curves.metrics.items()
        ],
    }


def _plain(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None


def page(name, curves):
    """Returns the card as HTML, with names escaped."""
    title = html.escape(str(name))
    status = html.escape(curves.status or "running")
    drawn = "".join(_figure(metric, curve) for metric, curve in curves.metrics.items())
    empty = "" if drawn else "<div style='opacity:.7'>Nothing logged yet.</div>"
    return (
        f"<div style='font-family:sans-serif;font-size:12px'><div><b>{title}</b> "
        f"<span style='opacity:.7'>{status}</span></div>"
        f"<div style='display:flex;flex-wrap:wrap;gap:12px'>{drawn}</div>{empty}</div>"
    )


def _figure(name, curve):
    last = curve["last"]
    text = f"{last:.4g}" if isinstance(last, (int, float)) and not isinstance(last, bool) else str(last)
    return (
        f"<figure style='margin:4px 0'><figcaption>{html.escape(str(name))} <b>{html.escape(text)}</b></figcaption>"
        f"<svg width='{WIDTH}' height='{HEIGHT}' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' "
        f"aria-label='{html.escape(str(name), quote=True)}'>"
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='none' stroke='currentColor' stroke-opacity='.2'/>"
        f"{''.join(_lines(curve['points']))}</svg></figure>"
    )


def _lines(points):
    """Returns polylines through the finite values, with a gap where there is none."""
    finite = [(x, y) for x, y in points if math.isfinite(y)]
    if not finite:
        return
    (x0, x1), (y0, y1) = ((min(axis), max(axis)) for axis in zip(*finite))
    dx, dy = (x1 - x0) or 1, (y1 - y0) or 1
    group = []
    for x, y in [*points, (0, math.nan)]:
        if math.isfinite(y):
            at = (4 + (x - x0) / dx * (WIDTH - 8), HEIGHT - 4 - (y - y0) / dy * (HEIGHT - 8))
            group.append(f"{at[0]:.1f},{at[1]:.1f}")
        elif group:
            shown = " ".join(group if len(group) > 1 else group * 2)
            yield f"<polyline points='{shown}' fill='none' stroke='#3b8eea' stroke-width='1.5' stroke-linecap='round'/>"
            group = []


def _ipython_display(bundle):
    from IPython.display import display

    return display(bundle, raw=True, display_id=True)
