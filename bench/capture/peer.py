"""Runs a script after one line of another tracker's: ``peer.py mlflow|wandb|trackio SECONDS SCRIPT [ARGUMENT …]``.

Prints, as JSON, which metrics and parameters that tracker has after at most SECONDS.
"""
import json
import os
import runpy
import signal
import sys
import warnings


def mlflow(script):
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.autolog()
    run_script(script)
    metrics, params = set(), set()
    client = mlflow.MlflowClient()
    for experiment in client.search_experiments():
        for run in client.search_runs([experiment.experiment_id]):
            metrics.update(run.data.metrics)
            params.update(run.data.params)
    return metrics, params


def wandb(script):
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
    import wandb

    run = wandb.init(sync_tensorboard=True, reinit="return_previous")
    metrics, params = set(), set()
    log, finish = wandb.sdk.wandb_run.Run._partial_history_callback, wandb.sdk.wandb_run.Run.finish
    wandb.sdk.wandb_run.Run.finish = lambda *args, **kwargs: None

    def listen(self, data, *args, **kwargs):
        metrics.update(data)
        return log(self, data, *args, **kwargs)

    wandb.sdk.wandb_run.Run._partial_history_callback = listen
    begin = wandb.init

    def init(*args, config=None, **kwargs):
        # The script's own call gives the same run back and its configuration away.
        params.update(config or {})
        return begin(*args, config=config, **kwargs)

    wandb.init = init
    run_script(script)
    params.update(dict(run.config))
    finish(run)
    # What came by way of TensorBoard's files is in the record of the run alone.
    metrics.update(name for name in tensorboard_names() if "tensorboard" in sys.modules)
    return {name for name in metrics if not name.startswith("_")}, params


def tensorboard_names():
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    names = set()
    for folder, _, files in os.walk("."):
        if any("tfevents" in file for file in files):
            names.update(EventAccumulator(folder).Reload().Tags()["scalars"])
    return names


def trackio(script):
    os.environ["TRACKIO_DIR"] = os.path.abspath("trackio")
    import trackio
    from trackio.run import Run

    metrics = set()
    log = Run.log

    def listen(self, values, *args, **kwargs):
        metrics.update(values)
        return log(self, values, *args, **kwargs)

    Run.log = listen
    trackio.init(project="bench", auto_log_gpu=False, auto_log_cpu=False)
    run_script(script)
    return metrics, set()


def run_script(script):
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(int(sys.argv[2]))
    sys.argv[:] = sys.argv[3:]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    try:
        runpy.run_path(script, run_name="__main__")
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        # What was logged until then counts.
        print(f"ended by {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    tracker, script = sys.argv[1], sys.argv[3]
    found = {"mlflow": mlflow, "wandb": wandb, "trackio": trackio}[tracker](script)
    print("\n" + json.dumps({"metrics": sorted(map(str, found[0])), "params": sorted(map(str, found[1]))}))
