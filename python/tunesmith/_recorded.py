"""Code, environment, data and use of the machine of a program that was started by hand, written down beside its run, as the
supervisor does for others.

A process of its own does it, so that the training does not wait; it ends with the run. The files, their shapes and their bounds are those of
``src/engine/supervisor/record``; ``src/protocol/engine/recorded.ts`` has the types.
"""
import json
import os
import platform
import re
import subprocess
import sys
import threading
from time import time

_FOLDER = "recorded"
_MAX_DIFF = 4 << 20
_MAX_FILE = 256 << 10
_MAX_FILES = 4 << 20
_MAX_KEPT = 500
_MAX_NAMED = 2000
_TIMEOUT = 10
_STARTED = []
_SECRET = re.compile(
    r"(?:^|/)(?:\.env(?:\.|$)|\.envrc$|\.netrc$|\.pgpass$|\.npmrc$|\.pypirc$|\.git-credentials$|\.htpasswd$"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|kubeconfig|credentials|secrets?(?:\.|$)"
    r"|[^/]*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|tfstate|tfvars)$)|(?:^|/)\.(?:aws|ssh|gnupg|kube|docker)/",
    re.IGNORECASE,
)
_SECRET_NAMES = (
    ".env .env.* .envrc .netrc .pgpass .npmrc .pypirc .git-credentials .htpasswd id_rsa* id_dsa* id_ecdsa* id_ed25519*"
    " kubeconfig* credentials* secret secrets secret.* secrets.* *.pem *.key *.p12 *.pfx *.jks *.keystore *.kdbx *.ppk"
    " *.tfstate *.tfvars .aws/** .ssh/** .gnupg/** .kube/** .docker/**"
).split()
_VARIABLES = re.compile(
    r"(?:CUDA_(?:VISIBLE_DEVICES|DEVICE_ORDER|LAUNCH_BLOCKING)|(?:HIP|ROCR)_VISIBLE_DEVICES|VIRTUAL_ENV"
    r"|CONDA_(?:DEFAULT_ENV|PREFIX)|PYTHON(?:HASHSEED|OPTIMIZE|UNBUFFERED)|(?:OMP|MKL|OPENBLAS|NUMEXPR|NUMBA)_NUM_THREADS"
    r"|CUBLAS_WORKSPACE_CONFIG|TF_(?:DETERMINISTIC_OPS|CUDNN_DETERMINISTIC|ENABLE_ONEDNN_OPTS|FORCE_GPU_ALLOW_GROWTH)"
    r"|XLA_FLAGS|PYTORCH_(?:CUDA_ALLOC_CONF|ENABLE_MPS_FALLBACK)|NVIDIA_TF32_OVERRIDE|JAX_(?:PLATFORMS|ENABLE_X64)"
    r"|KERAS_BACKEND|TOKENIZERS_PARALLELISM|(?:HF_HUB|TRANSFORMERS|HF_DATASETS)_OFFLINE"
    r"|NCCL_(?:DEBUG|P2P_DISABLE|IB_DISABLE|SOCKET_IFNAME)|WORLD_SIZE|RANK|LOCAL_RANK|LOCAL_WORLD_SIZE|NODE_RANK"
    r"|SLURM_(?:JOB_ID|JOB_NAME|NNODES|NTASKS|PROCID|CPUS_PER_TASK)|LANG|LC_ALL|TZ)\Z"
)


def start(run_folder, launch=1, began=None, params=None, system=True):
    """Starts recording in a separate process, so that neither the training nor its end waits. Never raises.

    ``launch``: for later launches only the use of the machine is recorded. ``began``: when the run started, in
    milliseconds since the epoch. ``params``: its initial hyperparameters. ``system``: whether the use of the machine
    is sampled.
    """
    if not sys.executable:
        return
    task = {"folder": run_folder, "cwd": os.getcwd(), "paths": sys.path, "python": sys.executable, "pid": os.getpid()}
    task.update(launch=launch, began=began or time() * 1000, argv=list(sys.argv[1:]), params=params or {})
    task["system"] = system
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    try:
        # `-B`: in isolated mode, Python ignores the variable that keeps it from writing compiled files into the
        # package's folder.
        process = subprocess.Popen([sys.executable, "-I", "-S", "-B", __file__], stdin=subprocess.PIPE, **quiet)
        with process.stdin as pipe:
            pipe.write(json.dumps(task, default=str).encode())
    except (OSError, TypeError, ValueError, subprocess.SubprocessError):
        return
    # Nobody waits for it; dropping the object while its process works would raise a warning.
    _STARTED.append(process)


