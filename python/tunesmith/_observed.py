"""Use of the machine, and data files, of a program that was started by hand; runs in the process of ``_recorded``.

Metrics, names and files are those of ``src/engine/supervisor/system`` and ``record/data.ts``. Linux tells of processes in /proc,
macOS by ``ps``.
"""
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import time

if __package__:
    from ._gpus import Gpus
else:
    from _gpus import Gpus

# Seconds between two samples, and the time at work up to which they are. A long run is sampled less often.
INTERVALS = ((120, 2), (1800, 5), (6 * 3600, 15), (float("inf"), 60))
# Seconds between two looks whether the program still works; without /proc each starts a process.
LOOK = 0.5 if sys.platform == "linux" else 2
# Seconds after which the program has said which data it works with.
SETTLED = 5
_MIB = 2**20
_PROC = sys.platform == "linux"
_MOST_FILES, _MOST_FILE, _MOST_ALL, _MOST_TEXTS, _LONGEST = 200, 256 << 20, 512 << 20, 5000, 4096
_MOST_JOURNAL = 1 << 20
_CODE = re.compile(r"\.(?:pyc?|[cm]?[jt]sx?|sh|ps1|ipynb|jl|rb|pl|lua|exe|dll|so)$", re.IGNORECASE)


class Program:
    """The process that records, as long as it works on the run."""

    def __init__(self, folder, pid):
        self.pid = pid
        self._lease = os.path.join(folder, "lease.json")
        self._started = _started(pid)

    def works(self):
        return os.path.exists(self._lease) and _started(self.pid) == self._started is not None


class Usage:
    """Processor time, memory and disk use of a process and all its descendants, without this process."""

    def __init__(self, root):
        self._root = root
        self._members = set()

    def read(self):
        """``{(pid, started): (seconds of processor time, bytes of memory, bytes read, bytes written)}``; without disks: None there."""
        return self._from_proc() if _PROC else self._from_ps()

    def _from_ps(self):
        found = parse_ps(_ps("-A", "-o", "pid=,ppid=,pgid=,rss=,time="))
        members = {self._root, *self._members} & found.keys()
        before = -1
        while before != len(members):
            before = len(members)
            members.update(pid for pid, (parent, *_) in found.items() if parent in members and pid != os.getpid())
        self._members = members
        return {(pid, ""): (found[pid][1], found[pid][2], None, None) for pid in members}

    def _from_proc(self):
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                fields = _stat(int(name))
                if fields:
                    found[int(name)] = fields
        members = {pid for pid, fields in found.items() if pid == self._root or (pid, fields[19]) in self._members}
        before = -1
        while before != len(members):
            before = len(members)
            members.update(pid for pid, fields in found.items() if int(fields[1]) in members and pid != os.getpid())
        self._members = {(pid, found[pid][19]) for pid in members}
        ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
        return {
            (pid, found[pid][19]): ((int(found[pid][11]) + int(found[pid][12])) / ticks, int(found[pid][21]) * page, *_disk(pid))
            for pid in members
        }


def watch(task):
    """Samples until the program is gone or has finished its run, and writes data.json meanwhile."""
    program = Program(task["folder"], task["pid"])
    journal = _Journal(os.path.join(task["folder"], "journal", "system.ndjson"), task["launch"])
    usage, gpus = Usage(task["pid"]), Gpus()
    began = time.monotonic()
    last, due = _sample(usage), INTERVALS[0][1]
    unknown = task["launch"] == 1
    while program.works():
        time.sleep(LOOK)
        worked = time.monotonic() - began
        if unknown and worked >= SETTLED:
            unknown = False
            record_data(task)
        if task["system"] and worked >= due and program.works():
            due = worked + next(pause for up_to, pause in INTERVALS if worked < up_to)
            now = _sample(usage)
            values = {**rates(last, now), **gpus.read()}
            last = now
            if values:
                journal.add(max(0, round(time.time() - task["began"] / 1000)), values)
    if unknown:
        record_data(task)


def _sample(usage):
    try:
        return time.monotonic(), usage.read(), _network() if _PROC else None
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return time.monotonic(), {}, None


def rates(before, now):
    """Returns the metrics of the time between two samples."""
    seconds = now[0] - before[0]
    values = {}
    if before[1] and now[1]:
        # A process that is new has used all its time since the sample before.
        used = [
            [max(0, (new or 0) - (old or 0)) for new, old in zip(each, before[1].get(name, (0, 0, 0, 0)))]
            for name, each in now[1].items()
        ]
        values["system/cpu_percent"] = 100 * sum(each[0] for each in used) / seconds
        values["system/memory_mib"] = sum(each[1] for each in now[1].values()) / _MIB
        if all(each[2] is not None for each in now[1].values()):
            values["system/disk_read_mib_per_s"] = sum(each[2] for each in used) / _MIB / seconds
            values["system/disk_write_mib_per_s"] = sum(each[3] for each in used) / _MIB / seconds
    if before[2] and now[2]:
        for name, old, new in zip(("received", "sent"), before[2], now[2]):
            values[f"system/net_{name}_mib_per_s"] = max(0, new - old) / _MIB / seconds
    return {name: round(value, 2) for name, value in values.items()}


