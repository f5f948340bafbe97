"""The application in front of a DynamoDB in memory, and a client that holds every answer against openapi.yaml.

With TEST_DYNAMODB=moto the same tests run against moto, which somebody else wrote (requirements-moto.txt).
"""

import os
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from main import app
from src import passwords
from src.storage import people, sessions, table
from tests.contract import Contract
from tests.fake_dynamodb import FakeDynamoDB

ROOT = Path(__file__).resolve().parent.parent
TABLES = {"PEOPLE_TABLE": "people", "SEARCH_TABLE": "search", "SESSIONS_TABLE": "sessions"}
ADMIN = {"email": "root@example.org", "password": "the first password"}
MEMBER = {"email": "mia@example.org", "password": "the second password"}

_http = TestClient(app, raise_server_exceptions=False)
_contract = Contract(yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def contract():
    return _contract


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """The same code with a cheap cost, so that the suite stays quick; test_passwords uses the real one."""
    monkeypatch.setattr(passwords, "COST_N", 2)
    monkeypatch.setattr("src.auth.login.NOBODY", passwords.NOBODY.replace("16384", "2"))


@pytest.fixture(scope="session")
def _storage():
    """The client, and what empties its tables. One for the whole suite."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "ADMIN_", "TANDEM_")):
                patch.delenv(name)
        for name, value in TABLES.items():
            patch.setenv(name, value)
        if os.environ.get("TEST_DYNAMODB") == "moto":
            yield from _moto(patch)
        else:
            fake = FakeDynamoDB()
            patch.setattr(table, "client", lambda: fake)
            _create_tables(fake)
            yield fake, fake.clear


def _moto(patch):
    from moto import mock_aws
    from moto.dynamodb.models import dynamodb_backends

    def clear():
        for backend in dynamodb_backends.values():
            for stored in backend["eu-central-1"].tables.values():
                stored.items.clear()

    patch.setenv("AWS_REGION", "eu-central-1")
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        _create_tables(table.client())
        yield table.client(), clear


@pytest.fixture
def dynamodb(_storage):
    """Empty tables."""
    client, clear = _storage
    clear()
    return client


def _create_tables(client):
    keyed = lambda *names: [  # noqa: E731
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]
    text = lambda *names: [{"AttributeName": name, "AttributeType": "S"} for name in names]  # noqa: E731
    shown = ["firstName", "lastName", "phone", "dateOfBirth", "address", "isAdmin", "isActive", "updatedAt"]
    indexes = [
        {
            "IndexName": people.EMAIL_INDEX,
            "KeySchema": keyed("email"),
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*shown, "createdAt"]},
        },
        {
            "IndexName": people.CREATED_INDEX,
            "KeySchema": keyed("kind", "createdAt"),
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*shown, "email"]},
        },
    ]
    client.create_table(
        TableName="people",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=keyed("id"),
        AttributeDefinitions=text("id", "email", "kind", "createdAt"),
        GlobalSecondaryIndexes=indexes,
    )
    for name, keys in (("search", ("initial", "entry")), ("sessions", ("id",))):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=keyed(*keys),
            AttributeDefinitions=text(*keys),
        )


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop():
    """Keeps one loop for all requests; a client outside a `with` starts one for each."""
    with _http:
        yield


class Api:
    """The application as one caller sees it."""

    def __init__(self, token: str | None = None):
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, **arguments):
        headers = self._headers | arguments.pop("headers", {})
        answer = _http.request(method, path, headers=headers, follow_redirects=False, **arguments)
        _contract.check(method, answer.request.url.path, answer)
        return answer

    def get(self, path, **arguments):
        return self("GET", path, **arguments)

    def post(self, path, **arguments):
        return self("POST", path, **arguments)

    def put(self, path, **arguments):
        return self("PUT", path, **arguments)

    def delete(self, path, **arguments):
        return self("DELETE", path, **arguments)


@pytest.fixture
def anybody(dynamodb):
    return Api()


def _person_with_token(fields: dict, credentials: dict):
    secret = {"email": credentials["email"], "passwordHash": passwords.hash_password(credentials["password"])}
    person = people.create_person(fields | secret)
    caller = Api(sessions.open_session(person))
    caller.id = person["id"]
    return caller


@pytest.fixture
def admin(dynamodb):
    return _person_with_token({"firstName": "Rosa", "lastName": "Root", "isAdmin": True}, ADMIN)


@pytest.fixture
def member(dynamodb):
    return _person_with_token({"firstName": "Mia", "lastName": "Member"}, MEMBER)


@pytest.fixture
def ada(admin):
    answer = admin.post("/people", json={"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"})
    assert answer.status_code == 201, answer.text
    return answer.json()
