"""Hyperparameters are kept; passwords are not."""
import re

_SECRET = re.compile(
    r"(^|[_.\-])(password|passwd|secret|credentials?|(api|access|auth|private|hub|hf|wandb)[_\-]?(key|token))($|[_.\-])|^token$",
    re.IGNORECASE,
)
# Words of names whose texts are secret; their numbers are settings, such as `n_keys = 4`.
_WORDS = re.compile(
    r"pass|pw|auth|bearer|(db|pg|sql|user|root)pass|\w*(secret|credential|passphrase|password|passwd|pwd|token|key)s?",
    re.IGNORECASE,
)
# Names of special tokens, and of columns and entries of dictionaries.
_PLAIN = re.compile(
    r"(pad|bos|eos|unk|sep|cls|mask|special|stop|start|end|image|video|audio|text|label|target|input|output|sort|data|feature|prompt"
    r"|metric|monitor|group|config|batch|state|column)[_.\- ]?(keys?|tokens?)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# How tokens of well-known services begin, private keys, and addresses with a password.
_KNOWN = re.compile(
    r"(gh[a-z]_|github_pat_|glpat-|xox[a-z]-)[A-Za-z\d]{10}|(hf_|[rs]k[_\-]((proj|live|test|ant)[_\-])?)[A-Za-z\d]{16}"
    r"|AKIA[A-Z\d]{12}|AIza[\w\-]{20}|eyJ[\w\-]{10,}\.|-----BEGIN |://[^/@\s]*:[^/@\s]+@"
)
_MIXED = re.compile(r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{16}")


def without_secrets(values):
    """The values without those whose names, or which themselves, say that they are secret, also in groups."""
    return {name: _inner(value) for name, value in values.items() if not _is_secret(str(name), value)}


def is_random(text):
    """Whether it looks drawn at random: letters and digits without a separator."""
    return _MIXED.search(text) is not None


def _inner(value):
    if isinstance(value, dict):
        return without_secrets(value)
    if type(value) in (list, tuple) and any(isinstance(each, dict) for each in value):
        return [_inner(each) for each in value]
    return value


def _is_secret(name, value):
    if _SECRET.search(name):
        return True
    texts = [each for each in (value if isinstance(value, (list, tuple, set)) else (value,)) if isinstance(each, str)]
    if not texts:
        return isinstance(value, bytes) and _has_word(name)
    return _has_word(name) or any(_KNOWN.match(text) or "://" in text and _KNOWN.search(text) for text in texts)


def _has_word(name):
    name = _PLAIN.sub("", name)
    return any(_WORDS.fullmatch(part) for part in _PARTS.findall(name))
