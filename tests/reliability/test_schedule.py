"""SCHEDULE triggers under a clock that the test sets: a tick fires once, a missed one never, a clock set back nothing twice."""

import ctypes.util
import os
import pathlib
import time

import pytest
from cheap_world import FINAL

LIBRARY = next((str(path) for folder in ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime")
                for path in pathlib.Path(folder).glob("libfaketime.so.1")), None)
TRIGGER = 'Triggers:\n  - Type: SCHEDULE\n    Expression: "0/30 * * * ? *"\n    Branches: [main]\n'


@pytest.fixture
def at(world, monkeypatch):
    """Starts the daemon at a moment of its own."""
    assert LIBRARY or ctypes.util.find_library("faketime"), "libfaketime is missing: scripts/install-missing --tests"

    def serve(moment):
        monkeypatch.setenv("LD_PRELOAD", LIBRARY)
        monkeypatch.setenv("FAKETIME", f"@{moment}")
        monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        monkeypatch.setenv("TZ", "UTC")
        ready = world.serve()
        for name in ("LD_PRELOAD", "FAKETIME"):
            monkeypatch.delenv(name)
        assert ready
    return serve


def scheduled(world):
    return [run for run in world.runs() if run["workflow"] == "nightly"]


def until(look, seconds=40):
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_tick_fires_once_and_what_was_missed_is_only_counted(world, at):
    assert world.serve()   # the repositories are seen for the first time
    world.stop()
    world.workflow("nightly", {"One": []}, triggers=TRIGGER)
    at("2027-03-01 11:59:45")
    until(lambda: len(scheduled(world)) == 1)
    run = world.run(scheduled(world)[0]["id"])
    assert run["event"]["kind"] == "schedule" and run["event"]["at"].startswith("2027-03-01T12:00:00")
    until(lambda: all(each["status"] in FINAL for each in world.runs()))
    world.stop()

    at("2027-03-01 14:10:00")   # 12:30, 13:00, 13:30 and 14:00 have passed
    until(lambda: '"event":"schedule.missed"' in world.log.read_text())
    assert '"ticks":{".codecatalyst/workflows/nightly.yml":4}' in world.log.read_text()
    assert len(scheduled(world)) == 1
    world.stop()

    at("2027-03-01 11:59:50")   # set back: 12:00 was fired already
    time.sleep(14)
    assert len(scheduled(world)) == 1
    assert os.path.exists(world.state / "journal.db")
    world.stop()
