"""`tandem validate` and `tandem explain-trigger` as people call them: no daemon, no tandem.yaml."""

import json
import os
import pathlib
import subprocess

import pytest

PROGRAM = os.environ["TANDEM_PROGRAM"]

GOOD = """Name: build
SchemaVersion: "1.0"
Triggers:
  - Type: PUSH
    Branches: [main]
    FilesChanged: ["src/.*"]
  - Type: PULLREQUEST
    Branches: [main]
    Events: [OPEN]
Actions:
  Build:
    Identifier: aws/build@v1
    Inputs:
      Sources: [WorkflowSource]
    Configuration:
      Steps:
        - Run: make
"""
GIT = ["git", "-c", "user.name=anna", "-c", "user.email=anna@example.com", "-c", "init.defaultBranch=main"]


def tandem(*words, where, text=None):
    environment = {key: value for key, value in os.environ.items() if key != "TANDEM_CONFIG"}
    return subprocess.run([PROGRAM, *words], cwd=where, input=text, text=True, capture_output=True, check=False, env=environment)


@pytest.fixture
def folder(tmp_path):
    workflows = tmp_path / ".codecatalyst" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "build.yml").write_text(GOOD)
    return tmp_path


@pytest.fixture
def repository(folder):
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"], ["branch", "feature/x"]):
        subprocess.run([*GIT, *words], cwd=folder, check=True)
    return folder


def workflow(folder: pathlib.Path) -> pathlib.Path:
    return folder / ".codecatalyst" / "workflows" / "build.yml"


def test_a_right_file_ends_with_0_a_wrong_one_with_2_one_that_cannot_run_here_with_4(folder):
    assert tandem("validate", where=folder).returncode == 0
    assert tandem("validate", "-", where=folder, text=GOOD.replace("Steps:", "Stpes:")).returncode == 2
    assert tandem("validate", "-", where=folder, text=GOOD.replace("aws/build@v1", "mend/mendsca@v1")).returncode == 4
    assert tandem("validate", "--strict", "-", where=folder, text=GOOD.replace("make", "make || true")).returncode == 2
    assert tandem("validate", "nowhere", where=folder).returncode == 1


def test_every_mistake_is_told_with_its_place(folder):
    said = tandem("validate", "-", where=folder, text=GOOD.replace("Steps:", "Stpes:")).stdout
    assert said.startswith("standard input:16:7: E110 Actions.Build.Configuration.Stpes: Stpes is not a property of Configuration; did you mean Steps?")
    document = json.loads(tandem("validate", "--json", "-", where=folder, text=GOOD.replace("Steps:", "Stpes:")).stdout)
    assert document["errors"] == 1
    sarif = json.loads(tandem("validate", "--sarif", "-", where=folder, text=GOOD.replace("Steps:", "Stpes:")).stdout)
    assert sarif["version"] == "2.1.0"
    assert sarif["runs"][0]["results"][0]["ruleId"] == "E110"


def test_standard_input_without_end_is_refused_soon_and_is_not_kept(folder):
    with open("/dev/zero", "rb") as endless:
        asked = subprocess.run(["/usr/bin/env", "bash", "-c", 'ulimit -v 400000; exec "$0" validate -', PROGRAM], cwd=folder, stdin=endless,
                               text=True, capture_output=True, check=False, timeout=60)
    assert asked.returncode == 2, asked.stderr
    assert "E105 the definition is larger than the limit of 256 KB" in asked.stdout


def test_fix_gives_back_all_of_what_is_too_large_for_it(folder):
    large = "# text\n" * 2_000_000
    filtered = tandem("validate", "--fix", "-", where=folder, text=large)
    assert filtered.returncode == 2
    assert filtered.stdout == large
    assert "E105" in filtered.stderr


def test_fix_is_a_filter_for_standard_input_and_changes_files_once(folder):
    wrong = GOOD.replace("PUSH", "push").replace('"src/.*"', '"src/*"')
    filtered = tandem("validate", "--fix", "-", where=folder, text=wrong)
    assert filtered.stdout == GOOD
    assert "2 corrections written" in filtered.stderr
    workflow(folder).write_text("# kept\n" + wrong)
    assert tandem("validate", "--fix", where=folder).returncode == 0
    assert workflow(folder).read_text() == "# kept\n" + GOOD
    assert json.loads(tandem("validate", "--fix", "--json", where=folder).stdout)["fixed"] == 0


