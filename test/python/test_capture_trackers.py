"""Capture of other trackers, and of what nearly every program uses: argparse and tqdm."""
from capture_support import CaptureCase, needs


class WandbTest(CaptureCase):
    SCRIPT = """
            import numpy, wandb
            run = wandb.init(project="demo", name="first", config={"lr": 0.1, "net": {"width": 4}}, mode=MODE)
            wandb.config.update({"epochs": 2})
            for i in range(3):
                wandb.log({"loss": 1 / (i + 1), "nested": {"acc": i}})
            wandb.log({"at": 1.0}, step=10)
            wandb.log({"hist": wandb.Histogram(numpy.arange(5.0)), "table": wandb.Table(columns=["a"], data=[[1], [2]])}, step=11)
            wandb.summary["best"] = 0.25
            wandb.finish()
    """

    def check(self):
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["loss"]], [0, 1, 2])
        self.assertEqual(series["nested/acc"], [(0, 0), (1, 1), (2, 2)])
        self.assertEqual(series["at"], [(10, 1.0)])
        self.assertEqual(self.observed(), {"lr": 0.1, "net.width": 4, "epochs": 2})
        self.assertEqual(self.facts()["project"], "demo")
        self.assertEqual(sorted(self.files()), ["hist", "table"])

    @needs("wandb")
    def test_is_listened_to(self):
        self.run_script(self.SCRIPT.replace("MODE", "'offline'"))
        self.check()
        self.assertEqual(self.facts()["best"], 0.25)
        self.assertTrue(list(self.folder.glob("wandb/offline-run-*")))

    @needs("wandb")
    def test_is_listened_to_when_disabled(self):
        self.run_script("""
            import wandb
            run = wandb.init(config={"lr": 0.1}, mode="disabled")
            run.log({"loss": 0.5})
            wandb.log({"loss": 0.25})
        """)
        self.no_complaints()
        self.assertEqual((self.series(), self.observed()), ({"loss": [(0, 0.5), (1, 0.25)]}, {"lr": 0.1}))


class OtherTrackersTest(CaptureCase):
    @needs("mlflow-skinny")
    def test_mlflow(self):
        self.run_script("""
            import mlflow
            mlflow.set_tracking_uri("sqlite:///mlflow.db") if False else mlflow.set_tracking_uri("mlruns")
            with mlflow.start_run():
                mlflow.log_param("lr", 0.1)
                mlflow.log_params({"epochs": 3, "name": "x"})
                mlflow.log_metric("loss", 0.5, step=1)
                mlflow.log_metrics({"loss": 0.25, "acc": 0.75}, step=2)
        """, MLFLOW_ALLOW_FILE_STORE="true")
        self.no_complaints()
        self.assertEqual(self.series(), {"loss": [(1, 0.5), (2, 0.25)], "acc": [(2, 0.75)]})
        self.assertEqual(self.observed(), {"lr": 0.1, "epochs": 3, "name": "x"})

    @needs("trackio")
    def test_trackio(self):
        self.run_script("""
            import trackio
            trackio.init(project="demo", config={"lr": 0.1})
            for i in range(3):
                trackio.log({"loss": 1 / (i + 1)})
            trackio.finish()
        """)
        self.no_complaints()
        self.assertEqual([step for step, _ in self.series()["loss"]], [0, 1, 2])
        self.assertEqual(self.observed()["lr"], 0.1)

    @needs("comet_ml")
    def test_comet(self):
        self.run_script("""
            import comet_ml
            experiment = comet_ml.OfflineExperiment(project_name="demo", offline_directory="comet", log_code=False, log_env_details=False)
            experiment.log_parameters({"lr": 0.1})
            experiment.log_metric("loss", 0.5, step=1)
            experiment.log_metrics({"acc": 0.75}, prefix="val", step=2)
            experiment.end()
        """, COMET_LOGGING_CONSOLE="error")
        self.no_complaints()
        self.assertEqual(self.series(), {"loss": [(1, 0.5)], "val/acc": [(2, 0.75)]})
        self.assertEqual(self.observed()["lr"], 0.1)


class ArgparseTest(CaptureCase):
    SCRIPT = """
            import argparse
            parser = argparse.ArgumentParser()
            parser.add_argument("--lr", type=float, default=0.1)
            parser.add_argument("--layers", type=int, nargs="+", default=[64, 32])
            parser.add_argument("--api-key", default="hidden")
            parser.add_argument("--flag", action="store_true")
            sub = parser.add_subparsers(dest="command")
            sub.add_parser("train").add_argument("--epochs", type=int, default=3)
            print(vars(parser.parse_args()))
    """

    def test_arguments_are_parameters_and_secrets_are_none(self):
        out, _ = self.run_script(self.SCRIPT, "--lr", "1", "train")
        self.assertIn("'api_key': 'hidden'", out)
        self.assertEqual(
            self.observed(), {"lr": 1.0, "layers": [64, 32], "flag": False, "command": "train", "epochs": 3}
        )
        self.assertIn('"lr":1.0', next((self.folder / "journal").glob("*.ndjson")).read_text("utf-8", "replace"))

    def test_another_parser_s_arguments_are_none(self):
        self.run_script("""
            import argparse
            parser = argparse.ArgumentParser()
            parser.add_argument("--lr", type=float, default=0.1)
            parser.parse_args(["--lr", "3"])
        """)
        self.assertEqual(self.all_records(), [])


class TqdmTest(CaptureCase):
    @needs("tqdm")
    def test_progress_and_numbers_beside_it(self):
        self.run_script("""
            from tqdm import tqdm, trange
            for epoch in trange(2, desc="epochs"):
                bar = tqdm(range(20), mininterval=0, leave=False)
                for i in bar:
                    bar.set_postfix(loss=1 / (i + 1), note="x")
        """)
        self.no_complaints()
        self.assertEqual(len(self.series()["loss"]), 40)
        self.assertEqual([step for step, _ in self.series()["loss"]], list(range(40)))
        progress = [record for record in self.all_records() if record["type"] == "progress"]
        self.assertEqual(progress[-1]["fraction"], 1)
        self.assertIn("epochs · 2/2", progress[-1]["text"])

    @needs("tqdm")
    def test_a_bar_that_lives_until_the_end_says_nothing_then(self):
        self.run_script("from tqdm import tqdm\nbar = tqdm(range(5))\nbar.update(2)\n")
        self.no_complaints()

    @needs("tqdm", "tensorboardX")
    def test_its_numbers_do_not_count_where_metrics_are_logged(self):
        self.run_script("""
            from tensorboardX import SummaryWriter
            from tqdm import tqdm
            writer = SummaryWriter("logs")
            bar = tqdm(range(5))
            for i in bar:
                writer.add_scalar("train/loss", 0.5, i)
                bar.set_postfix(loss=0.5)
        """)
        self.assertEqual(sorted(self.series()), ["train/loss"])
