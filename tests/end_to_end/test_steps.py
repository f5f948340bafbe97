"""What happens inside an action, with the whole program: secrets, limits, ends, caches, discarded files."""

import http.server
import pathlib
import threading
import uuid

import pytest
from world import World, git

HEAD = 'Name: steps\nSchemaVersion: "1.0"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n'


@pytest.fixture()
def world(tmp_path):
    world = World(tmp_path)
    for file in (world.application / ".codecatalyst" / "workflows").iterdir():
        file.unlink()
    world.init()
    yield world
    world.stop()


def push(world, definition):
    world.edit("application", ".codecatalyst/workflows/steps.yml", HEAD + definition)
    world.commit("application", "Steps")
    git(world.application, "push", "-q", "--force", "origin", "HEAD:refs/heads/main")


def steps(*scripts):
    body = "    Configuration:\n      Steps:\n"
    for script in scripts:
        body += "        - Run: |\n" + "".join(f"            {line}\n" for line in script.splitlines())
    return body


def run(world):
    answer = world.tandem("run", "steps", "--branch", "main")
    newest = world.runs("steps")[0]["id"]
    lines = [line["text"] for line in world.tandem("logs", newest).document["lines"]]
    return answer, world.run(newest), lines


def processes_named(mark):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "cmdline").read_bytes().decode(errors="replace"):
                    found.append(int(entry.name))
            except OSError:
                pass
    return found


def test_a_secret_reaches_the_step_that_names_it_and_nobody_else(world):
    secret = "S3cr3t-" + uuid.uuid4().hex
    assert world.tandem("secrets", "set", "api-key", input=secret).code == 0
    assert world.tandem("secrets", "rotate").code == 0
    world.serve()
    push(world, steps('echo "named ${#CATALYST_SECRETS_api_key} ${Secrets.api-key}"; echo "${Secrets.api-key}" >> main.py',
                      'echo "not named ${#CATALYST_SECRETS_api_key}"; printf "\\033[31mred\\n"'))
    answer, found, lines = run(world)
    assert found["status"] == "SUCCEEDED", (found, lines)
    assert f"named {len(secret)} ***" in lines and "not named 0" in lines
    assert any(line.endswith("discarded: main.py") for line in lines), lines
    assert secret not in answer.out + answer.err
    shown = world.tandem("logs", found["id"])
    assert secret not in shown.out
    for file in (world.home / ".tandem").rglob("*"):
        if file.is_file() and not file.is_symlink():
            assert secret.encode() not in file.read_bytes(), file


def test_a_cache_comes_back_in_the_next_run(world):
    world.serve()
    key = "deps-" + uuid.uuid4().hex  # worlds share one cache folder
    push(world, f"    Caching: {{FileCaching: {{{key}: {{Path: deps}}}}}}\n" + steps("cat deps/made 2>/dev/null || echo none; mkdir -p deps; echo kept > deps/made"))
    assert "none" in run(world)[2]
    assert "kept" in run(world)[2]


def test_nothing_of_a_step_runs_on_after_its_action_or_its_daemon(world):
    mark = "tandem-mark-" + uuid.uuid4().hex
    world.serve()
    push(world, steps(f"setsid bash -c 'trap \"\" TERM; exec -a {mark} sleep 1000' >/dev/null 2>&1 &\nsleep 0.3\necho left behind"))
    _, found, lines = run(world)
    assert found["status"] == "SUCCEEDED" and "left behind" in lines
    assert processes_named(mark) == []

    push(world, steps(f"(setsid bash -c 'trap \"\" TERM; exec -a {mark} sleep 1000' >/dev/null 2>&1 &); echo waiting\nexec -a {mark} sleep 600"))
    world.tandem("run", "steps", "--branch", "main", "--no-wait")
    world.until(lambda: len(processes_named(mark)) >= 2, 60, "the step to run")
    world.kill()
    world.until(lambda: not processes_named(mark), 20, "everything of the step to be gone with the daemon")


def test_doctor_says_which_walls_stand(world):
    answer = world.tandem("doctor")
    checks = {check["name"]: check["state"] for check in answer.document["checks"]}
    for wall in ("sandbox", "system", "state", "processes", "privileges", "user namespaces", "system calls", "file size", "end of the action", "network"):
        assert checks[f"wall: {wall}"] == "ok", (wall, answer.out)
    assert checks["network of steps"] == "ok", answer.out


def test_the_network_is_closed_until_tandem_yaml_names_the_action(world):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        reach = steps(f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {server.server_port}), 5)'; echo reached it")
        push(world, reach.replace("- Run: |\n", "- Run: |\n            set -e\n"))
        _, found, lines = run(world)
        error = found["actions"][0]["outcome"]["error"]
        assert found["status"] == "FAILED" and "reached it" not in lines
        assert "this action has no network" in error["what"] and '"- application/steps/A"' in error["next"]

        file = world.home / "tandem.yaml"
        granted = [line for line in file.read_text().splitlines() if line.startswith("    - application/")]
        assert "    - application/api-deployment/Validate" in granted, "init names what installs packages in the shipped pair"
        file.write_text(file.read_text().replace(granted[0], granted[0] + "\n    - application/steps/A", 1))
        _, found, lines = run(world)
        assert found["status"] == "SUCCEEDED" and "reached it" in lines, lines
        server.shutdown()
    said = {check["name"]: check for check in world.tandem("doctor").document["checks"]}["network of steps"]
    assert said["state"] == "warning" and "application has no workflow api-deployment" in said["what"], "its workflows are gone from this world"


def test_init_grants_the_network_to_what_the_repositories_have_and_names_what_else_fetches(tmp_path):
    world = World(tmp_path)
    workflows = world.infrastructure / ".codecatalyst" / "workflows"
    (workflows / "deployment-coordination.yml").unlink()
    (workflows / "build.yml").write_text(HEAD.replace("Name: steps", "Name: build") + steps("npm ci", "make"))
    world.commit("infrastructure", "Workflows of our own")
    world.push("infrastructure")
    made = world.init()
    granted = [line.strip(" -") for line in (world.home / "tandem.yaml").read_text().splitlines() if line.startswith("    - infrastructure/")]
    assert granted == ["infrastructure/infrastructure-pr-validation/Validate"]
    assert any('write "- infrastructure/build/A" below steps: network:' in note for note in made["notes"]), made["notes"]
    answer = world.tandem("validate", str(world.infrastructure))
    found = [(each["code"], each["path"]) for file in answer.document["files"] for each in file["diagnostics"] if each["code"] == "N208"]
    assert found == [("N208", "Actions.A")] and answer.code == 0, answer.out
