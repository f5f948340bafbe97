"""People, one by one and in lists."""

import re
import uuid

from src.storage import people
from tests.conftest import ROOT

FULL = {
    "firstName": " Grace ",
    "lastName": "Hopper",
    "email": "Grace.Hopper@Example.org",
    "phone": "+1 (555) 010-0199",
    "dateOfBirth": "1906-12-09",
    "address": {"street": "1 Navy Yard", "city": "Arlington", "state": "VA", "postalCode": "22202", "country": "US"},
    "isAdmin": False,
    "isActive": True,
    "password": "nanoseconds",
}


def test_create_returns_the_person_with_everything_but_the_password(admin):
    answer = admin.post("/people", json=FULL)
    assert answer.status_code == 201
    person = answer.json()
    assert answer.headers["location"] == f"people/{person['id']}"
    assert uuid.UUID(person["id"]).version == 4
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", person["createdAt"])
    assert person["updatedAt"] == person["createdAt"]
    expected = {name: value for name, value in FULL.items() if name != "password"}
    expected |= {"firstName": "Grace", "email": "grace.hopper@example.org"}
    assert {name: person[name] for name in expected} == expected
    assert "password" not in answer.text
    assert admin.get(f"/people/{person['id']}").json() == person


def test_create_with_the_least_gives_null_for_the_rest(ada):
    assert ada["phone"] is None and ada["dateOfBirth"] is None and ada["address"] is None
    assert ada["isAdmin"] is False and ada["isActive"] is True


def test_part_of_an_address_shows_null_for_the_other_lines(admin):
    body = {"firstName": "A", "lastName": "B", "email": "ab@example.org", "address": {"city": "Ulm", "state": None}}
    address = admin.post("/people", json=body).json()["address"]
    assert address == {"street": None, "city": "Ulm", "state": None, "postalCode": None, "country": None}
    body |= {"email": "abc@example.org", "address": {}}
    assert admin.post("/people", json=body).json()["address"] is None


CREATION_FAULTS = [
    ({"firstName": None}, {"firstName"}),
    ({"firstName": "   "}, {"firstName"}),
    ({"firstName": "x" * 101, "lastName": 7}, {"firstName", "lastName"}),
    ({"lastName": "tab\tin"}, {"lastName"}),
    ({"email": "nobody"}, {"email"}),
    ({"email": "a@b"}, {"email"}),
    ({"email": "a b@example.org"}, {"email"}),
    ({"phone": "call me"}, {"phone"}),
    ({"dateOfBirth": "1906-13-01"}, {"dateOfBirth"}),
    ({"dateOfBirth": "1906-02-30"}, {"dateOfBirth"}),
    ({"dateOfBirth": "19061209"}, {"dateOfBirth"}),
    ({"dateOfBirth": "2999-01-01"}, {"dateOfBirth"}),
    ({"address": "here"}, {"address"}),
    ({"address": {"planet": "Mars", "city": 3}}, {"address.planet", "address.city"}),
    ({"isAdmin": "yes", "isActive": 1}, {"isAdmin", "isActive"}),
    ({"password": "short"}, {"password"}),
    ({"id": "0b7a1a52-3f0f-4a4c-9a57-000000000000"}, {"id"}),
    ({"nickname": "Amazing Grace"}, {"nickname"}),
]


def test_create_names_every_field_at_fault(admin, subtests):
    for changes, fields in CREATION_FAULTS:
        with subtests.test(changes=changes):
            answer = admin.post("/people", json=FULL | changes)
            assert answer.status_code == 422
            assert {each["field"] for each in answer.json()["detail"]} == fields
    assert len(admin.get("/people").json()["items"]) == 1


def test_create_without_anything_names_what_is_required(admin):
    answer = admin.post("/people", json={})
    assert [each["field"] for each in answer.json()["detail"]] == ["firstName", "lastName", "email"]
    assert {each["message"] for each in answer.json()["detail"]} == {"is required"}


def test_an_email_exists_once_whatever_its_case(admin, ada):
    answer = admin.post("/people", json={"firstName": "Adah", "lastName": "L", "email": "ADA@example.ORG"})
    assert answer.status_code == 409
    assert answer.json()["detail"][0]["field"] == "email"
    assert len(admin.get("/people").json()["items"]) == 2


