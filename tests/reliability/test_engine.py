"""The engine seen from outside: doing a run again, why it waits, who may answer a gate, pull requests, queues, history."""

import contextlib
import json
import socket
import subprocess

from cheap_world import FINAL, PROGRAM, git

GATE = """  Gate:
    Identifier: aws/approval@v1
    DependsOn: [One]
    Configuration:
      ApprovalsRequired: {people}
  After:
    Identifier: aws/build@v1
    DependsOn: [Gate]
    Inputs:
      Sources: [WorkflowSource]
    Configuration:
      Steps:
        - Run: "true"
"""


def until(look, world, seconds=30):
    import time
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, world.log.read_text()[-3000:]
        time.sleep(0.02)
    return found


def statuses(world, run):
    return {action["name"]: action["status"] for action in world.run(run)["actions"]}


def test_a_failed_run_is_done_again_from_its_failure_on(world):
    world.receiver.refuses.add("Two")
    assert world.serve()
    first = world.start()
    world.settled()
    assert statuses(world, first) == {"One": "SUCCEEDED", "Two": "FAILED", "Beside": "SUCCEEDED"}
    assert world.ask("why", run=first).document["release"] == f"tandem run --from-failed {first}"
    world.receiver.refuses.clear()
    again = world.ask("run", from_failed=first, actor="anna").document["run"]
    world.settled()
    run = world.run(again)
    assert run["status"] == "SUCCEEDED" and run["repeats"] == first
    assert f"{again}/One" not in world.receiver.effects(), "what had succeeded is not done again"
    assert f"{again}/Two" in world.receiver.effects()
    exact = world.ask("run", exact=first, actor="anna").document["run"]
    world.settled()
    assert world.run(exact)["status"] == "SUCCEEDED" and f"{exact}/One" in world.receiver.effects()
    assert world.run(exact)["commit"] == world.run(first)["commit"]
    refused = world.ask("run", from_failed=exact, actor="anna")
    assert refused.error["code"] == "TD0132" and refused.exit == 1
    world.check()


HANDS_OVER = """Name: hands-over
SchemaVersion: "1.0"
{shared}Actions:
  Make:
    Identifier: aws/build@v1
    Inputs:
      Sources: [WorkflowSource]
    Outputs:
      Artifacts:
        - Name: made
          Files: [made.txt]
    Configuration:
      Steps:
        - Run: echo "$TANDEM_EFFECT_KEY" > made.txt
  Use:
    Identifier: aws/build@v1
{takes}    Configuration:
      Steps:
        - Run: |
            cat made.txt
            exec 3<>/dev/tcp/127.0.0.1/{port}
            echo "begin $TANDEM_EFFECT_KEY 1" >&3
            echo "end $TANDEM_EFFECT_KEY 1" >&3
            read -r heard <&3
            test "$heard" = heard
"""


def hand_over(world, shared="", takes="    Inputs:\n      Artifacts: [made]\n"):
    file = world.work_tree / ".codecatalyst" / "workflows" / "hands-over.yml"
    file.write_text(HANDS_OVER.replace("{shared}", shared).replace("{takes}", takes).replace("{port}", str(world.receiver.port)))
    world.push("Workflow hands-over")
    world.receiver.refuses.add("Use")
    assert world.serve()
    world.settled()
    first = world.start("hands-over")
    world.settled()
    assert statuses(world, first) == {"Make": "SUCCEEDED", "Use": "FAILED"}
    world.receiver.refuses.clear()
    again = world.ask("run", from_failed=first, actor="anna").document["run"]
    world.settled()
    assert world.run(again)["status"] == "SUCCEEDED", world.run(again)
    said = [line["text"] for line in world.ask("logs", run=again, action="Use").document["lines"]]
    return first, again, said


def test_a_repeated_action_finds_the_artifacts_of_the_run_that_is_repeated(world):
    first, again, said = hand_over(world)
    assert f"{first}/Make" in said, said
    assert [each["name"] for each in world.ask("artifacts", run=again).document["artifacts"] if each["action"] == "Make"] == ["made"]
    pruned = world.ask("maintain", what="prune", keep_days=0, keep_runs=1, actor="anna").document
    assert first in pruned["runs"]
    kept = world.ask("artifacts", run=again, name="made")
    assert kept.error is None, "what the newer run refers to does not go with the older one"


def test_actions_that_share_a_workspace_are_done_again_together(world):
    first, again, said = hand_over(world, "Compute:\n  Type: EC2\n  SharedInstance: TRUE\n", "    DependsOn: [Make]\n    Inputs:\n      Sources: [WorkflowSource]\n")
    assert f"{again}/Make" in said, said
    world.receiver.refuses.clear()


