"""DynamoDB itself: the client, values in wire form, and the ways a call can fail.

boto3 is imported by the first call, not by the module: the application must start without it having
any region, credentials or endpoint to find.
"""

import os
import random
import time
from functools import cache

# Cancellation codes of a transaction that lost a race and may simply be tried again.
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_TRIES_MAX = 5


class StorageUnavailable(Exception):
    """DynamoDB could not be reached or refused the call for a reason that is not the caller's."""


class ConditionFailed(Exception):
    """A condition did not hold. `item` is what stood there, if the call asked for it."""

    def __init__(self, item: dict | None = None):
        super().__init__("the condition of a write did not hold")
        self.item = item


class TransactionRefused(Exception):
    """A transaction was cancelled: `failed` holds the places of the actions whose condition did not hold."""

    def __init__(self, failed: list[int]):
        super().__init__(f"conditions of actions {failed} did not hold")
        self.failed = failed


@cache
def client():
    """The process's one DynamoDB client. The endpoint comes from AWS_ENDPOINT_URL_DYNAMODB if that is set."""
    import boto3
    from botocore.config import Config

    # All attempts together stay below the function's timeout, so that a silent table is a 503 and not a 502.
    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.client("dynamodb", region_name=region, config=config)


def call(operation: str, **arguments) -> dict:
    """One DynamoDB call. Raises ConditionFailed, TransactionRefused or StorageUnavailable."""
    from botocore.exceptions import BotoCoreError, ClientError

    for attempt in range(1, _TRIES_MAX + 1):
        try:
            return getattr(client(), operation)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                item = error.response.get("Item")
                raise ConditionFailed(unpack(item) if item else None) from error
            reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", [])]
            failed = [place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]
            if failed:
                raise TransactionRefused(failed) from error
            if attempt == _TRIES_MAX or not (_PASSING & set(reasons) or code == "TransactionConflictException"):
                raise StorageUnavailable(f"{operation}: {code}") from error
        except BotoCoreError as error:
            raise StorageUnavailable(f"{operation}: {type(error).__name__}") from error
        time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise AssertionError("unreachable: the last attempt returns or raises")


def pack(item: dict) -> dict:
    """An item in wire form. None is left out at the top and kept inside maps."""
    return {name: _wire(value) for name, value in item.items() if value is not None}


def unpack(item: dict) -> dict:
    return {name: _plain(value) for name, value in item.items()}


def _wire(value) -> dict:
    # bool before int: True is an int in Python.
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, dict):
        return {"M": {name: _wire(inner) for name, inner in value.items()}}
    raise TypeError(f"{type(value).__name__} has no place in these tables")


def _plain(value: dict):
    ((kind, inner),) = value.items()
    match kind:
        case "S" | "BOOL":
            return inner
        case "N":
            return int(inner)
        case "NULL":
            return None
        case "M":
            return unpack(inner)
    raise TypeError(f"{kind} has no place in these tables")
