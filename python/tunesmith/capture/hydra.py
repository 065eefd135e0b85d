"""Hydra: the configuration that it composed for the program. Each job of a multirun is a run of its own."""
from functools import wraps

MODULES = ("hydra.core.utils",)


def install(module, sink):
    jobs = []

    def starts(args, kwargs):
        task = args[0] if args else kwargs["task_function"]

        @wraps(task)
        def task_function(config):
            sink.guard("hydra", _begins, sink, config, jobs)
            return task(config)

        return ((task_function, *args[1:]), kwargs) if args else (args, {**kwargs, "task_function": task_function})

    sink.around(module, "run_job", "hydra", before=starts)


def _begins(sink, config, jobs):
    from omegaconf import OmegaConf

    if jobs:
        sink.renew()
    jobs.append(True)
    sink.params("hydra", OmegaConf.to_container(config, resolve=True, throw_on_missing=False))
