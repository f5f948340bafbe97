"""The person behind a request, and the rules of what they may touch."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from src.errors import forbidden, unauthorized
from src.storage.people import find_person
from src.storage.sessions import find_session


@dataclass(frozen=True)
class Caller:
    person: dict
    session: dict

    @property
    def is_admin(self) -> bool:
        return self.person["isAdmin"]

    def may_touch(self, person_id: str) -> bool:
        return self.is_admin or self.person["id"] == person_id


def identify(authorization: Annotated[str | None, Header()] = None) -> Caller:
    """The caller of a request, by its Bearer token. Raises 401."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("this needs the header Authorization: Bearer <accessToken>")
    session = find_session(token.strip())
    person = find_person(session["person"]) if session else None
    # A session ends with the password it was opened by, and with the person.
    if person is None or not person["isActive"] or person["credential"] != session["credential"]:
        raise unauthorized("the access token is not valid, or no longer")
    return Caller(person, session)


Identified = Annotated[Caller, Depends(identify)]


def identify_admin(caller: Identified) -> Caller:
    if not caller.is_admin:
        raise forbidden("only an administrator may do this")
    return caller


Admin = Annotated[Caller, Depends(identify_admin)]
