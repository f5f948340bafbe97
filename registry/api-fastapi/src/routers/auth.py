"""Logging in and out, and who one is."""

from fastapi import APIRouter, Response

from src.auth.caller import Identified
from src.auth.login import log_in
from src.models.login import Login
from src.models.person import shown
from src.storage.sessions import LIFETIME_SECONDS, close_session, open_session

router = APIRouter(prefix="/auth")


@router.post("/login")
def create_session(login: Login) -> dict:
    person = log_in(login.email, login.password)
    return {
        "accessToken": open_session(person),
        "tokenType": "Bearer",
        "expiresIn": LIFETIME_SECONDS,
        "user": shown(person),
    }


@router.get("/me")
def read_own_person(caller: Identified) -> dict:
    return shown(caller.person)


@router.post("/logout", status_code=204)
def delete_session(caller: Identified) -> Response:
    close_session(caller.session)
    return Response(status_code=204)
