"""Code and template that do not fit are stopped before anything is deployed, with both places named."""

import pytest
from world import call, git


def action(run, name):
    return next(each for each in run["actions"] if each["name"] == name)


@pytest.fixture(scope="module")
def first(world):
    commit, run = world.ship("First release")
    assert run["status"] == "SUCCEEDED", world.log.read_text()[-3000:]
    return commit


def test_the_first_release_was_held_against_its_template(world, first):
    run = world.run(world.runs("infrastructure-deployment")[0]["id"])
    contract = action(run, "Contract")
    assert contract["status"] == "SUCCEEDED"
    document = contract["outcome"]["detail"]["contract"]
    assert document["kept"] and document["errors"] == 0 and document["warnings"] == 0
    assert document["compared"]["routes"] == 10 and document["compared"]["calls"] > 20


def test_the_pair_is_checked_by_command_and_clean(world, first):
    answer = world.tandem("contract", "check")
    assert answer.code == 0, answer.out + answer.err
    assert answer.document["kept"] and answer.document["errors"] == 0


def test_code_that_needs_another_index_is_stopped_before_deployment(world, first):
    live = world.live()
    world.edit("application", "src/storage/people.py", lambda text: text.replace('"created-index"', '"newest-index"'))
    commit, run = world.ship("List by another index")
    child = world.run(action(run, "Deploy")["outcome"]["detail"]["started_run"])
    error = action(child, "Contract")["outcome"]["error"]
    assert child["status"] == "FAILED" and action(child, "Deploy")["status"] == "SKIPPED"
    assert error["code"] == "TD0236" and "newest-index" in error["what"] and "RegistryData.template.json" in error["what"]
    assert error["file"].endswith("src/storage/people.py") and error["line"] > 0 and error["column"] > 0
    assert world.live()["release"]["id"] == live["release"]["id"]
    assert call(f"{live['url']}/health")[0] == 200
    by_command = world.tandem("contract", "check", "--application", commit)
    assert by_command.code == 2 and not by_command.document["kept"]
    earlier = world.tandem("contract", "check", "--application", first)
    assert earlier.code == 0, earlier.out
    world.undo("application", commit)


def test_a_template_in_a_working_copy_is_checked_before_it_is_pushed(world, first):
    git(world.infrastructure, "pull", "-q", "--rebase", "origin", "main")
    world.edit("infrastructure", "lib/api-stack.ts", lambda text: text.replace("SESSIONS_TABLE: data", "SESSION_TABLE: data"))
    answer = world.tandem("contract", "check", "--application", str(world.application), "--infrastructure", str(world.infrastructure))
    git(world.infrastructure, "checkout", "-q", "lib/api-stack.ts")
    assert answer.code == 2, answer.out + answer.err
    found = [each for each in answer.document["findings"] if each["severity"] == "error"]
    assert found and all(each["rule"] == "contract.environment" and "SESSIONS_TABLE" in each["what"] for each in found)
    assert all(each["code"]["line"] > 0 and each["template"]["resource"]["construct"] == "RegistryApi/Function/Resource" for each in found)