def test_the_plan_holds_what_was_written(folder):
    document = json.loads(tandem("validate", "--json", "--plan", where=folder).stdout)
    assert document["files"][0]["plan"]["triggers"][0]["files_changed"] == ["src/.*"]


def test_nothing_in_a_file_steers_the_terminal(folder):
    said = tandem("validate", "-", where=folder, text='Name: "\\e[2J"\nSchemaVersion: "1.0"\nActions: {"\\e]0;x\\a": {}}\n')
    assert said.returncode == 2
    assert "\x1b" not in said.stdout + said.stderr
    raw = tandem("validate", "-", where=folder, text="Name: \x1b[2J\n")
    assert "\x1b" not in raw.stdout + raw.stderr


def explain(where, *words):
    answer = tandem("explain-trigger", "--json", *words, where=where)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return json.loads(answer.stdout)["workflows"]


def test_explain_trigger_names_the_line_that_decides(repository):
    assert explain(repository, "--repo", ".", "--branch", "main", "--files", "src/a.py", "docs/b.md")[0]["runs"]
    refused = explain(repository, "--repo", ".", "--branch", "main", "--files", "docs/b.md")[0]
    assert (refused["runs"], refused["line"]) == (False, 6)
    said = tandem("explain-trigger", "--branch", "main", "--files", "docs/b.md", where=repository).stdout
    assert "build does not run: none of the 1 changed files matches FilesChanged" in said
    assert "(.codecatalyst/workflows/build.yml:6:5)" in said


def test_explain_trigger_compares_a_pull_requests_destination(repository):
    into_main = explain(repository, "--repo", ".", "--branch", "feature/x", "--event", "pull_request")
    assert into_main[0]["runs"]
    into_dev = explain(repository, "--repo", ".", "--branch", "main", "--event", "pull_request", "--destination", "dev")
    assert not into_dev[0]["runs"]
    assert "the source main would match" in into_dev[0]["reason"]


def test_explain_trigger_looks_into_a_bare_repository_and_says_inactive(repository, tmp_path):
    workflow(repository).write_text(GOOD[: GOOD.index("  - Type: PULLREQUEST")] + GOOD[GOOD.index("Actions:") :])
    subprocess.run([*GIT, "commit", "-qam", "only pushes to main"], cwd=repository, check=True)
    subprocess.run([*GIT, "branch", "-f", "feature/x"], cwd=repository, check=True)
    subprocess.run([*GIT, "clone", "-q", "--bare", str(repository), str(tmp_path / "bare.git")], check=True)
    said = tandem("explain-trigger", "--repo", str(tmp_path / "bare.git"), "--branch", "feature/x", where="/").stdout
    assert "build is inactive, does not run" in said
    assert tandem("explain-trigger", "--repo", str(tmp_path / "bare.git"), "--branch", "mian", where="/").returncode == 1


def test_init_names_the_environments_and_secrets_that_the_workflows_want_and_nobody_has_given(folder, tmp_path_factory):
    text = GOOD.replace("    Inputs:", "    Environment: {Name: staging}\n    Inputs:").replace("make", 'echo "${Secrets.TOKEN}"')
    workflow(folder).write_text(text + text[text.index("  Build:"):].replace("  Build:", "  Again:").replace("staging", "local"))
    other, home = tmp_path_factory.mktemp("other"), tmp_path_factory.mktemp("home")
    for place in (folder, other):
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "one"]):
            subprocess.run([*GIT, *words], cwd=place, check=True)
    made = json.loads(tandem("init", str(folder), str(other), "--json", where=home).stdout)
    assert "the workflows name environments that are not there; write them below environments: in tandem.yaml: staging" in made["notes"]
    assert "the workflows name secrets that are not there; set each with tandem secrets set NAME: TOKEN" in made["notes"]
