"""Reads journals, plain or packed. ``src/store/journal/packed`` of the engine writes the packed ones and describes them."""

import os
import re
import struct
import zlib

PACKED = ".packed"
#: For versions that can't read packed journals; it has no records.
NOTICE = "packed.ndjson"

_MAGIC = b"TSJ\x01\r\n\x1a\n"
_ENTRY, _FOOTER = 12, 24
#: Limits on sizes, which a damaged file may state as it likes.
_MOST_IN_BLOCK, _MOST_BLOCKS = 1 << 20, 1 << 22
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def journal_names(folder):
    """Returns the names of the journals in a folder, whether packed or not. Raises OSError."""
    names = {name[: -len(PACKED)] if name.endswith(".ndjson" + PACKED) else name for name in os.listdir(folder)}
    return sorted(name for name in names if name.endswith(".ndjson") and name != NOTICE)


def lines(path):
    """Yields the lines of a journal by the path of its plain file, as bytes. A damaged part of a packed one is left out."""
    plain = _open(path)
    if plain is not None:
        with plain:
            yield from plain
        return
    packed = _open(path + PACKED)
    if packed is None:
        # It was unpacked meanwhile.
        plain = _open(path)
        if plain is not None:
            with plain:
                yield from plain
        return
    with packed:
        rest = b""
        for block in _blocks(packed):
            if block is None:
                rest = b""
                continue
            parts = (rest + block).split(b"\n")
            rest = parts.pop()
            yield from parts
        if rest:
            yield rest


def _open(path):
    try:
        return os.fdopen(os.open(path, _FLAGS), "rb")
    except OSError:
        return None


def _blocks(file):
    """Yields the journal's bytes one block after the other, None for a damaged one; nothing if the file is not whole."""
    size = os.fstat(file.fileno()).st_size
    if size < len(_MAGIC) + _FOOTER or file.read(len(_MAGIC)) != _MAGIC:
        return
    file.seek(size - _FOOTER)
    count, check, total, magic = struct.unpack("<IId8s", file.read(_FOOTER))
    start = size - _FOOTER - count * _ENTRY
    if magic != _MAGIC or count > _MOST_BLOCKS or start < len(_MAGIC):
        return
    file.seek(start)
    index = file.read(count * _ENTRY)
    if zlib.crc32(index) != check:
        return
    entries = list(struct.iter_unpack("<III", index))
    if len(_MAGIC) + sum(entry[0] for entry in entries) != start or sum(entry[1] for entry in entries) != total:
        return
    if any(not 0 < plain <= _MOST_IN_BLOCK or not 2 <= length <= 2 * _MOST_IN_BLOCK for length, plain, _ in entries):
        return
    file.seek(len(_MAGIC))
    for length, plain, check in entries:
        yield _block(file.read(length), plain, check)


def _block(data, plain, check):
    if plain > _MOST_IN_BLOCK or data[:1] not in (b"\0", b"\1"):
        return None
    try:
        inflater = zlib.decompressobj(-15)
        # Columns take less than the lines that they are made of.
        block = inflater.decompress(data[1:], plain + 1)
        block = _from_columns(block, plain) if data[:1] == b"\1" else block
    except (zlib.error, struct.error, ValueError, IndexError, OverflowError):
        return None
    return block if len(block) == plain and zlib.crc32(block) == check else None


class _Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, length):
        if length > len(self.data) - self.at:
            raise ValueError("cut off")
        self.at += length
        return self.data[self.at - length : self.at]

    def u8(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while shift < 35:
            byte = self.u8()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a length without end")


def _from_columns(data, limit):
    reader = _Reader(data)
    lines = reader.varint()
    count = reader.varint()
    if lines > limit or count > 256 or (count == 0) != (lines == 0):
        raise ValueError("lines without a shape")
    shapes = []
    for _ in range(count):
        shapes.append([reader.take(reader.varint()) for _ in range(reader.varint())])
        if not shapes[-1]:
            raise ValueError("a shape without parts")
    order = reader.take(lines) if count > 1 else bytes(lines)
    # Each number and each end of a line is a byte at least. Without this, columns of no width would fill the memory.
    if sum(len(shape) * order.count(number) for number, shape in enumerate(shapes)) > limit:
        raise ValueError("more numbers than bytes")
    made = []
    for number, shape in enumerate(shapes):
        form = b"%b".join(part.replace(b"%", b"%%") for part in shape) + b"\n"
        n = order.count(number)
        columns = [_column(reader, n) for _ in shape[1:]]
        if any(len(column) != n for column in columns if n > 0):
            raise ValueError("a column of another length")
        # The numbers alone would make more than there may be.
        if n * (sum(map(len, shape)) + 1) > limit:
            raise ValueError("longer than it says")
        made.append([form % each for each in zip(*columns)] if columns else [form % ()] * n)
    if count == 1:
        return b"".join(made[0]) + data[reader.at :]
    of_shape = [iter(some) for some in made]
    return b"".join([next(of_shape[number]) for number in order]) + data[reader.at :]


def _column(reader, n):
    """Returns the texts of the numbers of a column."""
    mode = reader.u8()
    if mode == 0:
        texts = reader.take(reader.varint()).split(b"\n")
        if n > 0 and len(texts) != n:
            raise ValueError("a column of another length")
        return texts
    if mode == 1:
        digits, style, width = reader.take(3)
        (first,) = struct.unpack("<d", reader.take(8))
        if width > 7 or digits > 15 or first != first or abs(first) > 2**53:
            raise ValueError("a column of unknown integers")
        wide = bytearray(8 * max(0, n - 1))
        for plane in range(width):
            wide[plane::8] = reader.take(max(0, n - 1))
        value = int(first)
        values = [value] if n > 0 else []
        for zigzag in struct.unpack(f"<{max(0, n - 1)}Q", wide):
            value += (zigzag >> 1) ^ -(zigzag & 1)
            values.append(value)
        if digits == 0 and style == 0:
            return [str(each).encode() for each in values] if all(abs(each) < 10**21 for each in values) else []
        unit = 10**digits
        return [_text(each / unit, style) for each in values]
    if mode not in (2, 3):
        raise ValueError("a column of an unknown kind")
    style = reader.u8()
    width = 4 if mode == 2 else 8
    wide = bytearray(n * width)
    for plane in range(width):
        wide[plane::width] = reader.take(n)
    return [_text(each, style) for each in struct.unpack(f"<{n}{'f' if mode == 2 else 'd'}", wide)]


_EXPONENT = re.compile(r"^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$")


def _text(x, style):
    """Returns the shortest text of a float, as JavaScript (0) or Python (1) writes it."""
    text = repr(x)
    if style == 1:
        return text.encode()
    if text.endswith(".0"):
        return b"0" if x == 0 else text[:-2].encode()
    match = _EXPONENT.match(text) if "e" in text else None
    if not match:
        return text.encode()
    sign, first, more, exponent = match.group(1), match.group(2), match.group(3) or "", int(match.group(4))
    if -7 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{first}{more}".encode()
    if 0 <= exponent < 21 and len(more) <= exponent:
        return f"{sign}{first}{more.ljust(exponent, '0')}".encode()
    return f"{sign}{first}{'.' if more else ''}{more}e{exponent:+d}".encode()
