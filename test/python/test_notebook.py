"""``%load_ext tunesmith``: what a notebook shows of its runs."""
import importlib.util
import json
import math
import sys
import tempfile
import unittest
from pathlib import Path

from support import PACKAGE
from test_standalone import HandCase

sys.path.insert(0, str(PACKAGE))
from tunesmith import _notebook  # noqa: E402

SHELL = """
import types
shown = []
class Handle:
    def update(self, bundle, raw): shown.append(bundle)
def display(bundle):
    shown.append(bundle)
    return Handle()
class Events(dict):
    def register(self, name, call): self[name] = call
    def unregister(self, name, call): del self[name]
def run_cell(text):
    error = None
    try:
        exec(text, {})
    except Exception as met:
        error = met
    return types.SimpleNamespace(error_before_exec=None, error_in_exec=error)
magics = {}
shell = types.SimpleNamespace(events=Events(), run_cell=run_cell,
    register_magic_function=lambda call, kind, name: magics.update({name: call}))
from tunesmith import _notebook
_notebook.load(shell, display)
"""


class Shown(HandCase):
    def test_a_run_is_drawn_below_its_cell_and_to_its_end(self):
        out, _ = self.run_code(SHELL + """
import tunesmith
run = tunesmith.init(name="a<b>")
for step in range(3):
    run.log({"loss": 1 / (step + 1), "x&y": 2})
shell.events["post_run_cell"]()
middle = shown[-1]
run.finish()
shell.events["post_run_cell"]()
for bundle in (shown[0], middle, shown[-1]):
    print(bundle["text/plain"])
print(middle["text/html"].count("<polyline"), "x&amp;y" in middle["text/html"], "a&lt;b&gt;" in middle["text/html"])
print("Nothing logged yet" in shown[0]["text/html"], "a<b>" in "".join(bundle["text/html"] for bundle in shown))
_notebook.unload(shell)
print(len(shell.events))
""")
        self.assertEqual(
            out.splitlines(),
            [
                "Tunesmith run a<b>: running",
                "Tunesmith run a<b>: running",
                "Tunesmith run a<b>: completed",
                "2 True True",
                "True False",
                "0",
            ],
        )

    def test_a_cell_is_a_run_of_its_own_and_fails_as_one(self):
        out, _ = self.run_code(SHELL + """
magics["tunesmith"]("first", "import tunesmith; tunesmith.log({'a': 1})")
magics["tunesmith"]("second", "1 / 0")
print([bundle["text/plain"] for bundle in shown if "running" not in bundle["text/plain"]])
""")
        self.assertEqual(out.strip(), "['Tunesmith run first: completed', 'Tunesmith run second: failed']")

    @unittest.skipUnless(importlib.util.find_spec("IPython"), "needs IPython")
    def test_in_a_real_shell(self):
        out, _ = self.run_code("""
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.displaypub import CapturingDisplayPublisher
shell = InteractiveShell.instance()
shell.display_pub = published = CapturingDisplayPublisher()
shell.run_line_magic("load_ext", "tunesmith")
shell.run_cell("import tunesmith\\nwith tunesmith.init() as run: run.log({'loss': 1})")
print(len([each for each in published.outputs if "<svg" in each["data"]["text/html"]]) > 0)
""")
        self.assertEqual(out.strip(), "True")


class CurvesOfAJournal(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.file = Path(holder.name) / "a.ndjson"
        self.curves = _notebook.Curves(holder.name)

    def append(self, *records, raw=b""):
        with self.file.open("ab") as file:
            file.write(b"".join(json.dumps(record).encode() + b"\n" for record in records) + raw)

    def test_it_is_read_on_and_half_a_line_waits(self):
        self.append({"type": "metrics", "step": 0, "values": {"a": 1}}, raw=b'{"type":"metrics","step":1,')
        self.assertTrue(self.curves.read())
        self.assertFalse(self.curves.read())
        self.append(raw=b'"values":{"a":"NaN"}}\nnonsense\n[1]\n')
        self.assertTrue(self.curves.read())
        points = self.curves.metrics["a"]["points"]
        self.assertEqual(points[0], (0, 1.0))
        self.assertTrue(math.isnan(points[1][1]))
        self.append({"type": "finish", "status": "completed"})
        self.assertTrue(self.curves.read())
        self.assertEqual(self.curves.status, "completed")

    def test_a_long_run_costs_no_more_than_a_short_one(self):
        self.append(*({"type": "metrics", "step": step, "values": {f"m{n}": step for n in range(20)}} for step in range(5000)))
        while self.curves.read():
            pass
        self.assertEqual(len(self.curves.metrics), _notebook.MOST_CURVES)
        for curve in self.curves.metrics.values():
            self.assertLessEqual(len(curve["points"]), _notebook.MOST_POINTS)
            self.assertEqual((curve["last"], curve["points"][0][0]), (4999, 0))

    def test_curves_have_gaps_where_there_is_no_number(self):
        lines = list(_notebook._lines([(0, 1.0), (1, math.nan), (2, 3.0), (3, 2.0), (4, math.inf)]))
        self.assertEqual(len(lines), 2)
        self.assertEqual(list(_notebook._lines([(0, math.nan)])), [])


if __name__ == "__main__":
    unittest.main()
