"""GET /health: what is running here. Reads no table, so that it answers when the storage does not."""

from fastapi import APIRouter

from src import settings

router = APIRouter()


@router.get("/health")
def read_health() -> dict:
    return {
        "status": "healthy",
        "features": {
            "people": settings.is_set("PEOPLE_TABLE"),
            "search": settings.is_set("SEARCH_TABLE"),
            "authentication": settings.is_set("SESSIONS_TABLE"),
        },
        "build": {"commit": settings.source_commit(), "release": settings.release()},
        "handler": settings.serving_handler(),
        "fallback": False,
    }
