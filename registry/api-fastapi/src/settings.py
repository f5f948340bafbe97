"""What the environment says. Read at each use, so that importing the application needs none of it."""

import json
import os
from functools import cache
from pathlib import Path

METADATA_FILE = Path(__file__).resolve().parent.parent / "sync-metadata.json"


class NotConfigured(Exception):
    """A variable this request depends on is missing from the environment."""


def required(name: str) -> str:
    """The value of an environment variable that the work at hand cannot do without."""
    value = os.environ.get(name, "")
    if not value:
        raise NotConfigured(f"the environment variable {name} is not set")
    return value


def is_set(name: str) -> bool:
    return bool(os.environ.get(name))


def admin_email() -> str:
    return os.environ.get("ADMIN_EMAIL", "").strip().lower()


def admin_password_hash() -> str:
    return os.environ.get("ADMIN_PASSWORD_HASH", "").strip()


def release() -> str | None:
    return os.environ.get("TANDEM_RELEASE") or None


def serving_handler() -> str | None:
    """The module that Lambda entered through; it names itself before it imports the application."""
    return os.environ.get("TANDEM_SERVING_HANDLER") or None


@cache
def source_commit() -> str | None:
    """The application commit this bundle was made from, or None outside a bundle."""
    try:
        return json.loads(METADATA_FILE.read_text(encoding="utf-8")).get("source_commit")
    except FileNotFoundError:
        return None
