"""Whose an environment is: one run's at a time, nobody's while it is frozen. The real program, a real deployment."""

import json
import re
import subprocess
import time

import pytest
from cheap_world import ACTION, FAKETIME, FINAL, PROGRAM, git
from scenes import Ship, quietly, ship_twice, status_of, until
from shipping_world import ShippingWorld

ENTERS = ACTION.replace("    Inputs:\n", "    Environment:\n      Name: local\n    Inputs:\n")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    world = ShippingWorld(tmp_path_factory.mktemp("environment"))
    try:
        for name in ("left", "right", "nightly"):
            trigger = 'Triggers:\n  - Type: SCHEDULE\n    Expression: "0 4 * * ? *"\n    Branches: [main]\n' if name == "nightly" else ""
            (world.work_tree / ".codecatalyst" / "workflows" / f"{name}.yml").write_text(
                f'Name: {name}\nSchemaVersion: "1.0"\n{trigger}Actions:\n' +
                ENTERS.format(name="One", port=world.receiver.port, depends="", work="sleep 2" if name == "left" else "true"))
        world.push("Workflows that enter the environment")
        assert world.serve()
        ship_twice(world)
        yield world
    finally:
        world.close()


def tandem(world, *words):
    return subprocess.run([PROGRAM, *words], cwd=world.home, capture_output=True, text=True, timeout=120)


def reason(world, run):
    return world.ask("why", run=run).document["reasons"][0]


def test_two_runs_want_one_environment_and_why_names_the_holder(shipped):
    first = shipped.start("left")
    assert until(shipped, lambda: status_of(shipped, first, "One") == "IN_PROGRESS")
    second = shipped.start("right")
    assert until(shipped, lambda: status_of(shipped, second, "One") == "QUEUED")
    why = reason(shipped, second)
    assert (why["rule"], why["holder"]) == ("environment", first) and "held by" in why["reason"] and first in why["release"]
    assert shipped.ask("environments").document["environments"][0]["held_by"] == first
    told = tandem(shipped, "why", second)
    assert first in told.stdout and "local" in told.stdout
    shipped.settled()
    assert [shipped.run(run)["status"] for run in (first, second)] == ["SUCCEEDED", "SUCCEEDED"]
    lines = [line.split() for line in shipped.receiver.lines]
    assert lines.index(["begin", f"{second}/One", shipped.receiver.effects()[f"{second}/One"][0]]) > max(
        i for i, line in enumerate(lines) if line[:2] == ["end", f"{first}/One"]), "never both at once"
    assert shipped.ask("environments").document["environments"][0]["held_by"] is None


def test_a_deployment_waits_for_a_run_in_its_environment(shipped):
    holder = shipped.start("left")
    assert until(shipped, lambda: status_of(shipped, holder, "One") == "IN_PROGRESS")
    scene = Ship()
    scene.act(shipped)
    shipped.settled()
    scene.judge(shipped)
    shipped.check_shipping()


def test_a_frozen_environment_refuses_with_5_and_goes_on_after_the_thaw(shipped):
    assert tandem(shipped, "environments", "--freeze", "local", "--reason", "the quarter ends").returncode == 0
    refused = tandem(shipped, "run", "right", "--repo", "application", "--json")
    assert refused.returncode == 5, refused.stdout + refused.stderr
    assert "the quarter ends" in refused.stderr and "tandem environments --thaw" in refused.stderr
    run = json.loads(refused.stdout)["run"]["id"]
    assert json.loads(refused.stdout)["exit"] == 5
    why = reason(shipped, run)
    assert why["rule"] == "frozen" and "the quarter ends" in why["reason"] and why["release"] == "tandem environments --thaw local"
    deployment = tandem(shipped, "deploy", "--workflow", "ship")
    assert deployment.returncode == 5, deployment.stdout + deployment.stderr
    shipped.stop()
    assert shipped.serve()
    assert shipped.ask("environments").document["environments"][0]["frozen"]["reason"] == "the quarter ends", "a freeze outlives the daemon"
    assert shipped.run(run)["status"] not in FINAL and f"{run}/One" not in shipped.receiver.effects()
    assert tandem(shipped, "environments", "--thaw", "local").returncode == 0
    shipped.settled()
    assert shipped.run(run)["status"] == "SUCCEEDED"
    shipped.check_shipping()


