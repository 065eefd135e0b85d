"""Points and surfaces in three dimensions, as files in the PLY format, which other programs open, too."""
import os
import struct
import sys

from ._types import Media

# Points of one file; of more, some are left out evenly.
_MOST_POINTS = 1_000_000
_MOST_FACES = 1_000_000
_MOST_BOXES = 10_000
#: Types of files that are kept as they are, by their ends.
_FILES = {
    ".ply": "model/ply",
    ".obj": "model/obj",
    ".stl": "model/stl",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
}
# Colours of the categories of points: Okabe and Ito's, which are told apart with every kind of sight.
_COLORS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
_BOX = (255, 255, 255)
_EDGES = ((0, 1), (1, 3), (3, 2), (2, 0), (4, 5), (5, 7), (7, 6), (6, 4), (0, 4), (1, 5), (2, 6), (3, 7))


class Object3D(Media):
    """Points or a surface. ``data``: points ``[n, 3]``, ``[n, 4]`` with a category, or ``[n, 6]`` with red, green and blue from 0 to 255;
    a dictionary with ``points`` and ``boxes`` as W&B takes it; or a file (``.ply``, ``.obj``, ``.stl``).

    A surface has ``vertices`` ``[n, 3]`` and ``faces`` ``[m, 3]``, and may have ``colors`` ``[n, 3]``.
    """

    end = ".ply"
    mime = "model/ply"

    def __init__(self, data=None, caption=None, *, vertices=None, faces=None, colors=None, **_unused):
        super().__init__(vertices if data is None else data, caption)
        if self._data is None:
            raise TypeError("Object3D needs points, vertices or a file")
        self._faces, self._colors = faces, colors
        if isinstance(self._data, (str, os.PathLike)):
            end = os.path.splitext(os.fspath(self._data))[1].lower()
            if end not in _FILES:
                raise ValueError(f"Object3D takes files that end in {', '.join(_FILES)}, not in {end or 'nothing'}")
            self.mime = _FILES[end]

    @classmethod
    def from_file(cls, path, file_type=None):
        return cls(path)

    @classmethod
    def from_numpy(cls, data):
        return cls(data)

    @classmethod
    def from_point_cloud(cls, points, boxes=(), vectors=None, point_cloud_type="lidar/beta"):
        return cls({"points": points, "boxes": boxes})

    def _record_into(self, run, name, step):
        if not isinstance(self._data, (str, os.PathLike)):
            return super()._record_into(run, name, step)
        try:
            run.media(name, os.fspath(self._data), step, self.mime)
        except (OSError, ValueError) as error:
            run._warn_once(f"media {name}", f"log: Object3D {name!r} is left out: {error}")

    def _write(self, path):
        data, boxes = self._data, ()
        if isinstance(data, dict):
            data, boxes = data.get("points", ()), data.get("boxes", ())
        points = _Points(data, self._colors)
        faces = [] if self._faces is None else _faces_of(self._faces, points)
        points.bound(keep_all=bool(faces))
        edges = []
        for box in list(boxes)[:_MOST_BOXES]:
            corners = _rows(box["corners"])
            if len(corners) != 8:
                raise ValueError(f"a box has 8 corners, not {len(corners)}")
            edges += [(points.count + one, points.count + other) for one, other in _EDGES]
            points.add(corners, box.get("color") or _BOX)
        with open(path, "wb") as file:
            file.write(_header(points, len(faces), len(edges)).encode())
            file.write(points.packed())
            file.write(b"".join(struct.pack("<Biii", 3, *face) for face in faces))
            file.write(b"".join(struct.pack("<ii", *edge) for edge in edges))


def scene_of_file(path):
    """A file as W&B keeps it: points and boxes as JSON, or one of another format."""
    if not path.endswith(".pts.json"):
        return Object3D(path)
    import json

    with open(path, encoding="utf-8") as file:
        scene = json.load(file)
    # Points by themselves, or a scene with boxes.
    return Object3D(scene if isinstance(scene, dict) else {"points": scene})


