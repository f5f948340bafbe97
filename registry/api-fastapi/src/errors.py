"""Every answer that is not a success: {"code", "message"} and, where fields are at fault, "detail"."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from src.settings import NotConfigured
from src.storage.table import StorageUnavailable


class Problem(Exception):
    """Ends a request with an error answer."""

    def __init__(self, status: int, code: str, message: str, *, fields=(), headers=None):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.fields, self.headers = tuple(fields), headers

    def answer(self) -> JSONResponse:
        body = {"code": self.code, "message": self.message}
        if self.fields:
            body["detail"] = [{"field": field, "message": message} for field, message in self.fields]
        return JSONResponse(body, self.status, self.headers)


def unauthorized(message: str) -> Problem:
    return Problem(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})


def forbidden(message: str) -> Problem:
    return Problem(403, "forbidden", message)


def not_found(message: str) -> Problem:
    return Problem(404, "not_found", message)


def method_not_allowed(method: str, allowed) -> Problem:
    names = ", ".join(sorted(allowed))
    return Problem(405, "method_not_allowed", f"{method} is not possible here; allowed: {names}", headers={"Allow": names})


def email_taken() -> Problem:
    fault = ("email", "belongs to somebody else already")
    return Problem(409, "email_taken", "another person has this email", fields=[fault])


def contended() -> Problem:
    return Problem(409, "contended", "somebody else keeps changing this person; read it again and repeat")


def invalid(*fields: tuple[str, str]) -> Problem:
    return Problem(422, "invalid", "the request holds fields at fault", fields=fields)


def locked_out(seconds: int) -> Problem:
    message = f"too many failed logins for this account; try again in {seconds} s"
    return Problem(429, "locked_out", message, headers={"Retry-After": str(seconds)})


def unavailable(message: str) -> Problem:
    return Problem(503, "unavailable", message, headers={"Retry-After": "1"})


def install_error_handlers(app: FastAPI, routes: list[APIRoute]) -> None:
    """Gives every error of the application, the framework and the storage the one form above."""

    @app.exception_handler(Problem)
    def on_problem(_: Request, problem: Problem):
        return problem.answer()

    @app.exception_handler(RequestValidationError)
    def on_invalid(_: Request, error: RequestValidationError):
        return invalid(*(_fault(each) for each in error.errors())).answer()

    @app.exception_handler(HTTPException)
    def on_http(request: Request, error: HTTPException):
        if error.status_code == 405:
            return method_not_allowed(request.method, _allowed_methods(routes, request)).answer()
        if error.status_code == 404:
            return not_found(f"there is nothing at {request.url.path}").answer()
        return Problem(error.status_code, "http_error", str(error.detail), headers=error.headers).answer()

    @app.exception_handler(StorageUnavailable)
    def on_storage(_: Request, error: StorageUnavailable):
        return unavailable(f"the storage did not answer: {error}").answer()

    @app.exception_handler(NotConfigured)
    def on_missing_setting(_: Request, error: NotConfigured):
        return unavailable(str(error)).answer()


def _allowed_methods(routes: list[APIRoute], request: Request) -> set[str]:
    """All methods of the path; the framework alone names those of the first matching route."""
    matching = [route for route in routes if route.matches(dict(request.scope))[0] != Match.NONE]
    literal = [route for route in matching if route.path == request.scope["path"]]
    return {method for route in literal or matching for method in route.methods}


_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "string_type": "must be a string",
    "string_unicode": "must be valid Unicode",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "json_invalid": "must be valid JSON",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
}


def _fault(error: dict) -> tuple[str, str]:
    """One finding of the validator as (field, message)."""
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        message = str(context["error"])
    else:
        message = _MESSAGES.get(error["type"], error["msg"]).format(**context)
    where, *path = error["loc"]
    if error["type"] == "json_invalid" or not path:
        return str(where), message
    return ".".join(map(str, path)), message
