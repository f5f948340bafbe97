"""A native function from its source to live traffic: built, proven in a step, carried, composed, deployed, verified."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from world import SOURCE, World, call, git

HANDLER = SOURCE / "registry" / "native-handler"
PARTS = pathlib.Path(__file__).parent / "native"


def make(folder, *words):
    done = subprocess.run(["make", "-s", "-C", str(folder), *words], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def build(folder):
    """The two repositories as somebody has them who follows registry/native-handler/README.md."""
    application, infrastructure = folder / "application", folder / "infrastructure"
    shutil.copytree(PARTS / "application", application)
    shutil.copytree(PARTS / "infrastructure", infrastructure)
    for header in ("handler.h", "text.h"):
        shutil.copy(HANDLER / header, application)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / "registry" / "infrastructure" / file, infrastructure)
    make(application, "libapplication.so")
    function = infrastructure / "lambda"
    make(HANDLER, f"OUT={function}", f"APPLICATION={application}", "all", f"{function}/integrated_api_handler.so")
    return application, infrastructure


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("world"), *build(tmp_path_factory.mktemp("native")))
    made.init()
    configuration = made.home / "tandem.yaml"
    text = configuration.read_text()
    for before, after in (("    - {from: src, to: lambda/src}\n    - {from: main.py, to: lambda/main.py}\n",
                           "    - {from: libapplication.so, to: lambda/libapplication.so}\n"),
                          ("  requirements:\n    from: requirements.txt\n    to: lambda/requirements.txt\n    on-conflict: refuse\n",
                           "  requirements: none\n  metadata: lambda/sync-metadata.json\n"),
                          ("  runtime: python3.11\n", "  runtime: provided.al2023\n"),
                          ("      AdminEmail: admin@example.com\n      AdminPasswordHash: '${Secrets.admin-password-hash}'\n", ""),
                          ("    parameters:\n", ""),
                          ("    admin: {email: admin@example.com, password-secret: admin-password}\n", "")):
        assert before in text, before
        text = text.replace(before, after)
    configuration.write_text(text)
    made.serve()
    try:
        yield made
    finally:
        made.stop()


def ended(world, run):
    child = next(each for each in run["actions"] if each["name"] == "Deploy")["outcome"]["detail"]["started_run"]
    return world.run(child)


@pytest.fixture(scope="module")
def first(world):
    commit, run = world.ship("First native release")
    assert run["status"] == "SUCCEEDED", json.dumps(run, indent=1)[-5000:] + world.log.read_text()[-3000:]
    return commit, ended(world, run)


def outcome(run, name):
    return next(each for each in run["actions"] if each["name"] == name)["outcome"]


def test_the_native_application_is_composed_verified_and_live(world, first):
    commit, run = first
    bundle = outcome(run, "Compose")["detail"]["bundle"]
    assert bundle["handler"] == "integrated_api_handler" and bundle["runtime"] == "provided.al2023"
    assert [each["state"] for each in bundle["choices"]] == ["chosen", "absent", "stands by"]
    proof = outcome(run, "Verify")["detail"]["proof"]
    assert proof["passed"] and {each["suite"] for each in proof["cases"]} >= {"handler", "endpoints", "performance"}
    live = world.live()
    assert live["release"]["application"] == commit
    status, health, headers = call(live["url"] + "/health")
    assert status == 200 and health["handler"] == "integrated_api_handler" and health["fallback"] is False
    assert health["features"] == {"native": True}
    assert (health["build"]["commit"], health["build"]["release"]) == (commit, live["release"]["id"])
    assert headers["x-tandem-handler"] == "integrated_api_handler" and headers["x-tandem-fallback"] is None
    assert call(live["url"] + "/people")[0] == 401 and call(live["url"] + "/nothing")[0] == 404


def test_a_binary_that_is_not_what_its_source_makes_goes_nowhere(world, first):
    live = world.live()
    world.edit("application", "application.cpp", lambda text: text.replace("not for you", "nobody is here"))
    commit, run = world.ship("Change the source and forget the binary")
    assert run["status"] == "FAILED" and "Validate" in run["reason"], run["reason"]
    assert world.live() == live
    world.undo("application", commit)


def test_a_native_application_that_fails_is_stopped_before_deployment(world, first):
    live = world.live()
    world.edit("application", "application.cpp", lambda text: text.replace('  const Piece event(', '  if (true) return 7;\n  const Piece event('))
    make(world.application, "-B", "libapplication.so")
    commit, run = world.ship("Fail on every event")
    child = ended(world, run)
    assert run["status"] == "FAILED" and outcome(child, "Compose")["error"]["code"] == "TD0405", json.dumps(child)[-3000:]
    assert world.live() == live and call(live["url"] + "/health")[0] == 200
    world.undo("application", commit)
