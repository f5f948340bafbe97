"""The outermost layer: cross-origin rules, headers of every answer, and the last catch for faults."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response

log = logging.getLogger("people.edge")

# Tokens travel in the Authorization header and never in cookies, so any origin may ask:
# a page that has no token gains nothing by it.
_EVERY_ANSWER = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Location, Retry-After, WWW-Authenticate",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "3600",
}


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def send_with_headers(message):
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(_EVERY_ANSWER)
            await send(message)

        if _is_preflight(scope):
            return await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send_with_headers)
        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            fault = {"code": "internal_error", "message": "this is a fault of the service; it is in its log"}
            await JSONResponse(fault, 500)(scope, receive, send_with_headers)


def _is_preflight(scope) -> bool:
    names = {name.lower() for name, _ in scope["headers"]}
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in names
