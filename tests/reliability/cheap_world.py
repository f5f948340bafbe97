"""A pair whose workflows cost next to nothing, a daemon that may be killed at will, and a receiver that remembers every
effect with its key: what the tests of this folder judge by. Nothing here knows how the program works inside."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import socketserver
import subprocess
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TANDEM_PROGRAM", str(SOURCE / "build" / "release" / "tandem"))
IDENTITY = ["-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "init.defaultBranch=main"]
FINAL = {"SUCCEEDED", "FAILED", "STOPPED", "CANCELLED", "SUPERSEDED", "ABANDONED", "NOT_RUN", "HELD"}

FAKETIME = next((str(path) for folder in ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime")
                 for path in pathlib.Path(folder).glob("libfaketime.so.1")), None)

ACTION = """  {name}:
    Identifier: aws/build@v1
    Inputs:
      Sources: [WorkflowSource]
{depends}    Configuration:
      Steps:
        - Run: |
            exec 3<>/dev/tcp/127.0.0.1/{port}
            attempt=$RANDOM$RANDOM
            echo "begin $TANDEM_EFFECT_KEY $attempt" >&3
            {work}
            echo "end $TANDEM_EFFECT_KEY $attempt" >&3
            read -r heard <&3
            test "$heard" = heard
"""


# Every effect is told to the receiver, over the network of this machine. Whose steps may do so in the tests of this folder:
WORKFLOWS = ("chain", "gated", "slow", "check", "wide", "nightly", "other", "talks", "pushed", "release", "hands-over", "left", "right")
TALKERS = [f"application/{workflow}/{action}" for workflow in WORKFLOWS for action in ("One", "Two", "Beside", "Test", "Use")]
TALKERS += ["infrastructure/ship/After"]


def git(folder, *arguments):
    done = subprocess.run(["git", *IDENTITY, "-C", str(folder), *arguments], text=True, capture_output=True)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


class Receiver:
    """Where the effects of actions arrive. It acknowledges an end, so that an effect that was heard has happened."""

    def __init__(self):
        self.lines = []
        self.refuses = set()   # actions whose end is answered with a no
        lock = threading.Lock()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                for raw in self.rfile:
                    line = raw.decode().strip()
                    with lock:
                        outer.lines.append(line)
                    if line.startswith("end"):
                        action = line.split()[1].split("/")[1]
                        self.wfile.write(b"no\n" if action in outer.refuses else b"heard\n")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def effects(self):
        """key -> attempts in the order in which they began."""
        out = {}
        for line in list(self.lines):
            word, key, attempt = line.split()
            if word == "begin":
                out.setdefault(key, []).append(attempt)
        return out

    def overlaps(self):
        """An attempt that ended after the next one of the same key had begun."""
        newest, out = {}, []
        for line in list(self.lines):
            word, key, attempt = line.split()
            if word == "begin":
                newest[key] = attempt
            elif newest.get(key) != attempt:
                out.append(key)
        return out


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("tandem", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers = status, headers
        self.exit, self.document, self.error = body["exit"], body["document"], body["error"]


class CheapWorld:
    effectful = ("One", "Two", "Beside")   # actions that tell the receiver

    def __init__(self, folder, state=None, work="true"):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "pair"
        self.work_tree = self.folder / "application"
        self.log = self.folder / "daemon.log"
        self.daemon = None
        self.acknowledged = []
        self.pruned = set()    # runs that went by policy
        self.receiver = Receiver()
        for name in ("application", "infrastructure"):
            work_tree = self.folder / name
            work_tree.mkdir(parents=True)
            git(self.folder, "init", "--bare", "-q", f"{name}.git")
            git(work_tree, "init", "-q")
            (work_tree / "README.md").write_text(f"{name}\n")
            git(work_tree, "add", "--all")
            git(work_tree, "commit", "-q", "-m", f"First {name}")
            git(work_tree, "remote", "add", "origin", str(self.folder / f"{name}.git"))
            git(work_tree, "push", "-q", "origin", "HEAD:refs/heads/main")
        self.home.mkdir()
        made = subprocess.run([PROGRAM, "init", str(self.folder / "application.git"), str(self.folder / "infrastructure.git")],
                              cwd=self.home, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        settings = self.home / "tandem.yaml"
        text = self.settings(settings.read_text())
        if state:
            pathlib.Path(state).mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", f"{self.home}/.tandem/.", str(state)], check=True)
            text = re.sub(r"(?m)^state:.*$", f"state: {state}", text)
        self.state = pathlib.Path(state) if state else self.home / ".tandem"
        settings.write_text(self.with_network(text))
        self.workflow("chain", {"One": [], "Two": ["One"], "Beside": []}, work=work)

    def settings(self, text):
        """No environments: nothing here deploys, and a start takes no package registry."""
        return re.sub(r"(?ms)^environments:.*?(?=^\S|^$)", "environments: {}\n", text)

    # --- workflows -----------------------------------------------------------------------------------------------

    def workflow(self, name, actions, mode="QUEUED", triggers="", work="true", extra="", branch="main"):
        assert name in WORKFLOWS, "tandem.yaml grants it no network"
        text = f'Name: {name}\nSchemaVersion: "1.0"\nRunMode: {mode}\n{triggers}Actions:\n'
        for action, needs in actions.items():
            depends = f"    DependsOn: [{', '.join(needs)}]\n" if needs else ""
            text += ACTION.format(name=action, port=self.receiver.port, depends=depends, work=work)
        file = self.work_tree / ".codecatalyst" / "workflows" / f"{name}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + extra)
        return self.push(f"Workflow {name}", branch)

    def with_network(self, text):
        assert "\n  network: []\n" in text
        return text.replace("\n  network: []\n", "\n  network:" + "".join(f"\n    - {each}" for each in TALKERS) + "\n")

    def push(self, message, branch="main"):
        git(self.work_tree, "add", "--all")
        git(self.work_tree, "commit", "-q", "--allow-empty", "-m", message)
        git(self.work_tree, "push", "-q", "origin", f"HEAD:refs/heads/{branch}")
        return git(self.work_tree, "rev-parse", "HEAD")

    # --- the daemon ----------------------------------------------------------------------------------------------

    def serve(self, kill_at=None, wrapper=(), wait=True, variables=None):
        (self.state / "daemon.json").unlink(missing_ok=True)
        environment = dict(os.environ)
        environment.pop("TANDEM_KILL_AT", None)
        if kill_at:
            environment["TANDEM_KILL_AT"] = kill_at
        environment.update(variables or {})
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen([*wrapper, PROGRAM, "serve"], cwd=self.home, stdout=log, stderr=log, env=environment,
                                           start_new_session=True)
        return self.ready() if wait else None

    def ready(self, seconds=60):
        """True when it answers, False when it died before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.daemon.poll() is not None:
                return False
            if (self.state / "daemon.json").exists():
                try:
                    self.ask("runs", limit=1)
                    return True
                except OSError:
                    pass
            time.sleep(0.01)
        raise AssertionError("the daemon did not get ready: " + self.log.read_text()[-3000:])

    def ask(self, command, timeout=30, **arguments):
        address = json.loads((self.state / "daemon.json").read_text())["socket"]
        connection = UnixConnection(address, timeout)
        try:
            connection.request("POST", f"/v1/commands/{command}", json.dumps(arguments), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), json.loads(answer.read()))
        except (http.client.HTTPException, ValueError) as gone:
            raise ConnectionError(str(gone)) from gone
        finally:
            connection.close()

    def start(self, workflow="chain", **arguments):
        """The id of a run, once the daemon has promised it; None when it died before it could."""
        try:
            reply = self.ask("run", workflow=workflow, repo="application", actor="anna", **arguments)
        except (OSError, ConnectionError):
            return None
        assert reply.error is None, reply.error
        self.acknowledged.append(reply.document["run"])
        return reply.document["run"]

    def kill(self):
        if self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            self.daemon.wait(30)

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        self.receiver.stop()

    def died(self, seconds):
        """Whether the daemon ends within this time."""
        try:
            self.daemon.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    # --- what can be seen ----------------------------------------------------------------------------------------

    def runs(self):
        out, before = [], 0
        while True:
            page = self.ask("runs", limit=500, before=before).document
            out += page["runs"]
            if page["next"] is None:
                return out
            before = page["next"]

    def run(self, name):
        return self.ask("runs", run=name).document["run"]

    def settled(self, seconds=60):
        """Waits until every run has ended, at most so long: the promise is a minute after the faults stop."""
        end = time.monotonic() + seconds
        while True:
            newest = self.ask("runs", limit=60).document["runs"]
            open_runs = [run for run in newest if run["status"] not in FINAL]
            open_runs = open_runs or [run for run in self.runs() if run["status"] not in FINAL]
            if not open_runs:
                return
            assert time.monotonic() < end, f"never ended: {open_runs}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.02)

    def processes(self):
        """Command lines of processes that work in this world, but for the daemon and this test."""
        out = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.state) in words and int(entry.name) not in (os.getpid(), self.daemon.pid):
                out.append(words)
        return out

    def quiet(self):
        """Processes that go on although nothing is under way."""
        return self.processes()

    def check(self):
        """The invariants, after everything has settled."""
        runs = {run["id"]: run for run in self.runs()}
        lost = [run for run in self.acknowledged if run not in runs]
        assert not lost, f"acknowledged and lost: {lost}"
        assert all(run["status"] in FINAL for run in runs.values())
        effects = self.receiver.effects()
        for key, attempts in effects.items():
            run, action = key.split("/")
            assert run in runs or run in self.pruned, f"an effect of a run that is not known: {key}"
            assert len(attempts) == len(set(attempts))
        for name, run in runs.items():
            if run["status"] != "SUCCEEDED":
                continue
            for action in self.run(name)["actions"]:
                if not action["attempt"] or action["name"] not in self.effectful:
                    continue
                seen = len(effects.get(f"{name}/{action['name']}", []))
                assert 1 <= seen <= action["attempt"], f"{name}/{action['name']}: {seen} effects in {action['attempt']} attempts"
        assert not self.receiver.overlaps(), f"two attempts at once: {self.receiver.overlaps()}"
        audit = self.ask("audit", what="verify")
        assert audit.document["passed"], audit.document
        left_running = self.quiet()
        assert not left_running, f"left running: {left_running}"
        left = [each for each in (self.state / "workspaces").glob("*/*")] if (self.state / "workspaces").exists() else []
        assert not left, f"workspaces left: {left}"
