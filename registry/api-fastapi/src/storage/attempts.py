"""Failed logins of an account, counted in SESSIONS_TABLE within a window that begins with the first.

An account that does not exist is counted like any other, so a lock-out tells nothing about who exists.
Attempts that run at the same moment may each pass the check before any is counted: how many is bounded
by the throttling of the stage.
"""

import hashlib
import time

from src.settings import required
from src.storage.table import ConditionFailed, call, unpack

FAILURES_MAX = 10
WINDOW_SECONDS = 5 * 60


def locked_seconds(email: str) -> int:
    """For how many more seconds nobody may log in to this account; 0 if it is open. One read."""
    answer = call("get_item", TableName=_table(), Key=_key(email), ConsistentRead=True)
    counted = unpack(answer["Item"]) if "Item" in answer else None
    if not counted or counted["failures"] < FAILURES_MAX:
        return 0
    return max(0, counted["expiresAt"] - int(time.time()))


def count_failure(email: str) -> None:
    now = int(time.time())
    values = {":one": {"N": "1"}, ":ends": {"N": str(now + WINDOW_SECONDS)}, ":now": {"N": str(now)}}
    try:
        call(
            "update_item",
            TableName=_table(),
            Key=_key(email),
            UpdateExpression="SET expiresAt = if_not_exists(expiresAt, :ends) ADD failures :one",
            ConditionExpression="attribute_not_exists(id) OR expiresAt > :now",
            ExpressionAttributeValues=values,
        )
    except ConditionFailed:  # the window of earlier failures is over: begin a new one
        del values[":now"]
        call(
            "update_item",
            TableName=_table(),
            Key=_key(email),
            UpdateExpression="SET expiresAt = :ends, failures = :one",
            ExpressionAttributeValues=values,
        )


def forget_failures(email: str) -> None:
    call("delete_item", TableName=_table(), Key=_key(email))


def _key(email: str) -> dict:
    return {"id": {"S": "attempts#" + hashlib.sha256(email.encode()).hexdigest()}}


def _table() -> str:
    return required("SESSIONS_TABLE")
