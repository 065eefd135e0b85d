"""Pictures, tables and other values that ``log`` takes besides numbers. Each becomes a file of the run."""
import csv
import json
import os
import shutil
import sys

from ._media import free


class Media:
    """A file of the run, made when it is logged."""

    end = ".bin"
    mime = "application/octet-stream"

    def __init__(self, data, caption=None):
        self._data = data
        self.caption = caption

    def _record_into(self, run, name, step):
        """Writes the file and records it. A failure is reported and never fails the training."""
        try:
            if isinstance(self._data, (str, os.PathLike)) and self._from_path():
                run.media(name, os.fspath(self._data), step)
                return
            path = free(os.path.join(run.folder, "media"), f"{_safe(name)}-{step}{self.end}")
            self._write(path)
            run.media(name, path, step, self.mime)
        except (OSError, ValueError, TypeError, ImportError) as error:
            run._warn_once(f"media {name}", f"log: {type(self).__name__} {name!r} is left out: {error}")

    def _from_path(self):
        return True

    def _write(self, path):
        raise TypeError(f"it is made from a file, not from {type(self._data).__name__}")


class Image(Media):
    """A picture: a file, a PIL image, a matplotlib figure, or an array ``[height, width]`` or ``[height, width, 1/3/4]``
    (PyTorch tensors: ``[channels, height, width]``) of bytes, or of floats in [0, 1]."""

    end = ".png"
    mime = "image/png"

    def __init__(self, data, caption=None, mode=None, **_unused):
        super().__init__(data, caption)

    def _write(self, path):
        data = self._data
        if hasattr(data, "savefig"):
            data.savefig(path)
        elif hasattr(data, "save") and hasattr(data, "mode"):
            data.save(path)
        else:
            _write_png(path, data)


class Table(Media):
    """Rows with named columns; becomes a CSV file. Pictures in its cells become files next to it, to which the cells
    refer.
    """

    end = ".csv"
    mime = "text/csv"

    def __init__(self, columns=None, data=None, dataframe=None, rows=None, **_unused):
        super().__init__(None)
        if dataframe is None and hasattr(data, "columns"):
            dataframe, data = data, None
        if dataframe is not None:
            columns, data = list(dataframe.columns), dataframe.values.tolist()
        self.data = [list(row) for row in (data if data is not None else rows or [])]
        width = len(self.data[0]) if self.data else 0
        self._pictures = None
        self.columns = [str(name) for name in columns] if columns is not None else [f"column {i + 1}" for i in range(width)]

    def add_data(self, *row):
        if len(row) != len(self.columns):
            raise ValueError(f"the table has {len(self.columns)} columns, and the row {len(row)} values")
        self.data.append(list(row))

    def add_column(self, name, data):
        data = list(data)
        if self.data and len(data) != len(self.data):
            raise ValueError(f"the table has {len(self.data)} rows, and the column {len(data)} values")
        self.data = self.data or [[] for _ in data]
        for row, value in zip(self.data, data):
            row.append(value)
        self.columns.append(str(name))

    def _record_into(self, run, name, step):
        safe = _safe(name)
        # A picture in several cells is written once; pictures of rows that can't be written are represented by their
        # captions.
        kept = {}

        def picture(value, image):
            if id(value) not in kept:
                kept[id(value)] = _keep_picture(run.folder, f"{safe}-{step}-cell", image)
            return kept[id(value)]

        self._pictures = picture
        try:
            super()._record_into(run, name, step)
        finally:
            self._pictures = None

    def _write(self, path):
        with open(path, "w", newline="", encoding="utf-8", errors="replace") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns)
            for row in self.data:
                writer.writerow([self._text(value) for value in row])

    def _text(self, value):
        if isinstance(value, Image) or (self._pictures and _is_picture(value)):
            image = value if isinstance(value, Image) else Image(value)
            path = self._pictures(value, image) if self._pictures else None
            if path is not None:
                caption = " ".join(str(image.caption or "").split())
                return f"![{caption[:2000]}]({path})"
            return image.caption or "Image"
        return _cell(value)


class Histogram(Media):
    """Counts of values in bins of equal width. ``np_histogram``: existing counts and edges."""

    end = ".json"
    mime = "application/vnd.tunesmith.histogram+json"

    def __init__(self, sequence=None, np_histogram=None, num_bins=64):
        super().__init__(None)
        if np_histogram is not None:
            counts, edges = np_histogram
            self.counts, self.edges = [float(c) for c in counts], [float(e) for e in edges]
        else:
            self.counts, self.edges = _histogram(sequence, max(1, min(512, int(num_bins))))
        if len(self.edges) != len(self.counts) + 1:
            raise ValueError(f"{len(self.counts)} counts need {len(self.counts) + 1} edges, not {len(self.edges)}")

    def _write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"counts": self.counts, "edges": self.edges}, file)


