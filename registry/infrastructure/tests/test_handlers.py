"""The two handlers of this repository: truthful about what they are, and never a false success."""

import importlib
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lambda"))
HANDLERS = ["enhanced_api_handler", "api_handler"]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("TANDEM_RELEASE", "TANDEM_SERVING_HANDLER"):
        monkeypatch.delenv(name, raising=False)


def ask(name, method, path):
    module = importlib.import_module(name)
    event = {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": "*/*"},
        "multiValueHeaders": {"Accept": ["*/*"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {"stage": "prod", "path": f"/prod{path}", "httpMethod": method},
        "body": None,
        "isBase64Encoded": False,
    }
    answer = module.lambda_handler(event, None)
    assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
    assert answer["isBase64Encoded"] is False
    assert all(isinstance(value, str) for value in answer["headers"].values())
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


@pytest.mark.parametrize("name", HANDLERS)
def test_both_names_of_the_entry_point_exist(name):
    module = importlib.import_module(name)
    assert module.handler is module.lambda_handler


@pytest.mark.parametrize("name", HANDLERS)
def test_health_names_the_handler_and_claims_no_feature(name, monkeypatch):
    monkeypatch.setenv("TANDEM_RELEASE", "r-17")
    status, health, headers = ask(name, "GET", "/health")
    assert status == 200
    assert health["status"] == "healthy"
    assert health["handler"] == name
    assert health["fallback"] is False
    assert health["build"] == {"commit": None, "release": "r-17"}
    assert not any(health["features"].values())
    assert "X-Tandem-Fallback" not in headers


@pytest.mark.parametrize("name", HANDLERS)
def test_a_stand_in_says_so_in_health_and_in_every_answer(name, monkeypatch):
    monkeypatch.setenv("TANDEM_SERVING_HANDLER", "integrated_api_handler")
    for path in ("/health", "/people"):
        _, body, headers = ask(name, "GET", path)
        assert headers["X-Tandem-Fallback"] == name
        assert body.get("fallback", True) is True


@pytest.mark.parametrize("name", HANDLERS)
def test_whatever_needs_the_application_is_503(name):
    for method, path in [
        ("GET", "/people"),
        ("POST", "/people"),
        ("GET", "/people/search"),
        ("GET", "/people/0b7a1a52-3f0f-4a4c-9a57-000000000000"),
        ("POST", "/auth/login"),
        ("GET", "/auth/me"),
        ("POST", "/auth/logout"),
    ]:
        status, body, headers = ask(name, method, path)
        assert (status, body["code"]) == (503, "application_absent"), (method, path)
        assert headers["Retry-After"] == "30"


@pytest.mark.parametrize("name", HANDLERS)
def test_nothing_but_health_ever_succeeds(name):
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        for path in ("/", "/people", "/people/", "/people/search", "/people/7", "/auth/login", "/health/", "/x"):
            assert ask(name, method, path)[0] >= 400, (method, path)


def test_the_enhanced_handler_tells_unknown_routes_from_wrong_methods():
    assert ask("enhanced_api_handler", "GET", "/nowhere")[0] == 404
    assert ask("enhanced_api_handler", "GET", "/people/")[0] == 404
    status, _, headers = ask("enhanced_api_handler", "DELETE", "/people/search")
    assert (status, headers["Allow"]) == (405, "GET")
    status, _, headers = ask("enhanced_api_handler", "POST", "/health")
    assert (status, headers["Allow"]) == (405, "GET")


def test_the_enhanced_handler_names_the_commit_in_its_bundle(monkeypatch, tmp_path):
    module = importlib.import_module("enhanced_api_handler")
    metadata = tmp_path / "sync-metadata.json"
    metadata.write_text(json.dumps({"source_commit": "4f2c" * 10}))
    monkeypatch.setattr(module, "METADATA_FILE", metadata)
    assert ask("enhanced_api_handler", "GET", "/health")[1]["build"]["commit"] == "4f2c" * 10
