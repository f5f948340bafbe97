"""A push travels to a live API, checked after deployment and reported back; six ways to fail harm nothing that serves."""

import json
import subprocess

import pytest
from world import PROGRAM, call, git

ACTIONS_OF_APPLICATION = ["Validate", "Scan", "Sync", "Deploy", "Report"]


def action(run, name):
    return next(each for each in run["actions"] if each["name"] == name)


def error_of(run, name):
    return action(run, name)["outcome"]["error"]


@pytest.fixture(scope="module")
def first(world):
    commit, run = world.ship("First release")
    assert run["status"] == "SUCCEEDED", json.dumps(run, indent=1)[-6000:] + world.log.read_text()[-3000:]
    return commit


def token_of(world, url):
    admin = {name: world.initialised["admin"][name] for name in ("email", "password")}
    status, body, _ = call(f"{url}/auth/login", "POST", admin)
    assert status == 200, body
    return body["accessToken"]


def serves(world, first_url, release):
    """The live release answers and is the one named."""
    live = world.live()
    assert live["release"]["id"] == release and live["url"] == first_url
    status, body, _ = call(f"{live['url']}/health")
    assert status == 200 and body["status"] == "healthy" and body["fallback"] is False


def branch_holds(world, commit):
    """The infrastructure's main carries this application commit's own tree, and names it."""
    git(world.infrastructure, "fetch", "-q", "origin")
    metadata = json.loads(git(world.infrastructure, "show", "origin/main:lambda/sync-metadata.json").stdout)
    there = git(world.infrastructure, "rev-parse", "origin/main:lambda/src").stdout
    return metadata["source_commit"] == commit and there == git(world.application, "rev-parse", f"{commit}:src").stdout


def test_a_push_ends_as_a_live_api_with_the_pushed_commit(world, first):
    live = world.live()
    status, health, headers = call(f"{live['url']}/health")
    assert status == 200
    assert health["build"]["commit"] == first
    assert health["handler"] == "integrated_api_handler" and health["fallback"] is False
    assert live["release"]["application"] == first


def test_the_infrastructure_run_has_the_sync_as_its_cause(world, first):
    application = world.runs("api-deployment")[0]
    infrastructure = world.runs("infrastructure-deployment")
    assert len(infrastructure) == 1, "the push of the sync and the start it asks for are one run"
    assert infrastructure[0]["cause"] == application["id"]


def test_the_live_api_keeps_its_contract(world, first):
    url = world.live()["url"]
    token = token_of(world, url)
    person = {"firstName": "Grace", "lastName": "Hopper", "email": "grace@example.org"}
    status, made, _ = call(f"{url}/people", "POST", person, token)
    assert status == 201
    assert call(f"{url}/people", "POST", person, token)[0] == 409
    assert call(f"{url}/people/search?query=hopp", token=token)[1]["items"][0]["id"] == made["id"]
    assert call(f"{url}/people/{made['id']}", token=token)[0] == 200
    assert call(f"{url}/people/{made['id']}")[0] == 401
    assert call(f"{url}/nowhere", token=token)[0] == 404
    assert call(f"{url}/health", "DELETE", token=token)[0] == 405
    assert call(f"{url}/people/{made['id']}", "DELETE", token=token)[0] == 204


def test_the_front_page_is_served_and_knows_the_live_api(world, first):
    live = world.live()
    status, page, _ = call(live["site"] + "/")
    assert status == 200 and "<html" in page.lower()
    status, config, _ = call(live["site"] + "/config.json")
    assert status == 200 and config["apiUrl"].rstrip("/") == live["url"]


def test_both_commits_carry_a_success_that_names_the_release(world, first):
    release = world.live()["release"]["id"]
    for repository, commit in (("application", first), ("infrastructure", world.infrastructure_tip())):
        told = world.statuses(repository, commit)
        assert told["tandem/infrastructure-deployment"]["state"] == "success"
        assert told["tandem/infrastructure-deployment"]["release"] == release


def test_summary_sync_metadata_test_report_and_integration_status_are_artifacts(world, first):
    kept = set()
    for workflow in ("api-deployment", "infrastructure-deployment"):
        run = world.runs(workflow)[0]["id"]
        kept |= {each["name"] for each in world.tandem("artifacts", run).document["artifacts"]}
    assert {"deployment-summary.md", "integration-status.json", "sync-metadata.json", "test-report.xml"} <= kept


