"""Signing in and out, the language, passwords by enrolment code."""

import logging
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.staff import chat_sign_in, sign_in
from notifications.channels.code_exchange import APPS
from web.demo_accounts import demo_accounts
from web.portal_settings import cookie_name
from web.visit import LANGUAGE_COOKIE, Form, SignedIn, Visit, Visitor, inside

router = APIRouter()
log = logging.getLogger("duixian.web")


@router.get("/sign-in")
def sign_in_page(visit: Visitor, next: Annotated[str, Query()] = "/", done: Annotated[str, Query()] = "") -> Response:
    return shown_sign_in(visit, inside(next), done=done)


def shown_sign_in(
    visit: Visitor, next: str, *, login: str = "", done: str = "", error: Refused | None = None
) -> Response:
    faults = [(f"f-{error.field}", error.zh, error.en)] if error else []
    accounts = demo_accounts(visit.home) if visit.demo else ()
    offered = chat_sign_in.apps(visit.home, demo=visit.demo)
    chats = [(name, APPS[name]) for name in offered]
    shown = {"chats": chats, "next": next, "login": login, "faults": faults, "accounts": accounts, "done": done}
    return visit.page("sign_in.html", status=403 if error else 200, **shown)


@router.post("/sign-in")
def sign_in_(visit: Visitor, form: Form) -> Response:
    target, agent = inside(form.get("next", "/")), visit.request.headers.get("user-agent", "")
    login = form.get("login")
    try:
        secret = sign_in.sign_in(
            visit.store,
            login,
            form.password(),
            now=visit.real,
            agent=agent,
            code=form.get("code"),
            source=visit.source,
        )
    except Refused as no:
        log.warning("a sign-in was refused (%s), from %s", no.code, visit.source or "an address that nobody knows")
        return shown_sign_in(visit, target, login=login, error=no)
    end_former(visit)
    answer = visit.go(target if target != "/" else "/home")
    visit.set_cookie(answer, visit.session_cookie, secret)
    return answer


def end_former(visit: Visit) -> None:
    """Whoever signs in anew leaves no session behind in this browser."""
    if visit.session is not None:
        sign_in.sign_out(visit.store, visit.session.hash)


@router.get("/home")
def home(visit: SignedIn) -> Response:
    """Where somebody begins: the inbox of an officer, the applications of a firm, else the front page."""
    scope = visit.scope()
    if scope is not None and scope.office:
        return visit.go("/desk")
    return visit.go("/my" if scope is not None and scope.who.party_id else "/")


@router.post("/sign-out")
def sign_out(visit: Visitor, form: Form) -> Response:
    if visit.session is not None:
        sign_in.sign_out(visit.store, visit.session.hash)
    answer = visit.go("/")
    answer.delete_cookie(visit.session_cookie, path="/", secure=visit.settings.secure, httponly=True)
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@router.get("/language/{language}")
def language(visit: Visitor, language: str, next: Annotated[str, Query()] = "/") -> Response:
    answer = visit.go(inside(next))
    if language in ("zh", "en"):
        visit.set_cookie(answer, cookie_name(visit.settings, LANGUAGE_COOKIE), language, seconds=365 * 86400)
    return answer
