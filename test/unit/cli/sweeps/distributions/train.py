import wandb

run = wandb.init()
values = dict(run.config)
assert 0 <= values["a"] <= 10 and values["a"] % 2 == 0, values
assert values["b"] % 5 == 0 and values["c"] > 0 and 0.001 <= values["d"] <= 1, values
assert values["e"] in (1, 2, 3) and values["f"] % 1 == 0 and 0 < values["g"] < 1, values
assert 0.0067 < values["h"] <= 1 and values["i"] in "xy" and values["j"] == 7, values
print("got", sorted(values), flush=True)
run.log({"loss": values["c"]})
