"""A workflow file that changes, or goes, while a run by the old one waits or works; and what one run tells the run it starts."""

from cheap_world import FINAL, git
from test_engine import GATE, statuses, until

FILE = ".codecatalyst/workflows/gated.yml"
CHAIN = {"One": [], "Two": ["One"]}


def waiting_at_the_gate(world):
    run = world.start("gated")
    until(lambda: statuses(world, run)["Gate"] == "WAITING_APPROVAL", world)
    return run


def test_a_run_that_waits_is_cancelled_when_its_file_is_changed_and_the_others_go_on(world):
    world.workflow("gated", {"One": []}, extra=GATE.format(people=1))
    world.workflow("other", {"One": []}, work="sleep 3")
    git(world.work_tree, "push", "-q", "origin", "HEAD:refs/heads/beside")
    assert world.serve()
    world.settled()
    waiting, untouched = waiting_at_the_gate(world), world.start("other")
    beside = world.start("gated", branch="beside")
    until(lambda: statuses(world, beside)["Gate"] == "WAITING_APPROVAL", world)
    commit = world.workflow("gated", {"One": []}, extra=GATE.format(people=2))
    until(lambda: world.run(waiting)["status"] in FINAL, world)
    assert world.run(waiting)["status"] == "CANCELLED"
    why = world.ask("why", run=waiting).document
    assert why["sentence"] == f"CANCELLED: its workflow changed while it was under way ({FILE} was changed in main by {commit[:12]})"
    assert statuses(world, waiting) == {"One": "SUCCEEDED", "Gate": "STOPPED", "After": "SKIPPED"}
    refused = world.ask("approve", run=waiting, action="Gate", actor="ben")
    assert refused.error["code"] == "TD0128"
    until(lambda: world.run(untouched)["status"] in FINAL, world)
    assert world.run(untouched)["status"] == "SUCCEEDED", "its own file is as it was"
    assert statuses(world, beside)["Gate"] == "WAITING_APPROVAL", "the file of its own branch is as it was"
    assert world.ask("approve", run=beside, action="Gate", actor="ben").exit == 0
    world.settled()
    assert world.run(beside)["status"] == "SUCCEEDED"
    world.check()


def test_a_run_inside_an_action_ends_that_action_first(world):
    world.workflow("slow", CHAIN, work="sleep 2")
    assert world.serve()
    world.settled()
    run = world.start("slow")
    queued = world.start("slow")
    until(lambda: statuses(world, run)["One"] == "IN_PROGRESS", world)
    world.workflow("slow", CHAIN, work="sleep 1")
    until(lambda: world.run(run)["status"] in FINAL, world)
    assert world.run(run)["status"] == "CANCELLED" and statuses(world, run) == {"One": "SUCCEEDED", "Two": "SKIPPED"}
    assert world.run(queued)["status"] == "CANCELLED" and f"{queued}/One" not in world.receiver.effects()
    after = world.start("slow")
    world.settled()
    assert world.run(after)["status"] == "SUCCEEDED"
    world.check()


def test_a_run_whose_file_is_deleted_is_cancelled_also_across_a_restart(world):
    world.workflow("gated", {"One": []}, extra=GATE.format(people=1))
    assert world.serve()
    world.settled()
    run = waiting_at_the_gate(world)
    world.kill()
    (world.work_tree / FILE).unlink()
    commit = world.push("No more gates")
    assert world.serve()
    world.settled()
    assert world.run(run)["status"] == "CANCELLED"
    assert f"{FILE} was deleted from main by {commit[:12]}" in world.ask("why", run=run).document["sentence"]
    world.check()


