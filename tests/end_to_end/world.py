"""A pair of repositories, a daemon and a person at the keyboard, all real, in one temporary folder."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TANDEM_PROGRAM", str(SOURCE / "build" / "release" / "tandem"))
IDENTITY = ["-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "init.defaultBranch=main"]


def git(folder, *arguments, check=True):
    done = subprocess.run(["git", *IDENTITY, "-C", str(folder), *arguments], text=True, capture_output=True)
    if check and done.returncode != 0:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done


class Answer:
    """What a command printed with --json, and its exit code."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def document(self):
        return json.loads(self.out)


class World:
    def __init__(self, folder, application=SOURCE / "registry" / "api-fastapi", infrastructure=SOURCE / "registry" / "infrastructure"):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "pair"
        self.application = self.folder / "application"
        self.infrastructure = self.folder / "infrastructure"
        self.daemon = None
        self.log = self.folder / "daemon.log"
        for name, source in (("application", application), ("infrastructure", infrastructure)):
            shutil.copytree(source, self.folder / name,
                            ignore=shutil.ignore_patterns("node_modules", "dist", "cdk.out", "__pycache__", ".venv", ".pytest_cache"))
            git(self.folder, "init", "--bare", "-q", f"{name}.git")
            work = self.folder / name
            git(work, "init", "-q")
            git(work, "add", "--all")
            git(work, "commit", "-q", "-m", f"First {name}")
            git(work, "remote", "add", "origin", str(self.folder / f"{name}.git"))
        git(self.infrastructure, "push", "-q", "origin", "HEAD:refs/heads/main")
        self.home.mkdir()

    # --- the program ---------------------------------------------------------------------------------------------

    def tandem(self, *words, input=None, timeout=600):
        done = subprocess.run([PROGRAM, *words, "--json"], cwd=self.home, text=True, capture_output=True, input=input, timeout=timeout)
        return Answer(done.returncode, done.stdout, done.stderr)

    def init(self):
        answer = self.tandem("init", str(self.folder / "application.git"), str(self.folder / "infrastructure.git"))
        assert answer.code == 0, answer.out + answer.err
        # What npm and pip have fetched is kept between worlds; every other thing of a world is its own.
        shared = pathlib.Path.home() / ".cache" / "tandem" / "end-to-end"
        shared.mkdir(parents=True, exist_ok=True)
        (self.home / ".tandem" / "cache").symlink_to(shared)
        return answer.document

    def serve(self, **environment):
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen([PROGRAM, "serve"], cwd=self.home, stdout=log, stderr=log,
                                           env={**os.environ, **environment}, start_new_session=True)
        self.until(lambda: self.is_ready(), 180, "the daemon to be ready")

    def is_ready(self):
        assert self.daemon.poll() is None, self.log.read_text()[-3000:]
        if not (self.home / ".tandem" / "daemon.json").exists():
            return False
        return self.tandem("runs").code == 0

    def kill(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()
        (self.home / ".tandem" / "daemon.json").unlink(missing_ok=True)

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
                raise AssertionError("the daemon did not stop within 30 s of SIGTERM")

    # --- the person ----------------------------------------------------------------------------------------------

    def edit(self, repository, path, change):
        file = self.folder / repository / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(change(file.read_text()) if callable(change) else change)

    def commit(self, repository, message):
        work = self.folder / repository
        git(work, "add", "--all")
        git(work, "commit", "-q", "--allow-empty", "-m", message)
        return git(work, "rev-parse", "HEAD").stdout.strip()

    def push(self, repository, check=True):
        return git(self.folder / repository, "push", "-q", "origin", "HEAD:refs/heads/main", check=check)

    def ship(self, message="Change"):
        """Commits and pushes the application; returns the commit and its ended run."""
        commit = self.commit("application", message)
        self.push("application")
        return commit, self.ended("api-deployment", commit)

    def undo(self, repository, commit):
        git(self.folder / repository, "revert", "--no-edit", commit)

    # --- what can be seen ----------------------------------------------------------------------------------------

    def runs(self, workflow):
        return [run for run in self.tandem("runs", "--limit", "200").document["runs"] if run["workflow"] == workflow]

    def run(self, name):
        return self.tandem("runs", name).document["run"]

    def ended(self, workflow, commit, seconds=420):
        def found():
            for run in self.runs(workflow):
                if run["commit"] == commit and run["ended"]:
                    return self.run(run["id"])
            return None
        return self.until(found, seconds, f"{workflow} of {commit[:12]} to end")

    def until(self, look, seconds, what):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.3)
        raise AssertionError(f"waited {seconds} s for {what}\n{self.log.read_text()[-4000:]}")

    def live(self):
        return self.tandem("status").document["environments"][0]["live"]

    def infrastructure_tip(self):
        return git(self.folder / "infrastructure.git", "rev-parse", "refs/heads/main").stdout.strip()

    def statuses(self, repository, commit):
        shown = git(self.folder / f"{repository}.git", "notes", "--ref=tandem", "show", commit, check=False)
        return {each["context"]: each for each in json.loads(shown.stdout)["statuses"]} if shown.returncode == 0 else {}


def call(url, method="GET", body=None, token=None, timeout=20):
    """One request; returns status, parsed body (or text) and headers. Any status is an answer."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            status, text, found = answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as refused:
        status, text, found = refused.code, refused.read().decode(), refused.headers
    try:
        return status, json.loads(text), found
    except ValueError:
        return status, text, found
