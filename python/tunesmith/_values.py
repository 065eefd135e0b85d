"""Converts logged values to JSON text."""
from json.encoder import encode_basestring as _quoted

_BIG = 1 << 53
#: Longest name of a metric, in characters.
LONGEST_NAME = 512


def name_text(name):
    """Returns the JSON text of a metric's name with its colon; '' if the name is invalid."""
    text = name if isinstance(name, str) else str(name)
    # Readers count in UTF-16 units, as JavaScript does.
    if not text or len(text) > LONGEST_NAME or len(text.encode("utf-16-le", "replace")) > 2 * LONGEST_NAME:
        return ""
    return _quoted(text) + ":"


def float_text(value):
    """Returns the JSON text of a float. JSON has no NaN or infinities, so those three are strings."""
    if value - value == 0.0:
        return repr(value)
    return '"NaN"' if value != value else ('"Infinity"' if value > 0 else '"-Infinity"')


def int_text(value):
    # Beyond this, other readers round it to the nearest float; beyond the largest float, to none.
    if -_BIG <= value <= _BIG:
        return str(value)
    try:
        return repr(float(value))
    except OverflowError:
        return '"Infinity"' if value > 0 else '"-Infinity"'


def step_text(step):
    """Returns the JSON text of a step or an epoch: any number. Raises ValueError for NaN and infinities."""
    try:
        return int_text(step.__index__())
    except (AttributeError, TypeError):
        pass
    value = float(step)
    if value - value != 0.0:
        raise ValueError(f"step and epoch must be finite numbers, not {value}")
    return repr(value)


def scalar_text(value):
    """Returns the JSON text of a number of any kind (bool, numpy, torch …); None if it is not a single number."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return int_text(int(value))
    if isinstance(value, (str, bytes)) or value is None:
        return None
    try:
        # .item() for arrays of one element, whatever their shape; Tensor.numpy() for TensorFlow.
        item = getattr(value, "item", None)
        if item is not None:
            value = item()
        elif hasattr(value, "numpy"):
            value = value.numpy().item()
        return float_text(float(value))
    except (TypeError, ValueError, RuntimeError):
        return None


def deferred(value):
    """
    A stand-in for a number that is expensive to read now, to be given to ``scalar_text`` later; None for all others.
    Reading a scalar from a GPU waits for everything queued there. A copy is queued instead, because the program may
    change the tensor in place.
    """
    kind = type(value)
    module = kind.__module__
    if module.startswith("torch"):
        if getattr(value, "is_cuda", False) or getattr(value, "is_mps", False) or getattr(value, "is_xpu", False):
            return value.detach().clone() if value.numel() == 1 else None
        return None
    if module.startswith("jaxlib") or module.startswith("jax."):
        # Never changed in place, but perhaps not computed yet.
        return value if getattr(value, "size", 0) == 1 else None
    return None


def flatten(values, into, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict):
            flatten(value, into, f"{prefix}{name}/")
        else:
            into[f"{prefix}{name}"] = value


def param(value):
    """Returns a hyperparameter's value for JSON: scalars and lists of them; anything else as its text."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0.0 else float_text(value).strip('"')
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [param(item) for item in value]
    if isinstance(value, dict):
        return str(value)
    item = getattr(value, "item", None)
    if item is not None:
        try:
            return param(item())
        except (TypeError, ValueError, RuntimeError):
            pass
    return str(value)


def flat_names(values, prefix=""):
    """Joins nested groups of hyperparameters with dots; values stay as they are."""
    flat = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            flat.update(flat_names(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def flat_params(values):
    """Returns hyperparameters by their dotted names, for JSON."""
    return {name: param(value) for name, value in flat_names(dict(values)).items()}
