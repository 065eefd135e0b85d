"""The kind of file system that a folder is on, as the operating system tells."""
import os
import re

# Types of mounts whose files other machines write. The supervisor knows them by number: src/engine/machine/fileSystem.ts.
_NETWORK = re.compile(
    r"(?:nfs\d?|cifs|smb\d?|smbfs|lustre|beegfs|gpfs|ceph|fuse(?:\..+|blk)?|afs|kafs|coda|9p|panfs|pvfs2|orangefs|gfs2|ocfs2"
    r"|vboxsf|vmhgfs|prl_fs|webdav|davfs)\Z"
)


def network_type(folder, mounts="/proc/self/mountinfo"):
    """Name of the type of network file system that a folder is on; None on a local disk, or if the system does not tell."""
    try:
        device = os.stat(folder).st_dev
        wanted = f"{os.major(device)}:{os.minor(device)}"
        with open(mounts, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.split(" ")
                if len(fields) < 9 or fields[2] != wanted or "-" not in fields[6:]:
                    continue
                kind = fields[fields.index("-", 6) + 1]
                return kind if _NETWORK.match(kind) else None
    except (OSError, AttributeError, ValueError):
        pass
    return None
