"""A person: what a request may say about one, and what an answer shows."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from src.passwords import LENGTH_MAX, LENGTH_MIN

_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_PHONE = re.compile(r"[0-9+(][0-9 ().+/x-]{1,31}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def normalise_email(text: str) -> str:
    """The one spelling under which an email is stored and compared."""
    return text.strip().lower()


def _one_line(text: str) -> str:
    if any(not character.isprintable() for character in text):
        raise ValueError("must not hold control characters")
    return text


def _email(text: str) -> str:
    email = normalise_email(text)
    if not _EMAIL.fullmatch(email):
        raise ValueError("must be an email address such as ada@example.org")
    return email


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text) or sum(character.isdigit() for character in text) < 3:
        raise ValueError("must be a phone number such as +44 20 7946 0123")
    return text


def _birth_date(text: str) -> str:
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("must be a date written YYYY-MM-DD")
    # A day of grace: it may be tomorrow already where the caller lives.
    if day > datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError("must not lie in the future")
    return text


def _text(min_length: int, max_length: int):
    return StringConstraints(strict=True, strip_whitespace=True, min_length=min_length, max_length=max_length)


Name = Annotated[str, _text(1, 100), AfterValidator(_one_line)]
Email = Annotated[str, _text(1, 254), AfterValidator(_email)]
Phone = Annotated[str, _text(1, 32), AfterValidator(_phone)]
BirthDate = Annotated[str, _text(1, 10), AfterValidator(_birth_date)]
AddressLine = Annotated[str, _text(1, 200), AfterValidator(_one_line)]
Password = Annotated[str, StringConstraints(strict=True, min_length=LENGTH_MIN, max_length=LENGTH_MAX)]
ReadOnly = Annotated[str, StringConstraints(strict=True, max_length=64)]


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")

    street: AddressLine | None = None
    city: AddressLine | None = None
    state: AddressLine | None = None
    postalCode: Annotated[str, _text(1, 20), AfterValidator(_one_line)] | None = None
    country: AddressLine | None = None


class PersonCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    firstName: Name
    lastName: Name
    email: Email
    phone: Phone | None = None
    dateOfBirth: BirthDate | None = None
    address: Address | None = None
    isAdmin: StrictBool = False
    isActive: StrictBool = True
    password: Password | None = Field(default=None, repr=False)


class PersonUpdate(BaseModel):
    """Any part of a person. A field left out stays as it is; null empties it where that is possible."""

    model_config = ConfigDict(extra="forbid")

    # The defaults stand for "left out" and are never read: see `changes`.
    id: ReadOnly = ""
    createdAt: ReadOnly = ""
    updatedAt: ReadOnly = ""
    firstName: Name = ""
    lastName: Name = ""
    email: Email = ""
    phone: Phone | None = None
    dateOfBirth: BirthDate | None = None
    address: Address | None = None
    isAdmin: StrictBool = False
    isActive: StrictBool = True
    password: Password = Field(default="", repr=False)

    def changes(self) -> dict:
        """The fields the request named, with their values."""
        return self.model_dump(exclude_unset=True)


READ_ONLY = ("id", "createdAt", "updatedAt")
PRIVILEGED = ("isAdmin", "isActive")
SHOWN = (
    "id", "firstName", "lastName", "email", "phone", "dateOfBirth", "address",
    "isAdmin", "isActive", "createdAt", "updatedAt",
)  # fmt: skip


def shown(person: dict) -> dict:
    """A stored person as an answer shows it: every public field, null where there is no value."""
    return {field: person.get(field) for field in SHOWN}


def merged_address(before: dict | None, change: dict | None) -> dict | None:
    """An address after a change that may name only some of its lines; None when no line has a value."""
    if change is None:
        return None
    lines = {line: None for line in Address.model_fields} | (before or {}) | change
    return lines if any(lines.values()) else None
