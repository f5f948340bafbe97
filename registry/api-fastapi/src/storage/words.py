"""How people are found by a part of a word, without ever reading a whole table. Pure: no I/O.

Each person has one row for each place in each of their words: "ada" gives "ada", "da" and "a". A query
is the beginning of such a row, and rows that share a first character share a partition. A row that is
the beginning of another row of the same person says nothing new and is left out ("a" above).

One transaction writes a person together with their rows and holds at most 100 actions. A change may
have to take away every old row and put every new one beside the person and two email markers, so a
person has at most 48 rows. Rows are made for the beginning of every word first, then for the second
character of every word, and so on: what a very long name loses is a match deep inside a word.
"""

import re
import unicodedata
from itertools import zip_longest

ROWS_MAX = 48
ROW_CHARACTERS_MAX = 32

_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Text without the differences a search looks past: case, accents, compatibility forms."""
    bare = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(bare).casefold()


def rows_of(person: dict) -> list[str]:
    """The sort keys under which a person is found, in order."""
    text = " ".join(person[field] for field in ("firstName", "lastName", "email"))
    words = dict.fromkeys(_WORD.findall(folded(text)))
    endings = ([word[place:][:ROW_CHARACTERS_MAX] for place in range(len(word))] for word in words)
    kept: list[str] = []
    for ending in (ending for same_place in zip_longest(*endings) for ending in same_place if ending):
        if any(row.startswith(ending) for row in kept):
            continue
        kept = [row for row in kept if not ending.startswith(row)]
        if len(kept) == ROWS_MAX:
            break
        kept.append(ending)
    return sorted(f"{ending}#{person['id']}" for ending in kept)


def person_of(row: str) -> str:
    """The id of the person a row belongs to."""
    return row.rpartition("#")[2]


def query_words(query: str) -> list[str]:
    return folded(query).split()


def leading_piece(words: list[str]) -> str | None:
    """The part of a query that narrows the search most; None if it has neither letter nor digit."""
    pieces = _WORD.findall(" ".join(words))
    return max(pieces, key=len)[:ROW_CHARACTERS_MAX] if pieces else None


def is_match(person: dict, words: list[str]) -> bool:
    """Whether each word of a query is part of the person's first name, last name or email."""
    fields = [folded(person[field]) for field in ("firstName", "lastName", "email")]
    return all(any(word in field for field in fields) for word in words)
