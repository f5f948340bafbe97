"""A handler that works in its trial and not where it runs: the stand-in is seen everywhere, and nobody is served by it."""

import json
import os

import pytest
from world import call, git

# What the trial cannot have: the address of the tables is a matter of the machine the function runs on.
BREAKS_WHERE_IT_RUNS = """
import os

if "AWS_ENDPOINT_URL_DYNAMODB" in os.environ:
    import a_tracer_that_is_only_wanted_there  # noqa
"""
GATE = """  Look:
    Identifier: aws/approval@v1
    DependsOn:
      - Deploy

  Verify:
    Identifier: tandem/verify@v1
    DependsOn:
      - Look
"""
STAND_IN = "enhanced_api_handler"


def action(run, name):
    return next(each for each in run["actions"] if each["name"] == name)


@pytest.fixture(scope="module")
def live(world):
    """A good release, and a person who looks at each candidate before it is verified."""
    world.edit("application", ".codecatalyst/workflows/api-deployment.yml", lambda text: text.replace(
        ".venv/bin/python -m pytest -q --junitxml=reports/junit.xml",
        "mkdir -p reports && printf '<testsuite tests=\"1\"><testcase name=\"a\"/></testsuite>' > reports/junit.xml"))
    _, run = world.ship("First release")
    assert run["status"] == "SUCCEEDED", json.dumps(run)[-4000:]
    served = world.live()
    git(world.infrastructure, "pull", "-q", "--rebase", "origin", "main")
    world.edit("infrastructure", ".codecatalyst/workflows/infrastructure-deployment.yml", with_gate)
    world.commit("infrastructure", "Look at each candidate first")
    return served


def with_gate(text):
    before = "  Verify:\n    Identifier: tandem/verify@v1\n    DependsOn:\n      - Deploy\n"
    assert before in text
    return text.replace(before, GATE)


@pytest.fixture(scope="module")
def candidate(world, live):
    """The run of the release that breaks, waiting for a person with its candidate deployed."""
    world.push("infrastructure")
    gate = world.until(lambda: waiting(world), 300, "the gate of the infrastructure's own run")
    assert world.tandem("approve", gate["id"], "Look").code == 0
    world.until(lambda: world.run(gate["id"])["ended"], 120, "the infrastructure's own run to end")
    assert world.run(gate["id"])["status"] == "SUCCEEDED"
    world.edit("application", "main.py", lambda text: text.rstrip() + "\n" + BREAKS_WHERE_IT_RUNS)
    commit = world.commit("application", "Trace where it runs")
    world.push("application")
    run = world.until(lambda: waiting(world), 300, "the candidate to wait for a person")
    return commit, run["id"], action(world.run(run["id"]), "Deploy")["outcome"]["outputs"]["CandidateUrl"], world.live()


def waiting(world):
    for run in world.runs("infrastructure-deployment"):
        if not run["ended"] and action(world.run(run["id"]), "Look")["status"] == "WAITING_APPROVAL":
            return run
    return None


def log_lines(world):
    logs = world.home / ".tandem" / "targets" / "local" / "serving" / "logs"
    return [line for file in logs.glob("*FunctionLog*/current.log") for line in file.read_text().splitlines()]


def test_the_trial_found_nothing(world, candidate):
    _, run, _, _ = candidate
    bundle = action(world.run(run), "Compose")["outcome"]["detail"]["bundle"]
    assert bundle["handler"] == "integrated_api_handler" and bundle["choices"][0]["state"] == "chosen"


def test_the_stand_in_is_seen_in_health_and_in_the_header_of_every_answer(world, candidate):
    _, _, url, _ = candidate
    status, health, headers = call(url + "/health", timeout=120)   # the function starts with it
    assert status == 200
    assert (health["status"], health["fallback"], health["handler"]) == ("degraded", True, STAND_IN)
    assert headers["x-tandem-fallback"] == headers["x-tandem-handler"] == STAND_IN
    status, body, headers = call(url + "/people")
    assert status == 503 and headers["x-tandem-fallback"] == STAND_IN
    assert "a_tracer" not in json.dumps(body), "clients are not told why"


def test_the_stand_in_is_counted_in_the_metrics_and_explained_in_the_log(world, candidate):
    _, _, url, _ = candidate

    def counted():
        found = []
        for line in log_lines(world):
            text = line.split(" ", 1)[1]
            if text.startswith("{") and "FallbackResponses" in text:
                found.append(json.loads(text))
        return found

    before = len(counted())
    for _ in range(3):
        assert call(url + "/health")[0] == 200
    world.until(lambda: len(counted()) == before + 3, 20, "three more responses to be counted")
    metric = counted()[-1]
    assert metric["Handler"] == STAND_IN and metric["FallbackResponses"] == 1
    assert metric["_aws"]["CloudWatchMetrics"] == [{"Namespace": "Tandem", "Dimensions": [["Handler"]],
                                                    "Metrics": [{"Name": "FallbackResponses", "Unit": "Count"}]}]
    assert any("No module named 'a_tracer_that_is_only_wanted_there'" in line for line in log_lines(world))


def test_live_traffic_is_served_by_the_release_before_all_the_while(world, candidate):
    _, _, _, live = candidate
    status, health, headers = call(live["url"] + "/health")
    assert status == 200 and health["fallback"] is False and headers["x-tandem-fallback"] is None
    assert health["build"]["commit"] == live["release"]["application"]


def test_verification_fails_names_the_application_as_the_cause_and_live_traffic_stays(world, candidate):
    commit, run, url, live = candidate
    assert world.tandem("approve", run, "Look").code == 0
    ended = world.until(lambda: world.run(run)["ended"] and world.run(run), 300, "the run to end")
    error = action(ended, "Verify")["outcome"]["error"]
    assert ended["status"] == "FAILED" and action(ended, "Promote")["status"] == "SKIPPED"
    assert error["code"] == "TD0420" and "(blame: application)" in error["what"], error
    assert f"handler is {STAND_IN}, not integrated_api_handler" in error["what"]
    cases = {each["name"]: each for each in action(ended, "Verify")["outcome"]["detail"]["proof"]["cases"] if not each["passed"]}
    assert cases["no fallback serves"]["blame"] == "application"
    assert world.live() == live
    status, health, headers = call(live["url"] + "/health")
    assert status == 200 and health["fallback"] is False and headers["x-tandem-fallback"] is None
    parent = world.ended("api-deployment", commit)
    assert parent["status"] == "FAILED"
    assert world.statuses("application", commit)["tandem/api-deployment"]["state"] == "failure"


def test_pruning_takes_out_bundles_that_are_old_and_in_no_release(world, candidate):
    bundles = world.home / ".tandem" / "bundles"
    released = {each["bundle"] for each in world.tandem("releases").document["releases"]}
    before = {f"sha256:{each.name}" for each in bundles.iterdir() if each.is_dir()}
    assert released <= before
    stray = bundles / ("0" * 64)
    stray.mkdir()   # as a kill leaves one: nothing remembers it, and it is young
    for record in bundles.glob("*.json"):
        os.utime(record, (1e9, 1e9))
    unnamed = before - released
    would = world.tandem("maintain", "prune", "--keep-days", "1", "--dry-run").document
    assert set(would["bundles"]) == unnamed
    assert set(world.tandem("maintain", "prune", "--keep-days", "1").document["bundles"]) == unnamed
    left = {f"sha256:{each.name}" for each in bundles.iterdir() if each.is_dir()}
    assert left == released | {f"sha256:{stray.name}"}
    assert call(world.live()["url"] + "/health")[0] == 200
