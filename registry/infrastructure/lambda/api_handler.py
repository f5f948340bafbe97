"""The last handler of the chain: proves that the function itself runs, and does nothing else."""

import json
import os

NAME = "api_handler"


def lambda_handler(event, context):
    """Answers one request of a REST API (payload 1.0)."""
    fallback = os.environ.get("TANDEM_SERVING_HANDLER", NAME) not in ("", NAME)
    if (event.get("httpMethod"), event.get("path")) == ("GET", "/health"):
        build = {"commit": None, "release": os.environ.get("TANDEM_RELEASE") or None}
        health = {"status": "healthy", "features": {}, "build": build, "handler": NAME, "fallback": fallback}
        return _answer(200, health, fallback)
    message = "no application is part of this deployment; only GET /health is served"
    return _answer(503, {"code": "application_absent", "message": message}, fallback)


handler = lambda_handler


def _answer(status, body, fallback):
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = "30"
    if fallback:
        headers["X-Tandem-Fallback"] = NAME
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}
