"""Accelerate: what `Accelerator.log` hands to its trackers, whatever trackers there are."""
MODULES = ("accelerate.accelerator",)


def install(module, sink):
    def logged(args, kwargs):
        values = args[1] if len(args) > 1 else kwargs.get("values")
        step = args[2] if len(args) > 2 else kwargs.get("step")
        sink.metrics("accelerate", {name: value for name, value in values.items() if not isinstance(value, str)}, step)

    def began(args, kwargs):
        config = args[2] if len(args) > 2 else kwargs.get("config")
        sink.params("accelerate", dict(config or {}))

    sink.around(module.Accelerator, "log", "accelerate", before=logged, quiet=True)
    sink.around(module.Accelerator, "init_trackers", "accelerate", before=began, quiet=True)