def test_why_names_the_rule_the_holder_and_what_would_release_it(world):
    world.workflow("gated", {"One": []}, extra=GATE.format(people=2))
    assert world.serve()
    first = world.start("gated")
    until(lambda: statuses(world, first)["Gate"] == "WAITING_APPROVAL", world)
    second = world.start("gated")
    until(lambda: statuses(world, second)["Gate"] == "QUEUED", world)
    waiting = world.ask("why", run=second).document
    reason = next(each for each in waiting["reasons"] if each["action"] == "Gate")
    assert (reason["rule"], reason["holder"]) == ("queue", first)
    assert first in reason["release"] and first in waiting["sentence"]
    gate = next(each for each in world.ask("why", run=first).document["reasons"] if each["action"] == "Gate")
    assert gate["rule"] == "approval" and "waits for 2 of 2 approvals" in gate["reason"]

    assert world.ask("approve", run=first, action="Gate", actor="ben", reason="looks good").exit == 0
    twice = world.ask("approve", run=first, action="Gate", actor="ben")
    assert twice.error["code"] == "TD0405" and twice.exit == 4
    assert world.ask("approve", run=first, action="Gate", actor="carl").exit == 0
    until(lambda: world.run(first)["status"] in FINAL, world)
    assert world.run(first)["status"] == "SUCCEEDED"
    until(lambda: statuses(world, second)["Gate"] == "WAITING_APPROVAL", world)
    assert world.ask("approve", run=second, action="Gate", actor="ben", reject=True, reason="not on a Friday").exit == 0
    world.settled()
    assert world.run(second)["reason"] == "Gate: ben rejected it: not on a Friday"
    told = subprocess.run([PROGRAM, "why", second], cwd=world.home, capture_output=True, text=True)
    assert "not on a Friday" in told.stdout
    world.check()


def test_a_waiting_run_is_cancelled_within_seconds_and_a_running_one_too(world):
    world.workflow("slow", {"One": []}, work="sleep 300")
    assert world.serve()
    running = world.start("slow")
    until(lambda: statuses(world, running)["One"] == "IN_PROGRESS", world)
    waiting = world.start("slow")
    for run in (waiting, running):
        assert world.ask("run", cancel=run, actor="anna").exit == 0
    world.settled(15)
    assert [world.run(run)["status"] for run in (running, waiting)] == ["STOPPED", "STOPPED"]
    world.check()


def test_the_fifty_first_waiting_run_is_refused_recorded_and_told_as_429(world):
    world.workflow("slow", {"One": []}, work="sleep 300")
    assert world.serve()
    first = world.start("slow")
    for _ in range(50):
        world.start("slow")
    refused = world.ask("run", workflow="slow", repo="application", actor="anna")
    assert refused.status == 429 and refused.exit == 75 and refused.error["code"] == "TD0130" and "Retry-After" in refused.headers
    recorded = [run for run in world.runs() if run["status"] == "NOT_RUN"]
    assert [run["reason"] for run in recorded] == ["queue full (50)"]
    page = world.ask("runs", limit=20).document
    assert len(page["runs"]) == 20 and page["next"]
    for run in world.acknowledged:
        world.ask("run", cancel=run, actor="anna")
    world.settled(30)
    assert world.run(first)["status"] == "STOPPED"


PULL = "Triggers:\n  - Type: PULLREQUEST\n    Events: [OPEN, REVISION, CLOSED, MERGED]\n    Branches: [main]\n"


def test_a_pull_request_of_a_bare_repository_starts_what_its_source_branch_says(world):
    assert world.serve()
    until(lambda: world.ask("explain-trigger", repo="application", branch="main").exit == 0, world)
    world.workflow("check", {"One": []}, triggers=PULL, branch="feature")
    opened = world.ask("pull-request", what="open", source="feature", title="A change", actor="anna").document["pull_request"]
    assert opened["number"] == 1 and opened["destination"] == "main"
    assert git(world.folder / "application.git", "rev-parse", "refs/pull/1/head") == opened["head"]
    world.settled()
    checks = [run for run in world.runs() if run["workflow"] == "check"]
    assert [run["branch"] for run in checks] == ["feature"], "read from the source branch, once"
    assert world.run(checks[0]["id"])["event"]["kind"] == "pull_request"

    world.push("More", branch="feature")
    until(lambda: len([run for run in world.runs() if run["workflow"] == "check"]) == 2, world)
    merged = world.ask("pull-request", what="merge", number="1", actor="ben").document["pull_request"]
    assert merged["status"] == "MERGED"
    assert git(world.folder / "application.git", "merge-base", "--is-ancestor", merged["head"], "refs/heads/main") == ""
    until(lambda: len([run for run in world.runs() if run["workflow"] == "check"]) == 3, world)
    world.settled()
    refused = world.ask("pull-request", what="close", number="1", actor="ben")
    assert refused.error["code"] == "TD0137"
    world.check()


