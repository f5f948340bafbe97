"""From a synchronised tree to a bundle: which handler, why, with which packages, in which environment."""

import base64
import json
import pathlib
import shutil
import subprocess
import sys

import pytest
from world import PROGRAM, World

CYCLONEDX = "11.12.0"
CHAIN = ["integrated_api_handler", "enhanced_api_handler", "api_handler"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A pair whose application has been carried over; no daemon, nothing is deployed."""
    made = World(tmp_path_factory.mktemp("world"))
    made.initialised = made.init()
    made.push("application")
    assert made.tandem("sync").code == 0
    return made


def ship(world, message):
    """Commits and pushes the application and carries it over."""
    commit = world.commit("application", message)
    world.push("application")
    answer = world.tandem("sync")
    assert answer.code == 0, answer.out + answer.err
    return commit


def compose(world):
    answer = world.tandem("compose", "--explain")
    return answer.code, answer.document


def place_of(document):
    return document["error"]["place"]["file"], document["error"]["place"]["line"]


def take_back(world, commit):
    world.undo("application", commit)
    world.push("application")
    assert world.tandem("sync").code == 0


@pytest.fixture(scope="module")
def bundle(world):
    code, document = compose(world)
    assert code == 0, json.dumps(document)[-3000:]
    return document["bundle"]


def test_every_handler_of_the_chain_is_tried_and_explained(world, bundle):
    choices = bundle["choices"]
    assert [each["handler"] for each in choices] == CHAIN
    assert [each["state"] for each in choices] == ["chosen", "stands by", "stands by"]
    assert all("answered 200 on GET /health" in each["reason"] for each in choices)
    shown = subprocess.run([PROGRAM, "compose", "--explain"], cwd=world.home, text=True, capture_output=True, timeout=300)
    assert "integrated_api_handler: chosen: proven sync-" in " ".join(shown.stdout.split())


def test_the_same_inputs_give_the_same_bundle_without_composing_again(world, bundle):
    code, document = compose(world)
    assert code == 0 and document["bundle"]["digest"] == bundle["digest"]
    assert "composed before from the same inputs" in document["bundle"]["notes"]


def test_a_kill_while_packages_are_installed_leaves_no_half_cache(world, bundle):
    cache = world.home / ".tandem" / "cache"
    shared = cache.resolve()
    cache.unlink()
    cache.mkdir()
    for each in shared.iterdir():
        if each.name != "packages":
            (cache / each.name).symlink_to(each)
    try:
        running = subprocess.Popen([PROGRAM, "compose", "--json"], cwd=world.home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        world.until(lambda: list((cache / "packages").glob("*.making*")), 300, "packages to be installed")
        running.kill()
        running.wait()
        for record in (world.home / ".tandem" / "bundles").glob("*.json"):
            record.unlink()   # so that it is composed anew
        code, document = compose(world)
        assert code == 0 and document["bundle"]["digest"] == bundle["digest"], "other bytes than without the kill"
    finally:
        shutil.rmtree(cache)
        cache.symlink_to(shared)


def test_the_lock_names_every_package_with_its_hash(bundle):
    lock = (pathlib.Path(bundle["folder"]) / "tandem-requirements.lock").read_text().splitlines()
    assert [line.split(" --hash=sha256:")[0] for line in lock] == bundle["packages"]
    assert all(len(line.split(" --hash=sha256:")[1]) == 64 for line in lock)


def validator():
    """CycloneDX's own schema, from the library of its makers, in an environment of its own."""
    place = pathlib.Path.home() / ".cache" / "tandem" / "tests" / f"cyclonedx-{CYCLONEDX}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", f"cyclonedx-python-lib[json-validation]=={CYCLONEDX}"], check=True)
        (place / "complete").touch()
    return python


