"""Signing in by a chat app, and binding one to an account: to the app's page and back, with a state that a cookie binds."""

import hmac
import logging
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from casework.shared.errors import Problem, Refused
from casework.staff import chat_sign_in
from notifications.channels.code_exchange import APPS, ChatApp, address
from web.pages.accounts import end_former
from web.pages.own_account import shown_account
from web.portal_settings import cookie_name
from web.visit import Form, NotSignedIn, Officer, Visit, Visitor, inside

router = APIRouter()
log = logging.getLogger("duixian.web")
COOKIE, SECONDS = "duixian-chat", 600


@dataclass(frozen=True, kw_only=True)
class _Errand:
    """What a browser went to the app for; kept in its cookie. `binds`: the session for which an account is to be bound."""

    app: str
    state: str
    next: str = "/"
    binds: str = ""

    @classmethod
    def of(cls, visit: Visit) -> "_Errand":
        said = dict(parse_qsl(visit.request.cookies.get(cookie_name(visit.settings, COOKIE), "")))
        known = {name: said.get(name, "") for name in ("app", "state", "next", "binds")}
        return cls(**known)


def _app(visit: Visit, name: str) -> ChatApp:
    app = chat_sign_in.apps(visit.home, demo=visit.demo).get(name)
    if app is None:
        raise HTTPException(404)
    return app


def _back(visit: Visit, app: ChatApp) -> str:
    return f"{visit.settings.address}/sign-in/with/{app.kind}/back"


def _keep(visit: Visit, answer: Response, errand: _Errand) -> Response:
    visit.set_cookie(answer, cookie_name(visit.settings, COOKIE), urlencode(vars(errand)), seconds=SECONDS)
    return answer


@router.get("/sign-in/with/{name}")
def begin(visit: Visitor, name: str, next: Annotated[str, Query()] = "/") -> Response:
    app = _app(visit, name)
    errand = _Errand(app=name, state=chat_sign_in.new_state(), next=inside(next))
    return _keep(visit, RedirectResponse(address(app, _back(visit, app), errand.state), status_code=303), errand)


@router.get("/sign-in/with/{name}/back")
def back(
    visit: Visitor,
    name: str,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=1000)] = "",
    auth: Annotated[str, Query(alias="authCode", max_length=1000)] = "",
) -> Response:
    """Only the browser that was sent there is listened to, once, and for the app to which it was sent."""
    app, errand = _app(visit, name), _Errand.of(visit)
    if not errand.state or errand.app != name or not hmac.compare_digest(errand.state.encode(), state.encode()):
        zh = "登录请求与本浏览器不符或已过期，请从登录页重新开始"
        raise Refused(
            "chat_state", zh, "this did not begin in this browser, or too long ago: begin at the sign-in page"
        )
    given = auth if APPS[name].code == "authCode" else code
    try:
        answer = _bind(visit, app, errand, given) if errand.binds else _sign_in(visit, app, errand, given)
    except Problem as no:  # the state was good for this once
        log.warning("a chat app's answer was refused (%s), from %s", no.code, visit.source or "an unknown address")
        answer = visit.request.app.exception_handlers[Problem](visit.request, no)
    answer.delete_cookie(cookie_name(visit.settings, COOKIE), path="/", secure=visit.settings.secure, httponly=True)
    answer.headers["referrer-policy"] = "no-referrer"
    return answer


def _sign_in(visit: Visit, app: ChatApp, errand: _Errand, code: str) -> Response:
    agent, leads = visit.request.headers.get("user-agent", ""), _back(visit, app)
    secret = chat_sign_in.sign_in(visit.store, app, code, leads, now=visit.real, agent=agent, source=visit.source)
    end_former(visit)
    answer = visit.go(errand.next if errand.next not in ("", "/") else "/home")
    visit.set_cookie(answer, visit.session_cookie, secret)
    return answer


def _bind(visit: Visit, app: ChatApp, errand: _Errand, code: str) -> Response:
    if visit.session is None:
        raise NotSignedIn
    if not hmac.compare_digest(visit.session.hash.encode(), errand.binds.encode()):
        raise Refused("chat_state", "登录状态已变化，请重新绑定", "another session began it: bind it anew")
    chat_sign_in.bind(visit.store, visit.session, app, code, _back(visit, app), now=visit.real)
    return visit.go("/account?done=chat#chat")


@router.post("/account/chat/{name}")
def begin_binding(visit: Officer, form: Form, name: str) -> Response:
    """A page with the way to the app: a form may lead to no other site. Asks for the code, or the password where there is none."""
    app = _app(visit, name)
    if visit.session is None:
        raise NotSignedIn
    visit.refuse_unless_stepped_up(own=True)
    try:
        chat_sign_in.refuse_unless_shown(visit.store, visit.session, app, form.password(f"chat-{name}"), now=visit.real)
    except Refused as no:
        return shown_account(visit, error=no, form="chat")
    errand = _Errand(app=name, state=chat_sign_in.new_state(), binds=visit.session.hash)
    page = visit.page("account/chat_bind.html", app=APPS[name], leads=address(app, _back(visit, app), errand.state))
    return _keep(visit, page, errand)


@router.post("/account/chat/{name}/end")
def end_binding(visit: Officer, form: Form, name: str) -> Response:
    if visit.session is None:
        raise NotSignedIn
    chat_sign_in.unbind(visit.store, visit.session, name)
    return visit.go("/account#chat")
