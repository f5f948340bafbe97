"""kill -9 at every place that `tandem maintain kill-points` lists, on a pair that really syncs and deploys. Whatever the place:
every run ends, nothing happens twice that may happen once, nothing is left running, the environment serves one release
whole, and the journal verifies."""

import json
import os
import random
import subprocess

import pytest
from cheap_world import FINAL, PROGRAM, CheapWorld, git
from scenes import (
    Branch, Cancel, Freeze, GATE, GoBack, GoBackByCommand, Keys, Prune, PullRequest, Queue, Schedule, Secret, Ship,
    Skip, Start, Stop, Supersede, Untold, Wait, ended, newest, ship_twice, until, watch,
)
from shipping_world import ShippingWorld

WAITING = """  Waiting:
    Identifier: tandem/start-workflow@v1
    Timeout: 1
    Configuration:
      Repository: application
      Workflow: gated
"""

SCENES = (Ship, GoBack, Wait, Queue, Skip, Cancel, Supersede, Freeze, PullRequest, Schedule, Untold, Secret, Keys, Start, Stop, Branch, Prune)
ELSEWHERE = {"run.interrupted": "test_killed_while_it_notes_that_it_was_killed", "action.timed_out": "test_killed_while_an_action_is_out_of_time",
             "pair.configured": "test_killed_while_a_pair_is_made"}


NOT_THE_FIRST = {"history": 12}   # the first passings are those of the start


# --- driving --------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """A pair with two releases behind it, so that there is one to go back to. Its daemon is stopped."""
    world = ShippingWorld(tmp_path_factory.mktemp("shipping"))
    try:
        world.workflow("gated", {"One": []}, mode="SUPERSEDED", extra=GATE)
        world.workflow("slow", {"One": []}, work="sleep 0.4")
        assert world.serve()
        ship_twice(world)
        yield world
    finally:
        world.close()


@pytest.fixture(scope="module", autouse=True)
def out_of_time(tmp_path_factory):
    """Two daemons that die when an action is out of time. A minute and fifteen seconds, which pass while the other tests run."""
    made = {}
    for when in ("before", "after"):
        world = CheapWorld(tmp_path_factory.mktemp("late"))
        world.workflow("gated", {"One": []}, extra=GATE)
        (world.work_tree / ".codecatalyst" / "workflows" / "late.yml").write_text(f'Name: late\nSchemaVersion: "1.0"\nActions:\n{WAITING}')
        world.push("Workflow late")
        assert world.serve(kill_at=f"{when}:action.timed_out")
        made[f"{when}:action.timed_out"] = (world, world.start("late"))
    yield made
    for world, _ in made.values():
        world.close()


def has_died_at(world, point, since):
    return f'"event":"killed","point":"{point}"' in world.log.read_text()[since:]


def drive(world, scene, point, times=1, again=None):
    """One kill at the point (or another in what comes next), then a whole daemon. Whatever is running when it is called is
    whole. Says whether the point was passed so often."""
    if world.daemon.poll() is not None:
        assert world.serve()
    scene.prepare(world)
    world.settled()
    world.stop()
    seen = len(world.log.read_text())
    if world.serve(kill_at=f"{point}@{times}"):
        scene.act(world)
    died = has_died_at(world, point, seen)
    assert died or times > 1 and point.split(":")[1] not in NOT_THE_FIRST, f"{point} was never passed"
    world.kill()
    if again and world.serve(kill_at=again):
        watch(world, 10)
        world.kill()
    assert world.serve()
    scene.finish(world)
    world.settled()
    scene.judge(world)
    world.check_shipping()
    return died


def test_every_listed_place_is_driven(ground):
    listed = set(ground.ask("maintain", what="kill-points").document["points"])
    ground.serve() if ground.daemon.poll() is not None else None
    kinds = [point for scene in SCENES for point in scene.points] + list(ELSEWHERE)
    assert len(kinds) == len(set(kinds)), "a place in two scenes"
    assert {f"{when}:{kind}" for kind in kinds for when in ("before", "after")} == listed
    assert all(name in globals() for name in ELSEWHERE.values())


