"""Hooks that tell the runs when the process exits, fails, forks, or gets a signal. Installed once for all runs."""
import atexit
import os
import signal
import sys
import threading

_runs = []
_installed = False


#: Called with each run that begins in this process.
began = []


def attend(run):
    """Notifies ``run`` of the end of the process from now on, until ``leave``."""
    global _installed
    _runs.append(run)
    for listener in list(began):
        listener(run)
    if not _installed:
        _installed = True
        _install()
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and os.name != "nt" and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _on_sigterm)


def leave(run):
    if run in _runs:
        _runs.remove(run)
    in_main = threading.current_thread() is threading.main_thread()
    if not _runs and in_main and os.name != "nt" and signal.getsignal(signal.SIGTERM) == _on_sigterm:
        # Without a run, SIGTERM ends the program as usual.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def is_stop(run, kind):
    """Returns whether an exception is the program's answer to a request to stop."""
    from ._control import StopRequested

    return issubclass(kind, StopRequested) or (run.stop_reason is not None and issubclass(kind, KeyboardInterrupt))


def trace_text(kind, error, trace):
    import traceback

    return "".join(traceback.format_exception(kind, error, trace))


def _install():
    atexit.register(_at_exit)
    _watch_exit()
    previous = sys.excepthook

    def hook(kind, error, trace):
        runs = [run for run in _runs if not run._forked]
        if runs and all(is_stop(run, kind) for run in runs):
            print(f"tunesmith: {error}", file=sys.stderr)
            return
        for run in runs:
            if issubclass(kind, KeyboardInterrupt):
                run._ended = ("stopped", None)
            else:
                run._ended = ("failed", trace_text(kind, error, trace))
        previous(kind, error, trace)

    sys.excepthook = hook
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)


def _watch_exit():
    """Watches for the exit code, which nobody else learns if the program was started by hand."""
    leave_program = sys.exit

    def leaving(status=None):
        # In another thread it ends only that thread.
        for run in _runs if threading.current_thread() is threading.main_thread() else ():
            if run._place.own and not run._forked:
                good = status is None or status == 0
                text = status if isinstance(status, str) else f"the program ended with exit code {status}"
                run._ended = None if good else ("failed", text)
        leave_program(status)

    sys.exit = leaving


def _at_exit():
    # The newest first, in the order in which with blocks end.
    for run in reversed(list(_runs)):
        run._at_exit()


def _on_sigterm(_number, _frame):
    from ._control import StopRequested

    interrupt = [run for run in list(_runs) if run._on_sigterm()]
    if interrupt:
        raise StopRequested(interrupt[-1].stop_reason)


def _after_fork():
    for run in _runs:
        run._after_fork()
    if os.name != "nt" and signal.getsignal(signal.SIGTERM) == _on_sigterm:
        # Libraries end their worker processes with it and expect no exception there.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
