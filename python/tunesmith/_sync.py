"""How soon records are synced to the disk."""
import os


def sync_seconds():
    """Returns the seconds after which records are synced to the disk; 0: when the operating system does it."""
    try:
        seconds = float(os.environ.get("TUNESMITH_FSYNC_SECONDS", "").strip() or 1)
    except ValueError:
        return 1.0
    return min(seconds, 3600.0) if seconds >= 0 else 1.0
