"""Packed journals: the engine writes them, and the client reads them without it."""
import os
import random
import shutil
import struct
import tempfile
import unittest
import zlib

from tunesmith import _packed
from tunesmith._api import _Journal
from tunesmith._journal import Journal

#: `rank0-1.ndjson.packed` was made from `plain.txt` by the engine.
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "packed")


class Packed(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="прогон ü ")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.path = os.path.join(self.folder, "rank0-1.ndjson")
        shutil.copy(os.path.join(HERE, "rank0-1.ndjson.packed"), self.folder)
        with open(os.path.join(HERE, "plain.txt"), "rb") as file:
            self.plain = file.read()

    def test_every_byte_comes_back(self):
        self.assertEqual(_packed.journal_names(self.folder), ["rank0-1.ndjson"])
        self.assertEqual(b"\n".join(_packed.lines(self.path)), self.plain)

    def test_the_plain_file_takes_precedence(self):
        with open(self.path, "wb") as file:
            file.write(b'{"type":"metrics","step":1,"values":{"a":1}}\n')
        self.assertEqual(len(list(_packed.lines(self.path))), 1)
        self.assertEqual(_packed.journal_names(self.folder), ["rank0-1.ndjson"])

    def test_the_api_reads_the_same_points(self):
        packed = _Journal(self.folder).points
        with open(self.path, "wb") as file:
            file.write(self.plain)
        self.assertEqual(repr(_Journal(self.folder).points), repr(packed))
        self.assertGreater(len(packed), 100)

    def test_a_program_with_the_same_pid_takes_another_name(self):
        journal = Journal(self.folder, "rank0-1")
        journal.close()
        self.assertEqual(journal.name, "rank0-1-2.ndjson")

    def test_percent_signs_are_one_byte_each(self):
        line = b"%" * 100
        columns = b"\x01\x01\x01\x64" + line
        self.assertEqual(_packed._from_columns(columns, 101), line + b"\n")

    def test_columns_of_no_width_are_refused_before_they_fill_the_memory(self):
        # 5000 lines of 2000 numbers.
        bomb = b"\x88\x27\x01\xd1\x0f" + bytes(2001) + (b"\x01" + bytes(11)) * 2000
        with self.assertRaisesRegex(ValueError, "more numbers than bytes"):
            _packed._from_columns(bomb, 1 << 20)

    def test_a_block_of_any_length_is_not_read(self):
        packed = self.path + ".packed"
        block = b"\0" + bytes(3 << 20)
        index = struct.pack("<III", len(block), 1, 0)
        footer = struct.pack("<IId8s", 1, zlib.crc32(index), 1, _packed._MAGIC)
        with open(packed, "wb") as file:
            file.write(_packed._MAGIC + block + index + footer)
        lengths = []

        class File:
            def __init__(self, file):
                self.fileno, self.seek = file.fileno, file.seek
                self.read = lambda length: lengths.append(length) or file.read(length)

        with open(packed, "rb") as file:
            self.assertEqual(list(_packed._blocks(File(file))), [])
        self.assertLess(max(lengths), 100)

    def test_damaged_files_give_less_and_never_an_error(self):
        packed = self.path + ".packed"
        with open(packed, "rb") as file:
            whole = file.read()
        chance = random.Random(5)
        lines = set(_packed.lines(self.path))
        for turn in range(600):
            damaged = bytearray(whole)
            for _ in range(1 + turn % 3):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            with open(packed, "wb") as file:
                file.write(damaged[: chance.randrange(len(damaged))] if turn % 4 == 0 else damaged)
            self.assertLessEqual(set(_packed.lines(self.path)), lines)

    def test_links_are_not_followed(self):
        shutil.move(self.path + ".packed", os.path.join(self.folder, "elsewhere"))
        os.symlink(os.path.join(self.folder, "elsewhere"), self.path + ".packed")
        self.assertEqual(list(_packed.lines(self.path)), [])

    def test_columns_never_make_more_than_they_may(self):
        numbers = bytes([1, 0, 0, 0]) + bytes(8)
        bomb = b"\x80\x80\x20\x01\x02\x7f" + b"x" * 127 + b"\x00" + numbers
        with self.assertRaises(ValueError):
            _packed._from_columns(bomb, 1 << 20)


if __name__ == "__main__":
    unittest.main()
