"""XGBoost: parameters, the evaluation of each round through a callback of its own kind, and what the model looks at."""
from ._fitted import Pictures, bars
from .sklearn import Fits

MODULES = ("xgboost.training", "xgboost.sklearn")

# Arguments of `train` and `cv` that are settings.
_SETTINGS = ("num_boost_round", "maximize", "early_stopping_rounds", "verbose_eval", "nfold", "stratified", "metrics", "seed")


def install(module, sink):
    if module.__name__ == "xgboost.sklearn":
        _models(module, sink)
    else:
        _training(module, sink)


def _models(module, sink):
    """Models with the interface of scikit-learn have all their parameters, scores and pictures beside the rounds."""
    fits = Fits(sink, "xgboost")
    for cls in list(vars(module).values()):
        if isinstance(cls, type) and issubclass(cls, module.XGBModel) and "fit" in vars(cls):
            fits.watch(cls, "fit", quiet=False)


def _training(module, sink):
    from inspect import signature

    base = module.TrainingCallback
    pictures = Pictures(sink, "xgboost")

    class TunesmithCapture(base):
        """Tells Tunesmith the evaluation of each round."""

        def after_iteration(self, model, epoch, evals_log):
            sink.guard("xgboost", _round, sink, epoch, evals_log)
            return False

    def hook(name, after):
        form = signature(getattr(module, name))

        def training(args, kwargs):
            bound = form.bind(*args, **kwargs)
            given = bound.arguments
            params = given.get("params")
            params = dict(params or {}) if not isinstance(params, list) else dict(params)
            settings = {each: given.get(each, form.parameters[each].default) for each in _SETTINGS if each in form.parameters}
            sink.params("xgboost", {**_plain(params), **_plain(settings)})
            given["callbacks"] = [*(given.get("callbacks") or ()), TunesmithCapture()]
            return bound.args, bound.kwargs

        sink.around(module, name, "xgboost", before=training, after=after)

    def trained(booster, _args, _kwargs):
        try:
            sink.facts("xgboost", {"best_iteration": booster.best_iteration, "best_score": float(booster.best_score)})
            sink.facts("xgboost", {"stopped_iteration": booster.num_boosted_rounds() - 1})
        except AttributeError:
            # Without early stopping there is none.
            pass
        pictures.add(lambda: _importances(booster), None)

    hook("train", trained)
    hook("cv", None)


def _importances(booster):
    found = {}
    for kind in ("weight", "gain"):
        try:
            scores = booster.get_score(importance_type=kind)
        except ValueError:
            # A linear booster has weights alone.
            continue
        if scores and not any(isinstance(value, list) for value in scores.values()):
            found[f"feature importance/{kind}"] = bars(f"feature importance ({kind})", list(scores), list(scores.values()))
    return found


def _round(sink, epoch, evals_log):
    values = {}
    for data, metrics in evals_log.items():
        for metric, series in metrics.items():
            last = series[-1]
            if isinstance(last, tuple):
                # Mean and deviation over the folds.
                values[f"{data}/{metric}"], values[f"{data}/{metric}/std"] = last
            else:
                values[f"{data}/{metric}"] = last
    sink.metrics("xgboost", values, epoch)


def _plain(params):
    return {name: value for name, value in params.items() if value is not None and not callable(value) and value != ()}
