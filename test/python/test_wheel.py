"""The wheel for PyPI: built, installed into a fresh environment, and used there without the repository in sight."""
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

from support import PACKAGE


@unittest.skipUnless(importlib.util.find_spec("pip") and importlib.util.find_spec("venv"), "pip and venv are not installed")
class Wheel(unittest.TestCase):
    def run_program(self, argv, cwd):
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TUNESMITH_"))}
        env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def build(self, folder):
        """With the build tools that pyproject.toml names, which pip fetches from the package index."""
        pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--retries", "1", "--timeout", "20", "-w", "out", "./source"]
        done = subprocess.run(pip, cwd=folder, capture_output=True, text=True, timeout=240)
        said = done.stdout + done.stderr
        if done.returncode != 0 and "No matching distribution found for setuptools" in said:
            self.skipTest("the package index can't be reached, so there are no build tools")
        self.assertEqual(done.returncode, 0, said)

    def test_it_is_the_same_files_needs_nothing_and_works(self):
        with tempfile.TemporaryDirectory(prefix="wheel ü ") as holder:
            folder = Path(holder)
            # Built from a copy: building leaves files behind.
            self.run_program([sys.executable, "-c", f"import shutil; shutil.copytree({str(PACKAGE)!r}, 'source')"], folder)
            self.build(folder)
            (wheel,) = (folder / "out").iterdir()
            self.assertRegex(wheel.name, r"^tunesmith-[\d.]+-py3-none-any\.whl$")
            with zipfile.ZipFile(wheel) as archive:
                inside = {name: archive.read(name) for name in archive.namelist()}
            package = {name: data for name, data in inside.items() if name.startswith("tunesmith/")}
            files = [path for path in (PACKAGE / "tunesmith").rglob("*") if path.is_file() and path.suffix != ".pyc"]
            here = {path.relative_to(PACKAGE).as_posix(): path.read_bytes() for path in files}
            self.assertEqual(package, here)
            (metadata,) = (data.decode() for name, data in inside.items() if name.endswith("/METADATA"))
            self.assertNotIn("Requires-Dist", metadata)
            self.assertIn("Requires-Python: >=3.9", metadata)
            self.assertIn("Description-Content-Type: text/markdown", metadata)
            version = re.search(r"^Version: (.+)$", metadata, re.MULTILINE).group(1)

            self.run_program([sys.executable, "-m", "venv", "fresh"], folder)
            python = folder / "fresh" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
            self.run_program([python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", str(wheel)], folder)
            code = "import tunesmith; tunesmith.log({'loss': 0.5}); print(tunesmith.__version__, tunesmith.__file__)"
            work = folder / "work"
            work.mkdir()
            out = self.run_program([python, "-c", code], work).stdout
            self.assertTrue(out.startswith(f"{version} {folder / 'fresh'}"), out)
            (run,) = (work / ".tunesmith" / "runs").iterdir()
            self.assertEqual(json.loads((run / "run.json").read_text())["version"], 1)


if __name__ == "__main__":
    unittest.main()
