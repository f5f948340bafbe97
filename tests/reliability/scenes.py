"""What can be under way when a daemon dies: each scene passes its kill points, and says what has to be true afterwards."""

import signal
import subprocess
import time

from cheap_world import FINAL, git

GATE = """  Gate:
    Identifier: aws/approval@v1
    DependsOn: [One]
  Two:
    Identifier: aws/build@v1
    DependsOn: [Gate]
    Inputs:
      Sources: [WorkflowSource]
    Configuration:
      Steps:
        - Run: "true"
"""
SCHEDULE = 'Triggers:\n  - Type: SCHEDULE\n    Expression: "0 4 * * ? *"\n'


def quietly(world, command, **arguments):
    """The answer, or None when the daemon died before it could give one."""
    try:
        return world.ask(command, **arguments)
    except OSError:
        return None


def until(world, look, seconds=40):
    """Waits for what is looked for, or for the death of the daemon; says whether it was found."""
    end = time.monotonic() + seconds
    while world.daemon.poll() is None:
        try:
            if look():
                return True
        except OSError:
            pass
        assert time.monotonic() < end, world.log.read_text()[-3000:]
        time.sleep(0.03)
    return False


def watch(world, seconds):
    """Until every run has ended, the daemon has died, or the time is over."""
    end = time.monotonic() + seconds
    while world.daemon.poll() is None and time.monotonic() < end:
        try:
            if ended(world):
                return
        except OSError:
            pass
        time.sleep(0.02)


def ended(world):
    return all(run["status"] in FINAL for run in world.ask("runs", limit=20).document["runs"])


def status_of(world, run, action):
    return next(each["status"] for each in world.run(run)["actions"] if each["name"] == action)


def newest(world, workflow):
    return next(iter(world.runs_of(workflow)), None)


# --- the scenes: what is under way when the daemon dies, what has to be true afterwards ------------------------------

class Scene:
    """Something that passes its points. `act` is for the daemon that dies, everything else for whole ones."""

    def prepare(self, world):
        """Before the kill."""

    def act(self, world):
        """What passes the point. The daemon may be gone at any time."""

    def finish(self, world):
        """Lets go on what waits for a person."""

    def judge(self, world):
        """Beyond the invariants."""


class Ship(Scene):
    """A push travels through sync and deployment until it is live."""
    points = ("event.received", "run.created", "run.wrapping_up", "run.ended", "action.started", "action.ended", "artifact.kept", "sync.intended",
              "sync.done", "release.created", "deployment.intended", "deployment.changed", "promotion.intended", "status.posted", "action", "push", "way-back", "history")

    has_acted = False

    def act(self, world):
        word = self.word = world.ship()
        self.has_acted = True
        until(world, lambda: any(run["commit"] == world.shipped[word] for run in world.runs_of("release")) and ended(world))

    def finish(self, world):
        """A push whose notice died with the daemon is found by looking."""
        if self.has_acted:
            until(world, lambda: any(run["commit"] == world.shipped[self.word] for run in world.runs_of("release")))

    def judge(self, world):
        if not self.has_acted:
            return
        commit = world.shipped[self.word]
        runs = [run for run in world.runs_of("release") if run["commit"] == commit]
        assert [run["status"] for run in runs] == ["SUCCEEDED"], runs
        assert world.whole() == self.word
        assert len(world.landed()[commit]) == 1, "one sync, one commit"
        told = world.statuses("application", commit)
        contexts = [each["context"] for each in told]
        assert len(contexts) == len(set(contexts)) and {each["state"] for each in told} == {"success"}, told


def ship_twice(world):
    """Two releases, so that there is one to go back to."""
    for _ in range(2):
        scene = Ship()
        scene.act(world)
        world.settled()
        scene.judge(world)


class GoBack(Ship):
    """A release that fails when it is live already: the run goes back by itself."""
    points = ("rollback.intended", "rollback.done")

    def prepare(self, world):
        self.before, self.since = world.whole(), last_record(world)
        world.receiver.refuses.add("After")

    def judge(self, world):
        world.receiver.refuses.discard("After")
        if not self.has_acted:
            return
        commit = world.shipped[self.word]
        runs = [run for run in world.runs_of("release") if run["commit"] == commit]
        assert [run["status"] for run in runs] == ["FAILED"], runs
        assert world.whole() == self.before, "back to the release before, not further"
        assert git(world.folder / "infrastructure.git", "show", "main:lambda/src/word.txt") == self.before
        begun, done = rollbacks(world, self.since)
        assert begun == done == 1, "a way back is gone once, and to its end"


def last_record(world):
    return world.ask("audit", what="list", limit=1).document["last"]


