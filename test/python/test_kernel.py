"""``%load_ext tunesmith`` in a real Jupyter kernel: what a front end is told of a run."""
import importlib.util
import unittest

from support import PACKAGE
from test_standalone import HandCase

MIME = "application/vnd.tunesmith.run+json"
_MISSING = [name for name in ("ipykernel", "jupyter_client") if importlib.util.find_spec(name) is None]


@unittest.skipIf(_MISSING, f"needs {', '.join(_MISSING)}")
class Kernel(HandCase):
    def setUp(self):
        super().setUp()
        from jupyter_client.manager import KernelManager

        manager = KernelManager(kernel_name="python3")
        # The kernel of this interpreter, whatever is registered on the machine.
        manager.kernel_spec.argv[0] = __import__("sys").executable
        manager.start_kernel(cwd=str(self.workspace), env=self.environment(PYTHONPATH=str(PACKAGE)))
        self.addCleanup(manager.shutdown_kernel, now=True)
        self.client = manager.client()
        self.client.start_channels()
        self.addCleanup(self.client.stop_channels)
        self.client.wait_for_ready(timeout=120)

    def cell(self, code):
        """Bundles that the cell displays, each with whether it takes the place of an earlier one."""
        shown, errors = [], []

        def hear(message):
            kind = message["msg_type"]
            if kind in ("display_data", "update_display_data"):
                shown.append((kind == "update_display_data", message["content"]["data"]))
            elif kind == "error":
                errors.append(message["content"]["evalue"])

        self.client.execute_interactive(code, output_hook=hear, timeout=120)
        return shown, errors

    def test_a_run_is_shown_by_data_and_by_a_page_that_needs_no_script(self):
        self.assertEqual(self.cell("%load_ext tunesmith"), ([], []))
        shown, errors = self.cell(
            "import tunesmith\nrun = tunesmith.init(name='<b>first')\n"
            "for step in range(3): run.log({'loss': 1 / (step + 1), 'broken': float('nan')})"
        )
        self.assertEqual(errors, [])
        self.assertEqual([is_update for is_update, _ in shown][:1], [False])
        last = shown[-1][1]
        self.assertEqual((last[MIME]["version"], last[MIME]["name"], last[MIME]["status"]), (1, "<b>first", "running"))
        curves = {curve["name"]: curve for curve in last[MIME]["curves"]}
        self.assertEqual(curves["loss"]["points"], [[0, 1.0], [1, 0.5], [2, 1 / 3]])
        self.assertEqual((curves["broken"]["last"], curves["broken"]["points"][0]), ("NaN", [0, None]))
        self.assertIn("&lt;b&gt;first", last["text/html"])
        self.assertNotIn("<script", last["text/html"])
        shown, _ = self.cell("run.finish()")
        self.assertEqual([(is_update, data[MIME]["status"]) for is_update, data in shown][-1:], [(True, "completed")])

    def test_a_cell_that_fails_is_a_run_that_has_failed(self):
        self.cell("%load_ext tunesmith")
        shown, errors = self.cell("%%tunesmith second\nimport tunesmith\ntunesmith.log({'a': 1})\n1 / 0")
        self.assertIn("division by zero", errors)
        self.assertEqual((shown[-1][1][MIME]["name"], shown[-1][1][MIME]["status"]), ("second", "failed"))


if __name__ == "__main__":
    unittest.main()
