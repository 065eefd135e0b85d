"""Reads exports with the libraries that they are for, and prints what they found as JSON: verifyExports.py FOLDER.

pip install pandas pyarrow tensorboard optuna mlflow-skinny
"""
import json
import os
import sys


def tensorboard(folder):
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
    from tensorboard.plugins.hparams import plugin_data_pb2

    multiplexer = EventMultiplexer(size_guidance={"scalars": 0}).AddRunsFromDirectory(folder)
    multiplexer.Reload()
    runs = {}
    for name, tags in multiplexer.Runs().items():
        content = multiplexer.SummaryMetadata(name, "_hparams_/session_start_info").plugin_data.content
        start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
        runs[name.split("-")[0]] = {
            "params": {key: getattr(value, value.WhichOneof("kind")) for key, value in start.hparams.items()},
            "scalars": {tag: [[e.step, str(e.value)] for e in multiplexer.Scalars(name, tag)] for tag in tags["scalars"]},
        }
    return runs


def mlflow(folder):
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    from mlflow import MlflowClient

    client = MlflowClient(f"file:{folder}")
    return {
        f"{experiment.name}/{run.info.run_name}": {
            "status": run.info.status,
            "params": run.data.params,
            "metrics": {
                name: [[m.step, str(m.value)] for m in client.get_metric_history(run.info.run_id, name)] for name in run.data.metrics
            },
        }
        for experiment in client.search_experiments()
        for run in client.search_runs([experiment.experiment_id])
    }


def optuna(file):
    import optuna

    storage = f"sqlite:///{file}"
    studies = {}
    for summary in optuna.get_all_study_summaries(storage):
        study = optuna.load_study(study_name=summary.study_name, storage=storage)
        studies[summary.study_name] = {
            "direction": study.direction.name,
            "best": study.best_params,
            "trials": [[t.state.name, t.params, t.values, t.intermediate_values] for t in study.trials],
        }
        # Samplers go on from what is there.
        study.optimize(lambda trial: trial.suggest_float("x", -2, 2) ** 2, n_trials=1)
        studies[summary.study_name]["after"] = len(study.trials)
    return studies


def parquet(file):
    import pandas
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(file)
    frame = pandas.read_parquet(file)
    return {"types": {f.name: str(f.type) for f in table.schema}, "rows": json.loads(frame.to_json(orient="records"))}


if __name__ == "__main__":
    folder = os.path.abspath(sys.argv[1])
    found = {
        "tensorboard": tensorboard(os.path.join(folder, "tensorboard")),
        "mlflow": mlflow(os.path.join(folder, "mlflow")),
        "optuna": optuna(os.path.join(folder, "optuna.db")),
        "runs": parquet(os.path.join(folder, "runs.parquet")),
        "points": parquet(os.path.join(folder, "points.parquet")),
    }
    print(json.dumps(found, indent=1))