class _Points:
    """Points with their colors, if they have any: lists, or arrays where numpy is there, which packs a million in no time."""

    def __init__(self, data, colors):
        if hasattr(data, "detach"):
            data = data.detach().cpu()
        self._numpy = sys.modules.get("numpy")
        rows = self._numpy.asarray(data, dtype=float) if self._numpy and len(data) else _rows(data)
        width = len(rows[0]) if len(rows) else 3
        if width not in (3, 4, 6):
            raise ValueError(f"points have 3, 4 or 6 numbers, not {width}")
        if colors is not None:
            colors = _rows(colors)
            if len(colors) != len(rows):
                raise ValueError(f"{len(rows)} points need as many colors, not {len(colors)}")
            if all(0 <= part <= 1 for color in colors for part in color):
                colors = [[255 * part for part in color] for color in colors]
        elif width == 6:
            colors = [row[3:6] for row in rows]
        elif width == 4:
            colors = [_COLORS[int(row[3]) % len(_COLORS)] if row[3] == row[3] else (128, 128, 128) for row in rows]
        self._places = [row[:3] for row in rows] if self._numpy is None else rows[:, :3] if len(rows) else []
        self._colors = colors
        self.total = len(rows)

    @property
    def count(self):
        return len(self._places)

    @property
    def colored(self):
        return self._colors is not None

    def bound(self, keep_all):
        """Leaves out points that are nowhere and, of too many, some evenly. With ``keep_all``, a point that is nowhere is at 0."""
        if keep_all:
            if self.count > _MOST_POINTS:
                raise ValueError(f"a surface has at most {_MOST_POINTS} vertices")
            self._places = [[part if _is_there((part,)) else 0.0 for part in place] for place in self._places]
            return
        kept = [i for i, place in enumerate(self._places) if _is_there(place)]
        if len(kept) > _MOST_POINTS:
            kept = [kept[i * len(kept) // _MOST_POINTS] for i in range(_MOST_POINTS)]
        if len(kept) < self.count:
            self._places = [self._places[i] for i in kept]
            self._colors = None if self._colors is None else [self._colors[i] for i in kept]

    def add(self, places, color):
        self._places = [*self._places, *(place[:3] for place in places)]
        if self._colors is not None:
            self._colors = [*self._colors, *([color] * len(places))]

    def packed(self):
        if self._numpy is not None and self.count:
            kinds = [(axis, "<f4") for axis in "xyz"] + ([(part, "u1") for part in "rgb"] if self.colored else [])
            table = self._numpy.zeros(self.count, dtype=kinds)
            places = self._numpy.asarray(self._places, dtype="<f4")
            for i, axis in enumerate("xyz"):
                table[axis] = places[:, i]
            if self.colored:
                colors = self._numpy.nan_to_num(self._numpy.asarray(self._colors, dtype=float)).clip(0, 255).astype("u1")
                for i, part in enumerate("rgb"):
                    table[part] = colors[:, i]
            return table.tobytes()
        if not self.colored:
            return b"".join(struct.pack("<fff", *place) for place in self._places)
        return b"".join(struct.pack("<fffBBB", *place, *map(_byte, color[:3])) for place, color in zip(self._places, self._colors))


def _rows(data):
    if hasattr(data, "detach"):
        data = data.detach().cpu()
    if hasattr(data, "tolist"):
        data = data.tolist()
    return [list(row) for row in data]


def _is_there(place):
    # A number that is too large for a float of 32 bits is none in the file.
    return all(-3.4e38 < part < 3.4e38 for part in place)


def _byte(part):
    return min(255, max(0, int(part))) if part == part else 0


def _faces_of(faces, points):
    rows = [[int(at) for at in face] for face in _rows(faces)]
    if len(rows) > _MOST_FACES:
        raise ValueError(f"a surface has at most {_MOST_FACES} faces")
    if any(len(face) != 3 for face in rows):
        raise ValueError("faces have 3 vertices")
    return [face for face in rows if all(0 <= at < points.count for at in face)]


def _header(points, faces, edges):
    lines = ["ply", "format binary_little_endian 1.0", f"comment points {points.total}", f"element vertex {points.count}"]
    lines += [f"property float {axis}" for axis in "xyz"]
    if points.colored:
        lines += [f"property uchar {color}" for color in ("red", "green", "blue")]
    if faces:
        lines += [f"element face {faces}", "property list uchar int vertex_indices"]
    if edges:
        lines += [f"element edge {edges}", "property int vertex1", "property int vertex2"]
    return "\n".join([*lines, "end_header", ""])
