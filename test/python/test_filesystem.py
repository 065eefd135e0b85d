import os
import tempfile
import unittest

from tunesmith._filesystem import network_type


class FileSystemTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def mounted(self, kind):
        device = os.stat(self.folder).st_dev
        path = os.path.join(self.folder, "mountinfo")
        with open(path, "w", encoding="utf-8") as file:
            file.write("22 1 254:99 / / rw,relatime shared:1 - ext4 /dev/vda rw\n")
            file.write(f"36 22 {os.major(device)}:{os.minor(device)} / /shared rw shared:2 master:1 - {kind} files:/export rw\n")
        return path

    def test_network_file_systems_are_known(self):
        for kind in ("nfs4", "cifs", "lustre", "beegfs", "fuse.sshfs", "fuseblk", "9p"):
            self.assertEqual(network_type(self.folder, self.mounted(kind)), kind)

    def test_local_ones_and_unknown_ones_are_not(self):
        for kind in ("ext4", "xfs", "overlay", "fusectl", "tmpfs"):
            self.assertIsNone(network_type(self.folder, self.mounted(kind)))
        self.assertIsNone(network_type(self.folder, "/nowhere"))
        self.assertIsNone(network_type("/nowhere at all"))

    def test_this_machine_answers(self):
        self.assertIn(type(network_type(self.folder)), (str, type(None)))
