"""The run's hyperparameters."""


class Config(dict):
    """A dictionary whose values are attributes too.

    Names with dots form groups: with ``optimizer.lr`` given, ``config["optimizer.lr"]``,
    ``config.optimizer.lr`` and ``config["optimizer"]["lr"]`` are the same. Setting a value records it.
    """

    __slots__ = ("_prefix", "_root", "_changed")

    def __init__(self, values=(), changed=None, root=None, prefix=""):
        super().__init__(values)
        object.__setattr__(self, "_changed", changed)
        object.__setattr__(self, "_root", root)
        object.__setattr__(self, "_prefix", prefix)

    def _group(self, name):
        prefix = f"{name}."
        found = {key[len(prefix):]: value for key, value in self.items() if key.startswith(prefix)}
        return Config(found, None, self, prefix) if found else None

    def __missing__(self, name):
        group = self._group(name) if isinstance(name, str) else None
        if group is None:
            raise KeyError(name)
        return group

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            known = ", ".join(sorted(self)) or "none"
            raise AttributeError(f"the run has no parameter {name!r}; it has: {known}") from None

    def __setattr__(self, name, value):
        self[name] = value

    def __setitem__(self, name, value):
        self.update({name: value})

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *args, **kwargs):
        given = dict(*args, **kwargs)
        super().update(given)
        if self._root is not None:
            self._root.update({self._prefix + name: value for name, value in given.items()})
        elif self._changed is not None and given:
            self._changed(given)

    def _receive(self, values):
        """New values from the person: taken over, but not recorded as ours."""
        super().update(values)

    def __reduce__(self):
        # A worker process gets the values alone.
        return (dict, (dict(self),))