def test_a_member_creates_lists_searches_and_deletes_nobody(member, ada):
    body = {"firstName": "X", "lastName": "Y", "email": "xy@example.org"}
    assert member.post("/people", json=body).status_code == 403
    assert member.get("/people").status_code == 403
    assert member.get("/people/search?query=ada").status_code == 403
    assert member.delete(f"/people/{ada['id']}").status_code == 403
    assert member.delete(f"/people/{member.id}").status_code == 403


def test_a_member_reads_and_changes_only_their_own_record(member, ada):
    assert member.get(f"/people/{member.id}").json()["email"] == "mia@example.org"
    assert member.put(f"/people/{member.id}", json={"phone": "030 1234"}).json()["phone"] == "030 1234"
    assert member.get(f"/people/{ada['id']}").status_code == 403
    assert member.put(f"/people/{ada['id']}", json={"phone": "030 1234"}).status_code == 403
    # Whether somebody else exists is not theirs to know either.
    assert member.get(f"/people/{uuid.uuid4()}").status_code == 403


def test_a_member_changes_neither_their_rights_nor_their_state(member):
    for change in ({"isAdmin": True}, {"isActive": False}, {"isAdmin": True, "firstName": "M"}):
        assert member.put(f"/people/{member.id}", json=change).status_code == 403
    own = member.get(f"/people/{member.id}").json()
    assert own["firstName"] == "Mia"
    assert member.put(f"/people/{member.id}", json=own | {"firstName": "Mira"}).json()["firstName"] == "Mira"


def test_a_malformed_id_is_404(admin, ada):
    for id in ("7", "not-a-uuid", "0b7a1a52-3f0f-4a4c-9a57-00000000000", "email%23ada@example.org"):
        for method in ("GET", "PUT", "DELETE"):
            arguments = {"json": {}} if method == "PUT" else {}
            assert admin(method, f"/people/{id}", **arguments).status_code == 404, (method, id)


def test_an_id_of_nobody_is_404(admin):
    nobody = f"/people/{uuid.uuid4()}"
    assert admin.get(nobody).status_code == 404
    assert admin.put(nobody, json={"firstName": "N"}).status_code == 404
    assert admin.delete(nobody).status_code == 404


def test_an_id_in_capitals_is_the_same_id(admin, ada):
    assert admin.get(f"/people/{ada['id'].upper()}").json() == ada


def test_a_change_of_one_field_leaves_the_others(admin, ada):
    after = admin.put(f"/people/{ada['id']}", json={"lastName": "King"}).json()
    assert after == ada | {"lastName": "King", "updatedAt": after["updatedAt"]}
    assert after["updatedAt"] >= ada["updatedAt"]


def test_a_whole_person_may_be_sent_back(admin, ada):
    body = ada | {"firstName": "Augusta"}
    assert admin.put(f"/people/{ada['id']}", json=body).json()["firstName"] == "Augusta"


def test_read_only_fields_cannot_be_changed(admin, ada):
    for field in ("id", "createdAt", "updatedAt"):
        answer = admin.put(f"/people/{ada['id']}", json={field: "2020-01-01T00:00:00.000Z", "firstName": "B"})
        assert answer.status_code == 422
        assert answer.json()["detail"] == [{"field": field, "message": "cannot be changed"}]
    assert admin.get(f"/people/{ada['id']}").json() == ada


CHANGE_FAULTS = [
    ({"firstName": None, "email": None}, {"firstName", "email"}),
    ({"isAdmin": None, "isActive": None, "password": None}, {"isAdmin", "isActive", "password"}),
    ({"nickname": "A", "address": {"zip": "1"}}, {"nickname", "address.zip"}),
    ([], {"body"}),
]


def test_a_change_names_every_field_at_fault(admin, ada, subtests):
    for change, fields in CHANGE_FAULTS:
        with subtests.test(change=change):
            answer = admin.put(f"/people/{ada['id']}", json=change)
            assert answer.status_code == 422
            assert {each["field"] for each in answer.json()["detail"]} == fields


def test_null_empties_what_may_be_empty(admin):
    person = admin.post("/people", json=FULL).json()
    change = {"phone": None, "dateOfBirth": None, "address": None}
    after = admin.put(f"/people/{person['id']}", json=change).json()
    assert {name: after[name] for name in change} == change
    assert admin.get(f"/people/{person['id']}").json() == after


