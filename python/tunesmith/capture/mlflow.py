"""MLflow: every way to log, autolog included, ends in its client."""
MODULES = ("mlflow.tracking.client",)


def install(module, sink):
    from inspect import signature

    client = module.MlflowClient

    def hook(name, observe):
        form = signature(getattr(client, name))

        def before(args, kwargs):
            observe(form.bind(*args, **kwargs).arguments)

        sink.around(client, name, "mlflow", before=before, quiet=True)

    def metric(given):
        sink.metrics("mlflow", {given["key"]: given["value"]}, given.get("step") or 0)

    def param(given):
        sink.params("mlflow", {given["key"]: _typed(given["value"])})

    def batch(given):
        sink.params("mlflow", {each.key: _typed(each.value) for each in given.get("params") or ()})
        steps = {}
        for each in given.get("metrics") or ():
            steps.setdefault(each.step or 0, {})[each.key] = each.value
        for step, values in steps.items():
            sink.metrics("mlflow", values, step)

    def tag(given):
        if not given["key"].startswith("mlflow."):
            sink.facts("mlflow", {given["key"]: given["value"]})

    hook("log_metric", metric)
    hook("log_param", param)
    hook("log_batch", batch)
    hook("set_tag", tag)


def _typed(value):
    """MLflow makes texts of all parameters; numbers are taken back."""
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            pass
    return {"True": True, "False": False, "None": None}.get(value, value)
