import os
import unittest

from support import RunCase


class Checkpoints(RunCase):
    def folders(self):
        return sorted(os.listdir(os.path.join(self.folder, "checkpoints")))

    def test_saved_whole_and_given_back(self):
        self.run_code("""
import json, os, tunesmith
run = tunesmith.init()
assert run.checkpoint is None and tunesmith.checkpoint is None
os.makedirs(os.path.join(run.folder, "checkpoints", ".writing-old"))
for step in range(4):
    with run.save_checkpoint(step) as folder:
        json.dump({"step": step}, open(os.path.join(folder, "state.json"), "w"))
try:
    with tunesmith.save_checkpoint(4) as folder:
        open(os.path.join(folder, "half"), "w").close()
        raise RuntimeError("no")
except RuntimeError:
    pass
""")
        self.assertEqual(self.folders(), ["step-000000002", "step-000000003"])
        newest = os.path.join(self.folder, "checkpoints", "step-000000003")
        out, _ = self.run_code(
            """
import json, os, tunesmith
print(json.load(open(os.path.join(tunesmith.checkpoint, "state.json")))["step"])
""",
            TUNESMITH_CHECKPOINT=newest,
        )
        self.assertEqual(out, "3\n")

    def test_a_damaged_one_gives_way_to_the_one_before(self):
        out, _ = self.run_code("""
import os, tunesmith
from tunesmith import _checkpoint
run = tunesmith.init()
for step in (5, 6, 2):
    with run.save_checkpoint(step, keep=3) as folder:
        os.makedirs(os.path.join(folder, "parts"))
        open(os.path.join(folder, "parts", "weights"), "wb").write(bytes([step]) * 3_000_000)
parent = os.path.join(run.folder, "checkpoints")
newest = _checkpoint.newest(run.folder)
# The last one saved, whatever its step and its time.
os.utime(newest, (1, 1))
assert _checkpoint.newest(run.folder) == newest == os.path.join(parent, "step-000000002")
_checkpoint.count(newest, 7)
assert _checkpoint.counted(newest) == 7 and _checkpoint.damage(newest) is None
with open(os.path.join(newest, "parts", "weights"), "r+b") as file:
    file.seek(1_000_000)
    file.write(b"x")
print(_checkpoint.damage(newest))
os.truncate(os.path.join(parent, "step-000000006", "parts", "weights"), 10)
assert _checkpoint.newest(run.folder) == os.path.join(parent, "step-000000005")
with run.save_checkpoint(5, keep=1):
    pass
print(sorted(os.listdir(parent)))
""")
        self.assertEqual(
            out.splitlines(),
            [
                "the content of parts/weights has changed",
                "['.damaged-step-000000002', '.damaged-step-000000006', 'step-000000005-2']",
            ],
        )

    def test_without_a_run_nothing_stays(self):
        out, _ = self.run_code(
            """
import os, tunesmith
tunesmith.init(mode="disabled")
with tunesmith.save_checkpoint(1, keep=1) as folder:
    open(os.path.join(folder, "a"), "w").close()
print(os.path.exists(folder), tunesmith.checkpoint)
""",
        )
        self.assertEqual(out, "False None\n")

    def test_a_step_must_be_a_number_from_0(self):
        out, _ = self.run_code("""
import tunesmith
for step in (-1, float("nan"), float("inf")):
    try:
        with tunesmith.save_checkpoint(step):
            pass
    except ValueError as error:
        print(error)
""")
        self.assertEqual(out.count("must be 0 or more"), 3)


if __name__ == "__main__":
    unittest.main()
