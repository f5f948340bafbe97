"""Logging in and out, sessions, lock-outs, and the first administrator."""

import time

import pytest

from src.passwords import hash_password
from src.storage import attempts, sessions
from tests.conftest import ADMIN, MEMBER, Api


def login(credentials, **changes):
    return Api().post("/auth/login", json=credentials | changes)


def test_login_gives_a_token_and_the_person(member):
    answer = login(MEMBER).json()
    assert answer["tokenType"] == "Bearer"
    assert answer["expiresIn"] == 8 * 60 * 60
    assert answer["user"]["id"] == member.id
    assert "password" not in str(answer["user"]).lower()
    assert Api(answer["accessToken"]).get("/auth/me").json() == answer["user"]


def test_an_email_is_compared_without_regard_to_case(member):
    assert login(MEMBER, email=" MIA@Example.ORG ").status_code == 200


def test_wrong_password_unknown_email_and_inactive_person_look_the_same(member, admin):
    wrong = login(MEMBER, password="not the password")
    unknown = login(MEMBER, email="nobody@example.org")
    assert admin.put(f"/people/{member.id}", json={"isActive": False}).status_code == 200
    inactive = login(MEMBER)
    without_password = login(MEMBER, email="no-password@example.org")
    for answer in (wrong, unknown, inactive, without_password):
        assert answer.status_code == 401
        assert answer.json() == wrong.json()


def test_a_failed_login_costs_the_same_whoever_is_named(member, dynamodb, monkeypatch):
    work = []

    def counted(name, real):
        return lambda *arguments, **named: work.append(name) or real(*arguments, **named)

    monkeypatch.setattr("src.auth.login.verify_password", counted("hash", lambda *_: False))
    for name in ("get_item", "update_item", "query"):
        monkeypatch.setattr(dynamodb, name, counted(name, getattr(dynamodb, name)))
    costs = []
    for email in (MEMBER["email"], "nobody@example.org"):
        work.clear()
        assert login(MEMBER, email=email, password="wrong wrong").status_code == 401
        costs.append(list(work))
    assert costs[0] == costs[1] and costs[0].count("hash") == 1


def test_a_person_without_a_password_cannot_log_in(admin, ada):
    assert login({"email": ada["email"], "password": "anything at all"}).status_code == 401


LOGIN_FAULTS = [
    ({}, {"email", "password"}),
    ({"email": "a@example.org"}, {"password"}),
    ({"email": 7, "password": True}, {"email", "password"}),
    ({"email": "a@example.org", "password": "x", "remember": True}, {"remember"}),
    ({"email": "", "password": ""}, {"email", "password"}),
    ([], {"body"}),
]


def test_a_login_with_fields_at_fault_names_them_all(anybody, subtests):
    for body, fields in LOGIN_FAULTS:
        with subtests.test(body=body):
            answer = anybody.post("/auth/login", json=body)
            assert answer.status_code == 422
            assert {each["field"] for each in answer.json()["detail"]} == fields


