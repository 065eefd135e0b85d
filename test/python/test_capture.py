"""How capture begins and where it keeps out: bootstrap, settings, workers, and what goes wrong."""
import os
import re
import subprocess
import sys

from capture_support import BOOTSTRAP, CaptureCase, json, needs
from support import PACKAGE, Supervisor

sys.path.insert(0, str(PACKAGE))

# A library that the tests bring themselves: the writer of tensorboardX, as small as can be.
WRITER = """
class SummaryWriter:
    def add_scalar(self, tag, scalar_value, global_step=None, walltime=None):
        pass
"""


LOG = "from tensorboardX import SummaryWriter\nSummaryWriter().add_scalar('loss', 0.5, 1)\n"


class OwnLibraryCase(CaptureCase):
    def library(self, text=WRITER):
        folder = self.folder / "tensorboardX"
        folder.mkdir()
        (folder / "__init__.py").write_text("from .writer import SummaryWriter\n")
        (folder / "writer.py").write_text(text)


class BootstrapTest(OwnLibraryCase):
    def test_a_program_is_recorded_without_a_change(self):
        self.library()
        self.run_script(LOG)
        self.assertEqual(self.series(), {"loss": [(1, 0.5)]})
        self.assertEqual(self.all_records()[-1]["status"], "completed")

    def test_nothing_is_touched_when_it_is_off(self):
        self.library()
        for capture in ("off", '{"libraries":"off","wandb":"listen"}', '{"libraries":[]}'):
            self.run_script("import sys\nassert not [x for x in sys.meta_path if 'tunesmith' in repr(x)]\n" + LOG, capture=capture)
            self.assertEqual(self.all_records(), [])

    def test_only_the_libraries_that_are_named_are_captured(self):
        self.library()
        self.run_script(LOG, capture='{"libraries":["keras"]}')
        self.assertEqual(self.all_records(), [])
        self.run_script(LOG, capture="tensorboard, keras")
        self.assertEqual(list(self.series()), ["loss"])

    def test_a_sitecustomize_that_is_shadowed_runs(self):
        shadowed = self.folder / "their site"
        shadowed.mkdir()
        (shadowed / "sitecustomize.py").write_text("import sys\nsys.theirs = __file__\n")
        self.library()
        path = os.pathsep.join(map(str, (BOOTSTRAP, PACKAGE, shadowed)))
        check = f"import sys, sitecustomize\nassert sys.theirs == sitecustomize.__file__ == {str(shadowed / 'sitecustomize.py')!r}\n"
        self.run_script(check + "assert not [p for p in sys.path if 'bootstrap' in p]\n" + LOG, PYTHONPATH=path)
        self.assertEqual(list(self.series()), ["loss"])

    def test_a_library_that_has_changed_costs_one_line(self):
        self.library("class Writer:\n    pass\nSummaryWriter = None\n")
        self.run_script("import tensorboardX\nprint('trained')")
        self.assertEqual(self.errors.count("\n"), 1)
        self.assertIn("tunesmith: capture of tensorboard is incomplete here: AttributeError", self.errors)

    def test_a_value_that_can_not_be_read_costs_one_line(self):
        self.library()
        code = "class Odd(float):\n    def __float__(self): raise RuntimeError('odd')\n    item = __float__\n"
        self.run_script(LOG + code + "w = SummaryWriter()\nfor i in range(3): w.add_scalar('odd', Odd(), 'x')\nprint('trained')")
        self.assertEqual(self.errors.count("\n"), 1)
        self.assertEqual(list(self.series()), ["loss"])

    def test_it_is_the_run_that_the_program_s_own_calls_use(self):
        self.library()
        self.run_script(LOG + "import tunesmith\nrun = tunesmith.init(config={'lr': 0.1})\nrun.log({'own': 1}, step=4)\n")
        self.assertEqual(self.series(), {"loss": [(1, 0.5)], "own": [(4, 1)]})
        self.assertEqual(self.observed(), {"lr": 0.1})

    def test_what_the_run_was_started_with_stays(self):
        (self.folder / "run.json").write_text(json.dumps({"id": "r1", "seed": 7, "params": {"lr": 0.5}}))
        self.run_script("""
            import argparse
            parser = argparse.ArgumentParser()
            parser.add_argument("--lr", type=float, default=0.1)
            parser.add_argument("--epochs", type=int, default=2)
            parser.parse_args()
        """)
        self.assertEqual(self.observed(), {"epochs": 2})

    def test_an_uncaught_error_is_recorded(self):
        self.library()
        self.run_script(LOG + "raise ValueError('too large')", expect=1)
        self.assertEqual(self.all_records()[-1]["status"], "failed")
        self.assertIn("ValueError: too large", self.all_records()[-1]["error"])

    def test_a_stop_ends_the_program_where_it_logs(self):
        self.library()
        supervisor = Supervisor(self)
        (self.folder / "train.py").write_text(LOG + "import time\nwhile True:\n    SummaryWriter().add_scalar('loss', 1, 1)\n    time.sleep(0.01)\n")
        process = subprocess.Popen(
            [sys.executable, "train.py"], cwd=self.folder, env=self.environment(**supervisor.env), stderr=subprocess.PIPE
        )
        self.addCleanup(process.kill)
        self.assertTrue(supervisor.hello.wait(20))
        supervisor.send({"type": "stop", "reason": "stop", "grace": 5})
        _, error = process.communicate(timeout=20)
        self.assertEqual(error.decode().strip(), "tunesmith: the run was asked to stop")
        self.assertEqual(self.all_records()[-1]["status"], "stopped")


