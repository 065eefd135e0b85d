"""Trackio: beside its own record."""
MODULES = ("trackio", "trackio.run")


def install(module, sink):
    if module.__name__ == "trackio":

        def began(_result, args, kwargs):
            config = kwargs.get("config")
            sink.params("trackio", dict(config or {}))

        sink.around(module, "init", "trackio", after=began)
        return

    def logged(args, kwargs):
        values = args[1] if len(args) > 1 else kwargs.get("metrics")
        step = args[2] if len(args) > 2 else kwargs.get("step")
        sink.metrics("trackio", {name: value for name, value in values.items() if not isinstance(value, str)}, step)

    sink.around(module.Run, "log", "trackio", before=logged, quiet=True)
