"""Values that other libraries hold; each test is skipped where its library is not installed."""
import importlib.util
import unittest

from support import RunCase


def needs(name):
    return unittest.skipUnless(importlib.util.find_spec(name), f"{name} is not installed")


class Tensors(RunCase):
    def values(self):
        merged = {}
        for record in self.metrics():
            for name, value in record["values"].items():
                merged.setdefault(name, []).append((record["step"], value))
        return merged

    @needs("torch")
    def test_torch_scalars_have_the_value_they_had(self):
        _, err = self.run_code("""
import torch, tunesmith
run = tunesmith.init()
total = torch.zeros(())
for step in range(100):
    total += 0.5
    run.log({"total": total, "grad": (torch.ones(1, requires_grad=True) * step).sum(), "half": torch.tensor(0.5, dtype=torch.bfloat16),
        "nan": torch.tensor(float("nan")), "plain": 1.0}, step=torch.tensor(step))
run.log({"many": torch.zeros(3)})
""")
        values = self.values()
        self.assertEqual(values["total"], [(step, (step + 1) / 2) for step in range(100)])
        self.assertEqual(values["grad"], [(step, step) for step in range(100)])
        self.assertEqual((values["half"][0], values["nan"][0]), ((0, 0.5), (0, "NaN")))
        self.assertNotIn("many", values)
        self.assertIn("'many' was given Tensor", err)

    @unittest.skipUnless(
        importlib.util.find_spec("torch") and __import__("torch").cuda.is_available(), "there is no GPU that PyTorch can use"
    )
    def test_scalars_on_a_gpu_are_read_later_but_have_the_value_they_had(self):
        self.run_code("""
import torch, tunesmith
run = tunesmith.init()
total = torch.zeros((), device="cuda")
for step in range(2000):
    total += 0.5
    run.log({"total": total, "plain": 1.0}, step=step)
""")
        values = self.values()
        self.assertEqual(values["total"], [(step, (step + 1) / 2) for step in range(2000)])
        self.assertEqual(len(values["plain"]), 2000)

    @needs("jax")
    def test_jax_values_are_read_in_the_background(self):
        self.run_code("""
import jax.numpy as jnp, tunesmith
run = tunesmith.init()
for step in range(200): run.log({"late": jnp.float32(step) * 2, "plain": float(step)})
run.finish()
""")
        values = self.values()
        self.assertEqual(values["late"], [(step, 2.0 * step) for step in range(200)])
        self.assertEqual(values["plain"], [(step, float(step)) for step in range(200)])


if __name__ == "__main__":
    unittest.main()