def rollbacks(world, since):
    """How many ways back were begun, and how many came to their end."""
    records = world.ask("audit", what="list", after=since, limit=10000).document["records"]
    begun = [record["body"] for record in records if record["kind"] == "rollback.intended" and "to" in (record["body"] or {})]
    done = [record["body"] for record in records if record["kind"] == "rollback.done"]
    return len(begun), len(done)


class GoBackByCommand(Scene):
    """A person asks for the release before."""
    points = ()

    def prepare(self, world):
        self.old, self.since = world.whole(), last_record(world)
        self.new = world.ship()
        until(world, lambda: any(run["commit"] == world.shipped[self.new] for run in world.runs_of("release")) and ended(world))
        assert world.whole() == self.new

    def act(self, world):
        self.answer = quietly(world, "rollback", last_good=True, actor="anna")

    def judge(self, world):
        begun, finished = rollbacks(world, self.since)
        assert begun == finished, "a way back that was begun is gone to its end"
        now = world.whole()
        assert now in (self.old, self.new)
        if self.answer is not None:
            assert now == self.old
        assert git(world.folder / "infrastructure.git", "show", "main:lambda/src/word.txt") == now


class Wait(Scene):
    """A gate that a person opens."""
    points = ("action.waiting_approval", "approval.given")

    def act(self, world):
        run = world.start("gated")
        if run and until(world, lambda: status_of(world, run, "Gate") == "WAITING_APPROVAL"):
            quietly(world, "approve", run=run, action="Gate", actor="bert")
            until(world, lambda: ended(world))

    def finish(self, world):
        until(world, lambda: all(self.is_through(world, run) for run in world.runs_of("gated")))

    @staticmethod
    def is_through(world, run):
        if run["status"] not in FINAL and status_of(world, run["id"], "Gate") == "WAITING_APPROVAL":
            quietly(world, "approve", run=run["id"], action="Gate", actor="bert")
        return run["status"] in FINAL

    def judge(self, world):
        assert {run["status"] for run in world.runs_of("gated")} <= {"SUCCEEDED", "SUPERSEDED"}


class Queue(Scene):
    """Two runs of one workflow: the second waits."""
    points = ("action.queued",)

    def act(self, world):
        self.made = [world.start("slow"), world.start("slow")]
        until(world, lambda: ended(world))

    def judge(self, world):
        assert all(world.run(run)["status"] == "SUCCEEDED" for run in self.made if run)


class Skip(Scene):
    """An action fails; what builds on it is skipped."""
    points = ("action.skipped",)

    def act(self, world):
        world.receiver.refuses.add("One")
        self.made = world.start("chain")
        until(world, lambda: ended(world))

    def judge(self, world):
        world.receiver.refuses.discard("One")
        assert newest(world, "chain")["status"] == "FAILED"
        assert status_of(world, newest(world, "chain")["id"], "Two") == "SKIPPED"


class Cancel(Scene):
    """A person stops a run."""
    points = ("run.stopping",)

    def act(self, world):
        run = self.made = world.start("slow")
        if run and until(world, lambda: status_of(world, run, "One") == "IN_PROGRESS"):
            quietly(world, "run", cancel=run, actor="anna")
            until(world, lambda: ended(world))

    def judge(self, world):
        assert newest(world, "slow")["status"] in ("STOPPED", "SUCCEEDED")


class Supersede(Wait):
    """A newer run takes the place of one that waits at a gate."""
    points = ("run.ending",)

    def act(self, world):
        first = world.start("gated")
        if first and until(world, lambda: status_of(world, first, "Gate") == "WAITING_APPROVAL"):
            world.start("gated")
            until(world, lambda: world.run(first)["status"] in FINAL)


class Freeze(Scene):
    """An environment is frozen, and thawed."""
    points = ("environment.frozen", "environment.thawed")

    def act(self, world):
        quietly(world, "environments", freeze="local", actor="anna", reason="the quarter ends")
        quietly(world, "environments", thaw="local", actor="anna")

    def finish(self, world):
        world.ask("environments", thaw="local", actor="anna")

    def judge(self, world):
        assert world.ask("environments").document["environments"][0]["frozen"] is None


class PullRequest(Scene):
    """A pull request is opened and closed."""
    points = ("pull_request.changed",)

    def prepare(self, world):
        world.branches = getattr(world, "branches", 0) + 1
        self.branch = f"feature-{world.branches}"
        git(world.work_tree, "push", "-q", "origin", f"HEAD:refs/heads/{self.branch}")

    def act(self, world):
        quietly(world, "pull-request", what="open", repo="application", source=self.branch, actor="anna")

    def finish(self, world):
        found = [each for each in world.ask("pull-request").document["pull_requests"] if each["source"] == self.branch]
        assert len(found) <= 1, "one request, opened once"
        if not found:
            assert world.ask("pull-request", what="open", repo="application", source=self.branch, actor="anna").error is None


