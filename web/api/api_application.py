"""The API as one ASGI application, mounted under /api/v1: its addresses, its refusals, its document."""

from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from casework.shared.errors import Problem
from casework.shared.home import Home
from casework.staff.tokens import TokenScope
from models.store import Store
from web.api import bank_files, case_act_routes, filings, followed_cases, offers, problems, work_lists
from web.api.described import PROBLEM, SCHEMAS
from web.guard import TooLarge
from web.portal_settings import WebSettings

AT, VERSION = "/api/v1", "1.0"
_ABOUT = "Duixian for other systems. Money is text in yuan, instants are of Asia/Shanghai; see docs/api.md."
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "`duixian tokens make LOGIN --to DAY --scope …`; scopes: "
    + "; ".join(f"`{scope.value}`: {scope.en}" for scope in TokenScope),
}


def create_api(home: Home, store: Store, settings: WebSettings) -> FastAPI:
    """The application over one installation's store."""
    app = FastAPI(title="Duixian API", version=VERSION, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.home, app.state.store, app.state.settings = home, store, settings
    app.router.routes.extend(_routes())
    app.add_exception_handler(Problem, problems.refused)
    app.add_exception_handler(HTTPException, problems.not_there)
    app.add_exception_handler(RequestValidationError, problems.not_understood)
    app.add_exception_handler(TooLarge, problems.too_large)
    app.add_exception_handler(Exception, problems.broken)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    whole = APIRouter(redirect_slashes=False)
    for part in (offers, filings, followed_cases, case_act_routes, work_lists, bank_files):
        whole.include_router(part.router)
    whole.add_api_route("/openapi.json", _described, include_in_schema=False, methods=["GET"])
    return tuple(whole.routes)


def _described(request: Request) -> Response:
    return JSONResponse(document(request.app.state.settings.address))


@cache
def document(address: str) -> dict[str, Any]:
    """The OpenAPI document of everything that the API offers."""
    found = get_openapi(
        title="Duixian API",
        version=VERSION,
        openapi_version="3.1.0",
        description=_ABOUT,
        routes=_routes(),
        servers=[{"url": f"{address}{AT}"}],
    )
    found["components"] = {
        "schemas": {**SCHEMAS.known, "Problem": PROBLEM},
        "securitySchemes": {"bearer": _BEARER},
    }
    return found
