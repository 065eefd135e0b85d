"""Identity of this process beyond its number: its machine, the machine's boot, and when it started."""
import os
import sys
from time import time


def identity():
    """Returns the identity of this process among all machines, in the form that the engine writes."""
    pid = os.getpid()
    return {"pid": pid, "started": started(pid), "host": host()}


def host():
    """Returns the machine: ``name`` is for people; ``bootId`` and ``pidNamespace`` say where process numbers are
    comparable.
    """
    return {"name": name(), "bootId": boot(), "pidNamespace": pid_namespace()}


def name():
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


def boot():
    """Returns an id that differs between two boots and two machines; None if it can't be determined."""
    try:
        if sys.platform == "linux":
            with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
                return file.read().strip() or None
        if sys.platform == "darwin":
            return _ask(["sysctl", "-n", "kern.bootsessionuuid"])
        if sys.platform == "win32":
            import winreg

            memory = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
                machine = winreg.QueryValueEx(key, "MachineGuid")[0]
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, memory) as key:
                # As `reg query` prints it.
                return f"{machine}:{winreg.QueryValueEx(key, 'BootId')[0]:#x}"
    except (OSError, ValueError):
        pass
    return None


def pid_namespace():
    """Returns the pid namespace, because process numbers of two containers mean different processes. None without
    namespaces.
    """
    if sys.platform != "linux":
        return None
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None


def started(pid):
    """Returns when a process started, in the engine's form; None when it is gone or can't be determined."""
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
    return _ask(["ps", "-ww", "-o", "lstart=", "-p", str(pid)])


def _ask(command):
    import subprocess

    try:
        out = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return None
    return out.stdout.strip() or None


def born():
    """Returns when this process started, in seconds since 1970; a little early rather than late."""
    try:
        with open("/proc/uptime", "rb") as uptime, open("/proc/self/stat", "rb") as stat:
            text = stat.read()
            ticks = int(text[text.rindex(b")") + 2:].split(b" ")[19])
            return time() - float(uptime.read().split()[0]) + ticks / os.sysconf("SC_CLK_TCK") - 0.05
    except (OSError, ValueError, AttributeError, IndexError):
        return time() - 60


def lives(known):
    """Returns whether the process with this identity lives; None when it is not on this machine."""
    if not _is_here(known.get("host")):
        return None
    now = started(known.get("pid"))
    return now is not None and now == known.get("started")


def _is_here(other):
    if not isinstance(other, dict):
        return False
    here = host()
    if here["bootId"] is None or other.get("bootId") is None:
        return here["name"] == other.get("name")
    return all(here[part] == other.get(part) for part in ("bootId", "pidNamespace"))