class ProcessesTest(OwnLibraryCase):
    """Only the process that trains is captured."""

    def test_workers_are_not(self):
        self.library()
        self.run_script("""
            import multiprocessing, os, sys
            def work(n):
                import tensorboardX
                tensorboardX.SummaryWriter().add_scalar("worker", n, n)
                return [x for x in sys.meta_path if 'tunesmith' in repr(x)] == [] or os.getppid() == parent
            parent = os.getpid()
            if __name__ == "__main__":
                import tensorboardX
                tensorboardX.SummaryWriter().add_scalar("loss", 0.5, 1)
                for method in ("fork", "spawn", "forkserver"):
                    with multiprocessing.get_context(method).Pool(2) as pool:
                        assert all(pool.map(work, range(4)))
        """)
        self.assertEqual(self.series(), {"loss": [(1, 0.5)]})

    def test_programs_that_it_starts_are_not(self):
        self.library()
        call = "import subprocess, sys\nassert subprocess.call([sys.executable, '-c', \"from tensorboardX import SummaryWriter as W; W().add_scalar('child', 1, 1)\"]) == 0\n"
        self.run_script(LOG + call)
        self.assertEqual(self.series(), {"loss": [(1, 0.5)]})

    def test_a_launcher_s_program_is(self):
        self.library()
        (self.folder / "real.py").write_text(LOG)
        self.run_script("import subprocess, sys\nraise SystemExit(subprocess.call([sys.executable, 'real.py']))")
        self.assertEqual(self.series(), {"loss": [(1, 0.5)]})

    def test_other_ranks_are_not(self):
        self.library()
        self.run_script(LOG, RANK="1", WORLD_SIZE="2")
        self.assertEqual(self.all_records(), [])

    @needs("torch", "tensorboard")
    def test_workers_of_a_data_loader_are_not(self):
        self.run_script("""
            import torch
            from torch.utils.tensorboard import SummaryWriter
            class Data(torch.utils.data.Dataset):
                def __len__(self):
                    return 8
                def __getitem__(self, i):
                    writer.add_scalar("worker", i, i)
                    return i
            writer = SummaryWriter("logs")
            for i, batch in enumerate(torch.utils.data.DataLoader(Data(), batch_size=2, num_workers=2)):
                writer.add_scalar("loss", batch.float().mean(), i)
        """)
        self.no_complaints()
        self.assertEqual(list(self.series()), ["loss"])
        self.assertEqual(len(self.series()["loss"]), 4)


