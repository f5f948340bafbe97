"""Finding people by parts of their names and emails."""

import pytest

from src.storage import search, words
from tests.test_people import walk

PEOPLE = [
    ("Ada", "Lovelace", "ada@example.org"),
    ("Adam", "Ant", "adam.ant@example.org"),
    ("Anna Maria", "van der Berg", "anna@berg.example"),
    ("José", "Ñandú", "jose@example.org"),
    ("Seán", "O'Brien-Smith", "sean_ob@mail.example"),
]


@pytest.fixture
def crowd(admin):
    for first, last, email in PEOPLE:
        body = {"firstName": first, "lastName": last, "email": email}
        assert admin.post("/people", json=body).status_code == 201
    return admin


def names(caller, query, **arguments):
    pages = walk(caller, "/people/search", query=query, **arguments)
    return sorted(person["firstName"] for page in pages for person in page)


QUERIES = [
    ("ada", ["Ada", "Adam"]),
    ("ADA", ["Ada", "Adam"]),
    ("lovel", ["Ada"]),
    ("lace", ["Ada"]),
    ("dam", ["Adam"]),
    ("a an", ["Adam", "Anna Maria", "José", "Seán"]),
    ("ada love", ["Ada"]),
    ("berg anna", ["Anna Maria"]),
    ("van der", ["Anna Maria"]),
    ("jose", ["José"]),
    ("JOSÉ ñan", ["José"]),
    ("o'b", ["Seán"]),
    ("n-sm", ["Seán"]),
    ("ada@exam", ["Ada"]),
    ("sean_", ["Seán"]),
    ("sean_o", ["Seán"]),
    ("m.a", ["Adam"]),
    ("z", []),
    ("ada zebra", []),
    ("ada@example.org", ["Ada"]),
    ("Ada@Example.ORG", ["Ada"]),
    ("nobody@example.org", []),
]


def test_each_word_of_a_query_is_a_part_of_a_name_or_an_email(crowd, subtests):
    for query, expected in QUERIES:
        with subtests.test(query=query):
            assert names(crowd, query) == expected


def test_one_letter_finds_everybody_who_has_it_and_nobody_twice(crowd):
    assert names(crowd, "e", limit=2) == ["Ada", "Adam", "Anna Maria", "José", "Rosa", "Seán"]


def test_pages_neither_repeat_nor_miss_anybody(crowd):
    for limit in (1, 2, 3, 100):
        assert names(crowd, "an", limit=limit) == ["Adam", "Anna Maria", "José", "Seán"]


def test_a_request_that_read_enough_hands_back_a_cursor(crowd, monkeypatch):
    monkeypatch.setattr(search, "_PAGE_ROWS", 2)
    monkeypatch.setattr(search, "_ROWS_READ_MAX", 2)
    pages = walk(crowd, "/people/search", query="e")
    assert len(pages) > 2
    assert sorted(person["firstName"] for page in pages for person in page) == names(crowd, "e")


def test_a_changed_name_is_found_by_the_new_one_only(crowd):
    person = crowd.get("/people/search?query=lovelace").json()["items"][0]
    crowd.put(f"/people/{person['id']}", json={"lastName": "King", "email": "countess@example.org"})
    assert names(crowd, "lovelace") == []
    assert names(crowd, "ada@example.org") == []
    assert names(crowd, "king") == ["Ada"]
    assert names(crowd, "countess") == ["Ada"]


def test_a_query_needs_something_to_look_for(admin):
    for query in (None, "", "   ", "-", "_", "@", "x" * 101):
        answer = admin.get("/people/search", params={} if query is None else {"query": query})
        assert answer.status_code == 422, query
        assert answer.json()["detail"][0]["field"] == "query"


def test_the_cursor_of_another_query_is_422(crowd):
    cursor = crowd.get("/people/search?query=an&limit=1").json()["nextCursor"]
    assert crowd.get("/people/search", params={"query": "love", "cursor": cursor}).status_code == 422


def test_search_never_reads_a_whole_table(crowd, dynamodb, monkeypatch):
    def refused(**_):
        raise AssertionError("a request path scanned a table")

    monkeypatch.setattr(dynamodb, "scan", refused)
    for query in ("e", "ada", "ada love"):
        assert names(crowd, query)
    assert crowd.get("/people").status_code == 200


def person(first="Ada", last="Lovelace", email="ada@example.org"):
    return {"id": "p", "firstName": first, "lastName": last, "email": email}


def test_a_row_that_begins_another_row_is_left_out():
    rows = [row.removesuffix("#p") for row in words.rows_of(person())]
    assert "ada" in rows and "a" not in rows
    assert not any(a != b and a.startswith(b) for a in rows for b in rows)


def test_the_longest_people_fit_into_one_transaction():
    long = person("Wolfeschlegelsteinhausen " * 4, "Bergerdorff " * 8, "abcdefghijklmnopqrstuvwxyz0123456789@example.org")
    other = person("Rhoshandiatellyneshiaunneveshenk " * 3, "Koyaanisquatsiuth Williams", "q1w2e3r4t5y6u7i8o9p0@mail.example")
    assert len(words.rows_of(long)) == words.ROWS_MAX
    changed = set(words.rows_of(long)) ^ set(words.rows_of(other))
    assert len(changed) + 3 <= 100


def test_a_long_name_is_always_found_by_the_beginning_of_each_word():
    long = person("Wolfeschlegelsteinhausen Bergerdorff", "Hubert Blaine Maximilian", "wolfe.plus@institute.example")
    rows = words.rows_of(long)
    for word in ("wolfeschlegelsteinhausen", "bergerdorff", "hubert", "blaine", "maximilian", "institute", "plus"):
        assert any(row.startswith(word) for row in rows), word


def test_a_query_longer_than_a_row_is_still_exact(admin):
    first = "a" * 40
    admin.post("/people", json={"firstName": first, "lastName": "Long", "email": "long@example.org"})
    assert names(admin, first) == [first]
    assert names(admin, first + "b") == []
