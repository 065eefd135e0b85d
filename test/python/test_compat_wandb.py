"""The stand-in for wandb: scripts in the style of its examples, without the real one."""
from capture_support import CaptureCase, needs
from test_standalone import HandCase


class StandIn(HandCase):
    def test_a_sweep_within_the_program_makes_a_run_for_each_set_of_values(self):
        out, _ = self.run_code("""
import tunesmith.compat.wandb as wandb
def train():
    with wandb.init(config={"lr": 0.5, "own": 1}) as run:
        wandb.log({"loss": wandb.config.lr * 2, "own": run.config.own})
sweep = wandb.sweep({"method": "grid", "parameters": {"lr": {"values": [0.1, 0.2]}, "net": {"parameters": {"width": {"value": 8}}}}}, project="demo")
wandb.agent(sweep, train)
random = {"method": "random", "parameters": {"lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1}, "n": {"min": 1, "max": 3}}}
wandb.agent(wandb.sweep(random), train, count=3)
""")
        runs = self.runs()
        self.assertEqual(len(runs), 5)
        configs = [{name: value for record in run.of("params") for name, value in record["params"].items()} for run in runs]
        grid = [config for config in configs if "net.width" in config]
        self.assertEqual(sorted(config["lr"] for config in grid), [0.1, 0.2])
        self.assertTrue(all(1e-4 <= config["lr"] <= 1e-1 and config["n"] in (1, 2, 3) for config in configs if "n" in config))
        self.assertEqual({run.spec["experiment"] for run in runs if "demo" == run.spec["experiment"]}, {"demo"})

    def test_what_it_does_not_know_is_said(self):
        _, err = self.run_code("import tunesmith.compat.wandb as wandb\nwandb.beta", expect=1)
        self.assertIn("wandb.beta is not known to Tunesmith's stand-in", err)


class Replaced(CaptureCase):
    REPLACE = '{"libraries":"auto","wandb":"replace"}'

    def test_import_wandb_gives_it_and_the_script_is_as_it_was(self):
        out, _ = self.run_script("""
            import random
            import wandb
            from wandb.util import generate_id
            wandb.login(key="x")
            run = wandb.init(project="demo", entity="me", id=generate_id(), config={"learning_rate": 0.02, "epochs": 3})
            config = wandb.config
            wandb.define_metric("val/acc", summary="max")
            for epoch in range(config.epochs):
                wandb.log({"loss": 1 / (epoch + 1), "val/acc": [0.5, 0.9, 0.7][epoch]})
            wandb.log({"table": wandb.Table(columns=["a"], data=[[1]]), "histogram": wandb.Histogram([1, 2, 3])})
            wandb.log({"matrix": wandb.plot.confusion_matrix(y_true=[0, 1], preds=[0, 1], class_names=["a", "b"])})
            open("model.txt", "w").write("weights")
            artifact = wandb.Artifact("model", type="model")
            artifact.add_file("model.txt")
            run.log_artifact(artifact)
            run.use_artifact("model:latest").download("again")
            wandb.alert(title="done", text="all of it", level=wandb.AlertLevel.INFO)
            wandb.save("model.txt")
            assert wandb.run is run and wandb.summary["val/acc"] == 0.9
            print(wandb.__name__)
            wandb.finish()
        """, capture=self.REPLACE)
        self.assertEqual(out, "tunesmith.compat.wandb\n")
        self.assertEqual([step for step, _ in self.series()["loss"]], [0, 1, 2])
        self.assertEqual(self.observed(), {"learning_rate": 0.02, "epochs": 3})
        self.assertEqual(set(self.files()), {"table", "histogram", "confusion matrix", "artifact model:v0", "model.txt"})

    def test_workers_and_other_ranks_have_it_too(self):
        code = """
            import multiprocessing
            import wandb
            def work(n):
                return wandb.__name__
            if __name__ == "__main__":
                wandb.init()
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    assert pool.map(work, [1]) == ["tunesmith.compat.wandb"]
        """
        self.run_script(code, capture=self.REPLACE)
        self.run_script(code, capture=self.REPLACE, RANK="1", WORLD_SIZE="2")

    @needs("keras", "torch")
    def test_its_keras_callback_counts_too(self):
        self.run_script("""
            import keras, numpy, wandb
            from wandb.integration.keras import WandbMetricsLogger
            wandb.init(project="demo")
            model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            model.fit(numpy.ones((8, 4)), numpy.ones(8), epochs=2, verbose=0, callbacks=[WandbMetricsLogger()])
        """, capture=self.REPLACE)
        self.assertEqual([step for step, _ in self.series()["epoch/loss"]], [0, 1])
