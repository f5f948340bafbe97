"""Turning an email and a password into a person."""

from src import settings
from src.errors import locked_out, unauthorized
from src.passwords import NOBODY, MalformedHash, verify_password
from src.storage.attempts import count_failure, forget_failures, locked_seconds
from src.storage.people import EmailTaken, create_person, find_person_by_email


def log_in(email: str, password: str) -> dict:
    """The active person with this email and password.

    Raises the same 401 for an unknown email, a wrong password and an inactive person, each after one
    scrypt; and 429 while the account is locked.
    """
    if seconds := locked_seconds(email):
        raise locked_out(seconds)
    person = find_person_by_email(email)
    is_first_admin = person is None and email == settings.admin_email() and settings.admin_password_hash() != ""
    stored = settings.admin_password_hash() if is_first_admin else (person or {}).get("passwordHash", NOBODY)
    is_right = _is_right(password, stored)
    if is_right and is_first_admin:
        person = _create_first_admin(email, stored)
    if not is_right or person is None or not person["isActive"]:
        count_failure(email)
        raise unauthorized("the email or the password is wrong")
    forget_failures(email)
    return person


def _is_right(password: str, stored: str) -> bool:
    """Whether the password fits; `NOBODY` fits none."""
    try:
        return verify_password(password, stored) and stored != NOBODY
    except MalformedHash as fault:
        raise settings.NotConfigured(f"a stored password hash cannot be read: {fault}") from fault


def _create_first_admin(email: str, password_hash: str) -> dict | None:
    """The administrator named by the environment. Two first logins at once create one person."""
    names = {"firstName": "First", "lastName": "Administrator"}
    try:
        return create_person(names | {"email": email, "isAdmin": True, "passwordHash": password_hash})
    except EmailTaken:
        return find_person_by_email(email)
