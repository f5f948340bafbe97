"""Sessions: who holds which token, until when. Only the SHA-256 of a token is ever stored."""

import hashlib
import secrets
import time

from src.settings import required
from src.storage.table import call, pack, unpack

LIFETIME_SECONDS = 8 * 60 * 60
_TOKEN_BYTES = 32


def open_session(person: dict) -> str:
    """Stores a new session and returns its token, which nobody can read back from the table."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    _put(_session_id(token), person, int(time.time()) + LIFETIME_SECONDS)
    return token


def find_session(token: str) -> dict | None:
    """The session {id, person, credential, expiresAt} of a token, unless it ran out."""
    answer = call("get_item", TableName=_table(), Key={"id": {"S": _session_id(token)}}, ConsistentRead=True)
    session = unpack(answer["Item"]) if "Item" in answer else None
    # DynamoDB removes expired items days late, so the time is checked here.
    return session if session and session["expiresAt"] > time.time() else None


def carry_over(session: dict, person: dict) -> None:
    """Keeps the session in which a person changed their own password; all their others end with it."""
    _put(session["id"], person, session["expiresAt"])


def close_session(session: dict) -> None:
    call("delete_item", TableName=_table(), Key={"id": {"S": session["id"]}})


def _put(session_id: str, person: dict, expires_at: int) -> None:
    item = {"id": session_id, "person": person["id"], "credential": person["credential"], "expiresAt": expires_at}
    call("put_item", TableName=_table(), Item=pack(item))


def _session_id(token: str) -> str:
    return "session#" + hashlib.sha256(token.encode()).hexdigest()


def _table() -> str:
    return required("SESSIONS_TABLE")
