"""What happens when DynamoDB refuses, stalls or is not there."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from src.storage import people, table
from tests.conftest import MEMBER


class Refusing:
    """A client whose calls of one operation fail a number of times before they reach the real one."""

    def __init__(self, client, operation, error, times):
        self._client, self._operation, self._error, self.left = client, operation, error, times

    def __getattr__(self, name):
        real = getattr(self._client, name)
        if name != self._operation:
            return real

        def refuse(**arguments):
            if self.left:
                self.left -= 1
                raise self._error
            return real(**arguments)

        return refuse


def cancelled(*codes):
    reasons = [{"Code": code} for code in codes]
    answer = {"Error": {"Code": "TransactionCanceledException", "Message": "no"}, "CancellationReasons": reasons}
    return ClientError(answer, "TransactWriteItems")


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")


@pytest.fixture
def refuse(dynamodb, monkeypatch):
    monkeypatch.setattr(table.time, "sleep", lambda _: None)

    def install(operation, error, times=100):
        refusing = Refusing(dynamodb, operation, error, times)
        monkeypatch.setattr(table, "client", lambda: refusing)
        return refusing

    return install


BODY = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}


def test_every_route_that_needs_the_storage_says_503_without_it(admin, anybody, refuse):
    unreachable = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    some_id = f"/people/{admin.id}"
    cases = [
        ("GET", "/auth/me", "get_item"),
        ("POST", "/auth/logout", "delete_item"),
        ("GET", "/people", "query"),
        ("POST", "/people", "transact_write_items"),
        ("GET", "/people/search?query=a", "query"),
        ("GET", "/people/search?query=root", "batch_get_item"),
        ("GET", some_id, "get_item"),
        ("PUT", some_id, "transact_write_items"),
        ("DELETE", some_id, "transact_write_items"),
    ]
    for method, path, operation in cases:
        refuse(operation, unreachable)
        arguments = {"json": BODY} if method in ("POST", "PUT") and "logout" not in path else {}
        answer = admin(method, path, **arguments)
        assert answer.status_code == 503, (method, path)
        assert answer.json()["code"] == "unavailable"
    refuse("get_item", unreachable)
    assert anybody.post("/auth/login", json=MEMBER).status_code == 503
    assert anybody.get("/health").status_code == 200


def test_a_variable_that_is_missing_is_named(admin, monkeypatch):
    monkeypatch.delenv("SEARCH_TABLE")
    answer = admin.get("/people/search?query=a")
    assert answer.status_code == 503
    assert "SEARCH_TABLE" in answer.json()["message"]


def test_a_table_that_is_missing_is_503_and_nothing_else(admin, monkeypatch):
    monkeypatch.setenv("SEARCH_TABLE", "elsewhere")
    assert admin.get("/people/search?query=a").status_code == 503
    assert admin.post("/people", json=BODY).status_code == 503
    monkeypatch.setenv("SEARCH_TABLE", "search")
    assert admin.post("/people", json=BODY).status_code == 201


def test_a_transaction_that_lost_a_race_is_tried_again(admin, refuse):
    refusing = refuse("transact_write_items", cancelled("None", "TransactionConflict"), times=3)
    assert admin.post("/people", json=BODY).status_code == 201
    assert refusing.left == 0


def test_a_transaction_that_keeps_losing_is_503(admin, refuse):
    refuse("transact_write_items", cancelled("TransactionConflict", "None"))
    assert admin.post("/people", json=BODY).status_code == 503


def test_a_refusal_for_another_reason_is_not_tried_again(admin, refuse):
    refusing = refuse("transact_write_items", refusal("AccessDeniedException"), times=100)
    assert admin.post("/people", json=BODY).status_code == 503
    assert refusing.left == 99


def test_keys_that_a_batch_left_over_are_asked_for_again(admin, dynamodb, monkeypatch):
    admin.post("/people", json=BODY)
    real = dynamodb.batch_get_item
    asked = []

    def one_at_a_time(RequestItems):
        ((name, request),) = RequestItems.items()
        asked.append(len(request["Keys"]))
        answer = real(RequestItems={name: request | {"Keys": request["Keys"][:1]}})
        rest = request["Keys"][1:]
        return answer | {"UnprocessedKeys": {name: request | {"Keys": rest}} if rest else {}}

    monkeypatch.setattr(dynamodb, "batch_get_item", one_at_a_time)
    assert len(admin.get("/people/search?query=e").json()["items"]) == 2
    assert asked == [2, 1]


def test_values_survive_the_wire():
    item = {"text": "", "number": 7, "yes": True, "no": False, "map": {"inner": None, "deep": {"text": "x"}}}
    assert table.unpack(table.pack(item)) == item
    assert "absent" not in table.pack({"absent": None})
    with pytest.raises(TypeError):
        table.pack({"list": [1]})


def test_a_marker_is_no_person(dynamodb):
    person = people.create_person(BODY)
    assert people.find_person("email#ada@example.org") is None
    assert people.find_person(person["id"])["email"] == "ada@example.org"
    assert people.find_person_by_email("ada@example.org")["id"] == person["id"]