class ByHandTest(OwnLibraryCase):
    """``python -m tunesmith train.py``."""

    def start(self, *args, expect=0, **more):
        env = {name: value for name, value in os.environ.items() if not name.startswith("TUNESMITH_")}
        env.update(PYTHONPATH=str(PACKAGE), **more)
        done = subprocess.run(
            [sys.executable, "-m", "tunesmith", *args], cwd=self.folder, env=env, capture_output=True, text=True, timeout=120
        )
        self.assertEqual(done.returncode, expect, done.stderr)
        runs = sorted((self.folder / ".tunesmith" / "runs").glob("*"))
        if runs:
            self.folder_of_run = runs[-1]
        return done

    def all_records(self):
        from support import records_of

        (journal,) = (self.folder_of_run / "journal").glob("*.ndjson")
        return records_of(journal)

    def test_records_a_program_that_is_started_by_hand(self):
        self.library()
        (self.folder / "train.py").write_text(LOG + "import sys\nassert sys.argv == ['train.py', '--x'], sys.argv\nassert __name__ == '__main__'\n")
        done = self.start("--name", "first", "train.py", "--x")
        self.assertIn('recording "first"', done.stderr)
        self.assertEqual(self.series(), {"loss": [(1, 0.5)]})
        spec = json.loads((self.folder_of_run / "run.json").read_text())
        self.assertEqual((spec["experiment"], spec["argv"][1:]), ("train", ["-m", "tunesmith", "--name", "first", "train.py", "--x"]))

    def test_tells_what_the_program_has_read_of_its_parameters(self):
        """Within a run that Tunesmith started: arguments that the program parses are not values that it was given."""
        params = {"lr": 0.1, "a": 1, "b": 2}
        (self.folder / "run.json").write_text(json.dumps({"id": "r1", "seed": 7, "params": params, "unpassed": list(params)}))
        (self.folder / "train.py").write_text(
            "import argparse, tunesmith\nparser = argparse.ArgumentParser()\nparser.add_argument('--a', type=int, default=5)\n"
            "parser.parse_args()\nassert tunesmith.init().config.lr == 0.1\n"
        )
        self.folder_of_run = self.folder
        self.start("train.py", TUNESMITH_RUN_DIR=str(self.folder), TUNESMITH_RUN_ID="r1", TUNESMITH_PARAMS=json.dumps(params))
        self.assertEqual([record["names"] for record in self.all_records() if record["type"] == "received"], [["lr"]])

    def test_the_program_s_end_is_its_own(self):
        (self.folder / "train.py").write_text("import sys\ndef train():\n    raise ValueError('bad')\ntrain() if len(sys.argv) > 1 else sys.exit(3)\n")
        self.start("train.py", expect=3)
        self.assertEqual(self.all_records()[-1]["error"], "the program ended with exit code 3")
        done = self.start("train.py", "x", expect=1)
        traceback = done.stderr[done.stderr.index("Traceback"):]
        self.assertEqual(re.findall(r'File "(.*)", line (\d)', traceback), [("train.py", "4"), ("train.py", "3")])
        self.assertEqual(self.all_records()[-1]["status"], "failed")

    def test_packages_and_mistakes(self):
        self.library()
        (self.folder / "pack").mkdir()
        (self.folder / "pack" / "__main__.py").write_text(LOG)
        self.start("-m", "pack")
        self.assertEqual(self.series(), {"loss": [(1, 0.5)]})
        self.assertIn("No such file", self.start("nothing.py", expect=2).stderr)
        self.assertIn("there is no program nothing", self.start("-m", "nothing", expect=2).stderr)
        self.assertIn("usage:", self.start(expect=2).stderr)

    def test_a_launcher_leaves_the_run_to_its_program(self):
        self.library()
        (self.folder / "real.py").write_text(LOG)
        # Any installed module that starts another program will do.
        self.start("-m", "timeit", "-n1", "-r1", "import subprocess, sys; subprocess.call([sys.executable, 'real.py'])")
        self.assertEqual(len(list((self.folder / ".tunesmith" / "runs").glob("*"))), 1)
        self.assertEqual(self.series(), {"loss": [(1, 0.5)]})


