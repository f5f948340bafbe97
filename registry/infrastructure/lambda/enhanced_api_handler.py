"""Serves while no application is synchronised, or stands in when it cannot be loaded.

It knows the routes of the contract, answers /health truthfully and says 503 to everything that only
the application can do. It never pretends: a success from here means nothing but "the function runs".
"""

import json
import os
import re
from pathlib import Path

NAME = "enhanced_api_handler"
METADATA_FILE = Path(__file__).resolve().parent / "sync-metadata.json"

ROUTES = [
    (re.compile(r"/health"), {"GET"}),
    (re.compile(r"/people"), {"GET", "POST"}),
    (re.compile(r"/people/search"), {"GET"}),
    (re.compile(r"/people/[^/]+"), {"GET", "PUT", "DELETE"}),
    (re.compile(r"/auth/login"), {"POST"}),
    (re.compile(r"/auth/me"), {"GET"}),
    (re.compile(r"/auth/logout"), {"POST"}),
]

_HEADERS = {
    "Content-Type": "application/json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Retry-After",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def lambda_handler(event, context):
    """Answers one request of a REST API (payload 1.0)."""
    path, method = event.get("path") or "/", event.get("httpMethod") or "GET"
    allowed = next((methods for pattern, methods in ROUTES if pattern.fullmatch(path)), None)
    if allowed is None:
        return _error(404, "not_found", f"there is nothing at {path}")
    if method not in allowed:
        names = ", ".join(sorted(allowed))
        message = f"{method} is not possible here; allowed: {names}"
        return _error(405, "method_not_allowed", message, {"Allow": names})
    if path == "/health":
        return _answer(200, _health())
    message = "the application is not part of this deployment; synchronise it to serve this route"
    return _error(503, "application_absent", message, {"Retry-After": "30"})


handler = lambda_handler


def _health():
    return {
        "status": "healthy",
        "features": {"people": False, "search": False, "authentication": False},
        "build": {"commit": _source_commit(), "release": os.environ.get("TANDEM_RELEASE") or None},
        "handler": NAME,
        "fallback": _is_fallback(),
    }


def _is_fallback():
    """Whether another handler was entered first and came here because it could not load the application."""
    return os.environ.get("TANDEM_SERVING_HANDLER", NAME) not in ("", NAME)


def _source_commit():
    try:
        return json.loads(METADATA_FILE.read_text(encoding="utf-8")).get("source_commit")
    except FileNotFoundError:
        return None


def _error(status, code, message, headers=None):
    return _answer(status, {"code": code, "message": message}, headers)


def _answer(status, body, headers=None):
    fallback = {"X-Tandem-Fallback": NAME} if _is_fallback() else {}
    return {
        "statusCode": status,
        "headers": {**_HEADERS, **fallback, **(headers or {})},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
