"""GET /health, and what the edge adds to every answer."""

import json
import subprocess
import sys

from src import settings
from tests.conftest import ROOT


def test_tells_what_is_running(anybody, monkeypatch, tmp_path):
    metadata = tmp_path / "sync-metadata.json"
    metadata.write_text(json.dumps({"source_commit": "4f2c" * 10}))
    monkeypatch.setattr(settings, "METADATA_FILE", metadata)
    settings.source_commit.cache_clear()
    monkeypatch.setenv("TANDEM_RELEASE", "r-17")
    monkeypatch.setenv("TANDEM_SERVING_HANDLER", "integrated_api_handler")
    answer = anybody.get("/health")
    settings.source_commit.cache_clear()
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "healthy",
        "features": {"people": True, "search": True, "authentication": True},
        "build": {"commit": "4f2c" * 10, "release": "r-17"},
        "handler": "integrated_api_handler",
        "fallback": False,
    }


def test_starts_and_is_healthy_with_an_empty_environment():
    program = (
        "import sys; from mangum import Mangum; from main import app; "
        "assert 'boto3' not in sys.modules and 'botocore' not in sys.modules; "
        "event = {'resource': '/health', 'path': '/health', 'httpMethod': 'GET', 'headers': {}, 'body': None, "
        "'multiValueHeaders': {}, 'queryStringParameters': None, 'multiValueQueryStringParameters': None, "
        "'requestContext': {'stage': 'prod', 'identity': {'sourceIp': '127.0.0.1'}}, 'isBase64Encoded': False}; "
        "print(Mangum(app, lifespan='off')(event, None)['body'])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    health = json.loads(done.stdout)
    assert health["status"] == "healthy"
    assert health["features"] == {"people": False, "search": False, "authentication": False}
    assert health["build"] == {"commit": None, "release": None}
    assert health["handler"] is None


def test_every_answer_may_be_read_by_a_page_of_another_origin(anybody):
    for path in ("/health", "/people", "/nowhere"):
        answer = anybody.get(path)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-store"


def test_preflight_allows_the_methods_and_headers_of_the_contract(anybody):
    asked = {"Origin": "https://site.example", "Access-Control-Request-Method": "PUT"}
    answer = anybody("OPTIONS", "/people", headers=asked)
    assert answer.status_code == 204
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert "Authorization" in answer.headers["access-control-allow-headers"]


def test_unknown_routes_are_404_and_nothing_redirects(anybody):
    for path in ("/", "/nowhere", "/people/", "/health/", "/people/search/", "/docs", "/openapi.json", "/auth"):
        assert anybody.get(path).status_code == 404, path


def test_wrong_methods_are_405_and_name_the_right_ones(anybody):
    some_id = "/people/0b7a1a52-3f0f-4a4c-9a57-000000000000"
    cases = {
        ("POST", "/health"): "GET",
        ("PATCH", "/people"): "GET, POST",
        ("DELETE", "/people"): "GET, POST",
        ("PUT", "/people/search"): "GET",
        ("DELETE", "/people/search"): "GET",
        ("PATCH", "/people/search"): "GET",
        ("POST", some_id): "DELETE, GET, PUT",
        ("GET", "/auth/login"): "POST",
        ("GET", "/auth/logout"): "POST",
    }
    for (method, path), allowed in cases.items():
        answer = anybody(method, path)
        assert answer.status_code == 405, (method, path)
        assert answer.headers["allow"] == allowed, (method, path)


def test_a_fault_in_the_code_is_a_500_that_tells_nothing_of_it(anybody, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("src.routers.auth.log_in", broken)
    answer = anybody.post("/auth/login", json={"email": "a@example.org", "password": "x"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "the secret inside" in caplog.text
    assert answer.headers["access-control-allow-origin"] == "*"
