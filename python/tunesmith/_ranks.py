"""Which process of a distributed job this is, and how its processes find the run of rank 0."""
import os

# Variables that launchers set: Tunesmith, torchrun and accelerate, Open MPI, MPICH and Intel MPI.
_RANKS = ("TUNESMITH_RANK", "RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
_MASTER = ("MASTER_ADDR", "MASTER_PORT")


def rank():
    """Returns the index of this process among those of a distributed job; 0 if it is alone."""
    for name in _RANKS:
        found = _number(name)
        if found is not None:
            return found
    if (_number("SLURM_NTASKS") or 1) > 1 and "SLURM_STEP_ID" in os.environ:
        return _number("SLURM_PROCID") or 0
    # Lightning starts the other processes of a machine itself and sets only this variable for them.
    return _number("LOCAL_RANK") or 0


def job():
    """Returns the key that all processes of this distributed job share; None for a process that is alone."""
    environ = os.environ
    size = max(_number(name) or 1 for name in ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"))
    if (_number("SLURM_NTASKS") or 1) > 1 and "SLURM_STEP_ID" in environ:
        return f"slurm {environ.get('SLURM_JOB_ID')}.{environ['SLURM_STEP_ID']}"
    if size <= 1:
        return None
    elastic = environ.get("TORCHELASTIC_RUN_ID", "none")
    parts = [environ.get("TORCHELASTIC_RESTART_COUNT", "0")]
    if elastic != "none":
        parts.append(elastic)
    elif all(name in environ for name in _MASTER):
        parts += [environ[name] for name in _MASTER]
    else:
        parts.append(environ.get("PMIX_NAMESPACE") or environ.get("PMI_ID") or str(os.getppid()))
    return " ".join(parts)


def _number(name):
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
