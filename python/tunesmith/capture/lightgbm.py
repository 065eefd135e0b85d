"""LightGBM: parameters, the evaluation of each round through a callback of its own kind, and what the model looks at."""
from ._fitted import Pictures, bars
from .sklearn import Fits

MODULES = ("lightgbm.engine", "lightgbm.sklearn")

# Arguments of `train` and `cv` that are settings.
_SETTINGS = ("num_boost_round", "early_stopping_rounds", "verbose_eval", "keep_training_booster", "nfold", "stratified", "shuffle", "seed")


def install(module, sink):
    if module.__name__ == "lightgbm.sklearn":
        _models(module, sink)
        return
    from inspect import signature

    pictures = Pictures(sink, "lightgbm")
    for name in ("train", "cv"):
        _hook(module, name, signature(getattr(module, name)), sink, pictures)


def _models(module, sink):
    """Models with the interface of scikit-learn have all their parameters, scores and pictures beside the rounds."""
    fits = Fits(sink, "lightgbm")
    for cls in list(vars(module).values()):
        if isinstance(cls, type) and issubclass(cls, module.LGBMModel) and "fit" in vars(cls):
            fits.watch(cls, "fit", quiet=False)


def _hook(module, name, form, sink, pictures):
    def training(args, kwargs):
        bound = form.bind(*args, **kwargs)
        given = bound.arguments
        params = {key: value for key, value in (given.get("params") or {}).items() if value is not None and not callable(value)}
        settings = {each: given.get(each, form.parameters[each].default) for each in _SETTINGS if each in form.parameters}
        sink.params("lightgbm", {**settings, **params})
        given["callbacks"] = [*(given.get("callbacks") or ()), after_round]
        return bound.args, bound.kwargs

    def after_round(env):
        sink.guard("lightgbm", _round, sink, env)

    def trained(booster, _args, _kwargs):
        if not hasattr(booster, "feature_importance"):
            # `cv` gives the means of its folds.
            return
        if booster.best_iteration > 0:
            best = {f"best_{data}/{metric}": value for data, each in booster.best_score.items() for metric, value in each.items()}
            sink.facts("lightgbm", {"best_iteration": booster.best_iteration, "stopped_iteration": booster.current_iteration(), **best})
        pictures.add(lambda: _importances(booster), None)

    # After the evaluation has been printed and before early stopping ends the training.
    after_round.order = 25
    after_round.before_iteration = False
    sink.around(module, name, "lightgbm", before=training, after=trained)


def _importances(booster):
    names = booster.feature_name()
    return {
        f"feature importance/{kind}": bars(f"feature importance ({kind})", names, booster.feature_importance(kind).tolist())
        for kind in ("split", "gain")
    }


def _round(sink, env):
    values = {}
    for entry in env.evaluation_result_list or ():
        data, metric, value = entry[:3]
        values[f"{data}/{metric}"] = value
        if len(entry) > 4:
            values[f"{data}/{metric}/std"] = entry[4]
    sink.metrics("lightgbm", values, env.iteration)
    if env.end_iteration:
        sink.progress((env.iteration + 1) / env.end_iteration, f"round {env.iteration + 1}/{env.end_iteration}")