class _Journal:
    def __init__(self, path, launch):
        self._path = path
        self._first = None if launch == 1 else {"type": "start", "time": round(time.time() * 1000), "pid": os.getpid(), "launch": launch}

    def add(self, step, values):
        record = {"type": "metrics", "time": round(time.time() * 1000), "step": step, "values": values}
        records = [record] if self._first is None else [self._first, record]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in records).encode())
                self._first = None
            finally:
                os.close(descriptor)
        except OSError:
            # A sample that can't be written is skipped.
            pass


def record_data(task):
    """Returns size, time and SHA-256 of the files that the arguments and hyperparameters name."""
    found, room = [], _MOST_ALL
    for path in _candidates([task["argv"], task["params"], _params_in(os.path.join(task["folder"], "journal"))]):
        if len(found) >= _MOST_FILES:
            break
        try:
            state = os.stat(os.path.join(task["cwd"], path))
            if not stat.S_ISREG(state.st_mode):
                continue
            digest = None
            if state.st_size <= min(_MOST_FILE, room):
                room -= state.st_size
                digest = _hash(os.path.join(task["cwd"], path))
            found.append({"path": path, "size": state.st_size, "changed": round(state.st_mtime * 1000), "sha256": digest})
        except (OSError, ValueError):
            continue
    folder = os.path.join(task["folder"], "recorded")
    if found and os.path.isdir(task["folder"]):
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
        task["write"](os.path.join(folder, "data.json"), json.dumps(found, ensure_ascii=False))


def _candidates(named):
    """Returns the texts that may be paths, each once."""
    texts, left = {}, [(value, 0) for value in reversed(named)]
    while left and len(texts) < _MOST_TEXTS:
        value, depth = left.pop()
        if isinstance(value, str):
            option = re.match(r"-{1,2}[\w.-]+=(.+)$", value, re.DOTALL)
            for text in (value, option and option[1]):
                if text and len(text) <= _LONGEST and re.search(r"[./\\]", text) and "\0" not in text and not _CODE.search(text):
                    texts[text] = True
        elif depth <= 8 and isinstance(value, (list, dict)):
            inner = value.values() if isinstance(value, dict) else value
            left.extend((each, depth + 1) for each in reversed(list(inner)))
    return list(texts)


def _params_in(journal):
    """Returns the hyperparameters that the program has set so far."""
    found = []
    try:
        for name in sorted(os.listdir(journal)):
            if not name.startswith("rank0-"):
                continue
            with open(os.path.join(journal, name), "rb") as file:
                for line in file.read(_MOST_JOURNAL).split(b"\0")[0].splitlines():
                    if line.startswith(b'{"type":"params"'):
                        found.append(json.loads(line).get("params"))
    except (OSError, ValueError):
        pass
    return found


def _hash(path):
    """Returns None if the file has grown beyond the limit for hashing meanwhile."""
    digest, left = hashlib.sha256(), _MOST_FILE
    with open(path, "rb") as file:
        while True:
            part = file.read(1 << 20)
            if not part:
                return digest.hexdigest()
            left -= len(part)
            if left < 0:
                return None
            digest.update(part)


def _stat(pid):
    """Fields of /proc/PID/stat from the state on; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            text = file.read()
        return text[text.rindex(")") + 2 :].split()
    except (OSError, ValueError):
        return None


def _started(pid):
    if not _PROC:
        try:
            return _ps("-o", "lstart=", "-p", str(pid)).strip() or None
        except (OSError, subprocess.SubprocessError):
            return None
    fields = _stat(pid)
    return fields[19] if fields and fields[0] not in "ZX" else None


def _ps(*arguments):
    environ = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(["ps", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=5, env=environ)
    return done.stdout.decode("utf-8", "replace")


def parse_ps(text):
    """Reads lines of ``ps -o pid=,ppid=,pgid=,rss=,time=``: ``{pid: (parent, seconds of processor time, bytes of memory)}``."""
    found = {}
    for line in text.splitlines():
        fields = line.split()
        time_text = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)", fields[4]) if len(fields) == 5 else None
        if time_text and all(field.isdigit() for field in fields[:4]):
            days, hours, minutes, seconds = (float(part or 0) for part in time_text.groups())
            used = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
            found[int(fields[0])] = (int(fields[1]), used, int(fields[3]) * 1024)
    return found


def _disk(pid):
    try:
        with open(f"/proc/{pid}/io", encoding="latin-1") as file:
            facts = dict(re.findall(r"^(\w+): (\d+)$", file.read(), re.MULTILINE))
        return int(facts["read_bytes"]), int(facts["write_bytes"])
    except (OSError, KeyError, ValueError):
        return 0, 0


def _network():
    """Bytes received and sent by all interfaces but the loopback."""
    received = sent = 0
    with open("/proc/net/dev", encoding="latin-1") as file:
        for line in file.read().splitlines()[2:]:
            name, _, fields = line.strip().partition(":")
            numbers = fields.split()
            if name != "lo" and len(numbers) >= 9:
                received += int(numbers[0])
                sent += int(numbers[8])
    return received, sent
