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