def test_the_synchronised_tree_is_the_sources_own(world, first):
    source = git(world.application, "rev-parse", f"{first}:src").stdout.strip()
    carried = git(world.folder / "infrastructure.git", "rev-parse", "refs/heads/main:lambda/src").stdout.strip()
    assert source == carried


def test_a_failing_unit_test_leaves_the_application_repository_with_nothing(world, first):
    live, tip = world.live(), world.infrastructure_tip()
    world.edit("application", "tests/test_broken.py", "def test_it():\n    assert False, 'planted'\n")
    commit, run = world.ship("Break a test")
    assert run["status"] == "FAILED" and action(run, "Validate")["status"] == "FAILED"
    assert action(run, "Sync")["status"] == "SKIPPED"
    assert world.infrastructure_tip() == tip
    serves(world, live["url"], live["release"]["id"])
    followed = subprocess.run([PROGRAM, "run", "--from-failed", run["id"]], cwd=world.home, capture_output=True, text=True)
    assert followed.returncode == 2, followed.stdout + followed.stderr
    world.undo("application", commit)


def test_a_planted_secret_is_stopped_with_its_file_and_line(world, first):
    live, tip = world.live(), world.infrastructure_tip()
    planted = "AKIA" + "Q3EGRIVUKH3ZLTN5"
    world.edit("application", "src/leak.py", f'"""Somebody was in a hurry."""\n\nKEY = "{planted}"\n')
    commit, run = world.ship("Add a key")
    error = error_of(run, "Scan")
    assert run["status"] == "FAILED" and (error["file"], error["line"]) == ("src/leak.py", 3)
    assert planted not in json.dumps(run)
    assert world.infrastructure_tip() == tip
    serves(world, live["url"], live["release"]["id"])
    world.undo("application", commit)


def what_is_there(world):
    """Everything about the stacks but their status, in which an undone update may be read."""
    shown = world.tandem("stack").document["stacks"]
    return shown["live"], shown["candidate"], [{**stack, "status": ""} for stack in shown["stacks"]]


def test_a_resource_that_fails_half_way_undoes_everything(world, first):
    live = world.live()
    git(world.infrastructure, "pull", "-q", "--rebase", "origin", "main")
    before = what_is_there(world)
    world.edit("infrastructure", "bin/registry.ts", lambda text: text + """
// A bucket whose fixed name a second bucket claims, so that one of them fails while others are made already.
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Stack } from 'aws-cdk-lib';
const clash = new Stack(app, 'Clash');
const one = new Bucket(clash, 'One', { bucketName: 'the-same-name' });
const two = new Bucket(clash, 'Two', { bucketName: 'the-same-name' });
two.node.addDependency(one);
""")
    commit = world.commit("infrastructure", "Add two buckets of one name")
    world.push("infrastructure")
    run = world.ended("infrastructure-deployment", commit)
    error = error_of(run, "Deploy")
    assert run["status"] == "FAILED" and "AWS::S3::Bucket" in error["what"]
    assert what_is_there(world) == before
    events = world.tandem("stack", "Clash", "--events").document["events"]
    assert any(each["status"].endswith("DELETE_COMPLETE") or "ROLLBACK" in each["status"] for each in events)
    serves(world, live["url"], live["release"]["id"])
    world.undo("infrastructure", commit)
    world.push("infrastructure")
    again = world.ended("infrastructure-deployment", git(world.infrastructure, "rev-parse", "HEAD").stdout.strip())
    assert again["status"] == "SUCCEEDED", json.dumps(again)[-4000:]


def test_a_push_that_the_infrastructure_refuses_holds_the_run_and_names_the_cause(world, first):
    live = world.live()
    hook = world.folder / "infrastructure.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'change freeze until Monday' >&2\nexit 1\n")
    hook.chmod(0o755)
    world.edit("application", "src/frozen.py", "FROZEN = True\n")
    commit, run = world.ship("A change during the freeze")
    hook.unlink()
    assert run["status"] == "HELD" and run["degraded"]
    assert "change freeze until Monday" in error_of(run, "Sync")["what"]
    assert world.statuses("application", commit)["tandem/api-deployment"]["state"] == "held"
    serves(world, live["url"], live["release"]["id"])
    world.undo("application", commit)