def test_a_freeze_stops_a_release_between_candidate_and_switch_and_a_rollback_is_still_allowed(shipped):
    before, live = shipped.whole(), shipped.live()["deployment"]
    tandem(shipped, "environments", "--freeze", "local", "--reason", "no more today")
    shipped.ship()
    assert until(shipped, lambda: any(action["rule"] == "frozen" for run in shipped.runs_of("ship") if run["status"] not in FINAL
                                      for action in shipped.run(run["id"])["actions"]))
    assert shipped.whole() == before and shipped.live()["deployment"] == live, "live traffic never saw it"
    back = tandem(shipped, "rollback", "--last-good", "--json")
    assert back.returncode == 0, back.stdout + back.stderr
    assert shipped.whole() in shipped.shipped and shipped.live()["deployment"] != live
    tandem(shipped, "environments", "--thaw", "local")
    shipped.settled()
    shipped.check_shipping()


def test_a_schedule_during_a_freeze_waits_and_runs_once_after_it(shipped):
    tandem(shipped, "environments", "--freeze", "local", "--reason", "the night is quiet")
    shipped.stop()
    clock = {"LD_PRELOAD": FAKETIME, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
    assert shipped.serve(variables={**clock, "FAKETIME": "@2027-03-01 03:59:50"})
    assert until(shipped, lambda: shipped.runs_of("nightly"))
    run = shipped.runs_of("nightly")[0]["id"]
    assert until(shipped, lambda: reason(shipped, run)["rule"] == "frozen")
    quietly(shipped, "environments", thaw="local", actor="anna")
    assert until(shipped, lambda: shipped.run(run)["status"] in FINAL)
    assert shipped.run(run)["status"] == "SUCCEEDED"
    shipped.stop()
    assert shipped.serve(variables={**clock, "FAKETIME": "@2027-03-01 04:10:00"})
    time.sleep(3)
    assert len(shipped.runs_of("nightly")) == 1
    shipped.stop()
    assert shipped.serve()


def push_infrastructure(world, message):
    """Pushes what was changed in the infrastructure, without waiting; its commit."""
    git(world.infrastructure, "commit", "-q", "-am", message)
    git(world.infrastructure, "push", "-q", "origin", "HEAD:refs/heads/main")
    return git(world.infrastructure, "rev-parse", "HEAD")


def ship_infrastructure(world, message):
    """The same, and waits until it has been deployed."""
    commit = push_infrastructure(world, message)
    assert until(world, lambda: any(run["commit"] == commit for run in world.runs_of("ship")))
    world.settled()


def test_a_release_that_nothing_verified_says_so(shipped):
    git(shipped.infrastructure, "pull", "-q", "--rebase", "origin", "main")
    app = shipped.infrastructure / "app.py"
    app.write_text(app.read_text() + "# again\n")
    ship_infrastructure(shipped, "Unverified")
    assert any("promoted without verification" in note for note in shipped.run(shipped.runs_of("ship")[0]["id"])["notes"])


def test_context_reaches_the_cdk_app(shipped):
    file = shipped.infrastructure / ".codecatalyst" / "workflows" / "ship.yml"
    git(shipped.infrastructure, "pull", "-q", "--rebase", "origin", "main")
    plain = file.read_text()
    file.write_text(plain.replace("    Identifier: tandem/deploy@v1\n", "    Identifier: tandem/deploy@v1\n    Configuration:\n      Context: {colour: blue}\n"))
    ship_infrastructure(shipped, "Blue")
    assert shipped.answer()["colour"] == "blue"
    foreign = plain.replace("tandem/deploy@v1\n", "aws/cdk-deploy@v2\n    Configuration:\n      StackName: Cheap\n      Context: '{\"colour\": \"green\"}'\n")
    foreign = foreign[:foreign.index("  Promote:")] + foreign[foreign.index("  After:"):].replace("[Promote]", "[Deploy]")
    file.write_text(foreign)
    ship_infrastructure(shipped, "Green")
    assert shipped.answer()["colour"] == "green"
    assert not any("Context" in note for note in shipped.run(shipped.runs_of("ship")[0]["id"])["notes"])


def test_a_release_that_tells_its_deployment_more_is_still_one_deployment(shipped):
    """The push of the sync would start the same workflow; it leaves that to the run that knows more."""
    file = shipped.work_tree / ".codecatalyst" / "workflows" / "release.yml"
    plain = file.read_text()
    file.write_text(plain.replace("      Workflow: ship\n", "      Workflow: ship\n      Inputs: {colour: red}\n"))
    shipped.push("Tell the deployment a colour")
    try:
        scene = Ship()
        scene.act(shipped)
        shipped.settled()
        scene.judge(shipped)
        release = next(run for run in shipped.runs_of("release") if run["commit"] == shipped.shipped[scene.word])
        caused = [run for run in shipped.runs() if run["cause"] == release["id"]]
        assert len(caused) == 1 and shipped.run(caused[0]["id"])["inputs"]["colour"] == "red"
        shipped.check_shipping()
    finally:
        file.write_text(plain)
        shipped.push("As before")


def change_shipping(world, pattern, replacement):
    """Changes the deployment's workflow file."""
    git(world.infrastructure, "pull", "-q", "--rebase", "origin", "main")
    file = world.infrastructure / ".codecatalyst" / "workflows" / "ship.yml"
    file.write_text(re.sub(pattern, replacement, file.read_text()))


def under_way(world, word, action):
    """The deployment of the word, once it is inside the action."""
    def found():
        return next((run["id"] for run in world.runs_of("ship") if run["status"] not in FINAL and status_of(world, run["id"], action) == "IN_PROGRESS"
                     and world.live()["release"]["application"] == world.shipped[word]), None)
    assert until(world, found)
    return found()


def test_a_run_that_is_let_go_after_its_switch_leaves_live_what_it_brought(shipped):
    change_shipping(shipped, r"\btrue\n", "sleep 4\n")
    ship_infrastructure(shipped, "The last action takes its time")
    try:
        word = shipped.ship()
        run = under_way(shipped, word, "After")
        assert quietly(shipped, "run", cancel=run, actor="anna")
        shipped.settled()
        assert shipped.run(run)["status"] == "STOPPED" and shipped.whole() == word
        assert any("stays live" in note and "tandem rollback --env local --last-good" in note for note in shipped.run(run)["notes"]), shipped.run(run)["notes"]
        shipped.check_shipping()

        word = shipped.ship()
        run = under_way(shipped, word, "After")
        change_shipping(shipped, "sleep 4", "sleep 3")
        push_infrastructure(shipped, "Changed while it runs")
        assert until(shipped, lambda: shipped.run(run)["status"] in FINAL)
        assert shipped.run(run)["status"] == "CANCELLED" and shipped.whole() == word
        shipped.settled()
        assert shipped.whole() == word
        shipped.check_shipping()
    finally:
        change_shipping(shipped, "sleep [34]", "true")
        ship_infrastructure(shipped, "Fast again")


def test_a_run_that_is_let_go_before_its_switch_takes_its_candidate_along(shipped):
    before = shipped.whole()
    tandem(shipped, "environments", "--freeze", "local", "--reason", "not now")
    shipped.ship()

    def waiting():
        return next((run["id"] for run in shipped.runs_of("ship") if run["status"] not in FINAL and
                     any(action["rule"] == "frozen" for action in shipped.run(run["id"])["actions"])), None)
    assert until(shipped, waiting)
    run = waiting()
    assert quietly(shipped, "run", cancel=run, actor="anna")
    tandem(shipped, "environments", "--thaw", "local")
    shipped.settled()
    assert shipped.run(run)["status"] == "STOPPED" and shipped.whole() == before
    shipped.check_shipping()


def test_nothing_is_left(shipped):
    shipped.check()