def test_the_bill_of_materials_keeps_the_official_schema(bundle):
    bom = pathlib.Path(bundle["folder"]) / "tandem-sbom.cdx.json"
    check = ("import sys; from cyclonedx.schema import SchemaVersion; from cyclonedx.validation.json import JsonStrictValidator; "
             "fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()); print(fault or 'valid')")
    done = subprocess.run([str(validator()), "-c", check, str(bom)], text=True, capture_output=True)
    assert done.stdout.strip() == "valid", done.stdout + done.stderr
    document = json.loads(bom.read_text())
    names = {f"{each['name']}=={each['version']}" for each in document["components"] if each["type"] == "library"}
    assert names == set(bundle["packages"])


def test_the_bill_of_materials_says_which_package_needs_which(bundle):
    document = json.loads((pathlib.Path(bundle["folder"]) / "tandem-sbom.cdx.json").read_text())
    needs = {each["ref"]: each.get("dependsOn", []) for each in document["dependencies"]}
    refs = {each["bom-ref"] for each in document["components"]}
    assert set(needs) == refs | {"bundle"} and all(set(each) <= refs for each in needs.values())
    names = {ref: {part.split("@")[0].rsplit("/", 1)[1] for part in parts if part.startswith("pkg:")} for ref, parts in needs.items()}
    by_name = {ref.split("@")[0].rsplit("/", 1)[1]: parts for ref, parts in names.items() if ref.startswith("pkg:")}
    assert {"starlette", "pydantic", "typing-extensions"} <= by_name["fastapi"] and "pydantic-core" in by_name["pydantic"]
    assert "fastapi" in names["bundle"] and "pydantic-core" not in names["bundle"], "what requirements name is the bundle's, the rest is theirs"
    assert "uvicorn" not in by_name["fastapi"], "an extra that nobody wants is no edge"
    reached, waiting = set(), ["bundle"]
    while waiting:
        ref = waiting.pop()
        waiting += [part for part in needs[ref] if part not in reached]
        reached |= set(needs[ref])
    assert reached == refs, "every part is there because of another"


def test_nothing_of_this_machine_is_in_the_bundle(bundle):
    for file in pathlib.Path(bundle["folder"]).rglob("*"):
        assert file.name not in ("__pycache__", "INSTALLER", "direct_url.json", "REQUESTED"), file
        if file.is_file():
            assert file.stat().st_mode & 0o222 == 0 and file.stat().st_mtime == 315532800, file


def ask(folder, path):
    """What the function answers when Lambda calls it, and what it prints."""
    script = ("import json, sys; sys.path.insert(0, sys.argv[1]); import integrated_api_handler as entry; "
              "event = {'resource': '/{proxy+}', 'path': sys.argv[2], 'httpMethod': 'GET', 'headers': {}, 'multiValueHeaders': {}, "
              "'queryStringParameters': None, 'multiValueQueryStringParameters': None, 'pathParameters': None, 'stageVariables': None, "
              "'requestContext': {'stage': 'prod', 'identity': {'sourceIp': '127.0.0.1'}}, 'body': None, 'isBase64Encoded': False}; "
              "print('ANSWER' + json.dumps(entry.lambda_handler(event, None)))")
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", script, str(folder), path], text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    printed, answer = done.stdout.rsplit("ANSWER", 1)
    return json.loads(answer), printed, done.stderr


@pytest.fixture
def broken_at_run_time(bundle, tmp_path):
    """The bundle as compose has proven it, and then a file goes missing where it runs."""
    subprocess.run(["cp", "-r", bundle["folder"], str(tmp_path / "function")], check=True)
    (tmp_path / "function" / "main.py").unlink()
    return tmp_path / "function"


def test_what_serves_names_itself_in_every_answer(bundle):
    answer, printed, _ = ask(bundle["folder"], "/health")
    assert answer["headers"]["x-tandem-handler"] == "integrated_api_handler" and "x-tandem-fallback" not in answer["headers"]
    assert printed == ""