def test_parallel_runs_finish_when_their_file_becomes_queued(world):
    world.workflow("wide", CHAIN, mode="PARALLEL", work="sleep 1")
    assert world.serve()
    world.settled()
    runs = [world.start("wide"), world.start("wide")]
    until(lambda: statuses(world, runs[0])["One"] == "IN_PROGRESS", world)
    world.workflow("wide", CHAIN, mode="QUEUED", work="sleep 1")
    world.settled()
    assert [world.run(run)["status"] for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    world.check()


TELLS = """Name: tells
SchemaVersion: "1.0"
Actions:
  Start:
    Identifier: tandem/start-workflow@v1
    Configuration:
      Repository: application
      Workflow: told
      Inputs: {inputs}
"""
TOLD = """Name: told
SchemaVersion: "1.0"
Actions:
  Say:
    Identifier: aws/build@v1
    Inputs:
      Sources: [WorkflowSource]
    Configuration:
      Steps:
        - Run: echo "told ${Inputs.colour} and $number"
"""


def test_a_started_run_is_told_its_inputs(world):
    folder = world.work_tree / ".codecatalyst" / "workflows"
    (folder / "told.yml").write_text(TOLD)
    (folder / "tells.yml").write_text(TELLS.replace("{inputs}", "'{\"colour\": \"${WorkflowSource.BranchName}\", \"number\": 7}'"))
    (folder / "map.yml").write_text(TELLS.replace("tells", "map").replace("{inputs}", "{colour: red, number: 8}"))
    (folder / "wrong.yml").write_text(TELLS.replace("tells", "wrong").replace("{inputs}", "{SyncId: forged}"))
    world.push("Runs that tell")
    assert world.serve()
    world.settled()
    for workflow, said in (("tells", "told main and 7"), ("map", "told red and 8")):
        run = world.start(workflow)
        world.settled()
        assert world.run(run)["status"] == "SUCCEEDED", world.run(run)
        child = next(each for each in world.runs() if each["cause"] == run)
        assert any(line["text"] == said for line in world.ask("logs", run=child["id"]).document["lines"])
    wrong = world.start("wrong")
    world.settled()
    assert world.run(wrong)["status"] == "FAILED" and "SyncId" in world.run(wrong)["reason"]
    world.check()


MEANT = """Name: {name}
SchemaVersion: "1.0"
Triggers:
  - Type: PUSH
    Branches: [{branch}]
Actions:
  Say:
    Identifier: {identifier}
    Environment: {{Name: nowhere}}
    Inputs:
      Sources: [WorkflowSource]
    Configuration:
      Steps:
        - Run: echo never
"""


def runs_of(world, workflow):
    return [run for run in world.runs() if run["workflow"] == workflow]


def test_a_definition_with_errors_is_known_by_its_name_and_refused_only_where_it_was_meant_to_start(world):
    folder = world.work_tree / ".codecatalyst" / "workflows"
    (folder / "file-of-main.yml").write_text(MEANT.format(name="meant", branch="main", identifier="aws/build@v1"))
    (folder / "file-of-other.yml").write_text(MEANT.format(name="elsewhere", branch="release", identifier="aws/build@v7"))
    assert world.serve()
    world.settled()
    world.push("Definitions with errors")
    until(lambda: runs_of(world, "meant"), world)
    world.settled()
    refused = runs_of(world, "meant")[0]
    assert refused["status"] == "NOT_RUN" and "E181" in refused["reason"] and "environments: in tandem.yaml" in refused["reason"]
    assert not runs_of(world, "elsewhere") and not runs_of(world, ".codecatalyst/workflows/file-of-other.yml"), "it was not meant for this branch"
    asked = world.run(world.start("elsewhere"))
    assert asked["status"] == "NOT_RUN" and "E132" in asked["reason"] and "(and 1 more: tandem validate lists them)" in asked["reason"]
    world.check()


GITHUB = """Name: github
SchemaVersion: "1.0"
Actions:
  Commands:
    Identifier: aws/github-actions-runner@v1
    Inputs:
      Sources: [WorkflowSource]
    Configuration:
      Steps:
        - run: mkdir -p sub && echo made > sub/file && LEFT=yes && export LEFT
        - name: Inside
          run: |
            cat file
            echo "colour $COLOUR, left ${LEFT:-no}"
          env: {COLOUR: "a $b `c`"}
          working-directory: sub
        - run: |
            false
            echo "never said"
          continue-on-error: true
        - run: test -f sub/file && test -z "${COLOUR:-}" && echo "at home"
        - run: |
            exit 7
            echo "nor this"
"""


def test_steps_of_github_that_only_run_commands_are_run_as_there(world):
    (world.work_tree / ".codecatalyst" / "workflows" / "github.yml").write_text(GITHUB)
    world.push("Steps of another system")
    assert world.serve()
    world.settled()
    run = world.start("github")
    world.settled()
    said = [line["text"] for line in world.ask("logs", run=run).document["lines"]]
    assert [line for line in said if line in ("made", "colour a $b `c`, left no", "at home")] == ["made", "colour a $b `c`, left no", "at home"], said
    assert "continue-on-error: the step failed with exit 1, and the action goes on" in said
    assert not any(line in ("never said", "nor this") for line in said)
    assert world.run(run)["status"] == "FAILED" and "step 5 (exit 7)" in world.run(run)["reason"] and "exit 7" in world.run(run)["reason"]
    world.check()
