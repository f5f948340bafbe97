"""People: listing, searching, and one by one."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from src.auth.caller import Admin, Caller, Identified
from src.errors import contended, email_taken, forbidden, invalid, method_not_allowed, not_found
from src.models.cursor import MalformedCursor, decode_cursor, encode_cursor
from src.models.person import (
    PRIVILEGED,
    READ_ONLY,
    PersonCreate,
    PersonUpdate,
    merged_address,
    normalise_email,
    shown,
)
from src.passwords import hash_password
from src.storage import people
from src.storage.search import ForeignCursor, NothingToSearch, search_people
from src.storage.sessions import carry_over
from src.storage.words import query_words

router = APIRouter(prefix="/people")

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500)]
SearchText = Annotated[str, Query(min_length=1, max_length=100)]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def person_id(request: Request, id: str) -> str:
    """The id in the path, in the one spelling the storage knows. `search` is a route of its own, not an id."""
    if id == "search":
        raise method_not_allowed(request.method, {"GET"})
    return id.lower()


PersonId = Annotated[str, Depends(person_id)]


@router.get("")
def list_people(_: Admin, limit: Limit = 50, cursor: Cursor = None) -> dict:
    after = _place(cursor, 2)
    if after and not _UUID.fullmatch(after[1]):
        raise _bad_cursor()
    found, place = people.list_people(limit, tuple(after) if after else None)
    return _page(found, place)


@router.post("", status_code=201)
def create_person(_: Admin, response: Response, body: PersonCreate) -> dict:
    try:
        person = people.create_person(_stored(body.model_dump()))
    except people.EmailTaken:
        raise email_taken() from None
    response.headers["Location"] = f"people/{person['id']}"  # relative: a stage may lie before the path
    return shown(person)


@router.get("/search")
def search(_: Admin, query: SearchText, limit: Limit = 50, cursor: Cursor = None) -> dict:
    if cursor is None and (person := _with_exact_email(query)):
        return _page([person], None)
    after = _place(cursor, 1)
    try:
        found, place = search_people(query_words(query), limit, after[0] if after else None)
    except NothingToSearch:
        raise invalid(("query", "must hold a letter or a digit")) from None
    except ForeignCursor:
        raise _bad_cursor() from None
    return _page(found, (place,) if place else None)


@router.get("/{id}")
def read_person(id: PersonId, caller: Identified) -> dict:
    _require_access(caller, id)
    person = people.find_person(id)
    if person is None:
        raise _nobody(id)
    return shown(person)


@router.put("/{id}")
def change_person(id: PersonId, caller: Identified, body: PersonUpdate) -> dict:
    _require_access(caller, id)
    changes = body.changes()
    stored = _stored(changes)  # hashes a password once, however often the change is repeated

    def changed(person: dict) -> dict:
        _refuse_read_only(person, changes)
        _refuse_privileged(person, changes, caller)
        after = person | stored
        if "address" in changes:
            after["address"] = merged_address(person.get("address"), changes["address"])
        if "password" in changes:
            after["credential"] = person["credential"] + 1
        return after

    try:
        person = people.change_person(id, changed)
    except people.Gone:
        raise _nobody(id) from None
    except people.EmailTaken:
        raise email_taken() from None
    except people.Contended:
        raise contended() from None
    if "password" in changes and caller.person["id"] == id:
        carry_over(caller.session, person)
    return shown(person)


@router.delete("/{id}", status_code=204)
def delete_person(id: PersonId, _: Admin) -> Response:
    _require_form(id)
    try:
        people.delete_person(id)
    except people.Gone:
        raise _nobody(id) from None
    except people.Contended:
        raise contended() from None
    return Response(status_code=204)


def _stored(fields: dict) -> dict:
    """Fields of a request as the table holds them: the password hashed, what nobody may set left out."""
    stored = {name: value for name, value in fields.items() if name not in (*READ_ONLY, "password")}
    if "address" in stored:
        stored["address"] = merged_address(None, stored["address"])
    if fields.get("password"):
        stored["passwordHash"] = hash_password(fields["password"])
    return stored


def _require_form(id: str) -> None:
    if not _UUID.fullmatch(id):
        raise _nobody(id)


def _require_access(caller: Caller, id: str) -> None:
    _require_form(id)
    if not caller.may_touch(id):
        raise forbidden("only an administrator may read or change another person")


def _refuse_read_only(person: dict, changes: dict) -> None:
    touched = [field for field in READ_ONLY if field in changes and changes[field] != person[field]]
    if touched:
        raise invalid(*((field, "cannot be changed") for field in touched))


def _refuse_privileged(person: dict, changes: dict, caller: Caller) -> None:
    touched = [field for field in PRIVILEGED if field in changes and changes[field] != person[field]]
    if touched and not caller.is_admin:
        raise forbidden(f"only an administrator may change {' and '.join(touched)}")


def _with_exact_email(query: str) -> dict | None:
    """A query that is somebody's whole email means that person alone."""
    email = normalise_email(query)
    return people.find_shown_by_email(email) if "@" in email else None


def _place(cursor: str | None, parts_count: int) -> list[str] | None:
    try:
        return decode_cursor(cursor, parts_count) if cursor is not None else None
    except MalformedCursor:
        raise _bad_cursor() from None


def _page(found: list[dict], place: tuple[str, ...] | None) -> dict:
    return {"items": [shown(person) for person in found], "nextCursor": encode_cursor(*place) if place else None}


def _bad_cursor():
    return invalid(("cursor", "must be the nextCursor of an earlier answer to the same request"))


def _nobody(id: str):
    return not_found(f"there is no person {id}")
