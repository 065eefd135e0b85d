"""Optuna behind the line protocol of docs/ask-tell.md: init, ask, report, tell, enqueue, best and recommend.

Answers carry `ms`, the time spent in Optuna for the request. A sampler is named with its settings:
tpe (as it comes), tpe-mv (multivariate, groups, constant liar), gp, cmaes (with margin where there are whole numbers),
nsga2, random, and auto: the rule of AutoSampler (OptunaHub, samplers/auto_sampler, 2026), followed with Optuna's own samplers.
"""
import json
import math
import os
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")

import optuna  # noqa: E402
from optuna.distributions import CategoricalDistribution  # noqa: E402
from optuna.samplers import CmaEsSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler  # noqa: E402
from optuna.search_space import IntersectionSearchSpace  # noqa: E402
from optuna.trial import TrialState  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)


def tpe_joint(seed, group=True):
    return TPESampler(seed=seed, multivariate=True, group=group, constant_liar=True, warn_independent_sampling=False)


def cmaes(seed, whole, source=None):
    margin = {} if source else {"with_margin": whole}
    return CmaEsSampler(seed=seed, warn_independent_sampling=False, source_trials=source, **margin)


class Rule(optuna.samplers.BaseSampler):
    """AutoSampler's choice: the first trial at random; then TPE where there are categories or conditions; else GP up to 250
    trials and after that CMA-ES warm-started from them (several objectives: NSGA-II from 250 trials on)."""

    LIMIT = 250

    def __init__(self, seed):
        self.seed = seed
        self.sampler = RandomSampler(seed=seed)

    def choose(self, study):
        trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        complete = [t for t in trials if t.state == TrialState.COMPLETE]
        if not complete:
            return self.sampler
        several = len(study.directions) > 1
        if not several and isinstance(self.sampler, TPESampler):
            return self.sampler
        conditional = any(set(t.params) != set(trials[0].params) for t in trials)
        space = IntersectionSearchSpace().calculate(study)
        categories = any(isinstance(d, CategoricalDistribution) for d in space.values())
        if several and not conditional and len(complete) >= self.LIMIT:
            return self.use(NSGAIISampler, lambda: NSGAIISampler(seed=self.seed))
        if conditional or categories or len(study.directions) >= 4:
            return self.use(TPESampler, lambda: tpe_joint(self.seed, group=False))
        if len(complete) < self.LIMIT or several:
            return self.use(GPSampler, lambda: GPSampler(seed=self.seed, warn_independent_sampling=False))
        return self.use(CmaEsSampler, lambda: cmaes(self.seed, False, complete[: self.LIMIT]))

    def use(self, kind, make):
        return self.sampler if isinstance(self.sampler, kind) else make()

    def before_trial(self, study, trial):
        self.sampler = self.choose(study)
        self.sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study, trial):
        return self.sampler.infer_relative_search_space(study, trial)

    def sample_relative(self, study, trial, search_space):
        return self.sampler.sample_relative(study, trial, search_space)

    def sample_independent(self, study, trial, name, distribution):
        return self.sampler.sample_independent(study, trial, name, distribution)

    def after_trial(self, study, trial, state, values):
        self.sampler.after_trial(study, trial, state, values)


def make_sampler(name, seed, space):
    # With margin it fails where conditions change what is suggested ("inhomogeneous shape").
    whole = any("int" in e or "logInt" in e or "step" in e for e in space.values())
    whole = whole and not any("when" in e for e in space.values())
    return {
        "tpe": lambda: TPESampler(seed=seed),
        "tpe-mv": lambda: tpe_joint(seed),
        "gp": lambda: GPSampler(seed=seed, warn_independent_sampling=False),
        "cmaes": lambda: cmaes(seed, whole),
        "nsga2": lambda: NSGAIISampler(seed=seed),
        "random": lambda: RandomSampler(seed=seed),
        "auto": lambda: Rule(seed),
    }[name]()


def make_pruner(name, steps):
    pruners = optuna.pruners
    return {
        None: pruners.NopPruner,
        "median": pruners.MedianPruner,
        "sha": pruners.SuccessiveHalvingPruner,
        "hyperband": lambda: pruners.HyperbandPruner(max_resource=steps or "auto"),
        "wilcoxon": pruners.WilcoxonPruner,
    }[name]()


def number(value):
    return math.nan if value is None else float(value)


class Session:
    def __init__(self):
        self.study = None

    def init(self, space, directions=("minimize",), sampler="tpe", pruner=None, seed=0, maxSteps=None, **_):
        self.space = space
        self.trials = {}
        self.study = optuna.create_study(
            directions=list(directions),
            sampler=make_sampler(sampler, seed, space),
            pruner=make_pruner(pruner, maxSteps),
        )
        return {"ok": True}

    def ask(self, n=1):
        asked = []
        for _ in range(n):
            trial = self.study.ask()
            # Optuna suggests a value where the program asks for it, so that is part of the asking.
            self.trials[trial.number] = trial
            asked.append({"id": trial.number, "params": self.suggest(trial)})
        return {"trials": asked}

    def suggest(self, trial):
        params = {}
        for name, entry in self.space.items():
            when = entry.get("when", {}).items()
            if any(p not in params or params[p] not in (v if isinstance(v, list) else [v]) for p, v in when):
                continue
            params[name] = self.one(trial, name, entry)
        return params

    @staticmethod
    def one(trial, name, entry):
        if "choice" in entry:
            return trial.suggest_categorical(name, entry["choice"])
        for kind in ("uniform", "log"):
            if kind in entry:
                return trial.suggest_float(name, *entry[kind], log=kind == "log", step=entry.get("step"))
        kind = "int" if "int" in entry else "logInt"
        return trial.suggest_int(name, *entry[kind], log=kind == "logInt", step=entry.get("step", 1))

    def enqueue(self, params):
        self.study.enqueue_trial(params)
        return {"ok": True}

    def report(self, id, step, value):
        trial = self.trials[id]
        trial.report(number(value), step)
        return {"prune": bool(trial.should_prune())}

    def tell(self, id, values=None, state=None):
        trial = self.trials.pop(id)
        if values is not None and not any(math.isnan(number(v)) for v in values):
            self.study.tell(trial, [number(v) for v in values])
        else:
            self.study.tell(trial, state=TrialState.PRUNED if state == "pruned" else TrialState.FAIL)
        return {"ok": True}

    def best(self):
        try:
            found = [self.study.best_trial] if len(self.study.directions) == 1 else self.study.best_trials
        except ValueError:
            return {"trials": []}
        return {"trials": [{"id": t.number, "params": t.params, "values": t.values} for t in found]}

    recommend = best


def main():
    session = Session()
    for line in sys.stdin:
        try:
            ((name, body),) = json.loads(line).items()
            if name not in ("init", "ask", "report", "tell", "enqueue", "best", "recommend"):
                raise ValueError(f"unknown request {name}")
            began = time.perf_counter()
            answer = getattr(session, name)(**body)
            answer["ms"] = (time.perf_counter() - began) * 1e3
        except Exception as error:  # one bad line must not end a night of measuring
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
