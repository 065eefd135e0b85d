"""XGBoost: parameters and the evaluation of each round, through a callback of its own kind."""
MODULES = ("xgboost.training",)


def install(module, sink):
    base = module.TrainingCallback

    class TunesmithCapture(base):
        """Tells Tunesmith the evaluation of each round."""

        def after_iteration(self, model, epoch, evals_log):
            sink.guard("xgboost", _round, sink, epoch, evals_log)
            return False

    def training(args, kwargs):
        params = dict(args[0] if args else kwargs.get("params") or {})
        rounds = args[2] if len(args) > 2 else kwargs.get("num_boost_round", 10)
        for name in ("early_stopping_rounds", "maximize"):
            if kwargs.get(name) is not None:
                params[name] = kwargs[name]
        sink.params("xgboost", {**_plain(params), "num_boost_round": rounds})
        return args, {**kwargs, "callbacks": [*(kwargs.get("callbacks") or ()), TunesmithCapture()]}

    def trained(result, _args, _kwargs):
        try:
            sink.facts("xgboost", {"best_iteration": result.best_iteration, "best_score": float(result.best_score)})
        except AttributeError:
            # Without early stopping there is none.
            pass

    sink.around(module, "train", "xgboost", before=training, after=trained)
    sink.around(module, "cv", "xgboost", before=training)


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
    return {name: value for name, value in params.items() if value is not None and not callable(value)}