def test_a_broken_import_is_stopped_before_deployment_without_a_silent_fallback(world, first):
    live = world.live()
    world.edit("application", "main.py", lambda text: text.rstrip() + "\n\nimport a_module_that_is_not_there  # noqa\n")
    world.edit("application", ".codecatalyst/workflows/api-deployment.yml",
               lambda text: text.replace(".venv/bin/python -m pytest -q --junitxml=reports/junit.xml",
                                         "mkdir -p reports && printf '<testsuite tests=\"1\"><testcase name=\"a\"/></testsuite>' > reports/junit.xml"))
    commit, run = world.ship("Break an import")
    child = world.run(action(run, "Deploy")["outcome"]["detail"]["started_run"])
    error = error_of(child, "Compose")
    assert child["status"] == "FAILED" and "a_module_that_is_not_there" in error["what"]
    assert action(child, "Deploy")["status"] == "SKIPPED"
    serves(world, live["url"], live["release"]["id"])
    assert branch_holds(world, live["release"]["application"]), "the code that could not be composed does not stay there"
    taken_back = world.infrastructure_tip()
    assert not [run for run in world.runs("infrastructure-deployment") if run["commit"] == taken_back], "what serves is not deployed again"
    world.undo("application", commit)


def test_a_wrong_search_fails_on_the_candidate_and_live_traffic_never_sees_it(world, first):
    live = world.live()
    world.edit("application", ".codecatalyst/workflows/api-deployment.yml",
               lambda text: text.replace(".venv/bin/python -m pytest -q --junitxml=reports/junit.xml",
                                         "mkdir -p reports && printf '<testsuite tests=\"1\"><testcase name=\"a\"/></testsuite>' > reports/junit.xml"))
    world.edit("application", "main.py", lambda text: text.rstrip() + '''


@app.middleware("http")
async def lose_what_was_searched(request, call_next):
    if request.url.path.endswith("/people/search"):
        from starlette.responses import JSONResponse
        return JSONResponse({"items": [], "nextCursor": None})
    return await call_next(request)
''')
    commit, run = world.ship("Break the search")
    child = world.run(action(run, "Deploy")["outcome"]["detail"]["started_run"])
    assert child["status"] == "FAILED" and action(child, "Verify")["status"] == "FAILED"
    assert "search" in error_of(child, "Verify")["what"]
    assert action(child, "Promote")["status"] == "SKIPPED"
    deployment = next(each for release in world.tandem("releases").document["releases"] for each in release["deployments"]
                      if each["run"] == child["id"])
    assert deployment["phase"] == "failed"
    serves(world, live["url"], live["release"]["id"])
    assert world.statuses("application", commit)["tandem/api-deployment"]["state"] == "failure"
    assert world.statuses("infrastructure", child["commit"])["tandem/infrastructure-deployment"]["state"] == "failure"
    assert branch_holds(world, live["release"]["application"])
    world.undo("application", commit)


def test_a_push_to_the_infrastructure_after_a_failed_release_deploys_the_code_that_serves(world, first):
    live = world.live()
    git(world.infrastructure, "pull", "-q", "--rebase", "origin", "main")
    world.edit("infrastructure", "README.md", lambda text: text + "\nA word more.\n")
    commit = world.commit("infrastructure", "Say a word more")
    world.push("infrastructure")
    run = world.ended("infrastructure-deployment", commit)
    assert run["status"] == "SUCCEEDED", json.dumps(run)[-4000:]
    assert world.live()["release"]["application"] == live["release"]["application"]


def test_a_rollback_goes_back_to_the_last_good_release_and_proves_it(world, first):
    world.edit("application", "src/note.py", "NOTE = 'second'\n")
    commit, run = world.ship("Second release")
    assert run["status"] == "SUCCEEDED", json.dumps(run)[-4000:]
    second = world.live()["release"]["id"]
    assert branch_holds(world, commit)
    answer = world.tandem("rollback", "--env", "local", "--last-good")
    assert answer.code == 0, answer.out + answer.err
    assert answer.document["proven"] is True
    assert answer.document["from"]["release"] == second
    status, health, _ = call(world.live()["url"] + "/health")
    assert status == 200 and health["build"]["commit"] != commit
    assert branch_holds(world, health["build"]["commit"]), "both sides went back"


def test_the_audit_verifies_at_the_end(world, first):
    answer = world.tandem("audit", "verify")
    assert answer.code == 0 and answer.document["passed"] is True and answer.document["records"] > 100
