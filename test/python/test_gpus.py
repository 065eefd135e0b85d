"""GPUs of programs that were started by hand, by the answers of their makers' tools; the supervisor reads the same answers."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import PACKAGE

ANSWERS = Path(__file__).resolve().parents[1] / "fixtures" / "gpus"
EXPECTED = json.loads((ANSWERS / "metrics.json").read_text())


@unittest.skipIf(os.name == "nt", "programs of POSIX")
class Tools(unittest.TestCase):
    """Programs that print real answers, alone on the PATH."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="tools ü ")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def put(self, name, *, code=0, answer=None):
        path = self.folder / name
        text = (ANSWERS / f"{name}.txt").read_text() if answer is None else answer
        path.write_text(f"#!{sys.executable} -IS\nimport sys\nsys.stdout.write({text!r})\nsys.exit({code})\n")
        path.chmod(0o755)

    def read(self, *, times=1, platform="linux", **env):
        code = (
            f"import sys; sys.platform = {platform!r}\nfrom tunesmith._gpus import Gpus\nimport json\ngpus = Gpus()\n"
            f"found = [gpus.read() for _ in range({times})]\nprint(json.dumps(found[-1]))"
        )
        environ = {"PATH": str(self.folder), "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1", **env}
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_each_tool_gives_its_metrics(self):
        for name in ("nvidia-smi", "rocm-smi", "amd-smi"):
            with self.subTest(name):
                self.put(name)
                self.assertEqual(self.read(), EXPECTED[name])
                (self.folder / name).unlink()
        self.put("ioreg")
        self.assertEqual(self.read(platform="darwin"), EXPECTED["ioreg"])
        self.assertEqual(self.read(), {})

    def test_each_tool_gives_its_facts(self):
        facts = json.loads((ANSWERS / "facts" / "facts.json").read_text())
        for name, expected in facts.items():
            with self.subTest(name):
                self.put(name, answer=(ANSWERS / "facts" / f"{name}.txt").read_text())
                self.assertEqual(self.facts("darwin" if name == "ioreg" else "linux"), expected)
                (self.folder / name).unlink()
        self.assertEqual(self.facts("linux"), [])
        self.put("nvidia-smi", code=9, answer="NVIDIA-SMI has failed\n")
        self.put("rocm-smi", answer="[[")
        self.put("amd-smi", answer=(ANSWERS / "facts" / "amd-smi.txt").read_text())
        self.assertEqual(self.facts("linux"), facts["amd-smi"])

    def facts(self, platform):
        code = f"import sys; sys.platform = {platform!r}\nfrom tunesmith._gpus import gpu_facts\nimport json\nprint(json.dumps(gpu_facts()))"
        environ = {"PATH": str(self.folder), "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_without_any_there_are_none(self):
        self.assertEqual(self.read(times=2), {})

    def test_a_tool_that_fails_is_given_up_for_the_next(self):
        self.put("nvidia-smi", code=9, answer="NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n")
        self.put("amd-smi", answer="not JSON")
        self.put("rocm-smi")
        self.assertEqual(self.read(times=1), {})
        self.assertEqual(self.read(times=3), EXPECTED["rocm-smi"])

    def test_only_the_gpus_that_the_program_may_use(self):
        self.put("nvidia-smi")
        second = {name: value for name, value in EXPECTED["nvidia-smi"].items() if "gpu1" in name}
        self.assertEqual(self.read(CUDA_VISIBLE_DEVICES="1"), second)
        self.assertEqual(self.read(CUDA_VISIBLE_DEVICES="GPU-5d3a7d22"), second)
        self.assertEqual(self.read(CUDA_VISIBLE_DEVICES="1,0"), EXPECTED["nvidia-smi"])
        self.assertEqual(self.read(CUDA_VISIBLE_DEVICES="-1"), {})


class Answers(unittest.TestCase):
    def test_answers_that_make_no_sense(self):
        with mock.patch.object(sys, "path", [str(PACKAGE), *sys.path]):
            from tunesmith import _gpus
        for odd in ("{}", "null", "3", "not found", "[" * 10_000):
            with self.subTest(odd[:10]), self.assertRaises((ValueError, RecursionError)):
                _gpus.parse_amd(odd)
        self.assertEqual(_gpus.parse_amd('[null, {"gpu": true}, {"gpu": -1}, {"gpu": 2, "usage": {"gfx_activity": 1e999}}]'), [(2,) + (None,) * 4])
        self.assertEqual(_gpus.parse_rocm('{"card0": 3, "cardx": {}, "card1": {}}'), [(1, None, None, None, None)])
        self.assertEqual(_gpus.parse_nvidia("Failed to initialize\n0, x\n"), [])
        self.assertEqual(_gpus.parse_apple(""), [])

    def test_processes_of_ps(self):
        with mock.patch.object(sys, "path", [str(PACKAGE), *sys.path]):
            from tunesmith._observed import parse_ps
        text = "  12     1    12   2048   0:01.50\n 13 12 12 4096 2:03:04\n 14 1 14 8 1-00:00:01\nnonsense\n"
        self.assertEqual(
            parse_ps(text),
            {12: (1, 1.5, 2 << 20), 13: (12, 7384, 4 << 20), 14: (1, 86_401, 8192)},
        )


if __name__ == "__main__":
    unittest.main()
