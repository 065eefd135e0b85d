"""One value of each metric, read from the journal on demand, so that logging pays nothing for it."""
import fnmatch
import json
import os

_HOWS = ("last", "first", "min", "max", "mean", "best", "none")


class Summary(dict):
    """A dictionary whose values are attributes too. Setting a value records it as a fact of the run."""

    def __init__(self, run):
        super().__init__()
        object.__setattr__(self, "_run", run)
        object.__setattr__(self, "_read", 0)
        object.__setattr__(self, "_hows", {})
        object.__setattr__(self, "_sums", {})

    def _define(self, name, how, goal):
        hows = [part for part in str(how).split(",") if part in _HOWS]
        how = hows[0] if hows else "last"
        if how == "best":
            how = "max" if goal in ("maximize", "max") else "min"
        self._hows[name] = how

    def _refresh(self):
        recorder = self._run._recorder
        recorder.read_late()
        if recorder.journal is None:
            return
        try:
            with open(os.path.join(recorder.folder, "journal", recorder.journal.name), "rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n") or b"\0" in line:
                        break
                    object.__setattr__(self, "_read", self._read + len(line))
                    if line.startswith(b'{"type":"metrics"'):
                        for name, value in json.loads(line)["values"].items():
                            self._take(name, float(value) if isinstance(value, str) else value)
        except (OSError, ValueError):
            pass

    def _take(self, name, value):
        how = self._hows.get(name)
        if how is None:
            how = next((h for pattern, h in self._hows.items() if fnmatch.fnmatchcase(name, pattern)), "last")
        old = self.get(name)
        if how == "mean":
            count, total = self._sums.get(name, (0, 0.0))
            self._sums[name] = (count + 1, total + value)
            value = (total + value) / (count + 1)
        elif old is not None and (how == "first" or (how == "min" and not value < old) or (how == "max" and not value > old)):
            return
        if how != "none":
            super().__setitem__(name, value)

    def __setitem__(self, name, value):
        self.update({name: value})

    def update(self, *args, **kwargs):
        given = dict(*args, **kwargs)
        self._refresh()
        super().update(given)
        self._run.info(given)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the run's summary has no {name!r}") from None

    def __setattr__(self, name, value):
        self[name] = value

    def __reduce__(self):
        return (dict, (dict(self),))