@pytest.mark.parametrize("scene,point", [(scene, f"{when}:{kind}") for scene in SCENES for kind in scene.points for when in ("before", "after")],
                         ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_killed_at(ground, long, scene, point):
    drive(ground, scene(), point, NOT_THE_FIRST.get(point.split(":")[1], 1))
    if long:
        for times in range(2, 4):
            if not drive(ground, scene(), point, times):
                break
        drive(ground, scene(), point, again=point)


def test_killed_while_an_action_is_out_of_time(out_of_time):
    """A minute and a quarter have passed by now, or nearly."""
    for point, (world, _) in out_of_time.items():
        assert world.died(120) and has_died_at(world, point, 0)
        assert world.serve()


@pytest.mark.parametrize("first,second", [("after:deployment.intended", "#1"), ("before:promotion.intended", "before:action"),
                                          ("after:promotion.intended", "before:deployment.changed"), ("before:sync.done", "before:sync.intended"),
                                          ("before:action", "before:release.created"), ("after:sync.done", "after:run.created")])
def test_killed_again_while_it_goes_on(ground, first, second):
    drive(ground, Ship(), first, again=second)


@pytest.mark.parametrize("second", ["before:deployment.changed", "after:deployment.changed", "before:sync.intended", "after:sync.done", "before:rollback.done"])
def test_killed_again_on_the_way_back(ground, second):
    drive(ground, GoBack(), "after:rollback.intended", again=second)


def test_killed_at_any_two_passings(ground, long):
    """Whatever comes: by number, not by name. The seed is fixed."""
    rolls = random.Random(23)
    for _ in range(60 if long else 4):
        scene = rolls.choice((Ship, GoBack))()
        seen = len(ground.log.read_text())
        scene.prepare(ground)
        ground.settled()
        ground.stop()
        if ground.serve(kill_at=f"#{rolls.randint(4, 110)}"):
            scene.act(ground)
        ground.kill()
        if ground.serve(kill_at=f"#{rolls.randint(1, 60)}"):
            watch(ground, 10)
        ground.kill()
        assert '"event":"killed"' in ground.log.read_text()[seen:]
        assert ground.serve()
        scene.finish(ground)
        ground.settled()
        scene.judge(ground)
        ground.check_shipping()


def test_a_lock_that_a_killed_fetch_left_stops_nothing(ground):
    ground.stop()
    for name in ("refs/infra/main.lock", "refs/app/main.lock", "packed-refs.lock"):
        lock = ground.state / "pair.git" / name
        lock.parent.mkdir(exist_ok=True)   # where refs are written together their folders may be gone
        lock.write_text("")
    assert ground.serve()
    scene = Ship()
    scene.act(ground)
    ground.settled()
    scene.judge(ground)


@pytest.mark.parametrize("times", [4, 5])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_the_way_back_and_the_note_of_it(ground, when, times):
    """The notes of a release that goes back: candidate, superseded, live, rolled back, live. The last two are the way back's."""
    drive(ground, GoBack(), f"{when}:deployment.changed", times)


@pytest.mark.parametrize("point", [f"{when}:{kind}" for kind in ("rollback.intended", "rollback.done", "deployment.changed") for when in ("before", "after")])
def test_killed_in_a_rollback_that_a_person_asked_for(ground, point):
    drive(ground, GoBackByCommand(), point)


@pytest.mark.parametrize("point", ["before:run.interrupted", "after:run.interrupted"])
def test_killed_while_it_notes_that_it_was_killed(ground, point):
    ground.stop()
    assert ground.serve(kill_at="after:action.started")
    scene = Ship()
    scene.act(ground)
    seen = len(ground.log.read_text())
    assert not ground.serve(kill_at=point)
    assert has_died_at(ground, point, seen)
    assert ground.serve()
    scene.finish(ground)
    ground.settled()
    scene.judge(ground)
    ground.check_shipping()


def test_an_action_that_was_out_of_time_ends(out_of_time):
    """The one whose time was noted to be over at once, the other after another minute."""
    for world, run in out_of_time.values():
        until(world, lambda: world.run(run)["status"] in FINAL, 100)
        assert world.run(run)["status"] == "FAILED" and "1 minutes" in world.run(run)["reason"]
        for waiting in world.runs():
            if waiting["status"] not in FINAL:
                world.ask("run", cancel=waiting["id"], actor="anna")
        world.settled()
        world.check()
    assert [action["attempt"] for action in world.run(run)["actions"]] == [1], "noted before the death"


@pytest.mark.parametrize("point", ["before:pair.configured", "after:pair.configured"])
def test_killed_while_a_pair_is_made(tmp_path, point):
    for name in ("one", "two"):
        git(tmp_path, "init", "--bare", "-q", f"{name}.git")
    words = [PROGRAM, "init", "--json", str(tmp_path / "one.git"), str(tmp_path / "two.git")]
    killed = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "TANDEM_KILL_AT": point})
    assert killed.returncode == -9 and not (tmp_path / "tandem.yaml").exists()
    made = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    verified = subprocess.run([PROGRAM, "audit", "verify", "--json"], cwd=tmp_path, capture_output=True, text=True)
    assert verified.returncode == 0 and json.loads(verified.stdout)["passed"]


@pytest.mark.parametrize("point", ["before:promotion.intended", "after:promotion.intended", "before:deployment.intended"])
def test_a_deployment_that_kills_the_coordinator_three_times_is_undone(ground, point):
    before = ground.whole()
    ground.stop()
    assert ground.serve(kill_at=point)
    scene = Ship()
    scene.act(ground)
    for _ in range(2):
        ground.serve(kill_at=point)
        assert ground.died(30)
    assert ground.serve()
    ground.settled()
    ship = newest(ground, "ship")
    assert ship["status"] == "ABANDONED" and "quarantined" in ship["reason"], ship
    assert ground.whole() == before
    ground.check_shipping()
    again = Ship()
    again.act(ground)
    ground.settled()
    again.judge(ground)


def test_the_journal_verifies_and_nothing_is_left(ground):
    ground.check()
