"""Comet: metrics and parameters of its experiments, online or not."""
MODULES = ("comet_ml",)


def install(module, sink):
    from inspect import signature

    base = getattr(module, "CometExperiment", None) or module.BaseExperiment

    def hook(name, observe):
        if not hasattr(base, name):
            return
        form = signature(getattr(base, name))

        def before(args, kwargs):
            observe(form.bind(*args, **kwargs).arguments)

        sink.around(base, name, "comet", before=before, quiet=True)

    def metric(given):
        if not isinstance(given["value"], str):
            sink.metrics("comet", {given["name"]: given["value"]}, given.get("step"), given.get("epoch"))

    def metrics(given):
        prefix = f"{given['prefix']}/" if given.get("prefix") else ""
        values = {prefix + name: value for name, value in given["dic"].items() if not isinstance(value, str)}
        sink.metrics("comet", values, given.get("step"), given.get("epoch"))

    def parameter(given):
        sink.params("comet", {given["name"]: given.get("value")})

    def parameters(given):
        values = given["parameters"]
        sink.params("comet", dict(values if hasattr(values, "items") else vars(values)))

    def other(given):
        sink.facts("comet", {given["key"]: given["value"]})

    hook("log_metric", metric)
    hook("log_metrics", metrics)
    hook("log_parameter", parameter)
    hook("log_parameters", parameters)
    hook("log_other", other)