def test_a_body_that_is_no_json_is_422(anybody):
    answer = anybody.post("/auth/login", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == [{"field": "body", "message": "must be valid JSON"}]


def test_logout_ends_the_session(member):
    assert member.post("/auth/logout").status_code == 204
    assert member.get("/auth/me").status_code == 401
    assert member.post("/auth/logout").status_code == 401


def test_without_a_valid_token_everything_but_health_and_login_is_401(anybody):
    some_id = "/people/0b7a1a52-3f0f-4a4c-9a57-000000000000"
    requests = [
        ("GET", "/auth/me"), ("POST", "/auth/logout"), ("GET", "/people"), ("POST", "/people"),
        ("GET", "/people/search?query=a"), ("GET", some_id), ("PUT", some_id), ("DELETE", some_id),
    ]  # fmt: skip
    for header in (None, "", "Bearer", "Bearer ", "Basic bWlh", "Bearer made-up", "made-up"):
        headers = {} if header is None else {"Authorization": header}
        for method, path in requests:
            assert anybody(method, path, headers=headers).status_code == 401, (method, path, header)


def test_the_table_holds_neither_the_token_nor_a_password(member, dynamodb):
    token = login(MEMBER).json()["accessToken"]
    everything = str([dynamodb.scan(TableName=name)["Items"] for name in ("people", "search", "sessions")])
    assert token not in everything
    assert MEMBER["password"] not in everything


def test_a_session_runs_out(member, monkeypatch):
    later = time.time() + sessions.LIFETIME_SECONDS + 1
    monkeypatch.setattr(sessions.time, "time", lambda: later)
    assert member.get("/auth/me").status_code == 401


def test_a_session_ends_with_the_person(member, admin):
    assert admin.delete(f"/people/{member.id}").status_code == 204
    assert member.get("/auth/me").status_code == 401


def test_a_session_ends_when_the_person_becomes_inactive(member, admin):
    admin.put(f"/people/{member.id}", json={"isActive": False})
    assert member.get("/auth/me").status_code == 401


def test_a_new_password_ends_every_session_but_the_one_that_set_it(member):
    other = Api(login(MEMBER).json()["accessToken"])
    assert member.put(f"/people/{member.id}", json={"password": "the third password"}).status_code == 200
    assert member.get("/auth/me").status_code == 200
    assert other.get("/auth/me").status_code == 401
    assert login(MEMBER).status_code == 401
    assert login(MEMBER, password="the third password").status_code == 200


def test_a_password_set_by_an_administrator_ends_every_session(member, admin):
    assert admin.put(f"/people/{member.id}", json={"password": "the third password"}).status_code == 200
    assert member.get("/auth/me").status_code == 401
    assert admin.get("/auth/me").status_code == 200


@pytest.mark.parametrize("email", [MEMBER["email"], "nobody@example.org"])
def test_too_many_failures_lock_the_account_until_the_window_ends(member, email, monkeypatch):
    for _ in range(attempts.FAILURES_MAX):
        assert login(MEMBER, email=email, password="wrong wrong").status_code == 401
    answer = login(MEMBER, email=email)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= attempts.WINDOW_SECONDS
    assert login(ADMIN).status_code == 401  # another account is not locked, it just does not exist here

    later = time.time() + attempts.WINDOW_SECONDS + 1
    monkeypatch.setattr(attempts.time, "time", lambda: later)
    assert login(MEMBER).status_code == 200
    assert login(MEMBER, email=email, password="wrong wrong").status_code == 401  # a new window begins with one


def test_a_success_forgets_the_failures(member):
    for _ in range(2):
        for _ in range(attempts.FAILURES_MAX - 1):
            assert login(MEMBER, password="wrong wrong").status_code == 401
        assert login(MEMBER).status_code == 200


@pytest.fixture
def first_admin(dynamodb, monkeypatch):
    monkeypatch.setenv("ADMIN_EMAIL", "Boss@Example.org")
    monkeypatch.setenv("ADMIN_PASSWORD_HASH", hash_password("let the boss in"))
    return {"email": "boss@example.org", "password": "let the boss in"}


def test_the_first_administrator_comes_into_being_by_logging_in(first_admin):
    user = login(first_admin).json()["user"]
    assert (user["email"], user["isAdmin"], user["isActive"]) == ("boss@example.org", True, True)
    again = login(first_admin).json()
    assert again["user"]["id"] == user["id"]
    assert Api(again["accessToken"]).get("/people").json()["items"] == [user]


def test_the_first_administrator_is_not_made_by_a_wrong_password(first_admin, dynamodb):
    assert login(first_admin, password="let me in").status_code == 401
    assert dynamodb.scan(TableName="people")["Count"] == 0


def test_the_environment_does_not_override_a_person_who_exists(first_admin, monkeypatch):
    token = login(first_admin).json()["accessToken"]
    admin = Api(token)
    admin.put(f"/people/{admin.get('/auth/me').json()['id']}", json={"password": "a password of my own"})
    assert login(first_admin).status_code == 401
    assert login(first_admin, password="a password of my own").status_code == 200


def test_two_first_logins_at_once_make_one_administrator(first_admin, dynamodb, monkeypatch):
    from src.auth import login as module

    real = module.create_person
    others = []

    def create_after_somebody_else(fields):
        others.append(real(fields))
        return real(fields)

    monkeypatch.setattr(module, "create_person", create_after_somebody_else)
    assert login(first_admin).json()["user"]["id"] == others[0]["id"]
    assert len(others) == 1


def test_without_a_hash_there_is_no_first_administrator(first_admin, monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD_HASH", "")
    assert login(first_admin).status_code == 401


def test_a_malformed_hash_in_the_environment_is_said_and_not_swallowed(first_admin, monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD_HASH", "scrypt$oops")
    answer = login(first_admin)
    assert answer.status_code == 503
    assert "cannot be read" in answer.json()["message"]