class Schedule(Scene):
    """A branch with a schedule is seen for the first time."""
    points = ("schedule.seen",)

    def act(self, world):
        world.branches = getattr(world, "branches", 0) + 1
        world.workflow("nightly", {"One": []}, triggers=SCHEDULE, branch=f"night-{world.branches}")
        world.died(8)


class Untold(Ship):
    """A repository that does not take what it is told."""
    points = ("status.failed",)
    hook = "#!/bin/sh\nwhile read -r old new ref; do case $ref in refs/notes/*) echo 'no notes here' >&2; exit 1;; esac; done\n"

    def prepare(self, world):
        self.file = world.folder / "application.git" / "hooks" / "pre-receive"
        self.file.write_text(self.hook)
        self.file.chmod(0o755)

    def judge(self, world):
        self.file.unlink()
        run = next(run for run in world.runs_of("release") if run["commit"] == world.shipped[self.word])
        assert run["status"] == "SUCCEEDED" and run["degraded"], run
        assert world.whole() == self.word


class Secret(Scene):
    """A secret is kept and taken out."""
    points = ("secret.set", "secret.removed", "secrets.rotated")

    def act(self, world):
        quietly(world, "secrets", verb="set", name="token", value="correct horse", actor="anna")
        quietly(world, "secrets", verb="rotate", actor="anna")
        quietly(world, "secrets", verb="remove", name="token", actor="anna")

    def judge(self, world):
        assert world.ask("secrets", verb="set", name="token", value="battery staple", actor="anna").error is None
        assert "token" in world.ask("secrets").document["names"]
        assert world.ask("secrets", verb="remove", name="token", actor="anna").error is None


class Keys(Scene):
    """The key that signs is replaced, the old one revoked, another's trusted."""
    points = ("key.create", "key.rotate", "key.revoke", "key.trust")

    def prepare(self, world):
        world.ask("keys", verb="rotate", actor="anna")
        self.retired = next(each["id"] for each in world.ask("keys").document["keys"] if each["state"] == "retired")
        self.pem = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], capture_output=True, check=True).stdout
        self.pem = subprocess.run(["openssl", "pkey", "-pubout"], input=self.pem, capture_output=True, check=True).stdout.decode()

    def act(self, world):
        quietly(world, "keys", verb="create", actor="anna")
        quietly(world, "keys", verb="rotate", actor="anna")
        quietly(world, "keys", verb="revoke", id=self.retired, reason="retired long ago", actor="anna")
        quietly(world, "keys", verb="trust", id="theirs", pem=self.pem, actor="anna")

    def judge(self, world):
        states = [each["state"] for each in world.ask("keys").document["keys"]]
        assert states.count("active") == 1 and states.count("next") <= 1, states
        scene = Ship()   # what it signs is believed
        scene.act(world)
        world.settled()
        scene.judge(world)


class Start(Scene):
    """The daemon says that it is there."""
    points = ("daemon.started",)

    def act(self, world):
        """It answers a moment before it says so."""
        world.died(8)


class Stop(Scene):
    """The daemon stops in order."""
    points = ("coordinator.stopped",)

    def act(self, world):
        world.daemon.send_signal(signal.SIGTERM)
        world.daemon.wait(30)


class Branch(Scene):
    """A branch is deleted."""
    points = ("branch.seen",)

    def prepare(self, world):
        world.branches = getattr(world, "branches", 0) + 1
        self.branch = f"gone-{world.branches}"
        git(world.work_tree, "push", "-q", "origin", f"HEAD:refs/heads/{self.branch}")
        until(world, lambda: ended(world))

    def act(self, world):
        git(world.work_tree, "push", "-q", "origin", f":refs/heads/{self.branch}")
        world.died(8)


class Prune(Scene):
    """Old runs go."""
    points = ("journal.pruned",)

    def prepare(self, world):
        world.start("chain")
        world.settled()
        world.start("chain")
        world.settled()
        self.before = {run["id"] for run in world.runs()}

    def act(self, world):
        quietly(world, "maintain", what="prune", keep_days=0, keep_runs=1, actor="anna")

    def judge(self, world):
        assert world.ask("maintain", what="prune", keep_days=0, keep_runs=1, actor="anna").error is None
        world.pruned |= self.before - {run["id"] for run in world.runs()}
        world.acknowledged = [run for run in world.acknowledged if run not in world.pruned]
