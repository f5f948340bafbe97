"""Everything docs/sync.md says about checking a sync without our program, done: the very commands of that page, with git
and openssl only, on fresh clones. And the metadata against its schema."""

import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TANDEM_PROGRAM", str(SOURCE / "build" / "release" / "tandem"))
PAGE = (SOURCE / "docs" / "sync.md").read_text()
IDENTITY = {"GIT_AUTHOR_NAME": "Anna", "GIT_AUTHOR_EMAIL": "anna@example.com", "GIT_COMMITTER_NAME": "Anna", "GIT_COMMITTER_EMAIL": "anna@example.com"}


def run(*words, cwd, code=0):
    done = subprocess.run([str(word) for word in words], cwd=cwd, text=True, capture_output=True, env={**os.environ, **IDENTITY})
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def commands(name):
    """The block of docs/sync.md that follows the mark <!-- check: name -->."""
    found = re.search(rf"<!-- check: {name} -->\n```sh\n(.*?)```", PAGE, re.S)
    assert found, f"docs/sync.md has no block {name}"
    return found.group(1)


def shell(text, cwd, code=0, **variables):
    done = subprocess.run(["sh", "-eu", "-c", text], cwd=cwd, text=True, capture_output=True, env={**os.environ, **variables})
    assert done.returncode == code, f"{text}\n{done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


class Pair:
    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "pair"
        self.home.mkdir()
        files = {"application": {"src/people.py": "v1\n", "src/tests/test_people.py": "t\n", "main.py": "app = 1\n", "requirements.txt": "fastapi==0.110.0\n"},
                 "infrastructure": {"app.py": "cdk\n", "lambda/api_handler.py": "old\n", "lambda/requirements.txt": "boto3\n"}}
        for name, contents in files.items():
            run("git", "init", "-q", "-b", "main", folder / name, cwd=folder)
            run("git", "init", "-q", "--bare", "-b", "main", folder / f"{name}.git", cwd=folder)
            self.commit(name, contents)
        self.tandem("init", folder / "application.git", folder / "infrastructure.git")

    def commit(self, name, contents):
        for path, text in contents.items():
            file = self.folder / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        run("git", "add", "-A", cwd=self.folder / name)
        run("git", "commit", "-qm", "work", cwd=self.folder / name)
        run("git", "push", "-q", self.folder / f"{name}.git", "HEAD:main", cwd=self.folder / name)

    def tandem(self, *words, code=0):
        return json.loads(run(PROGRAM, *words, "--json", cwd=self.home, code=code))

    def clones(self, name="clones"):
        """What somebody has who has never seen our program: two clones and a public key."""
        place = self.folder / name
        place.mkdir()
        for side in ("application", "infrastructure"):
            run("git", "clone", "-q", self.folder / f"{side}.git", place / side, cwd=place)
        return place


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def exported(pair, place, *words):
    (place / "tandem.pem").write_text(run(PROGRAM, "keys", "export", *words, cwd=pair.home))


def test_plain_git_shows_that_the_copy_is_exact(pair):
    pair.tandem("sync")
    place = pair.clones()
    said = shell(commands("copy"), place)
    assert "exact: lambda/src" in said and "exact: lambda/main.py" in said


def test_plain_git_shows_a_copy_that_is_not(pair):
    pair.tandem("sync")
    run("git", "pull", "-q", pair.folder / "infrastructure.git", "main", cwd=pair.folder / "infrastructure")
    pair.commit("infrastructure", {"lambda/src/people.py": "edited\n"})
    place = pair.clones()
    said = shell(commands("copy"), place, code=1)
    assert "DIFFERS: lambda/src" in said


def test_plain_git_shows_that_nothing_else_changed(pair):
    pair.tandem("sync")
    assert shell(commands("paths"), pair.clones()).split() == [
        "lambda/main.py", "lambda/requirements.txt", "lambda/src/people.py", "lambda/src/tests/test_people.py", "lambda/sync-metadata.json"]


