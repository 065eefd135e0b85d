"""How soon what was recorded is on the disk itself."""
import os


def sync_seconds():
    """Seconds after which what was recorded is forced to the disk itself; 0: when the operating system likes."""
    try:
        seconds = float(os.environ.get("TUNESMITH_FSYNC_SECONDS", "").strip() or 1)
    except ValueError:
        return 1.0
    return min(seconds, 3600.0) if seconds >= 0 else 1.0
