"""tqdm: progress, and the numbers beside it where the program logs no metrics elsewhere."""
import os

MODULES = ("tqdm.std",)


def install(module, sink):
    bar = module.tqdm
    counts = {}

    def moved(_result, args, _kwargs):
        self = args[0]
        # Bars within others say how far a part has come.
        if self.disable or getattr(self, "pos", 0) not in (0, None):
            return
        fraction = self.n / self.total if self.total else None
        words = [self.desc.rstrip(": ") if self.desc else "", f"{self.n}/{self.total}" if self.total else str(self.n), self.postfix or ""]
        sink.progress(fraction, " · ".join(str(word) for word in words if word))

    def noted(_result, args, kwargs):
        if sink.has_metrics or args[0].disable:
            return
        given = {**(args[1] if len(args) > 1 and args[1] else {}), **kwargs}
        values = {name: value for name, value in given.items() if name not in ("ordered_dict", "refresh") and _is_number(value)}
        names = tuple(values)
        counts[names] = counts.get(names, -1) + 1
        sink.metrics("tqdm", values, counts[names])

    sink.around(bar, "update", "tqdm", after=moved)
    # Short loops end before the bar moves.
    sink.around(bar, "close", "tqdm", before=lambda args, kwargs: moved(None, args, kwargs))
    # Where somebody reads what the program prints, they are read there, beside all else.
    if not os.environ.get("TUNESMITH_SOCKET"):
        sink.around(bar, "set_postfix", "tqdm", after=noted)


def _is_number(value):
    if isinstance(value, str):
        return False
    if isinstance(value, (int, float)):
        return True
    return hasattr(value, "item") and getattr(value, "ndim", 1) == 0
