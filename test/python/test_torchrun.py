"""Real torchrun with real PyTorch; skipped where it is not installed."""
import importlib.util
import subprocess
import sys
import unittest
from pathlib import Path

from test_standalone import HandCase

HERE = Path(__file__).resolve().parent


@unittest.skipUnless(importlib.util.find_spec("torch"), "torch is not installed")
class Torchrun(HandCase):
    def test_two_ranks_are_one_run_and_told_apart(self):
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        for _ in range(2):
            done = subprocess.run(
                [*torchrun, str(HERE / "train_ddp.py")],
                cwd=self.workspace,
                env=self.environment(OMP_NUM_THREADS="1"),
                capture_output=True,
                text=True,
                timeout=240,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stderr.count("tunesmith:"), 1, done.stderr)
        runs = self.runs()
        self.assertEqual(len(runs), 2)
        for run in runs:
            self.assertEqual(run.spec["experiment"], "ddp")
            self.assertIn("--nproc-per-node", run.spec["argv"])
            losses = {}
            for records in run.journals.values():
                losses[records[0]["rank"]] = [record["values"]["loss"] for record in records if record["type"] == "metrics"]
            self.assertEqual({rank: len(values) for rank, values in losses.items()}, {0: 40, 1: 40})
            self.assertNotEqual(losses[0], losses[1])
            self.assertLess(losses[0][-1], losses[0][0] / 5)
            self.assertEqual(sorted(path.name for path in (run.folder / "checkpoints").iterdir()), ["step-000000029", "step-000000039"])


if __name__ == "__main__":
    unittest.main()
