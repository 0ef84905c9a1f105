"""The portal as one ASGI application: its pages, what guards them, and how a refusal is shown."""

import hashlib
import logging
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from casework.shared.errors import Problem, Refused, Retryable
from casework.shared.home import Home
from models.store import Store
from web import navigation, pages, wordings
from web.api.api_application import AT, create_api
from web.api.problems import not_there
from web.guard import API, Guard, TooLarge, add_headers
from web.pages.own_account import first_factor
from web.portal_settings import WebSettings
from web.visit import NoFactor, NotSignedIn, NotSteppedUp, Visit, can_be_asked, page_of, sign_in_address, visit

HERE = Path(__file__).resolve().parent
log = logging.getLogger("duixian.web")
# Refusals whose cause is who asks, not what was typed.
_NOT_ALLOWED = frozenset({"in_person", "person", "token"})
# What a page may not show to its reader is not there for them; an act that is refused is shown on its page, with who may.
_NOT_THEIRS = frozenset({"not_yours", "unknown_case", "no_duty"})


def create_app(home: Home, store: Store, settings: WebSettings) -> FastAPI:
    """The application over one installation's store."""
    app = FastAPI(title="Duixian", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.home, app.state.store, app.state.settings = home, store, settings
    app.state.templates = _templates()
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.mount(AT, create_api(home, store, settings), name="api")
    app.router.routes.extend(_routes())
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(NotSteppedUp, _to_step_up)
    app.add_exception_handler(NoFactor, _to_first_factor)
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(HTTPException, _missing)
    app.add_exception_handler(RequestValidationError, _missing)
    app.add_exception_handler(TooLarge, _too_large)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Guard, settings=settings)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every page's route: what each needs of a request is worked out once a process, however many applications it makes."""
    whole = APIRouter()
    for router in pages.routers():
        whole.include_router(router)
    return tuple(whole.routes)


@cache
def _templates() -> Environment:
    """The templates, compiled when first shown; they hold nothing of an application."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        static=static_address,
        navigation=navigation.links,
        here=navigation.here,
        desk_menu=navigation.desk_menu,
        other_language=_other_language,
        day=wordings.day,
        minute=wordings.minute,
        last_day=wordings.last_day,
        left=wordings.left,
        yuan=wordings.yuan,
        text_of=wordings.text_of,
        half=wordings.half,
    )
    return made


@lru_cache(maxsize=64)
def static_address(name: str) -> str:
    """A built file's address, with a part of its hash, so that browsers may keep it."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _other_language(visit: Visit) -> str:
    other = "zh" if visit.language == "en" else "en"
    back = visit.request.url.path if visit.request.method == "GET" else "/"
    kept = [(name, value) for name, value in parse_qsl(visit.request.url.query) if name != "lang"]
    return f"/language/{other}?{urlencode({'next': back + ('?' + urlencode(kept) if kept else '')})}"


def _message(
    request: Request, status: int, heading: tuple[str, str], text: tuple[str, str], link: Any = None
) -> Response:
    try:
        here = visit(request)
    except Exception:
        log.exception("no page could be made")
        return PlainTextResponse(f"{text[0]} / {text[1]}", status_code=status)
    return here.page("message.html", status=status, heading=here.t(*heading), text=here.t(*text), link=link)


def _to_sign_in(request: Request, _error: Exception) -> Response:
    if request.headers.get("accept", "").startswith("application/json"):
        return PlainTextResponse("sign in first", status_code=401)
    return RedirectResponse(sign_in_address(request), status_code=303)


def _to_step_up(request: Request, error: Exception) -> Response:
    """To the page that asks for the code, and back; a form that was sent is carried along there."""
    assert isinstance(error, NotSteppedUp)
    if error.carried:
        return visit(request).page(
            "account/step_up.html", status=403, next=_asked(request), carried=error.carried, error=None
        )
    return RedirectResponse(f"/account/step-up?next={quote(_way_back(request), safe='')}", status_code=303)


def _to_first_factor(request: Request, error: Exception) -> Response:
    """To the page where a second factor is set up, and back; a form that was sent is carried along there."""
    assert isinstance(error, NoFactor)
    if error.carried:
        return first_factor(visit(request), _asked(request), error.carried, status=403)
    return RedirectResponse(f"/account/factor?next={quote(_way_back(request), safe='')}", status_code=303)


def _asked(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _way_back(request: Request) -> str:
    """The page that was asked for, or that held the form."""
    back = _asked(request)
    if can_be_asked(request, request.url.path):
        return back
    page = page_of(request)
    return page if page != "/" else back.rsplit("/", 1)[0] if back.startswith("/pay/") else "/account"


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if isinstance(error, Retryable):
        return _message(request, 503, ("请稍后再试", "Try again in a moment"), (error.zh, error.en))
    if not isinstance(error, Refused):
        return _message(request, 409, ("暂不能办理", "Not possible now"), (error.zh, error.en))
    status = 403 if error.code in _NOT_ALLOWED else 409
    if error.code in _NOT_THEIRS:  # whether a case of others exists is nobody's business
        return _missing(request, error)
    return _message(request, status, ("不能办理", "Refused"), (error.zh, error.en))


def _missing(request: Request, error: Exception) -> Response:
    if request.scope["path"].startswith(API) and isinstance(error, HTTPException):
        return not_there(request, error)  # what no address of the API takes, like one with a line feed in it
    status = error.status_code if isinstance(error, HTTPException) else 404
    _note(request, error, status)
    if status == 405:
        return PlainTextResponse("method not allowed", status_code=405)
    if status not in (400, 403, 413):
        status = 404
    if status == 400:
        text = (
            "提交的内容无法读取，未作任何处理；请返回上一页重新填写。",
            "What was sent cannot be read; nothing was done. Go back and fill it in again.",
        )
        return _message(request, status, ("无法读取", "Not readable"), text)
    text = ("没有这个页面，或您无权查看。请从首页或待办进入。", "There is no such page, or it is not yours to see.")
    return _message(request, status, ("找不到页面", "Not found"), text, ("/", "回到首页", "To the front page"))


def _note(request: Request, error: Exception, status: int) -> None:
    """One line in the log for a page that is not its reader's, or is not there; no address, which may hold what is secret."""
    route = request.scope.get("route")
    if status != 404 or route is None:
        return
    with suppress(Problem):  # a store that is away: the answer says so
        found = visit(request).session
        if found is not None:
            why = error.code if isinstance(error, Problem) else "not there"
            log.info("not shown to %s: %s %s (%s)", found.person, request.method, route.path, why)


def _too_large(request: Request, _error: Exception) -> Response:
    text = (
        "提交的内容过大：单个文件最多 50 MB，每次一个文件。",
        "Too large: at most 50 MB a file, one file at a time.",
    )
    return _message(request, 413, ("内容过大", "Too large"), text)


def _broken(request: Request, error: Exception) -> Response:
    log.error("a page failed: %s", request.url.path, exc_info=error)
    text = (
        "系统出错，您的操作可能没有完成；请返回查看结果，再次提交同一页面不会重复办理。",
        "Something failed. Look at the result: sending the same page again never does a thing twice.",
    )
    response = _message(request, 500, ("系统出错", "An error"), text)
    add_headers(response.headers, request.app.state.settings)  # this answer is made outside of Guard
    return response