def test_a_change_may_name_some_lines_of_an_address(admin):
    person = admin.post("/people", json=FULL).json()
    after = admin.put(f"/people/{person['id']}", json={"address": {"city": "New York", "state": None}}).json()
    assert after["address"] == FULL["address"] | {"city": "New York", "state": None}


def test_a_change_of_email_frees_the_old_one_and_takes_the_new_one(admin, ada):
    path = f"/people/{ada['id']}"
    assert admin.put(path, json={"email": "Lovelace@example.org"}).json()["email"] == "lovelace@example.org"
    other = {"firstName": "Other", "lastName": "Ada", "email": "ada@example.org"}
    assert admin.post("/people", json=other).status_code == 201
    assert admin.put(path, json={"email": "ada@example.org"}).status_code == 409
    assert admin.put(path, json={"email": "lovelace@example.org"}).status_code == 200


def test_delete_removes_the_person_and_everything_beside_them(admin, ada, dynamodb):
    assert admin.delete(f"/people/{ada['id']}").status_code == 204
    assert admin.get(f"/people/{ada['id']}").status_code == 404
    left = str([dynamodb.scan(TableName=name)["Items"] for name in ("people", "search")])
    assert ada["id"] not in left and "ada@example.org" not in left
    again = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
    assert admin.post("/people", json=again).status_code == 201


def test_a_change_that_meets_another_one_keeps_both(admin, ada, monkeypatch):
    real = people.find_person
    raced = []

    def find_and_be_overtaken(person_id):
        found = real(person_id)
        if person_id == ada["id"] and not raced:
            raced.append(person_id)
            people.change_person(person_id, lambda person: person | {"phone": "030 99"})
        return found

    monkeypatch.setattr(people, "find_person", find_and_be_overtaken)
    after = admin.put(f"/people/{ada['id']}", json={"lastName": "King"}).json()
    assert raced and (after["lastName"], after["phone"]) == ("King", "030 99")


def test_a_change_or_removal_that_never_gets_through_is_409(admin, ada, monkeypatch):
    real = people.find_person

    def find_outdated(person_id):
        found = real(person_id)
        return found | {"rev": found["rev"] + 1} if found and person_id == ada["id"] else found

    monkeypatch.setattr(people, "find_person", find_outdated)
    for answer in (admin.put(f"/people/{ada['id']}", json={"lastName": "K"}), admin.delete(f"/people/{ada['id']}")):
        assert answer.status_code == 409
        assert answer.json()["code"] == "contended"


def walk(caller, path, **query):
    pages, cursor = [], None
    while True:
        page = caller.get(path, params=query | ({"cursor": cursor} if cursor else {})).json()
        pages.append(page["items"])
        cursor = page["nextCursor"]
        if cursor is None:
            return pages


def test_a_list_is_walked_in_pages_newest_first_and_holds_only_people(admin):
    for number in range(6):
        body = {"firstName": "N", "lastName": str(number), "email": f"n{number}@example.org"}
        assert admin.post("/people", json=body).status_code == 201
    pages = walk(admin, "/people", limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    everybody = [person for page in pages for person in page]
    assert len({person["id"] for person in everybody}) == 7
    created = [person["createdAt"] for person in everybody]
    assert created == sorted(created, reverse=True)
    assert [len(page) for page in walk(admin, "/people", limit=7)] == [7]


def test_a_limit_outside_1_to_100_is_422(admin):
    for limit in ("0", "101", "many", "-1", "1.5", ""):
        for path in ("/people", "/people/search"):
            answer = admin.get(path, params={"limit": limit, "query": "a"})
            assert answer.status_code == 422, (path, limit)
            assert answer.json()["detail"][0]["field"] == "limit"


def test_a_cursor_of_other_making_is_422(admin):
    for cursor in ("", "x", "e30", "WyJhIiwgImIiXQ", "WzEsIDJd", "ö", "AAAA"):
        for path in ("/people", "/people/search"):
            answer = admin.get(path, params={"cursor": cursor, "query": "zzz"})
            assert answer.status_code == 422, (path, cursor)
            assert answer.json()["detail"][0]["field"] == "cursor"


def test_routes_agree_with_the_contract(contract):
    from main import ROUTERS

    routes = {(m, route.path) for router in ROUTERS for route in router.routes for m in route.methods}
    assert routes == contract.operations()


def test_no_file_has_grown_beyond_reading():
    for file in (ROOT / "src").rglob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) < 300, file
