"""Faults from outside, without any help of the program: kills at system calls, a disk that is full, a sync that fails."""

import os
import pathlib
import subprocess
import time

import pytest
from cheap_world import PROGRAM, CheapWorld


def strace(*injections):
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64,fsync,fdatasync"]
    for injection in injections:
        words += ["-e", f"inject={injection}"]
    return words


def end_of(world):
    """The traced daemon is a child of strace: both have to be gone."""
    world.daemon.wait(60)
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            home = os.readlink(entry / "cwd")
        except OSError:
            continue
        if words[:2] == [PROGRAM.encode(), b"serve"] and home == str(world.home):
            os.kill(int(entry.name), 9)


def test_killed_at_a_write_from_outside(world, long):
    assert world.serve()
    world.settled()
    world.stop()
    for number in range(1, 150, 3) if long else (1, 9, 20, 33, 47):
        if world.serve(wrapper=strace(f"pwrite64:signal=SIGKILL:when={number}")):
            world.start()
            world.died(5)
        if world.daemon.poll() is None:
            world.daemon.kill()
        end_of(world)
        assert world.serve()
        world.settled()
        world.stop()
    assert world.serve()
    world.check()


def test_a_failed_sync_stops_the_process_which_names_the_file_and_a_restart_recovers(world, long):
    assert world.serve()
    world.settled()
    world.stop()
    stopped = 0
    for number in range(1, 60) if long else (2, 4, 6, 8, 10):
        seen = world.log.stat().st_size
        if world.serve(wrapper=strace(f"fsync,fdatasync:error=EIO:when={number}+")):
            try:
                reply = world.ask("run", workflow="chain", repo="application", actor="anna")
                if reply.document:
                    world.acknowledged.append(reply.document["run"])
            except (OSError, ConnectionError):
                pass
            world.died(5)
        words = world.log.read_text()[seen:]
        if "journal.sync_failed" in words:
            assert "journal.db" in words
            assert world.daemon.wait(10) == 74
            stopped += 1
        if world.daemon.poll() is None:
            world.daemon.kill()
        end_of(world)
        assert world.serve()
        world.settled()
        world.stop()
    assert stopped > 0
    assert world.serve()
    world.check()


@pytest.fixture
def tiny_disk(tmp_path_factory):
    """A file system of 48 MiB, or none where this machine does not let us mount one."""
    folder = tmp_path_factory.mktemp("tiny")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    filler = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT)
    for size in (1 << 20, 4096, 1):
        try:
            while os.write(filler, b"x" * size):
                pass
        except OSError:
            pass
    os.close(filler)


def test_a_full_disk_is_refused_clearly_loses_nothing_and_needs_no_restart(tmp_path, tiny_disk):
    world = CheapWorld(tmp_path, state=tiny_disk / "state")
    try:
        assert world.serve()
        before = world.start()
        world.settled()
        fill(tiny_disk)
        refused = None
        for _ in range(200):  # what SQLite has set aside is used up first
            reply = world.ask("run", workflow="chain", repo="application", actor="anna")
            if reply.error:
                refused = reply
                break
            world.acknowledged.append(reply.document["run"])
        assert refused is not None, "a full disk was never noticed"
        assert refused.status in (503, 507) and "Retry-After" in refused.headers, (refused.status, refused.error)
        assert refused.exit == 75, refused.error
        told = subprocess.run([PROGRAM, "run", "chain", "--repo", "application", "--no-wait", "--json"], cwd=world.home, capture_output=True, text=True)
        assert told.returncode == 75, told.stdout + told.stderr
        assert world.run(before)["status"] == "SUCCEEDED", "what can be read is still read"
        (tiny_disk / "filler").unlink()
        deadline = time.monotonic() + 5
        while world.ask("run", workflow="chain", repo="application", actor="anna").error:
            assert time.monotonic() < deadline, "it did not work again within 5 s"
            time.sleep(0.05)
        world.settled()
        assert world.daemon.poll() is None
        runs = {run["id"] for run in world.runs()}
        assert set(world.acknowledged) <= runs
        world.stop()
        assert world.serve()
        world.check()
    finally:
        world.close()
