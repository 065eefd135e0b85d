"""The run's hyperparameters."""
from ._values import flat_names


class Config(dict):
    """A dictionary whose values are attributes too, and which takes dotted names.

    Groups are dictionaries inside it: with ``optimizer.lr`` given, ``config.optimizer.lr``,
    ``config["optimizer"]["lr"]`` and ``config["optimizer.lr"]`` are the same, ``"optimizer.lr" in config`` and
    ``config.get("optimizer.lr")`` find it, and ``f(**config)`` passes ``optimizer={"lr": …}``. Setting a value records it.
    """

    __slots__ = ("_prefix", "_root", "_changed", "_read")

    def __init__(self, values=(), changed=None, root=None, prefix="", read=None):
        super().__init__()
        # Set like this because assigning an attribute sets a parameter.
        object.__setattr__(self, "_changed", changed)
        object.__setattr__(self, "_root", root)
        object.__setattr__(self, "_prefix", prefix)
        # Called with the dotted name of each value that is read; None if nobody listens.
        object.__setattr__(self, "_read", read)
        for name, value in dict(values).items():
            self._put(name, value)

    def flat(self):
        """Returns all values by their dotted names, in a plain dictionary."""
        return flat_names(self)

    # Reading

    def _find(self, name):
        """Returns the dictionary that contains ``name`` and its key there; None if there is no such value."""
        if dict.__contains__(self, name):
            return self, name
        if isinstance(name, str):
            head, dot, rest = name.partition(".")
            while dot:
                group = dict.get(self, head)
                found = group._find(rest) if isinstance(group, Config) else None
                if found is not None:
                    return found
                more, dot, rest = rest.partition(".")
                head = f"{head}.{more}"
        return None

    def __contains__(self, name):
        return self._find(name) is not None

    def __getitem__(self, name):
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        group, key = found
        value = dict.__getitem__(group, key)
        if group._read is not None and not isinstance(value, Config):
            group._read(f"{group._prefix}{key}")
        return value

    def get(self, name, default=None):
        return self[name] if name in self else default

    def pop(self, name, *default):
        self.get(name)
        return dict.pop(self, name, *default)

    def values(self):
        self._read_all()
        return dict.values(self)

    def items(self):
        self._read_all()
        return dict.items(self)

    # Without this, ``dict(config)`` and ``f(**config)`` would copy the values without calling ``__getitem__``.
    def __iter__(self):
        return dict.__iter__(self)

    def __or__(self, other):
        return {**self, **other}

    def __ror__(self, other):
        return {**other, **self}

    def _read_all(self):
        if self._read is not None:
            for name in self:
                group = self[name]
                if isinstance(group, Config):
                    group._read_all()

    def _stop_telling(self):
        """Stops recording which values are read."""
        object.__setattr__(self, "_read", None)
        for value in dict.values(self):
            if isinstance(value, Config):
                value._stop_telling()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            known = ", ".join(sorted(self._names())) or "none"
            raise AttributeError(f"the run has no parameter {name!r}; it has: {known}") from None

    def _names(self):
        """Returns the dotted names of all values, which does not count as reading them."""
        for name in self:
            value = dict.__getitem__(self, name)
            if isinstance(value, Config) and value:
                yield from (f"{name}.{inner}" for inner in value._names())
            else:
                yield str(name)

    # Changing

    def __setattr__(self, name, value):
        self[name] = value

    def __setitem__(self, name, value):
        self.update({name: value})

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *args, allow_val_change=None, **kwargs):
        """Sets values and records them. ``allow_val_change`` is accepted for scripts written for other trackers."""
        given = dict(*args, **kwargs)
        if allow_val_change is not None and not isinstance(allow_val_change, bool):
            given["allow_val_change"] = allow_val_change
        for name, value in given.items():
            self._put(name, value)
        if given:
            self._tell({self._prefix + str(name): value for name, value in given.items()})

    def __ior__(self, other):
        self.update(other)
        return self

    def _tell(self, given):
        if self._root is not None:
            self._root._tell(given)
        elif self._changed is not None:
            self._changed(given)

    def _receive(self, values):
        """Applies new values without recording them as set by the program."""
        for name, value in values.items():
            self._put(name, value)

    def _put(self, name, value):
        if isinstance(name, str) and "." in name and not dict.__contains__(self, name):
            head, _, rest = name.partition(".")
            group = dict.get(self, head)
            if head and rest and (group is None and not dict.__contains__(self, head) or isinstance(group, Config)):
                if group is None:
                    group = self._group(head)
                group._put(rest, value)
                return
        if isinstance(value, dict):
            old = dict.get(self, name)
            group = old if isinstance(old, Config) else self._group(name)
            for key, inner in dict(value).items():
                group._put(key, inner)
            return
        dict.__setitem__(self, name, value)

    def _group(self, name):
        group = Config((), None, self._root if self._root is not None else self, f"{self._prefix}{name}.", self._read)
        dict.__setitem__(self, name, group)
        return group

    # Copying

    def as_dict(self):
        """Returns a plain copy, with groups as dictionaries."""
        return {name: value.as_dict() if isinstance(value, Config) else value for name, value in self.items()}

    def __copy__(self):
        return self.as_dict()

    def __deepcopy__(self, memo):
        import copy

        return copy.deepcopy(self.as_dict(), memo)

    def copy(self):
        return self.as_dict()

    def __reduce__(self):
        # A worker process gets only the values.
        return (dict, (self.as_dict(),))