class Text(Media):
    """A text."""

    end = ".txt"
    mime = "text/plain"

    def _from_path(self):
        return False

    def _write(self, path):
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(str(self._data))


class Html(Text):
    """An HTML page, as a string or an open file. It is stored as a file and never executed."""

    end = ".html"
    mime = "text/html"

    def __init__(self, data, inject=True, **_unused):
        super().__init__(data.read() if hasattr(data, "read") else data)


class Audio(Media):
    """A sound: a file, or samples ``[time]`` or ``[time, channels]`` in [-1, 1]."""

    end = ".wav"
    mime = "audio/wav"

    def __init__(self, data, sample_rate=None, caption=None):
        super().__init__(data, caption)
        self._rate = sample_rate

    def _write(self, path):
        import wave

        samples = _array(self._data)
        if self._rate is None or samples.ndim not in (1, 2):
            raise ValueError("samples [time] or [time, channels] and a sample_rate are needed")
        with wave.open(path, "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(2)
            file.setframerate(int(self._rate))
            file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())


class Video(Media):
    """A video, from a file."""

    def __init__(self, data, caption=None, fps=None, format=None, **_unused):
        super().__init__(data, caption)


def wrap(value):
    """Returns the media of a logged value as a list; None if it has none."""
    if isinstance(value, Media):
        return [value]
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, Media) for one in value):
        return list(value)
    module = type(value).__module__
    if hasattr(value, "savefig") or module.startswith("PIL."):
        return [Image(value)]
    if module.startswith("pandas.") and hasattr(value, "columns"):
        return [Table(dataframe=value)]
    return None


def _safe(name):
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:100] or "media"


def _is_picture(value):
    return hasattr(value, "savefig") or type(value).__module__.startswith("PIL.")


def _keep_picture(folder, stem, image):
    """Writes a picture into the run's media folder. Returns its path relative to the run's folder; None if it can't
    be written.
    """
    # Cells name files with plain letters only.
    stem = "".join(c if c.isascii() else "_" for c in stem).lstrip(".") or "cell"
    try:
        if isinstance(image._data, (str, os.PathLike)):
            end = os.path.splitext(os.fspath(image._data))[1].lower()
            if end not in (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"):
                return None
            path = free(os.path.join(folder, "media"), stem + end)
            shutil.copyfile(image._data, path)
        else:
            path = free(os.path.join(folder, "media"), stem + image.end)
            image._write(path)
    except (OSError, ValueError, TypeError, ImportError):
        return None
    return f"media/{os.path.basename(path)}"


def _cell(value):
    if isinstance(value, Media):
        return value.caption or type(value).__name__
    item = getattr(value, "item", None)
    try:
        return item() if item is not None else value
    except (TypeError, ValueError, RuntimeError):
        return value


def _array(data):
    """Returns a numpy array of any value that contains numbers."""
    if hasattr(data, "detach"):
        data = data.detach().cpu()
    import numpy

    return numpy.asarray(data)


def _write_png(path, data):
    import struct
    import zlib

    channels_first = hasattr(data, "detach")
    pixels = _array(data)
    if pixels.ndim == 3 and channels_first and pixels.shape[0] in (1, 3, 4):
        pixels = pixels.transpose(1, 2, 0)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4) or 0 in pixels.shape:
        raise ValueError(f"an array of shape {list(pixels.shape)} is no picture")
    if pixels.dtype.kind == "f":
        pixels = pixels.clip(0, 1) * 255
    elif pixels.dtype.kind == "b":
        pixels = pixels.astype("uint8") * 255
    height, width, channels = pixels.shape
    rows = pixels.clip(0, 255).astype("uint8").tobytes()
    size = width * channels
    raw = b"".join(b"\0" + rows[at:at + size] for at in range(0, len(rows), size))
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(raw, 6)))
        file.write(chunk(b"IEND", b""))


def _histogram(sequence, bins):
    if hasattr(sequence, "detach"):
        sequence = sequence.detach().cpu().numpy()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        values = numpy.asarray(sequence, dtype=float).ravel()
        counts, edges = numpy.histogram(values[numpy.isfinite(values)], bins)
        return counts.tolist(), edges.tolist()
    values = [float(value) for value in sequence]
    values = [value for value in values if value - value == 0.0]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    width = (high - low) / bins
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int((value - low) / width))] += 1
    return counts, [low + width * i for i in range(bins)] + [high]
