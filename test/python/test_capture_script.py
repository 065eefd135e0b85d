"""Hyperparameters of plain scripts: constants at their top, and the settings of PyTorch's optimizers."""
from capture_support import CaptureCase, needs

# The smallest library whose values are captured.
LOG = "sys.path.insert(0, os.path.dirname(__file__))\nfrom tensorboardX import SummaryWriter\nSummaryWriter().add_scalar('loss', 0.5, 1)\n"
WRITER = "class SummaryWriter:\n    def add_scalar(self, tag, scalar_value, global_step=None, walltime=None):\n        pass\n"


class ScriptTest(CaptureCase):
    def setUp(self):
        super().setUp()
        folder = self.folder / "tensorboardX"
        folder.mkdir()
        (folder / "__init__.py").write_text("from .writer import SummaryWriter\n")
        (folder / "writer.py").write_text(WRITER)

    def test_a_file_of_settings_that_it_executes_counts(self):
        (self.folder / "config.py").write_text("batch_size = 12\nmode = 'fast'\n")
        code = "import os, sys\n" + "\n".join((
            "batch_size = 64",
            "learning_rate: float = 6e-4",
            "steps = 5 * 8",
            "shape = (28, 28, 1)",
            "mode = 'slow'  # or fast",
            "_private = 1",
            "BIAS = False",
            "api_key = 3",
            "GITHUB_TOKEN = 'ghp_abc'",
            "OPENAI_KEY = 'sk-1'",
            "DB_PASS = 'hunter2'",
            "SECRETKEY = 'abc'",
            "plain = 'a8f3k2l9q0w7e6r5'",
            "max_tokens = 512",
            "url = 'https://example.org/a.csv'",
            "best = 1e9",
            "count = 0",
            "total = 0",
            "made = batch_size * 2",
            "exec(open(os.path.join(os.path.dirname(__file__), 'config.py')).read())",
            "for i in range(3):",
            "    count += 1",
            "    best = min(best, i)",
            "def add():",
            "    global total",
            "    local = 5",
            "    total = 5",
            "[steps for steps in range(3)]",
        )) + "\n" + LOG
        self.run_script(code)
        expected = {"batch_size": 12, "learning_rate": 6e-4, "steps": 40, "mode": "fast", "BIAS": False, "max_tokens": 512}
        found = self.observed()
        self.assertEqual({name: found[name] for name in expected}, expected)
        self.assertEqual({name for name in found if not name.startswith("shape")}, set(expected))

    def test_not_beside_arguments(self):
        parse = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--lr', default=1)\nparser.parse_args()\n"
        self.run_script("import os, sys\nsize = 4\n" + parse + LOG)
        self.assertEqual(self.observed(), {"lr": 1})

    def test_secret_defaults_of_arguments(self):
        parse = (
            "import argparse\nparser = argparse.ArgumentParser()\n"
            "for name in ('--github-token', '--openai-key', '--db-pass', '--mode'): parser.add_argument(name, default='a')\n"
            "parser.add_argument('--max-tokens', type=int, default=512)\nparser.parse_args()\n"
        )
        self.run_script("import os, sys\n" + parse + LOG, "--openai-key", "b")
        self.assertEqual(self.observed(), {"mode": "a", "max_tokens": 512})

    def test_not_when_it_is_off(self):
        self.run_script("import os, sys\nother = 4\n" + LOG, capture="tensorboard")
        self.assertEqual(self.observed(), {})

    def test_values_of_the_run_stay(self):
        (self.folder / "run.json").write_text('{"id": "r1", "seed": 7, "params": {"size": 5}}')
        self.run_script("import os, sys\nsize = 4\nwidth = 3\n" + LOG)
        self.assertEqual(self.observed(), {"width": 3})


@needs("torch")
class OptimizerTest(CaptureCase):
    def test_settings_of_each_optimizer(self):
        self.run_script("""
            import torch
            hidden = 3
            weights = [torch.zeros(hidden, requires_grad=True)]
            torch.optim.SGD(weights, lr=0.1, momentum=0.9)
            torch.optim.Adam(weights, lr=torch.tensor(0.01), betas=(0.5, 0.9))
            for _ in range(5): torch.optim.SGD(weights, lr=1)
        """)
        found = self.observed()
        self.assertEqual((found["optimizer"], found["optimizer.lr"], found["optimizer.momentum"]), ("SGD", 0.1, 0.9))
        self.assertEqual((found["optimizer1"], "optimizer1.lr" in found, found["hidden"]), ("Adam", False, 3))
        self.assertEqual({name for name in found if name.startswith("optimizer4")}, set())