def test_a_fallback_at_run_time_is_seen_in_health_in_a_header_and_in_the_metrics(broken_at_run_time):
    answer, printed, errors = ask(broken_at_run_time, "/health")
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"]
    health = json.loads(body)
    assert (health["status"], health["fallback"], health["handler"]) == ("degraded", True, "enhanced_api_handler")
    assert answer["headers"]["x-tandem-fallback"] == "enhanced_api_handler"
    metric = json.loads(printed.splitlines()[-1])
    assert metric["FallbackResponses"] == 1 and metric["Handler"] == "enhanced_api_handler"
    assert metric["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "FallbackResponses", "Unit": "Count"}]
    assert "No module named 'main'" in errors


def test_a_fallback_weakens_no_check_and_tells_clients_nothing(broken_at_run_time):
    for path in ("/people", "/people/search", "/auth/me", "/people/0b7a1a52-3f0f-4a4c-9a57-000000000000"):
        answer, _, _ = ask(broken_at_run_time, path)
        assert answer["statusCode"] == 503 and answer["headers"]["x-tandem-fallback"]
        assert not any(word in json.dumps(answer) for word in ("main", "Traceback", "No module", "/var/", str(broken_at_run_time)))


def test_the_handler_is_tried_with_the_variables_that_the_template_gives(world, bundle):
    commit = None
    try:
        world.edit("application", "src/needs.py", "import os\n\nTABLE = os.environ['PEOPLE_TABLE']\nassert os.environ['TANDEM_RELEASE'].startswith('rel-')\n")
        world.edit("application", "main.py", lambda text: text.rstrip() + "\n\nimport src.needs  # noqa\n")
        commit = ship(world, "Read the table's name while it is imported")
        code, document = compose(world)
        assert code == 0, json.dumps(document["error"])
        take_back(world, commit)
        world.edit("application", "src/needs.py", "import os\n\nTABLE = os.environ['NOBODY_SETS_THIS']\n")
        world.edit("application", "main.py", lambda text: text.rstrip() + "\n\nimport src.needs  # noqa\n")
        commit = ship(world, "Read what the template does not give")
        code, document = compose(world)
        assert code == 2 and document["bundle"] is None
        assert "NOBODY_SETS_THIS" in document["error"]["what"]
        assert place_of(document) == ("application:src/needs.py", 3)
    finally:
        take_back(world, commit)


def test_a_rejected_handler_is_explained_with_the_line_that_is_to_blame(world, bundle):
    world.edit("application", "main.py", lambda text: text.rstrip() + "\n\nimport a_module_that_is_not_there  # noqa\n")
    line = len((world.application / "main.py").read_text().splitlines())
    commit = ship(world, "Break an import")
    try:
        code, document = compose(world)
        assert code == 2 and document["bundle"] is None and document["error"]["code"] == "TD0404"
        rejected = document["choices"][0]
        assert (rejected["state"], rejected["file"], rejected["line"]) == ("rejected", "application:main.py", line)
        assert "a_module_that_is_not_there" in rejected["reason"]
        assert [each["state"] for each in document["choices"][1:]] == ["stands by", "stands by"], "they work, and serve nobody"
        shown = subprocess.run([PROGRAM, "compose", "--explain"], cwd=world.home, text=True, capture_output=True, timeout=300)
        assert shown.returncode == 2 and "rejected" in shown.stdout and "a_module_that_is_not_there" in shown.stdout
    finally:
        take_back(world, commit)


def test_an_application_that_wants_another_python_is_refused(world, bundle):
    world.edit("application", "pyproject.toml", '[project]\nname = "people"\nversion = "1"\nrequires-python = ">=3.99"\n')
    world.edit("application", "src/news.py", "NEWS = True\n")
    commit = ship(world, "Want a Python of the future")
    try:
        code, document = compose(world)
        assert code == 2 and document["error"]["code"] == "TD0408"
        assert place_of(document) == ("application:pyproject.toml", 4)
    finally:
        take_back(world, commit)
