"""What capture costs: ``python bench/capture/overhead.py [TIMES [NAME …]]``, with the interpreter whose libraries are measured.

Each program runs TIMES times (25) with and without capture, in turn; the figures are processor time, which other work on the machine
disturbs less than the clock: of the fastest run where only the start counts, because other work can only add to it, else medians.
Modules are compiled before, as they are from the second start on. Programs whose library is missing are left out.
"""
import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "python"
BOOTSTRAP = PACKAGE / "tunesmith" / "capture" / "bootstrap"

DATA = """
import numpy
rng = numpy.random.default_rng(0)
x = rng.normal(size=(4000, 20)); y = (x[:, 0] + x[:, 1] > 0).astype(int)
"""
#: Name → module that it needs, program, and its steps (None: only its start counts).
PROGRAMS = {
    "nothing": (None, "pass", None),
    "argparse": (None, "import argparse; p = argparse.ArgumentParser(); p.add_argument('--lr', default=0.1); p.parse_args()", None),
    "click": ("click", "import click\n@click.command()\n@click.option('--lr', default=0.1)\ndef main(lr): pass\nmain()", None),
    "typer": ("typer", "import typer\ndef main(lr: float = 0.1): pass\ntyper.run(main)", None),
    "fire": ("fire", "import fire\ndef main(lr=0.1): pass\nfire.Fire(main)", None),
    "absl": ("absl", "from absl import app, flags\nflags.DEFINE_float('lr', 0.1, '')\napp.run(lambda _: None)", None),
    "jsonargparse": ("jsonargparse", "import jsonargparse\ndef main(lr: float = 0.1): pass\njsonargparse.CLI(main, args=[])", None),
    "omegaconf": ("omegaconf", "from omegaconf import OmegaConf\nOmegaConf.create({'lr': 0.1})", None),
    "hydra": ("hydra", "import hydra\n@hydra.main(version_base=None)\ndef main(config): pass\nmain()", None),
    "tyro": ("tyro", "import tyro\ndef main(lr: float = 0.1): pass\ntyro.cli(main)", None),
    "draccus": (
        "draccus",
        "import dataclasses, draccus\n@dataclasses.dataclass\nclass C:\n    lr: float = 0.1\ndraccus.parse(config_class=C)",
        None,
    ),
    "torch": (
        "tensorboardX",
        "import torch, tensorboardX\ntorch.manual_seed(0); torch.set_num_threads(1)\n"
        "net = torch.nn.Sequential(torch.nn.Conv2d(1, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16 * 26 * 26, 10))\n"
        "opt = torch.optim.SGD(net.parameters(), 0.1); writer = tensorboardX.SummaryWriter('log')\n"
        "x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))\n"
        "for step in range(300):\n"
        "    loss = torch.nn.functional.cross_entropy(net(x), y)\n"
        "    opt.zero_grad(); loss.backward(); opt.step()\n"
        "    writer.add_scalar('loss', loss.item(), step); writer.add_scalar('lr', 0.1, step)\n",
        300,
    ),
    "xgboost": (
        "xgboost",
        DATA + "import xgboost\nd = xgboost.DMatrix(x, y)\n"
        "xgboost.train({'nthread': 1}, d, 200, evals=[(d, 'train')], verbose_eval=False)",
        200,
    ),
    "lightgbm": (
        "lightgbm",
        DATA + "import lightgbm\nd = lightgbm.Dataset(x, y)\n"
        "lightgbm.train({'num_threads': 1, 'verbosity': -1}, d, 200, valid_sets=[d])",
        200,
    ),
    "catboost": (
        "catboost",
        DATA + "import catboost\n"
        "catboost.CatBoostClassifier(iterations=200, thread_count=1, verbose=False, allow_writing_files=False).fit(x, y)",
        200,
    ),
}


def seconds(file, captured, folder):
    env = {name: value for name, value in os.environ.items() if not name.startswith("TUNESMITH_")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPYCACHEPREFIX"] = os.path.join(folder, "compiled")
    env.update(OMP_NUM_THREADS="1", TUNESMITH_SILENT="1", TUNESMITH_DIR=folder, TUNESMITH_OUTPUT="off")
    if captured:
        # The processes that record code and use of the machine are not what is measured.
        run = tempfile.mkdtemp(dir=folder)
        Path(run, "run.json").write_text('{"id": "r1", "seed": 1, "params": {}}')
        env.update(TUNESMITH_CAPTURE="auto", TUNESMITH_RUN_DIR=run, TUNESMITH_RUN_ID="r1", TUNESMITH_PARAMS="{}")
        env["PYTHONPATH"] = f"{BOOTSTRAP}{os.pathsep}{PACKAGE}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, file], cwd=folder, env=env, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{file} failed: {done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(times, only=()):
    print("| Program | Without, ms | Captured, ms | More, ms | A step, % |")
    print("| --- | --- | --- | --- | --- |")
    for name, (module, code, steps) in PROGRAMS.items():
        if only and name not in only or module is not None and importlib.util.find_spec(module) is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "train.py")
            Path(file).write_text(code)
            for captured in (False, True):
                seconds(file, captured, folder)
            pairs = [(seconds(file, False, folder), seconds(file, True, folder)) for _ in range(times)]
        middle = statistics.median if steps else min
        without, captured = (1000 * middle(column) for column in zip(*pairs))
        more = 1000 * statistics.median(each - plain for plain, each in pairs) if steps else captured - without
        share = f"{100 * more / without:.1f}" if steps else ""
        print(f"| {name} | {without:.0f} | {captured:.0f} | {more:.1f} | {share} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25, sys.argv[2:])
