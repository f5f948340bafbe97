"""kill -9 at any action: the next start goes on or undoes, and the journal verifies until a byte is changed."""

import json
import sqlite3

import pytest
from world import World, call


@pytest.fixture()
def shipped(tmp_path):
    world = World(tmp_path)
    world.initialised = world.init()
    world.serve()
    yield world
    world.stop()


def started(world, name):
    def look():
        for run in world.tandem("runs").document["runs"]:
            for action in world.run(run["id"])["actions"]:
                if action["name"] == name and action["status"] == "IN_PROGRESS":
                    return True
        return False
    return look


def test_a_run_goes_on_after_the_daemon_was_killed_in_each_kind_of_action(shipped):
    world = shipped
    commit = world.commit("application", "Go")
    world.push("application")
    killed = []
    for name in ("Validate", "Compose", "Deploy", "Verify"):
        world.until(started(world, name), 300, f"{name} to start")
        world.kill()
        killed.append(name)
        world.serve()
        if len(killed) == 2:
            break
    run = world.ended("api-deployment", commit, 600)
    assert run["status"] == "SUCCEEDED", json.dumps(run)[-4000:]
    assert len(world.runs("infrastructure-deployment")) == 1
    assert call(world.live()["url"] + "/health")[0] == 200
    assert world.tandem("audit", "verify").code == 0

    world.stop()
    journal = world.home / ".tandem" / "journal.db"
    with sqlite3.connect(journal) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        text = database.execute("SELECT body FROM journal WHERE number = 7").fetchone()[0]
        database.execute("UPDATE journal SET body = ? WHERE number = 7", (text.replace('"', "'", 1),))
    answer = world.tandem("audit", "verify")
    assert answer.code == 3 and answer.document["broken"] == 7
