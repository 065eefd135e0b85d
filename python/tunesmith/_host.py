"""Identity of this process beyond its number: its machine, the machine's boot, and when it started."""
import os
import sys
from time import time


def identity(pid=None):
    """What tells this process from any other of any machine. The engine compares it with what it sees itself."""
    pid = pid or os.getpid()
    return {"pid": pid, "started": started(pid), "host": host(), "boot": boot(), "pidNamespace": pid_namespace()}


def host():
    if hasattr(os, "uname"):
        return os.uname().nodename
    return os.environ.get("COMPUTERNAME", "")


def boot():
    """Differs between two boots of a machine; None where that can't be known."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return None


def pid_namespace():
    """Process numbers of two containers mean different processes. None where there are no namespaces."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None


def started(pid):
    """When a process started, in the same form as the engine has it; None when it is gone or can't be known."""
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                stat = file.read()
        except OSError:
            return None
        # The name, in brackets, may itself hold brackets and spaces.
        fields = stat[stat.rindex(b")") + 2:].split(b" ")
        if fields[0] in (b"Z", b"X"):
            return None
        return f"{(boot() or 'boot')[:8]}:{int(fields[19])}"
    if os.name == "nt":
        return None
    import subprocess

    try:
        command = ["ps", "-ww", "-o", "lstart=", "-p", str(pid)]
        out = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return None
    return out.stdout.strip() or None


def born():
    """When this process began, in seconds since 1970; a little early rather than late."""
    try:
        with open("/proc/uptime", "rb") as uptime, open("/proc/self/stat", "rb") as stat:
            text = stat.read()
            ticks = int(text[text.rindex(b")") + 2:].split(b" ")[19])
            return time() - float(uptime.read().split()[0]) + ticks / os.sysconf("SC_CLK_TCK") - 0.05
    except (OSError, ValueError, AttributeError, IndexError):
        return time() - 60


def lives(known):
    """Whether the process with this identity lives: True, False, or None when it is not on this machine."""
    mine = (host(), boot(), pid_namespace())
    if (known.get("host"), known.get("boot"), known.get("pidNamespace")) != mine:
        return None
    now = started(known.get("pid"))
    return now is not None and now == known.get("started")
