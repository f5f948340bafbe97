"""People in DynamoDB.

PEOPLE_TABLE holds two kinds of items under the key `id`: a person, and beside each person a marker
`email#<email>` that makes the email unique. A marker has neither `email` nor `kind`, so it is in no
index and no list. SEARCH_TABLE holds the rows of words.py under (`initial`, `entry`). Whatever changes
a person changes all of these in one transaction.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from src.settings import required
from src.storage.table import TransactionRefused, call, pack, unpack
from src.storage.words import rows_of

KIND = "person"
EMAIL_INDEX = "email-index"
CREATED_INDEX = "created-index"
_ROUNDS_MAX = 5
_PERSON, _NEW_MARKER = 0, 1


class EmailTaken(Exception):
    """Another person has this email."""


class Gone(Exception):
    """The person no longer exists."""


class Contended(Exception):
    """Others kept changing the person during every attempt to change them."""


def find_person(person_id: str) -> dict | None:
    """One strongly consistent read."""
    answer = call("get_item", TableName=_people(), Key={"id": {"S": person_id}}, ConsistentRead=True)
    person = unpack(answer["Item"]) if "Item" in answer else None
    return person if person and person.get("kind") == KIND else None


def find_person_by_email(email: str) -> dict | None:
    """Two strongly consistent reads, by way of the marker: a person may log in the moment they exist."""
    marker_id = _marker_id(email)
    answer = call("get_item", TableName=_people(), Key={"id": {"S": marker_id}}, ConsistentRead=True)
    # Two reads for an unknown email too, so that a login takes as long; the second finds nobody.
    return find_person(answer["Item"]["owner"]["S"] if "Item" in answer else marker_id)


def find_shown_by_email(email: str) -> dict | None:
    """The public fields of the person with this email, from the index: cheaper, and a moment behind."""
    answer = call(
        "query",
        TableName=_people(),
        IndexName=EMAIL_INDEX,
        KeyConditionExpression="email = :email",
        ExpressionAttributeValues={":email": {"S": email}},
        Limit=1,
    )
    return unpack(answer["Items"][0]) if answer["Items"] else None


def list_people(limit: int, after: tuple[str, str] | None) -> tuple[list[dict], tuple[str, str] | None]:
    """A page of people, newest first, and the place (createdAt, id) where the next page begins."""
    arguments = {}
    if after:
        created_at, person_id = after
        arguments["ExclusiveStartKey"] = pack({"kind": KIND, "createdAt": created_at, "id": person_id})
    found: list[dict] = []
    # One more than asked for tells whether there is a next page without offering an empty one.
    while len(found) <= limit:
        answer = call(
            "query",
            TableName=_people(),
            IndexName=CREATED_INDEX,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": KIND}},
            ScanIndexForward=False,
            Limit=limit + 1 - len(found),
            **arguments,
        )
        found += [unpack(item) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], (last["createdAt"], last["id"])


def create_person(fields: dict) -> dict:
    """Stores a new person and returns them. Raises EmailTaken."""
    now = _now()
    person = {"isAdmin": False, "isActive": True} | fields
    person |= {"id": str(uuid.uuid4()), "kind": KIND, "createdAt": now, "updatedAt": now, "rev": 1, "credential": 1}
    actions = [_put_person(person, "attribute_not_exists(id)"), _put_marker(person)]
    actions += [_put_row(row) for row in rows_of(person)]
    try:
        call("transact_write_items", TransactItems=actions)
    except TransactionRefused as refusal:
        if _NEW_MARKER in refusal.failed:
            raise EmailTaken from refusal
        raise
    return person


def change_person(person_id: str, change: Callable[[dict], dict]) -> dict:
    """Replaces a person by `change(person)` and returns the result. Raises Gone, EmailTaken, Contended.

    `change` is called again with the newer person when somebody else was faster.
    """
    for _ in range(_ROUNDS_MAX):
        before = find_person(person_id)
        if before is None:
            raise Gone
        after = change(dict(before)) | {"rev": before["rev"] + 1, "updatedAt": _now()}
        try:
            call("transact_write_items", TransactItems=_replacement(before, after))
            return after
        except TransactionRefused as refusal:
            if _PERSON not in refusal.failed:
                raise EmailTaken from refusal
    raise Contended


def delete_person(person_id: str) -> None:
    """Removes a person with their marker and rows. Raises Gone, Contended."""
    for _ in range(_ROUNDS_MAX):
        person = find_person(person_id)
        if person is None:
            raise Gone
        actions = [{"Delete": _keyed(_people(), id=person_id) | _unchanged(person)}]
        actions += [{"Delete": _keyed(_people(), id=_marker_id(person["email"]))}]
        actions += [_delete_row(row) for row in rows_of(person)]
        try:
            call("transact_write_items", TransactItems=actions)
            return
        except TransactionRefused:
            continue
    raise Contended


def _replacement(before: dict, after: dict) -> list[dict]:
    old_rows, new_rows = set(rows_of(before)), set(rows_of(after))
    actions = [{"Put": {"TableName": _people(), "Item": pack(after)} | _unchanged(before)}]
    if after["email"] != before["email"]:
        actions.append(_put_marker(after))
        actions.append({"Delete": _keyed(_people(), id=_marker_id(before["email"]))})
    actions += [_delete_row(row) for row in sorted(old_rows - new_rows)]
    actions += [_put_row(row) for row in sorted(new_rows - old_rows)]
    return actions


def _put_person(person: dict, condition: str) -> dict:
    return {"Put": {"TableName": _people(), "Item": pack(person), "ConditionExpression": condition}}


def _put_marker(person: dict) -> dict:
    marker = pack({"id": _marker_id(person["email"]), "owner": person["id"]})
    return {"Put": {"TableName": _people(), "Item": marker, "ConditionExpression": "attribute_not_exists(id)"}}


def _put_row(row: str) -> dict:
    return {"Put": {"TableName": _search(), "Item": pack({"initial": row[0], "entry": row})}}


def _delete_row(row: str) -> dict:
    return {"Delete": _keyed(_search(), initial=row[0], entry=row)}


def _keyed(table: str, **key: str) -> dict:
    return {"TableName": table, "Key": pack(key)}


def _unchanged(person: dict) -> dict:
    values = {":rev": {"N": str(person["rev"])}}
    return {"ConditionExpression": "rev = :rev", "ExpressionAttributeValues": values}


def _marker_id(email: str) -> str:
    return f"email#{email}"


def _people() -> str:
    return required("PEOPLE_TABLE")


def _search() -> str:
    return required("SEARCH_TABLE")


def _now() -> str:
    """RFC 3339 in UTC, always with three decimals so that text order is time order."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
