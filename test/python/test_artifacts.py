"""Artifacts: versions by content, found by later runs, checked when they are used."""
import json

from test_standalone import HandCase


class Artifacts(HandCase):
    LOG = """
import os, sys, tunesmith
os.makedirs("data/sub", exist_ok=True)
open("data/a.txt", "w").write(sys.argv[1] if len(sys.argv) > 1 else "one")
open("data/sub/b.txt", "w").write("b")
with tunesmith.init() as run:
    data = tunesmith.Artifact("corpus", type="dataset", metadata={"rows": 2})
    data.add_dir("data")
    data.add_reference("s3://bucket/large.bin")
    data.add(tunesmith.Table(columns=["a"], data=[[1]]), "table")
    with data.new_file("made/note.txt") as file:
        file.write("hello")
    found = run.log_artifact(data, aliases=["clean"])
    print(found.version, found.digest, run.id)
"""
    USE = """
import tunesmith
with tunesmith.init() as run:
    data = run.use_artifact(NAME)
    folder = data.download("here")
    print(data.version, data.type, data.metadata, sorted(data.files()), open(folder + "/a.txt").read(), data.run_id)
"""

    def test_versions_are_made_by_content_and_found_by_later_runs(self):
        first = self.run_code(self.LOG, file="log.py")[0].split()
        again = self.run_code(self.LOG, file="log.py")[0].split()
        self.assertEqual((first[0], again[0], again[1]), ("v0", "v0", first[1]))
        changed = self.run_code(self.LOG.replace('"one"', '"two"'), file="log.py")[0].split()
        self.assertEqual(changed[0], "v1")
        self.assertNotEqual(changed[1], first[1])
        names = "['a.txt', 'large.bin', 'made/note.txt', 'sub/b.txt', 'table.csv']"
        out = self.run_code(self.USE.replace("NAME", "'corpus:v0'"))[0]
        self.assertEqual(out, f"v0 dataset {{'rows': 2}} {names} one {first[2]}\n")
        for name in ("'me/project/corpus'", "'corpus:latest'", "'corpus:clean'"):
            self.assertTrue(self.run_code(self.USE.replace("NAME", name))[0].startswith("v1 "), name)
        facts = [record["values"] for run in self.runs() for record in run.of("info")]
        self.assertIn({"artifact.corpus": "v1"}, facts)
        self.assertIn({"uses.corpus": "v0"}, facts)
        # The content of a version lies in one run alone.
        self.assertEqual(len(list(self.workspace.glob(".tunesmith/runs/*/artifacts/corpus/v*"))), 2)

    def test_a_file_that_was_changed_afterwards_is_noticed(self):
        self.run_code(self.LOG, file="log.py")
        (kept,) = self.workspace.glob(".tunesmith/runs/*/artifacts/corpus/v0/files/a.txt")
        kept.write_text("other")
        _, err = self.run_code(self.USE.replace("NAME", "'corpus'"), expect=1)
        self.assertIn("a.txt of artifact corpus:v0 is not what was logged", err)

    def test_a_manifest_that_leads_elsewhere_is_refused(self):
        self.run_code(self.LOG, file="log.py")
        (manifest,) = self.workspace.glob(".tunesmith/runs/*/artifacts/corpus/v0/manifest.json")
        content = json.loads(manifest.read_text())
        content["files"] = {"../../../../../secret": {"size": 1, "sha256": "0"}}
        manifest.write_text(json.dumps(content))
        _, err = self.run_code(self.USE.replace("NAME", "'corpus'"), expect=1)
        self.assertIn("does not lie within the artifact", err)

    def test_a_link_in_its_folder_is_not_followed(self):
        self.run_code(self.LOG, file="log.py")
        (kept,) = self.workspace.glob(".tunesmith/runs/*/artifacts/corpus/v0/files/a.txt")
        (self.workspace / "secret").write_text("one")
        kept.unlink()
        kept.symlink_to(self.workspace / "secret")
        _, err = self.run_code(self.USE.replace("NAME", "'corpus'"), expect=1)
        self.assertIn("is a link", err)

    def test_a_path_is_enough_and_mistakes_are_said(self):
        code = """
import tunesmith
open("model.pt", "wb").write(b"weights")
run = tunesmith.init()
found = run.log_artifact("model.pt", name="model", type="model")
print(found.version, found.type, found.size, open(run.use_artifact("model:v0").file("x"), "rb").read())
for wrong in (lambda: run.use_artifact("nothing"), lambda: tunesmith.Artifact("a/b"), lambda: found.add_file("model.pt")):
    try:
        wrong()
    except ValueError as error:
        print(error)
"""
        out = self.run_code(code)[0].splitlines()
        self.assertEqual(out[0], "v0 model 7 b'weights'")
        self.assertIn("there is no artifact 'nothing'", out[1])
        self.assertIn("unlike 'a/b'", out[2])
        self.assertIn("is logged already", out[3])
