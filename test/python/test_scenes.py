"""Points and surfaces in three dimensions, and model graphs, as files of a run."""
import importlib.util
import json
import struct
import unittest

from support import RunCase

HAS_TORCH = importlib.util.find_spec("torch") is not None
HAS_NUMPY = importlib.util.find_spec("numpy") is not None


def read_ply(path):
    head, _, body = path.read_bytes().partition(b"end_header\n")
    counts = dict(line.split()[1:] for line in head.decode().splitlines() if line.startswith("element"))
    form = "<fffBBB" if b"uchar red" in head else "<fff"
    size = struct.calcsize(form)
    vertices = [struct.unpack_from(form, body, i * size) for i in range(int(counts["vertex"]))]
    at = len(vertices) * size
    faces = [struct.unpack_from("<Biii", body, at + 13 * i)[1:] for i in range(int(counts.get("face", 0)))]
    edges = [struct.unpack_from("<ii", body, at + 13 * len(faces) + 8 * i) for i in range(int(counts.get("edge", 0)))]
    return vertices, faces, edges, head.decode()


class Scenes(RunCase):
    def log(self, code):
        self.run_code("import tunesmith\nrun = tunesmith.init()\n" + code)
        media = [record for record in self.records() if record["type"] == "media"]
        return [(self.folder / record["path"], record) for record in media]

    def test_points_with_and_without_colors(self):
        found = self.log("""
nan = float("nan")
run.log({"plain": tunesmith.Object3D([[0, 0, 0], [1, 2, 3], [nan, 0, 0], [1e300, 0, 0]]),
    "kinds": tunesmith.Object3D([[0, 0, 0, 1], [1, 1, 1, 2]]),
    "rgb": tunesmith.Object3D([[0, 0, 0, 255, 0, 300]])}, step=7)
""")
        self.assertEqual([(record["name"], record["mime"], record["step"]) for _, record in found],
                         [(name, "model/ply", 7.0) for name in ("plain", "kinds", "rgb")])
        vertices, _, _, head = read_ply(found[0][0])
        self.assertEqual(vertices, [(0, 0, 0), (1, 2, 3)])
        self.assertIn("comment points 4\n", head)
        self.assertEqual([one[3:] for one in read_ply(found[1][0])[0]], [(86, 180, 233), (0, 158, 115)])
        self.assertEqual(read_ply(found[2][0])[0], [(0, 0, 0, 255, 0, 255)])

    def test_boxes_become_edges_and_surfaces_faces(self):
        found = self.log("""
corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
run.log({"boxes": tunesmith.Object3D({"type": "lidar/beta", "points": [[5, 5, 5]], "boxes": [{"corners": corners, "label": "car"}]}),
    "mesh": tunesmith.Object3D(vertices=[[0, 0, 0], [1, 0, 0], [0, 1, 0]], faces=[[0, 1, 2], [0, 1, 9]], colors=[[1.0, 0, 0]] * 3)})
""")
        vertices, _, edges, _ = read_ply(found[0][0])
        self.assertEqual((len(vertices), len(edges), edges[0]), (9, 12, (1, 2)))
        vertices, faces, _, _ = read_ply(found[1][0])
        self.assertEqual((faces, vertices[0]), ([(0, 1, 2)], (0, 0, 0, 255, 0, 0)))

    def test_files_are_kept_and_what_makes_no_sense_is_said(self):
        (self.folder / "cube.obj").write_text("v 0 0 0\n")
        _, err = self.run_code("""
import tunesmith
run = tunesmith.init()
run.log({"file": tunesmith.Object3D("cube.obj"), "odd": tunesmith.Object3D([[1, 2]]), "gone": tunesmith.Object3D("gone.stl")})
try: tunesmith.Object3D("notes.txt")
except ValueError as error: print(error)
""")
        media = [record for record in self.records() if record["type"] == "media"]
        self.assertEqual([(record["name"], record["mime"]) for record in media], [("file", "model/obj")])
        self.assertIn("points have 3, 4 or 6 numbers, not 2", err)
        self.assertIn("gone", err)

    @unittest.skipUnless(HAS_NUMPY, "numpy is not installed")
    def test_arrays_are_packed_alike_and_bounded(self):
        found = self.log("""
import numpy as np
points = np.zeros((1_200_000, 3)); points[:, 0] = np.arange(1_200_000)
rows = [[0.5, 1, 2, 9, 8, 7], [3, 4, 5, 6, 5, 4]]
run.log({"many": tunesmith.Object3D(points), "rgb": tunesmith.Object3D(np.array(rows)), "nan": tunesmith.Object3D(np.full((3, 3), np.nan))})
""")
        head = found[0][0].read_bytes()[:200]
        self.assertIn(b"comment points 1200000\nelement vertex 1000000\n", head)
        self.assertEqual(read_ply(found[1][0])[0], [(0.5, 1, 2, 9, 8, 7), (3, 4, 5, 6, 5, 4)])
        self.assertEqual(read_ply(found[2][0])[0], [])


@unittest.skipUnless(HAS_TORCH, "PyTorch is not installed")
class Graphs(RunCase):
    def test_the_modules_of_a_model_with_shapes_and_connections(self):
        self.run_code("""
import torch, tunesmith
from torch import nn
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.act = nn.ReLU()
    def forward(self, x):
        return self.act(self.conv(x)) + x
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = Block(), Block()
        self.head = nn.Linear(3 * 64, 10)
        self.head.bias.requires_grad_(False)
    def forward(self, x):
        return self.head(self.second(self.first(x)).flatten(1))
model = Net()
run = tunesmith.init()
run.watch(model, log=None, graph=True)
for _ in range(3): model(torch.randn(4, 3, 8, 8)).sum().backward()
run.finish()
""")
        media = [record for record in self.records() if record["type"] == "media"]
        self.assertEqual([(one["name"], one["mime"]) for one in media], [("model graph", "application/vnd.tunesmith.graph+json")])
        nodes = json.loads((self.folder / media[0]["path"]).read_text())["nodes"]
        self.assertEqual([(n["name"], n["type"], n["parent"]) for n in nodes], [
            ("Net", "Net", None), ("first", "Block", 0), ("first.conv", "Conv2d", 1), ("first.act", "ReLU", 1),
            ("second", "Block", 0), ("second.conv", "Conv2d", 4), ("second.act", "ReLU", 4), ("head", "Linear", 0)])
        self.assertEqual(nodes[2]["shape"], [None, 3, 8, 8])
        self.assertEqual(nodes[3]["inputs"], [2])
        self.assertEqual(nodes[7]["weights"], [
            {"name": "weight", "shape": [10, 192], "trained": True}, {"name": "bias", "shape": [10], "trained": False}])
        self.assertEqual(nodes[0]["shape"], [None, 10])

    def test_wandb_asks_for_it_by_the_name_of_what_is_logged(self):
        self.run_code("""
import torch, tunesmith as wandb
wandb.init()
model = torch.nn.Linear(2, 1)
wandb.watch(model, log="graph")
model(torch.zeros(3, 2)).sum().backward()
""")
        media = [record["mime"] for record in self.records() if record["type"] == "media"]
        self.assertEqual(media, ["application/vnd.tunesmith.graph+json"])


if __name__ == "__main__":
    unittest.main()
