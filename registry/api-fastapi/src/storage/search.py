"""Finding people by parts of words: reads search rows in order and the people they belong to."""

from src.settings import required
from src.storage.people import KIND
from src.storage.table import StorageUnavailable, call, unpack
from src.storage.words import is_match, leading_piece, person_of, rows_of

# What one request reads at most before it hands back a cursor, however few people matched so far.
_ROWS_READ_MAX = 1000
_PAGE_ROWS = 100  # as many people as one BatchGetItem takes
_BATCH_ROUNDS_MAX = 5


class NothingToSearch(ValueError):
    """A query needs at least one letter or digit."""


class ForeignCursor(ValueError):
    """The cursor belongs to another query."""


def search_people(words: list[str], limit: int, after: str | None) -> tuple[list[dict], str | None]:
    """A page of the people that match all words, and the row after which the next page begins."""
    piece = leading_piece(words)
    if piece is None:
        raise NothingToSearch
    if after is not None and not after.startswith(piece):
        raise ForeignCursor
    found: list[dict] = []
    place = after
    rows_read = 0
    while rows_read < _ROWS_READ_MAX:
        rows, is_last_page = _read_rows(piece, place)
        rows_read += len(rows)
        people = _load_people({person_of(row) for row in rows})
        for row in rows:
            person = people.get(person_of(row))
            if person and row == _first_row(person, piece) and is_match(person, words):
                if len(found) == limit:
                    return found, place
                found.append(person)
            place = row
        if is_last_page:
            return found, None
    return found, place


def _first_row(person: dict, piece: str) -> str | None:
    """The one row of a person that counts for this piece, so that nobody appears twice on any pages."""
    return next((row for row in rows_of(person) if row.startswith(piece)), None)


def _read_rows(piece: str, after: str | None) -> tuple[list[str], bool]:
    start = {"ExclusiveStartKey": {"initial": {"S": piece[0]}, "entry": {"S": after}}} if after else {}
    answer = call(
        "query",
        TableName=required("SEARCH_TABLE"),
        KeyConditionExpression="#initial = :initial AND begins_with(#entry, :piece)",
        ExpressionAttributeNames={"#initial": "initial", "#entry": "entry"},
        ExpressionAttributeValues={":initial": {"S": piece[0]}, ":piece": {"S": piece}},
        ConsistentRead=True,
        Limit=_PAGE_ROWS,
        **start,
    )
    return [item["entry"]["S"] for item in answer["Items"]], "LastEvaluatedKey" not in answer


def _load_people(ids: set[str]) -> dict[str, dict]:
    table = required("PEOPLE_TABLE")
    keys = [{"id": {"S": person_id}} for person_id in sorted(ids)]
    people: dict[str, dict] = {}
    for _ in range(_BATCH_ROUNDS_MAX):
        if not keys:
            return people
        answer = call("batch_get_item", RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
        for item in map(unpack, answer["Responses"].get(table, [])):
            if item.get("kind") == KIND:
                people[item["id"]] = item
        keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
    if keys:
        raise StorageUnavailable("batch_get_item: keys stayed unprocessed")
    return people