def _main():
    task = json.loads(sys.stdin.buffer.read())
    # Python's isolated mode excludes the folder of the script.
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    if hasattr(os, "nice"):
        os.nice(10)
    for part in (_code, _environment) if task["launch"] == 1 else ():
        try:
            files = part(task)
            if files:
                folder = os.path.join(task["folder"], _FOLDER)
                # A run that was deleted meanwhile stays deleted.
                if not os.path.isdir(folder):
                    os.mkdir(folder, 0o700)
                for name, text in files:
                    _write(os.path.join(folder, name), text)
        except Exception:
            # The run continues without these records.
            continue
    from _observed import watch

    try:
        watch({**task, "write": _write})
    except OSError:
        # The folder is gone, or the disk is full.
        pass


def _write(path, text):
    """Writes completely, or not at all."""
    temporary = f"{path}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.replace(temporary, path)


class _TooLong(Exception):
    pass


class _Git:
    """Runs git in such a way that the repository's configuration starts nothing."""

    def __init__(self, folder):
        safe = ["core.fsmonitor=false", "core.hooksPath=" + os.devnull, "core.pager=cat", "diff.external="]
        safe += ["core.quotePath=false", "submodule.recurse=false", "core.sshCommand=false", "credential.helper="]
        safe += ["protocol.allow=never"]
        self._command = ["git", "--no-pager", "--no-optional-locks"]
        for setting in safe:
            self._command += ["-c", setting]
        self._folder = folder
        try:
            names = self("config", "--name-only", "-z", "--get-regexp", r"^filter\.").split("\0")
        except (OSError, ValueError, subprocess.SubprocessError):
            names = []
        for name in {name[7 : name.rindex(".")] for name in names if name.startswith("filter.") and name.count(".") > 1}:
            if "=" not in name:
                for setting in ("clean=", "smudge=", "process=", "required=false"):
                    self._command += ["-c", f"filter.{name}.{setting}"]

    def __call__(self, *arguments, limit=4 << 20):
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env.update(GIT_TERMINAL_PROMPT="0", GIT_NO_LAZY_FETCH="1", GIT_ALLOW_PROTOCOL="", LC_ALL="C")
        process = subprocess.Popen(
            [*self._command, "-C", self._folder, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
        )
        timer = threading.Timer(_TIMEOUT, process.kill)
        timer.daemon = True
        timer.start()
        try:
            text = process.stdout.read(limit + 1)
            if len(text) > limit:
                process.kill()
                raise _TooLong
            if process.wait() != 0:
                raise ValueError("git failed")
            return text.decode("utf-8")
        finally:
            timer.cancel()
            process.stdout.close()
            process.wait()

    def word(self, *arguments):
        try:
            return self(*arguments).strip()
        except (OSError, ValueError, _TooLong):
            return ""


def _code(task):
    cwd = task["cwd"]
    git = _Git(cwd)
    top, commit = git.word("rev-parse", "--show-toplevel"), git.word("rev-parse", "--verify", "-q", "HEAD")
    if not top or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return None
    root, here = os.path.realpath(top), os.path.realpath(cwd)
    # A configuration may place its files anywhere.
    if here != root and not here.startswith(root.rstrip(os.sep) + os.sep):
        return None
    left_out, diff = [], None
    plain = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--ignore-submodules=dirty"]
    secrets = [f":(top,exclude,icase,glob)**/{name}" for name in _SECRET_NAMES]
    try:
        changed = [name for name in git("diff", "--name-only", "-z", *plain, "HEAD").split("\0") if name]
    except (ValueError, _TooLong):
        changed = []
        left_out.append("The names of the changed files: they could not be read.")
    try:
        prefixes = ["--src-prefix=a/", "--dst-prefix=b/", "--binary", "--full-index"]
        diff = git("diff", *plain, *prefixes, "HEAD", "--", ":(top)", *secrets, limit=_MAX_DIFF)
    except UnicodeDecodeError:
        left_out.append("The changes: some are not UTF-8.")
    except _TooLong:
        left_out.append(f"The changes: they have more than {_MAX_DIFF >> 20} MiB.")
    except ValueError as error:
        left_out.append(f"The changes: {error}.")
    try:
        listed = git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":(top)").split("\0")
    except (ValueError, _TooLong):
        listed = []
        left_out.append("Files that git does not track: there are too many.")
    named, contents = _untracked(root, [name for name in listed if name and not name.endswith("/")][:_MAX_NAMED])
    if any(not one["kept"] for one in named):
        left_out.append("The contents of untracked files that are large, no text, or may hold secrets.")
    code = {
        "version": 1,
        "time": round(time() * 1000),
        "commit": commit,
        "branch": git.word("symbolic-ref", "--short", "-q", "HEAD") or None,
        "remote": _remote(git),
        "folder": "" if here == root else os.path.relpath(here, root).replace(os.sep, "/"),
        "changed": changed[:_MAX_NAMED],
        "diff": None if diff is None else len(diff.encode()),
        "untracked": named,
        "leftOut": left_out,
    }
    files = [("changes.diff", diff)] if diff else []
    if contents:
        files.append(("untracked.json", json.dumps(contents, ensure_ascii=False)))
    return [*files, ("code.json", json.dumps(code, ensure_ascii=False))]


