"""The short scripts of bench/capture, in the style of public ones, are recorded without a change."""
import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from capture_support import CaptureCase

SCRIPTS = Path(__file__).resolve().parents[2] / "bench" / "capture" / "scripts"
# Their metrics are printed; the supervisor reads them.
PRINTED = ("mnist_cnn", "nanogpt", "word_language_model")


def missing(script):
    """Names of the packages that a script imports at its top and that are not installed."""
    names = set()
    for node in ast.parse(script.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
            # PyTorch's writer is a module of its own that needs TensorBoard.
            if node.module == "torch.utils.tensorboard":
                names.add("tensorboard")
    return sorted(name for name in names if importlib.util.find_spec(name) is None)


class ScriptsTest(CaptureCase):
    pass


def _add(entry):
    def test(self):
        script = entry / "train.py" if entry.is_dir() else entry
        lacking = missing(script)
        if lacking:
            self.skipTest(f"needs {', '.join(lacking)}")
        folder = self.folder / "project"
        if entry.is_dir():
            shutil.copytree(entry, folder)
        else:
            folder.mkdir()
            shutil.copy(script, folder)
        done = subprocess.run(
            [sys.executable, script.name], cwd=folder, env=self.environment(), capture_output=True, text=True, timeout=300
        )
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        self.assertNotIn("incomplete here", done.stderr)
        self.assertGreater(len(self.observed()), 0)
        if entry.stem in PRINTED:
            self.assertRegex(done.stdout, r"(?i)loss")
        else:
            self.assertGreater(len(self.series()), 0)

    setattr(ScriptsTest, f"test_{entry.stem}", test)


for each in sorted(SCRIPTS.iterdir()):
    if each.suffix == ".py" or (each / "train.py").exists():
        _add(each)
