"""Named, versioned sets of files that runs create and use: data sets, models.

A version is stored in the folder of the run that has logged it, as ``artifacts/<name>/<version>/`` with its files and
a manifest of their hashes. Runs of a workspace find each other's; content that exists already gets no new version.
"""
import hashlib
import json
import os
import shutil
from time import time

from . import _workspace
from ._place import read_object

MIME = "application/vnd.tunesmith.artifact+json"
FOLDER = "artifacts"
MANIFEST = "manifest.json"
_BLOCK = 1 << 20
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"


class Artifact:
    """Files under one name, collected by a program and logged with ``run.log_artifact``; or one that
    ``run.use_artifact`` has found, with its ``version``, ``digest`` and ``download``.
    """

    def __init__(self, name, type="dataset", description=None, metadata=None, incremental=None, use_as=None):
        self.name = checked(name)
        self.type = str(type)
        self.description = description
        self.metadata = dict(metadata or {})
        self.aliases = []
        #: ``v0``, ``v1``, …, once it is logged or found.
        self.version = None
        #: SHA-256 over the names, sizes and hashes of its files.
        self.digest = None
        self.run_id = None
        self._sources = {}
        self._references = {}
        self._made = None
        self._folder = None
        self._manifest = None

    # Building it

    def add_file(self, local_path, name=None, is_tmp=False, **_unused):
        """Adds a file, under its own name or another one, which may contain folders."""
        self._open()
        path = os.path.abspath(os.fspath(local_path))
        if not os.path.isfile(path):
            raise FileNotFoundError(f"there is no file {local_path}")
        self._sources[_inside(name or os.path.basename(path))] = path

    def add_dir(self, local_path, name=None, **_unused):
        """Adds all files of a folder and its subfolders."""
        self._open()
        top = os.path.abspath(os.fspath(local_path))
        if not os.path.isdir(top):
            raise FileNotFoundError(f"there is no folder {local_path}")
        for folder, folders, files in os.walk(top):
            folders.sort()
            for file in sorted(files):
                path = os.path.join(folder, file)
                relative = os.path.relpath(path, top).replace(os.sep, "/")
                if os.path.isfile(path):
                    self._sources[_inside(f"{name}/{relative}" if name else relative)] = path

    def add_reference(self, uri, name=None, checksum=True, **_unused):
        """Adds a reference by its address only; a local file is hashed, not copied."""
        self._open()
        uri = str(uri)
        self._references[_inside(name or uri.rstrip("/").rsplit("/", 1)[-1] or "reference")] = uri

    def add(self, obj, name):
        """Adds a table, picture or similar value."""
        from ._types import wrap

        media = wrap(obj)
        if media is None:
            raise TypeError(f"add: {type(obj).__name__} is no table, picture or the like")
        name = name if name.endswith(media[0].end) else name + media[0].end
        path = os.path.join(self._own_folder(), hashlib.sha256(name.encode()).hexdigest()[:16] + media[0].end)
        media[0]._write(path)
        self._sources[_inside(name)] = path

    def new_file(self, name, mode="w", encoding=None):
        """Adds a file that a ``with`` block writes."""
        self._open()
        path = os.path.join(self._own_folder(), hashlib.sha256(name.encode()).hexdigest()[:16])
        self._sources[_inside(name)] = path
        return open(path, mode, encoding=encoding or (None if "b" in mode else "utf-8"))

    def _open(self):
        if self.version is not None:
            raise ValueError(f"artifact {self.name}:{self.version} is logged already; make another one")

    def _own_folder(self):
        if self._made is None:
            import tempfile

            self._made = tempfile.TemporaryDirectory(prefix="tunesmith-")
        return self._made.name

    # Using it

    @property
    def qualified_name(self):
        return f"{self.name}:{self.version}"

    @property
    def size(self):
        return sum(entry["size"] for entry in self._entries().values())

    def files(self):
        """Returns the names of its files."""
        return list(self._entries())

    def wait(self, timeout=None):
        """Returns at once: an artifact exists as soon as it is logged."""
        return self

    def download(self, root=None, **_unused):
        """Checks its files and copies them to ``root`` (default ``artifacts/<name>:<version>``). Returns the folder."""
        root = os.path.abspath(os.fspath(root) if root is not None else os.path.join("artifacts", f"{self.name}-{self.version}"))
        for name in self._entries():
            self._copy(name, root)
        return root

    def file(self, root=None):
        """Returns the path of its only file in the folder of ``download``."""
        names = self.files()
        if len(names) != 1:
            raise ValueError(f"artifact {self.name} has {len(names)} files, not one")
        return os.path.join(self.download(root), names[0])

    def get_entry(self, name):
        if name not in self._entries():
            raise KeyError(f"artifact {self.name} has no file {name!r}; it has: {', '.join(self.files())}")
        return _Entry(self, name)

    get_path = get_entry

    def _entries(self):
        found = (self._manifest or {}).get("files")
        return {name: entry for name, entry in found.items() if isinstance(entry, dict)} if isinstance(found, dict) else {}

    def _copy(self, name, root):
        entry = self._entries()[name]
        inside = _inside(name)
        target = os.path.join(root, *inside.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if "reference" in entry:
            return entry["reference"]
        source = os.path.join(self._folder, "files", *inside.split("/"))
        # The folder is data: nothing outside of it is read through a link.
        if os.path.realpath(source) != os.path.join(os.path.realpath(os.path.join(self._folder, "files")), *inside.split("/")):
            raise OSError(f"{source} is a link")
        if not (os.path.isfile(target) and _hash(target) == entry.get("sha256")):
            shutil.copyfile(source, target)
            if _hash(target) != entry.get("sha256"):
                raise OSError(f"{name} of artifact {self.name}:{self.version} is not what was logged")
        return target


class _Entry:
    def __init__(self, artifact, name):
        self._artifact = artifact
        self.name = name

    def download(self, root=None, **_unused):
        artifact = self._artifact
        root = os.fspath(root) if root is not None else os.path.join("artifacts", f"{artifact.name}-{artifact.version}")
        return artifact._copy(self.name, os.path.abspath(root))


def log(run, artifact, name=None, type=None, aliases=None):
    """See ``Run.log_artifact``."""
    if not isinstance(artifact, Artifact):
        path = os.fspath(artifact)
        made = Artifact(name or f"run-{run.id}-{os.path.basename(os.path.abspath(path))}", type or "dataset")
        made.add_dir(path) if os.path.isdir(path) else made.add_file(path)
        artifact = made
    artifact.aliases = [str(alias) for alias in (aliases if isinstance(aliases, (list, tuple)) else [aliases] if aliases else [])]
    if not run.enabled:
        artifact.version = artifact.version or "v0"
        return artifact
    files = {}
    for inside, path in sorted(artifact._sources.items()):
        files[inside] = {"size": os.path.getsize(path), "sha256": _hash(path)}
    for inside, uri in sorted(artifact._references.items()):
        local = uri[len("file://"):] if uri.startswith("file://") else None
        known = {"sha256": _hash(local), "size": os.path.getsize(local)} if local and os.path.isfile(local) else {"size": 0}
        files[inside] = {**known, "reference": uri}
    artifact.digest = _digest(files)
    earlier = _versions(os.path.dirname(run.folder), artifact.name)
    if earlier and earlier[-1].digest == artifact.digest:
        latest = earlier[-1]
        artifact.version, artifact.run_id, artifact._folder, artifact._manifest = latest.version, latest.run_id, latest._folder, latest._manifest
    else:
        _keep(run, artifact, files, number(earlier[-1].version) + 1 if earlier else 0)
    run.info({f"artifact.{artifact.name}": artifact.version})
    return artifact


def use(run, wanted, type=None, aliases=None, use_as=None):
    """See ``Run.use_artifact``."""
    if isinstance(wanted, Artifact):
        artifact = wanted if wanted.version is not None else log(run, wanted)
    else:
        artifact = find(os.path.dirname(run.folder) if run.folder else None, wanted, type)
    run.info({f"uses.{artifact.name}": artifact.version})
    return artifact


def find(runs, wanted, type=None):
    """Returns the artifact ``name``, ``name:v3``, ``name:latest`` or ``name:alias``; a project before the name is
    ignored. Raises ValueError if there is none.
    """
    name, _, version = str(wanted).rsplit("/", 1)[-1].partition(":")
    found = _versions(runs, checked(name)) if runs else []
    if type is not None:
        found = [each for each in found if each.type == type]
    for each in reversed(found):
        if version in ("", "latest", each.version) or version in each.aliases:
            return each
    known = ", ".join(each.version for each in found[-20:])
    raise ValueError(f"there is no artifact {wanted!r} in this workspace" + (f"; versions: {known}" if known else ""))


def checked(name):
    name = str(name)
    if not 0 < len(name) <= 128 or name[0] == "." or any(letter not in _LETTERS for letter in name):
        raise ValueError(f"an artifact's name has 1 to 128 letters, digits, _, - and ., unlike {name!r}")
    return name


def number(version):
    return int(version[1:]) if version[:1] == "v" and version[1:].isdigit() and len(version) < 10 else -1


def _keep(run, artifact, files, version):
    artifact.version, artifact.run_id = f"v{version}", run.id
    folder = os.path.join(run.folder, FOLDER, artifact.name, artifact.version)
    temporary = f"{folder}.{os.urandom(4).hex()}.tmp"
    try:
        os.makedirs(os.path.join(temporary, "files"), mode=0o700)
        for inside, path in artifact._sources.items():
            target = os.path.join(temporary, "files", *inside.split("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(path, target)
        artifact._manifest = {
            "name": artifact.name,
            "type": artifact.type,
            "version": artifact.version,
            "aliases": artifact.aliases,
            "digest": artifact.digest,
            "description": artifact.description,
            "metadata": json.loads(json.dumps(artifact.metadata, default=str)),
            "created": round(time() * 1000),
            "files": files,
        }
        _workspace.write_whole(os.path.join(temporary, MANIFEST), json.dumps(artifact._manifest, ensure_ascii=False))
        os.rename(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    artifact._folder = folder
    run.media(f"artifact {artifact.qualified_name}", os.path.join(folder, MANIFEST), mime=MIME)


def _versions(runs, name):
    """Returns all versions in the folder of all runs, oldest first."""
    found = []
    try:
        ids = [entry.name for entry in os.scandir(runs) if entry.is_dir(follow_symlinks=False) and entry.name[0] != "."]
    except OSError:
        return found
    for run in ids:
        top = os.path.join(runs, run, FOLDER, name)
        try:
            folders = [entry.path for entry in os.scandir(top) if entry.is_dir(follow_symlinks=False) and number(entry.name) >= 0]
        except OSError:
            continue
        for folder in folders:
            manifest = read_object(os.path.join(folder, MANIFEST))
            if isinstance(manifest.get("files"), dict) and manifest.get("name") == name:
                found.append(_of_manifest(manifest, folder, run))
    return sorted(found, key=lambda each: (number(each.version), each._manifest.get("created") or 0))


def _of_manifest(manifest, folder, run):
    artifact = Artifact(manifest["name"], manifest.get("type") or "dataset", manifest.get("description"))
    metadata, aliases = manifest.get("metadata"), manifest.get("aliases")
    artifact.metadata = metadata if isinstance(metadata, dict) else {}
    artifact.aliases = [str(alias) for alias in aliases] if isinstance(aliases, list) else []
    artifact.version, artifact.digest, artifact.run_id = os.path.basename(folder), manifest.get("digest"), run
    artifact._folder, artifact._manifest = folder, manifest
    return artifact


def _inside(name):
    """Returns a path within the artifact, with slashes. Raises ValueError for one outside of it."""
    parts = [part for part in str(name).replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts or str(name).startswith("/") or ":" in parts[0] or "\0" in str(name):
        raise ValueError(f"{name!r} does not lie within the artifact")
    return "/".join(parts)


def _hash(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            found.update(block)
    return found.hexdigest()


def _digest(files):
    lines = [f"{name}\0{entry['size']}\0{entry.get('sha256', '')}\0{entry.get('reference', '')}\n" for name, entry in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
