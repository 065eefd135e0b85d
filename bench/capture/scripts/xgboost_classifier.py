"""Boosted trees with XGBoost."""
import numpy as np
import xgboost as xgb

rng = np.random.default_rng(0)
x = rng.normal(size=(1000, 10))
y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(int)
train, test = xgb.DMatrix(x[:800], y[:800]), xgb.DMatrix(x[800:], y[800:])
params = {"max_depth": 3, "eta": 0.3, "objective": "binary:logistic", "eval_metric": ["logloss", "error"]}
xgb.train(params, train, num_boost_round=30, evals=[(train, "train"), (test, "eval")])
