"""Where a list stopped, as text that a caller hands back without reading it."""

import base64
import binascii
import json


class MalformedCursor(ValueError):
    """The text was not made by this service."""


def encode_cursor(*parts: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(text: str, parts_count: int) -> list[str]:
    """The parts of a cursor. Raises MalformedCursor."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeError, binascii.Error, ValueError) as problem:
        raise MalformedCursor(text) from problem
    if not isinstance(parts, list) or len(parts) != parts_count or not all(isinstance(part, str) for part in parts):
        raise MalformedCursor(text)
    return parts
