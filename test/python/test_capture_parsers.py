"""Parameters of programs that read their arguments with other libraries than argparse."""
import unittest

from capture_support import CaptureCase, needs


class TestCommandLines(CaptureCase):
    @needs("click")
    def test_click_options_of_a_group_and_its_command(self):
        code = """
            import click

            @click.group()
            @click.option("--seed", default=3)
            def main(seed): pass

            @main.command()
            @click.option("--lr", type=float, default=0.1)
            @click.option("--code", prompt=False, hide_input=True, default="abc")
            @click.option("--api-key", default="abc")
            @click.argument("data")
            def train(lr, code, api_key, data): print("trains")

            main()
        """
        out, _ = self.run_script(code, "train", "--lr", "0.5", "mnist")
        self.assertIn("trains", out)
        self.assertEqual(self.observed(), {"seed": 3, "lr": 0.5, "data": "mnist"})
        self.no_complaints()

    @needs("typer")
    def test_typer(self):
        code = """
            import typer

            def main(lr: float = 0.1, epochs: int = 3, name: str = "a"): print("trains", lr)

            typer.run(main)
        """
        out, _ = self.run_script(code, "--epochs", "7")
        self.assertIn("trains 0.1", out)
        self.assertEqual(self.observed(), {"lr": 0.1, "epochs": 7, "name": "a"})
        self.no_complaints()

    @needs("fire")
    def test_fire(self):
        code = """
            import fire

            def train(data, lr=0.1, layers=(1, 2), **more): print("trains", lr)

            fire.Fire(train)
        """
        out, _ = self.run_script(code, "mnist", "--lr=0.5", "--momentum=0.9")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"data": "mnist", "lr": 0.5, "layers": [1, 2], "momentum": 0.9})
        self.no_complaints()

    @needs("absl-py")
    def test_absl_flags_of_the_program_only(self):
        code = """
            from absl import app, flags

            flags.DEFINE_float("lr", 0.1, "rate")
            flags.DEFINE_list("layers", ["1"], "layers")

            def main(_): print("trains", flags.FLAGS.lr)

            app.run(main)
        """
        out, _ = self.run_script(code, "--lr=0.5")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"lr": 0.5, "layers": ["1"]})
        self.no_complaints()

    @needs("jsonargparse")
    def test_jsonargparse(self):
        code = """
            from jsonargparse import ArgumentParser

            parser = ArgumentParser()
            parser.add_argument("--optimizer.lr", type=float, default=0.1)
            parser.add_argument("--epochs", type=int, default=3)
            print("trains", parser.parse_args().optimizer.lr)
        """
        out, _ = self.run_script(code, "--optimizer.lr=0.5")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"optimizer.lr": 0.5, "epochs": 3})
        self.no_complaints()


class TestDataclasses(CaptureCase):
    CONFIG = """
            from dataclasses import dataclass, field

            @dataclass
            class Optimizer:
                lr: float = 0.1
                api_key: str = "abc"

            @dataclass
            class Config:
                epochs: int = 3
                optimizer: Optimizer = field(default_factory=Optimizer)
    """

    @needs("tyro")
    def test_tyro(self):
        code = self.CONFIG + """
            import tyro
            print("trains", tyro.cli(Config).optimizer.lr)
        """
        out, _ = self.run_script(code, "--optimizer.lr", "0.5")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"optimizer.lr": 0.5, "epochs": 3})
        self.no_complaints()

    @needs("tyro")
    def test_tyro_with_a_function(self):
        code = """
            import tyro
            def train(lr: float = 0.1, epochs: int = 3) -> None: print("trains", lr)
            tyro.cli(train)
        """
        out, _ = self.run_script(code, "--lr", "0.5")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"lr": 0.5, "epochs": 3})
        self.no_complaints()

    @needs("draccus")
    def test_draccus(self):
        code = self.CONFIG + """
            import draccus

            @draccus.wrap()
            def main(config: Config): print("trains", config.optimizer.lr)

            main()
        """
        out, _ = self.run_script(code, "--optimizer.lr=0.5")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"optimizer.lr": 0.5, "epochs": 3})
        self.no_complaints()

    @needs("transformers")
    def test_dataclasses_of_transformers(self):
        code = """
            from dataclasses import dataclass
            from transformers import HfArgumentParser

            @dataclass
            class Arguments:
                lr: float = 0.1
                epochs: int = 3

            print("trains", HfArgumentParser(Arguments).parse_args_into_dataclasses()[0].lr)
        """
        out, _ = self.run_script(code, "--lr", "0.5")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"lr": 0.5, "epochs": 3})


class TestConfigurations(CaptureCase):
    HYDRA = """
        import hydra

        @hydra.main(version_base=None, config_path=".", config_name="config")
        def main(config): print("trains", config.optimizer.lr, config.twice)

        main()
    """

    def setUp(self):
        super().setUp()
        (self.folder / "config.yaml").write_text("optimizer:\n  lr: 0.1\n  hub_token: abc\nepochs: 3\ntwice: ${epochs}\n")

    @needs("hydra-core")
    def test_hydra_composes_and_resolves(self):
        out, _ = self.run_script(self.HYDRA, "optimizer.lr=0.5")
        self.assertIn("trains 0.5 3", out)
        self.assertEqual(self.observed(), {"optimizer.lr": 0.5, "epochs": 3, "twice": 3})
        self.no_complaints()

    @needs("hydra-core")
    def test_each_job_of_a_multirun_is_a_run(self):
        self.run_script(self.HYDRA, "-m", "epochs=1,2", TUNESMITH_RUN_DIR="", TUNESMITH_PARAMS="", TUNESMITH_DIR=str(self.folder))
        found = []
        for journal in (self.folder / ".tunesmith" / "runs").glob("*/journal/*.ndjson"):
            text = journal.read_text().split("\0")[0]
            found.append([n for n in (1, 2) if f'"epochs":{n},"twice":{n}' in text])
        self.assertEqual(sorted(found), [[1], [2]])

    @needs("omegaconf")
    def test_omegaconf_counts_as_merged(self):
        code = """
            from omegaconf import OmegaConf

            config = OmegaConf.merge(OmegaConf.load("config.yaml"), OmegaConf.from_cli())
            print("trains", config.optimizer.lr)
        """
        out, _ = self.run_script(code, "optimizer.lr=0.5")
        self.assertIn("trains 0.5", out)
        self.assertEqual(self.observed(), {"optimizer.lr": 0.5, "epochs": 3, "twice": 3})
        self.no_complaints()

    @needs("omegaconf")
    def test_values_of_the_search_stay(self):
        code = """
            from omegaconf import OmegaConf
            OmegaConf.merge(OmegaConf.load("config.yaml"), OmegaConf.from_cli())
        """
        self.params = {"epochs": 9}
        self.run_script(code)
        self.assertEqual(self.observed(), {"optimizer.lr": 0.1, "twice": 3})


if __name__ == "__main__":
    unittest.main()