def test_openssl_verifies_the_attestation_with_the_public_key_alone(pair):
    pair.tandem("sync")
    place = pair.clones()
    exported(pair, place)
    said = shell(commands("signature"), place)
    assert "Signature Verified Successfully" in said
    statement = json.loads((place / "statement.json").read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    head = run("git", "rev-parse", "HEAD", cwd=place / "infrastructure").strip()
    assert statement["subject"][0]["digest"]["gitCommit"] == head
    tree = run("git", "rev-parse", "HEAD:src", cwd=place / "application").strip()
    assert {"name": "lambda/src", "digest": {"gitTree": tree}} in statement["subject"]


def test_openssl_refuses_a_changed_statement_and_a_foreign_key(pair):
    pair.tandem("sync")
    place = pair.clones()
    exported(pair, place)
    shell(commands("signature"), place)
    bent = (place / "signed.bin").read_bytes().replace(b"api-triggered", b"API-triggered").replace(b"coordinated", b"COORDINATED", 1)
    (place / "signed.bin").write_bytes(bent)
    check = commands("signature").strip().splitlines()[-1]
    assert "openssl pkeyutl -verify" in check
    shell(check, place, code=1)
    other = pair.clones("other")
    shell("openssl genpkey -algorithm ed25519 -out k.pem && openssl pkey -in k.pem -pubout -out tandem.pem", other)
    shell(commands("signature"), other, code=1)


def test_the_log_is_a_chain_that_plain_tools_can_follow(pair):
    for number in range(3):
        pair.commit("application", {"src/people.py": f"v{number + 2}\n"})
        pair.tandem("sync")
    said = shell(commands("chain"), pair.clones())
    assert said.splitlines() == ["sync 3", "sync 2", "sync 1", "unbroken"]


def test_old_signatures_stay_verifiable_after_a_rotation_and_a_revoked_key_is_refused(pair):
    pair.tandem("sync")
    first = pair.tandem("keys", "list")["keys"][0]["id"]
    place = pair.clones()
    exported(pair, place)
    second = pair.tandem("keys", "rotate")["key"]["id"]
    assert first != second
    assert pair.tandem("sync", "verify")["holds"]
    exported(pair, place, first)
    assert "Signature Verified Successfully" in shell(commands("signature"), place)
    pair.tandem("keys", "revoke", first, "--reason", "laptop lost")
    assert pair.tandem("sync", "verify")["holds"], "what was signed before the revocation still counts"
    states = {key["id"]: key["state"] for key in pair.tandem("keys", "list")["keys"]}
    assert states == {first: "revoked", second: "active"}
    pair.commit("application", {"src/people.py": "v2\n"})
    assert pair.tandem("sync")["in_place"] is False
    verified = pair.tandem("sync", "verify")
    assert verified["holds"] and verified["sources"][0]["key"] == second


@pytest.mark.parametrize("exclude", ["", ", exclude: [tests]"])
def test_the_metadata_follows_its_schema(pair, exclude):
    file = pair.home / "tandem.yaml"
    file.write_text(file.read_text().replace("to: lambda/src}", f"to: lambda/src{exclude}}}"))
    pair.tandem("sync")
    metadata = json.loads(run("git", "show", "main:lambda/sync-metadata.json", cwd=pair.folder / "infrastructure.git"))
    schema = json.loads((SOURCE / "docs" / "schemas" / "sync-metadata.schema.json").read_text())
    jsonschema.validators.validator_for(schema).check_schema(schema)
    jsonschema.validate(metadata, schema)
    kinds = {component["to"]: component["kind"] for component in metadata["components"]}
    assert kinds["lambda/src"] == ("reduced" if exclude else "exact")
    for bad in ({"source_commit": "x"}, {"more": 1}, {"sequence": 0}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**metadata, **bad}, schema)