def test_a_pull_request_from_outside_gets_no_secret(world):
    assert world.serve()
    world.ask("secrets", verb="set", name="token", value="correct horse")
    outside = world.folder / "outside.git"
    git(world.folder, "clone", "-q", "--bare", "application.git", str(outside))
    world.workflow("check", {"One": []}, triggers=PULL, work="echo ${Secrets.token}", branch="elsewhere")
    git(world.work_tree, "push", "-q", str(outside), "HEAD:refs/heads/contribution")
    git(world.work_tree, "push", "-q", "origin", ":refs/heads/elsewhere")
    opened = world.ask("pull-request", what="open", source="contribution", **{"from": str(outside)}, actor="eve")
    assert opened.error is None, opened.error
    world.settled()
    check = next(run for run in world.runs() if run["workflow"] == "check")
    assert check["status"] == "FAILED"
    assert "given none" in check["reason"]


def test_old_runs_are_pruned_and_the_journal_still_proves_itself(world):
    assert world.serve()
    runs = [world.start() for _ in range(4)]
    world.settled()
    before = world.ask("audit", what="verify").document
    would = world.ask("maintain", what="prune", keep_days=0, keep_runs=1, dry_run=True).document
    assert set(runs[:3]) <= set(would["runs"]) and would["records"] == 0
    pruned = world.ask("maintain", what="prune", keep_days=0, keep_runs=1, actor="anna").document
    assert pruned["runs"] == would["runs"] and pruned["records"] > 0
    after = world.ask("audit", what="verify").document
    assert after["passed"] and after["pruned"] == pruned["records"] and after["records"] == before["records"] + 1
    assert [run["id"] for run in world.runs() if run["id"] in runs] == [runs[3]]
    # The projections are made anew from what is left, and numbering goes on.
    world.stop()
    for file in world.state.glob("history.db*"):
        file.unlink()
    assert world.serve()
    assert world.run(runs[3])["status"] == "SUCCEEDED"
    assert int(world.start().split("-")[1]) == int(runs[3].split("-")[1]) + 1
    world.settled()


def test_the_daemon_takes_old_runs_out_by_itself(world):
    world.workflow("talks", {"One": []}, work="echo seen")
    assert world.serve()
    world.settled()
    runs = [world.start("talks") for _ in range(4)]
    world.settled()
    logs = world.state / "logs"
    assert (logs / runs[0]).exists()
    world.stop()
    settings = world.home / "tandem.yaml"
    text = settings.read_text()
    policy = text[text.index("history:\n"):].split("\n\n")[0]
    settings.write_text(text.replace(policy, "history:\n  keep-days: 0\n  keep-runs: 1\n  prune: by-hand"))
    assert world.serve()
    world.start()
    world.settled()
    assert len(world.runs()) == 5, "nothing goes unless the policy says so"
    world.stop()
    settings.write_text(text.replace(policy, "history:\n  keep-days: 0\n  keep-runs: 1\n  prune: automatic"))
    assert world.serve()
    until(lambda: len(world.runs()) == 1, world)
    until(lambda: not (logs / runs[0]).exists(), world)   # what they printed goes last
    audit = world.ask("audit", what="verify").document
    assert audit["passed"] and audit["pruned"] > 0
    records = world.ask("audit", what="list", after=0, limit=10000).document["records"]
    assert [record["body"]["actor"] for record in records if record["kind"] == "journal.pruned"] == ["policy"]


def test_a_body_that_vanishes_without_a_record_of_it_is_found(world):
    import hashlib
    import sqlite3
    assert world.serve()
    world.start()
    world.settled()
    world.stop()
    with sqlite3.connect(world.state / "journal.db") as database:
        body = database.execute("SELECT body FROM journal WHERE number = 5").fetchone()[0]
        mark = '{"pruned_sha256":"' + hashlib.sha256(body.encode()).hexdigest() + '"}'
        database.execute("UPDATE journal SET body = ? WHERE number = 5", (mark,))
    told = subprocess.run([PROGRAM, "audit", "verify", "--json"], cwd=world.home, capture_output=True, text=True)
    assert told.returncode == 3 and '"broken": 5' in told.stdout, told.stdout


def test_runs_go_on_while_more_connections_are_idle_than_a_program_usually_may_have_open(world):
    assert world.serve(wrapper=("prlimit", "--nofile=160:4096"))
    port = int(json.loads((world.state / "daemon.json").read_text())["url"].rsplit(":", 1)[1])
    with contextlib.ExitStack() as idle:
        for _ in range(300):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        run = world.start()
        world.settled()
        assert world.run(run)["status"] == "SUCCEEDED"
    world.check()