def _remote(git):
    lines = git.word("config", "--get-regexp", r"^remote\..*\.url$").splitlines()
    line = next((one for one in lines if one.startswith("remote.origin.url ")), lines[0] if lines else "")
    url = re.sub(r"[?#].*", "", line.partition(" ")[2], flags=re.DOTALL)
    return re.sub(r"^([a-z][a-z0-9+.-]*://)[^/]*@", r"\1", url, flags=re.IGNORECASE)[:1000] or None


def _untracked(root, names):
    named, contents, room = [], [], _MAX_FILES
    for name in names:
        size, text = None, None
        path = os.path.join(root, *name.split("/"))
        try:
            size = os.lstat(path).st_size
            small = size <= min(room, _MAX_FILE) and len(contents) < _MAX_KEPT
            # No link on the way leads outside.
            inside = os.path.realpath(path) == path and os.path.isfile(path)
            if small and inside and not _SECRET.search(name):
                with open(path, "rb") as file:
                    data = file.read(_MAX_FILE + 1)
                if len(data) <= _MAX_FILE and b"\0" not in data:
                    text = data.decode("utf-8")
        except (OSError, ValueError):
            text = None
        if text is not None:
            contents.append({"path": name, "text": text})
            room -= size
        named.append({"path": name, "size": size, "kept": text is not None})
    return named, contents


def _environment(task):
    packages = {}
    for folder in [path for path in task["paths"] if path][:100]:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            found = re.fullmatch(r"([A-Za-z0-9._]+)-([^-]+)(?:-.*)?\.(?:dist-info|egg-info|egg)", name)
            if found and len(packages) < 5000:
                packages.setdefault(re.sub(r"[._]+", "-", found[1]).lower(), found[2])
    facts = {
        "version": 1,
        "time": round(time() * 1000),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _processor(),
        "cores": os.cpu_count() or 1,
        "memoryMiB": _memory(),
        "gpus": _gpu_facts(),
        "variables": {name: value[:1000] for name, value in os.environ.items() if _VARIABLES.match(name)},
        "interpreter": {"language": "python", "path": task["python"], "version": platform.python_version()},
        "packages": dict(sorted(packages.items())),
    }
    return [("environment.json", json.dumps(facts, ensure_ascii=False))]


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            found = re.search(r"^model name\s*:\s*(.+)$", file.read(1 << 20), re.MULTILINE)
        if found:
            return found[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory():
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20)
    except (AttributeError, OSError, ValueError):
        return 0


def _gpu_facts():
    if __package__:
        from ._gpus import gpu_facts
    else:
        from _gpus import gpu_facts
    return gpu_facts()


if __name__ == "__main__":
    _main()
