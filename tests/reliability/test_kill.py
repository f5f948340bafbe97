"""kill -9 at every named place, twice in a row, and at any time under many runs: nothing promised is lost, nothing runs
on, every run ends, and an effect that happens again carries the key it had before."""

import random
import time

from cheap_world import FINAL


def journal(world):
    """Kind by kind, what one run of the workload writes down."""
    records, after = [], 0
    while True:
        page = world.ask("audit", what="list", after=after, limit=1000).document
        records += page["records"]
        if not page["records"] or page["records"][-1]["number"] == page["last"]:
            return records
        after = page["records"][-1]["number"]


def points_on_the_way(world):
    """The named places that a start of the workload passes, and what the program lists."""
    assert world.serve()
    known = world.ask("maintain", what="kill-points").document["points"]
    before = len(journal(world))
    world.start()
    world.settled()
    kinds = {record["kind"] for record in journal(world)[before:]}
    assert all(f"before:{kind}" in known for kind in kinds), "a kind of record without a named place"
    passed = [f"{when}:{kind}" for kind in sorted(kinds) for when in ("before", "after")]
    passed += ["before:action", "after:action", "before:way-back", "after:way-back", "before:history", "after:history"]
    world.stop()
    return passed


def survive(world, first, second=None):
    """One start of the workload with a daemon that dies at `first`, perhaps another that dies at `second`, then a whole
    one. True when the first one died of it."""
    ready = world.serve(kill_at=first)
    if ready:
        world.start()
        end = time.monotonic() + 20
        while world.daemon.poll() is None and time.monotonic() < end:
            try:
                if all(run["status"] in FINAL for run in world.ask("runs", limit=20).document["runs"]):
                    break
            except OSError:
                pass
            time.sleep(0.01)
    died = world.died(0.2)
    world.kill()
    if second:
        world.serve(kill_at=second)
        world.died(1.5)
        world.kill()
    assert world.serve()
    world.settled()
    return died


def test_killed_at_every_named_place_of_a_run(world, long):
    places = points_on_the_way(world)
    missed = []
    for place in places:
        for times in range(1, 4 if long else 2):
            if not survive(world, f"{place}@{times}") and times == 1:
                missed.append(place)
            world.stop()
    assert not missed, f"never passed: {missed}"
    assert world.serve()
    world.check()


def test_killed_twice_in_a_row(world, long):
    rolls = random.Random(7)
    for _ in range(120 if long else 8):
        survive(world, f"#{rolls.randint(1, 60)}", f"#{rolls.randint(1, 25)}")
        world.stop()
    assert world.serve()
    world.check()


def test_killed_at_random_times_under_twenty_runs(world, long):
    rolls = random.Random(11)
    world.workflow("wide", {"One": [], "Two": ["One"]}, mode="PARALLEL", work="sleep 0.05")
    assert world.serve()
    world.settled()
    for _ in range(20):
        world.start("wide")
    for _ in range(60 if long else 6):
        time.sleep(rolls.uniform(0.05, 0.9))
        world.kill()
        assert world.serve()
        if long:
            world.start("wide")
    world.settled(120)
    abandoned = [run for run in world.runs() if run["status"] == "ABANDONED"]
    assert all("quarantined" in run["reason"] for run in abandoned)
    world.check()


def test_a_run_that_kills_the_coordinator_three_times_is_quarantined_and_the_others_go_on(world):
    assert world.serve()
    world.settled()
    world.stop()
    assert world.serve(kill_at="before:action")
    guilty = world.start()   # the daemon may die before it has answered
    assert world.died(20)
    for _ in range(2):
        world.serve(kill_at="before:action", wait=False)
        assert world.died(20)
    assert world.serve()
    world.settled()
    guilty = guilty or world.runs()[0]["id"]
    run = world.run(guilty)
    assert run["status"] == "ABANDONED" and "quarantined" in run["reason"], run["reason"]
    assert "quarantined" in world.ask("why", run=guilty).document["sentence"]
    after = world.start()
    world.settled()
    assert world.run(after)["status"] == "SUCCEEDED"
    world.check()


def test_an_orderly_stop_counts_against_nobody(world):
    world.workflow("slow", {"One": []}, work="sleep 2")
    assert world.serve()
    world.settled()
    run = world.start("slow")
    for _ in range(4):
        time.sleep(0.2)
        world.stop()
        assert world.serve()
    world.settled()
    assert world.run(run)["status"] == "SUCCEEDED"
    world.check()
