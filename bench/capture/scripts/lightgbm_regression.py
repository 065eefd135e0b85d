"""Boosted trees with LightGBM."""
import lightgbm as lgb
import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(1000, 10))
y = x[:, 0] * x[:, 1] + x[:, 2]
train = lgb.Dataset(x[:800], y[:800])
test = lgb.Dataset(x[800:], y[800:], reference=train)
params = {"objective": "regression", "metric": ["l2", "l1"], "num_leaves": 15, "learning_rate": 0.1, "verbose": -1}
lgb.train(params, train, num_boost_round=30, valid_sets=[test], callbacks=[lgb.log_evaluation(10)])