class TablesTest(CaptureCase):
    def test_modules_say_what_the_table_says(self):
        from importlib import import_module

        from tunesmith.capture._imports import WATCHED
        from tunesmith.capture._settings import LIBRARIES

        said = {module: name for name in LIBRARIES for module in import_module(f"tunesmith.capture.{name}").MODULES}
        self.assertEqual(WATCHED, said)

    def test_secrets(self):
        from tunesmith.capture._secrets import without_secrets

        secret = ("api_key", "wandb_api_key", "password", "HF_TOKEN", "auth-token", "token", "aws.secret", "hub_token")
        open_ = ("lr", "max_tokens", "tokenizer", "key", "num_key_value_heads", "token_count", "keyboard", "bypass")
        self.assertEqual(list(without_secrets(dict.fromkeys(secret + open_, 1))), list(open_))

    def test_secret_texts(self):
        from tunesmith.capture._secrets import is_random, without_secrets

        secret = ("GITHUB_TOKEN", "SLACK_TOKEN", "OPENAI_KEY", "DB_PASS", "SECRETKEY", "dbPwd", "s3.accessKeys", "openaiKey", "auth", "PW", "DBPWD", "dbpass")
        self.assertEqual(without_secrets(dict.fromkeys(secret, "hunter")), {})
        self.assertEqual(without_secrets(dict.fromkeys(secret, ["hunter", "2"])), {})
        self.assertEqual(without_secrets(dict.fromkeys(secret, b"hunter")), {})
        open_ = ("tokenizer", "pad_token", "label_key", "stop_tokens", "author", "bypass", "keyboard", "mode", "monitor")
        self.assertEqual(list(without_secrets(dict.fromkeys(open_, "a"))), list(open_))
        # Numbers are never drawn at random by a service.
        numbers = {"n_keys": 4, "max_tokens": 512, "key_dim": 64, "n_pass": 2, "drop_key": 0.1, "use_auth": False, "pass_sizes": [2, 3]}
        self.assertEqual(without_secrets(numbers), numbers)
        values = ("ghp_0123456789abcdefABCD", "sk-proj-abcdefghijklmnop1", "AKIAIOSFODNN7EXAMPLE", "postgres://me:word@host/db")
        self.assertEqual(without_secrets({f"plain{i}": value for i, value in enumerate(values)}), {})
        urls = {"data": "https://example.org/a.csv", "host": "tcp://localhost:80", "task": "sk-learn-pipeline", "model": "hf-internal-testing/tiny"}
        self.assertEqual(without_secrets(urls), urls)
        self.assertEqual(without_secrets({"db": [{"user": "me", "db_pass": "x"}]}), {"db": [{"user": "me"}]})
        self.assertTrue(all(map(is_random, ("a8f3k2l9q0w7e6r5", "x_9f86d081884c7d659a2feaa0c55ad015"))))
        self.assertFalse(any(map(is_random, ("resnet50", "bert-base-uncased-2024", "categorical_crossentropy", "1234567890123456"))))

    def test_settings(self):
        from tunesmith.capture._settings import Settings

        def libraries(text):
            return Settings.of(text).libraries

        self.assertIsNone(libraries("auto"))
        self.assertIsNone(libraries('{"libraries":"auto"}'))
        self.assertIsNone(libraries("{nonsense"))
        self.assertEqual(libraries("keras, tqdm"), ("keras", "tqdm"))
        self.assertFalse(Settings.of("off").any)
        replaced = Settings.of('{"libraries":"off","wandb":"replace"}')
        self.assertTrue(replaced.any and replaced.replace and not replaced.has("wandb"))
