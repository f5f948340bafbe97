"""The People API. `app` is what the handler (on Lambda) or any ASGI server serves."""

from fastapi import FastAPI

from src.edge import Edge
from src.errors import install_error_handlers
from src.routers import auth, health, people

# The contract is openapi.yaml, written by hand: no schema is generated, and the routes that would
# show it do not exist. A path with a slash too many is an unknown path, not a redirect.
app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
ROUTERS = (health.router, auth.router, people.router)
for router in ROUTERS:
    app.include_router(router)
install_error_handlers(app, [route for router in ROUTERS for route in router.routes])
app.add_middleware(Edge)
