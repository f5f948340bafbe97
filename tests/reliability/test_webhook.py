"""Signed webhooks: a proven delivery is heard within moments, everything else starts nothing, telling twice starts nothing twice."""

import hashlib
import hmac
import http.client
import json
import re
import subprocess
import time

import pytest
from cheap_world import PROGRAM

SECRET = "correct horse"


@pytest.fixture
def deaf(world):
    """A daemon that hears of pushes by webhooks alone: no hook in the repository, and an hour between looks."""
    settings = world.home / "tandem.yaml"
    text = re.sub(r"poll-seconds: \d+", "poll-seconds: 3600", settings.read_text())
    settings.write_text(re.sub(r"webhook-secrets: \[\]", "webhook-secrets: [forge, forge-next]", text, count=1))
    subprocess.run([PROGRAM, "secrets", "set", "forge"], cwd=world.home, input=SECRET, text=True, check=True, capture_output=True)
    (world.folder / "application.git" / "hooks" / "post-receive").unlink()
    world.workflow("pushed", {"One": []}, triggers="Triggers:\n  - Type: PUSH\n")
    assert world.serve()
    time.sleep(2.5)   # the first look, which finds the push that is there
    world.settled()
    return world


def deliver(world, body, signature=None, event="push", repository="application", host="tandem.example.com", method="POST"):
    url = json.loads((world.state / "daemon.json").read_text())["url"]
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    raw = json.dumps(body).encode()
    made = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"Host": host, "X-GitHub-Event": event, "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": made if signature is None else signature}
    connection.request(method, f"/v1/webhooks/{repository}", raw, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def pushes(world):
    return [run for run in world.runs() if run["workflow"] == "pushed"]


def body_of(commit):
    return {"ref": "refs/heads/main", "after": commit, "sender": {"login": "anna"}}


def test_a_signed_push_is_heard_once_however_often_it_is_told(deaf):
    before = len(pushes(deaf))
    commit = deaf.push("Told by the forge")
    time.sleep(1.5)
    assert len(pushes(deaf)) == before, "nobody has told yet"
    for _ in range(5):
        status, said = deliver(deaf, body_of(commit))
        assert status == 202 and said["looks"], said
    end = time.monotonic() + 20
    while len(pushes(deaf)) == before:
        assert time.monotonic() < end, deaf.log.read_text()[-2000:]
        time.sleep(0.05)
    for _ in range(3):
        assert deliver(deaf, body_of(commit))[0] == 202
    time.sleep(1)
    deaf.settled()
    assert len(pushes(deaf)) == before + 1
    run = deaf.run(pushes(deaf)[0]["id"])
    assert run["commit"] == commit and run["status"] == "SUCCEEDED"
    assert run["event"]["actor"] == "anna"


def test_what_is_not_proven_starts_nothing_and_says_why(deaf):
    before = len(deaf.runs())
    commit = deaf.push("Nobody may tell")
    for signature in ("sha256=" + "0" * 64, "", "sha256=", "sha1=abc"):
        status, said = deliver(deaf, body_of(commit), signature)
        assert (status, said["code"]) == (401, "TD0151"), said
    status, said = deliver(deaf, body_of(commit), repository="infrastructure")
    assert (status, said["code"]) == (404, "TD0150"), "that one takes no webhooks"
    assert deliver(deaf, body_of(commit), repository="../application")[0] == 404
    assert deliver(deaf, body_of(commit), method="GET")[0] == 405
    assert deliver(deaf, {"zen": "x"}, event="ping") == (200, {"repository": "application", "event": "ping", "looks": False})
    status, said = deliver(deaf, {"action": "opened"}, event="pull_request")
    assert status == 200 and "TD0134" in said["note"]
    time.sleep(1.5)
    assert len(deaf.runs()) == before