def test_verify_answers_which_commit_and_whether_it_is_still_identical(pair):
    pair.tandem("sync")
    head = run("git", "rev-parse", "HEAD", cwd=pair.folder / "application").strip()
    said = pair.tandem("sync", "verify", "--full")
    assert said["sources"][0]["sync"]["source"] == head
    assert {file["path"]: file["state"] for file in said["sources"][0]["files"]} == {
        "lambda/main.py": "identical", "lambda/src/people.py": "identical", "lambda/src/tests/test_people.py": "identical"}
    place = pair.clones()
    sums = "".join(f"{file['sha256']}  {file['path']}\n" for file in said["sources"][0]["files"])
    (place / "infrastructure" / "sums").write_text(sums)
    run("sha256sum", "-c", "sums", cwd=place / "infrastructure")
    run("git", "pull", "-q", pair.folder / "infrastructure.git", "main", cwd=pair.folder / "infrastructure")
    pair.commit("infrastructure", {"lambda/src/people.py": "edited\n"})
    said = pair.tandem("sync", "verify", code=3)
    assert [(file["path"], file["state"]) for file in said["sources"][0]["files"]] == [("lambda/src/people.py", "changed")]


def test_a_conflict_shows_both_sides_and_ends_with_refused_by_policy(pair):
    pair.tandem("sync")
    run("git", "pull", "-q", pair.folder / "infrastructure.git", "main", cwd=pair.folder / "infrastructure")
    pair.commit("infrastructure", {"lambda/src/people.py": "hotfix\n"})
    pair.commit("application", {"src/people.py": "v2\n"})
    said = pair.tandem("sync", code=4)
    assert said["code"] == "TD0305"
    conflict = said["conflicts"][0]
    assert conflict["path"] == "lambda/src/people.py"
    assert "+hotfix" in conflict["by_hand"]["diff"] and "+v2" in conflict["by_source"]["diff"]
    said = pair.tandem("sync", "--on-conflict", "branch", code=4)
    assert "tandem/conflict/" in said["what"]
    assert len(said["conflicts"]) == 1
    assert pair.tandem("sync", "--on-conflict", "take-source")["record"]["landed"]
    assert pair.tandem("sync", "verify")["holds"]


def states(said):
    return {file["path"]: file["state"] for file in said["sources"][0]["files"] if file["state"] != "identical"}


def test_verify_follows_edits_merges_and_reverts_file_by_file(pair):
    pair.tandem("sync")
    clone = pair.folder / "history"
    run("git", "clone", "-q", pair.folder / "infrastructure.git", clone, cwd=pair.folder)
    synced = run("git", "rev-parse", "HEAD", cwd=clone).strip()

    def verified(message, code):
        run("git", "add", "-A", cwd=clone)
        run("git", "commit", "-q", "--allow-empty", "-m", message, cwd=clone)
        run("git", "push", "-q", "origin", "HEAD:main", cwd=clone)
        return pair.tandem("sync", "verify", "--full", code=code)

    (clone / "lambda/src/people.py").write_text("by hand\n")
    assert states(verified("edit", 3)) == {"lambda/src/people.py": "changed"}
    run("git", "revert", "-n", "HEAD", cwd=clone)
    assert verified("revert of the edit", 0)["holds"]

    run("git", "checkout", "-q", "-b", "side", synced, cwd=clone)
    (clone / "lambda/src/extra.py").write_text("more\n")
    (clone / "lambda/src/people.py").unlink()
    run("git", "add", "-A", cwd=clone)
    run("git", "commit", "-qm", "side", cwd=clone)
    run("git", "checkout", "-q", "main", cwd=clone)
    run("git", "merge", "-q", "--no-edit", "side", cwd=clone)
    assert states(verified("after the merge", 3)) == {"lambda/src/extra.py": "added", "lambda/src/people.py": "missing"}
    run("git", "revert", "-n", "-m", "1", "HEAD~1", cwd=clone)
    assert verified("revert of the merge", 0)["holds"]
    assert pair.tandem("sync", "verify", synced)["holds"], "an earlier commit is asked for by its id"


def test_a_commit_that_is_not_there_is_told_with_the_way_to_those_that_are(pair):
    pair.tandem("sync")
    said = pair.tandem("sync", "verify", "deadbeef", code=1)
    assert said["code"] == "TD0317"
    assert "tandem sync log" in said["next"]
