"""Signed webhooks: a proven delivery is heard within moments, everything else starts nothing, telling twice starts nothing twice."""

import hashlib
import hmac
import http.client
import json
import re
import subprocess
import time

import pytest
from cheap_world import PROGRAM, git

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


def deliver_as_gitlab(world, body, event="Merge Request Hook", secret=SECRET):
    url = json.loads((world.state / "daemon.json").read_text())["url"]
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    connection.request("POST", "/v1/webhooks/application", json.dumps(body), {"Host": "tandem.example.com", "X-Gitlab-Event": event, "X-Gitlab-Token": secret})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def pushes(world):
    return [run for run in world.runs() if run["workflow"] == "pushed"]


def told(action, number, source, fork=False, **more):
    ours = {"full_name": "acme/app"}
    head = {"ref": source, "repo": {"full_name": "eve/app", "clone_url": "https://forge.example.com/eve/app.git"} if fork else ours}
    return {"action": action, "sender": {"login": "eve"}, "pull_request": {"number": number, "title": "A change", "head": head,
                                                                          "base": {"ref": "main", "repo": ours}, **more}}


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
    assert deliver(deaf, {"action": "labeled"}, event="pull_request")[0] == 200
    status, said = deliver(deaf, told("opened", 1, "feature"), event="pull_request")
    assert (status, said["code"]) == (400, "TD0134"), "this repository lies on this machine"
    time.sleep(1.5)
    assert len(deaf.runs()) == before


CHECK = """Name: check
SchemaVersion: "1.0"
Triggers:
  - Type: PULLREQUEST
    Branches: [main]
    Events: [OPEN, REVISION, CLOSED]
Actions:
  A:
    Identifier: aws/build@v1
    Inputs:
      Sources: [WorkflowSource]
    Configuration:
      Steps:
        - Run: echo ${Secrets.forge} is the secret
"""


@pytest.fixture
def forge(deaf):
    """The same pair, with the application at an address of another host: its pull requests are told of, never made here."""
    deaf.stop()
    settings = deaf.home / "tandem.yaml"
    bare = deaf.folder / "application.git"
    settings.write_text(settings.read_text().replace(f"url: '{bare}'", f"url: 'file://{bare}'"))
    assert "file://" in settings.read_text()
    assert deaf.serve()
    return deaf


def checks(world):
    return sorted((run for run in world.runs() if run["workflow"] == "check"), key=lambda run: int(run["id"].split("-")[1]))


def wait_for(look, world):
    end = time.monotonic() + 30
    while not look():
        assert time.monotonic() < end, world.log.read_text()[-3000:]
        time.sleep(0.05)


def head_of_pull_request(world, number, commit):
    git(world.folder / "application.git", "update-ref", f"refs/pull/{number}/head", commit)


def test_a_pull_request_of_a_forge_starts_what_its_head_says(forge):
    (forge.work_tree / ".codecatalyst" / "workflows" / "check.yml").write_text(CHECK)
    first = forge.push("A check", "feature")
    head_of_pull_request(forge, 7, first)
    for _ in range(3):
        assert deliver(forge, told("opened", 7, "feature"), event="pull_request")[0] == 202
    wait_for(lambda: len(checks(forge)) == 1, forge)
    forge.settled()
    run = forge.run(checks(forge)[0]["id"])
    assert (run["status"], run["commit"], run["event"]["actor"]) == ("SUCCEEDED", first, "eve"), run
    listed = forge.ask("pull-request", what="list").document["pull_requests"]
    assert [(each["number"], each["head"], each["status"]) for each in listed] == [(7, first, "OPEN")]
    (forge.work_tree / "more").write_text("more")
    second = forge.push("More", "feature")
    head_of_pull_request(forge, 7, second)
    assert deliver(forge, told("synchronize", 7, "feature"), event="pull_request")[0] == 202
    wait_for(lambda: len(checks(forge)) == 2, forge)
    assert forge.run(checks(forge)[1]["id"])["commit"] == second
    forge.settled()
    # Told while nobody listened to the end: the daemon is killed right after it has answered.
    assert deliver(forge, told("closed", 7, "feature", merged=False), event="pull_request")[0] == 202
    forge.kill()
    assert forge.serve()
    wait_for(lambda: len(checks(forge)) == 3, forge)
    forge.settled()
    refused = forge.ask("pull-request", what="merge", number="7", actor="ben")
    assert refused.error["code"] == "TD0134"


def test_a_merge_request_of_gitlab_starts_what_its_head_says(forge):
    (forge.work_tree / ".codecatalyst" / "workflows" / "check.yml").write_text(CHECK)

    def place(commit):
        git(forge.folder / "application.git", "update-ref", "refs/merge-requests/7/head", commit)

    def told_by_gitlab(action, state):
        return {"object_kind": "merge_request", "user": {"username": "eve"}, "object_attributes": {
            "iid": 7, "title": "A change", "source_branch": "feature", "target_branch": "main", "source_project_id": 3, "target_project_id": 3,
            "state": state, "action": action}}
    first = forge.push("A check", "feature")
    place(first)
    assert deliver_as_gitlab(forge, told_by_gitlab("open", "opened"), secret="wrong")[0] == 401
    assert deliver_as_gitlab(forge, told_by_gitlab("open", "opened"))[0] == 202
    wait_for(lambda: len(checks(forge)) == 1, forge)
    (forge.work_tree / "more").write_text("more")
    second = forge.push("More", "feature")
    place(second)
    assert deliver_as_gitlab(forge, told_by_gitlab("update", "opened"))[0] == 202
    wait_for(lambda: len(checks(forge)) == 2, forge)
    assert deliver_as_gitlab(forge, told_by_gitlab("approved", "opened"))[0] == 200
    assert deliver_as_gitlab(forge, told_by_gitlab("merge", "merged"))[0] == 202
    wait_for(lambda: len(checks(forge)) == 3, forge)
    forge.settled()
    assert [forge.run(run["id"])["commit"] for run in checks(forge)] == [first, second, second]
    listed = forge.ask("pull-request", what="list").document["pull_requests"]
    assert [(each["number"], each["head"], each["status"]) for each in listed] == [(7, second, "MERGED")]


def test_a_pull_request_from_a_fork_gets_no_secret(forge):
    (forge.work_tree / ".codecatalyst" / "workflows" / "check.yml").write_text(CHECK)
    head_of_pull_request(forge, 8, forge.push("From outside", "outside"))
    assert deliver(forge, told("opened", 8, "main", fork=True), event="pull_request")[0] == 202
    wait_for(lambda: len(checks(forge)) == 1, forge)
    forge.settled()
    run = forge.run(checks(forge)[0]["id"])
    assert run["status"] == "FAILED" and "TD0409" in json.dumps(run), run
