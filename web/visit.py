"""One request as pages see it: the store, who is signed in, the language, and how a page is rendered or a form is read."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlsplit
from uuid import UUID

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match

from casework.lifecycle.read_access import ReadScope, scope
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.reference import reference
from casework.staff.sign_in import Session, session_of
from casework.views.factor_duties import FACTOR_DUTIES
from models.clock import real_now
from models.store import Store
from policies.money import Money, WrongAmount
from web.guard import NUL, host_of, takes_file
from web.portal_settings import WebSettings, cookie_name, requires_factor, session_cookie

log = logging.getLogger("duixian.web")
T = TypeVar("T")
LANGUAGE_COOKIE, VISITOR_COOKIE = "duixian-language", "duixian-visitor"
MOST_FIELDS, MOST_FILES = 3000, 1
# What a session that only reads may send; everything else asks for the password first.
READS_ONLY_SENDS = frozenset(
    {
        "/account/step-up", "/account/step-up/challenge", "/account/step-up/passkey", "/enrol", "/recover", "/recover/code",
        "/register", "/sign-in", "/sign-out", "/track", "/verify",
    }
)  # fmt: skip
OWN_MESSAGES = ("/account/messages", "/account/addresses")  # of one's account the forms that hold no password
CALCULATORS = "/items/"  # their forms keep nothing
TASK_LINKS = "/t/"  # links in messages: looking at them writes nothing, not even that the session was used


@dataclass
class Visit:
    """A request on its way to a page. `now` is the business clock's, `real` the machine's (sessions, codes, limits)."""

    request: Request
    store: Store
    home: Home
    settings: WebSettings
    session: Session | None
    language: str
    demo: bool
    now: datetime
    real: datetime
    visitor: str  # a random value in a cookie: binds the forms of whoever is not signed in
    _scope: ReadScope | None = field(default=None, repr=False)

    def t(self, zh: str, en: str) -> str:
        """The wording in the reader's language."""
        return en if self.language == "en" else zh

    @property
    def person(self) -> UUID:
        """Who acts: the account of the session. Pages that need one ask for `SignedIn`."""
        if self.session is None:
            raise NotSignedIn
        return self.session.person

    @property
    def reader(self) -> UUID:
        """Who reads: never the operator, and never nobody, whatever the store."""
        return self.person

    def scope(self) -> ReadScope | None:
        """The units and duties of who is signed in, looked up once a request."""
        if self.session is not None and self._scope is None:
            with self.store.read() as work:
                self._scope = scope(work, reference(self.store, work), self.session.person)
        return self._scope

    @property
    def acts_for_a_party(self) -> bool:
        """Whether an applicant is signed in."""
        found = self.scope()
        return found is not None and found.who.party_id is not None

    @property
    def token(self) -> str:
        """What every form carries: bound to the session, or to the visitor where nobody is signed in."""
        return hmac.new(self.browser.encode(), b"form", hashlib.sha256).hexdigest()

    @property
    def browser(self) -> str:
        """What stands for one browser: its session, or a random value where nobody is signed in."""
        return self.session.hash if self.session else self.visitor

    @property
    def source(self) -> str:
        """Where the request came from; "" behind a proxy that is not named, where everybody would seem to be one visitor."""
        return source_of(self.request, self.settings)

    def step_up_first(self) -> None:
        """Before anything is typed: asks for the second factor at once. A session that only reads may look: its form asks."""
        if self.session is not None and not self.session.reads_only:
            self.refuse_unless_stepped_up()

    def refuse_unless_stepped_up(
        self, form: "Posted | None" = None, *, carried: Sequence[tuple[str, str]] = (), own: bool = False
    ) -> None:
        """Asks whoever has a second factor, and has not shown it of late, for it; who needs one sets it up first, unless what
        is to be done is about their `own` account; others go on with the password.

        A form that was sent meanwhile, or what is carried of one, is carried along, and sent again once the code is given.
        """
        kept = form.carried() if form else carried
        if self.session is not None and not self.session.stepped_up(self.real):
            raise NotSteppedUp(kept)
        if self.session is not None and not own and self.lacks_factor:
            raise NoFactor(kept)

    @property
    def lacks_factor(self) -> bool:
        """Whether who is signed in decides about money or rights, and has to set up a second factor before they do."""
        if (
            self.session is None
            or self.session.factor
            or not requires_factor(self.settings.second_factor, demo=self.demo)
        ):
            return False
        found = self.scope()
        return found is not None and bool(found.duties & FACTOR_DUTIES)

    def page(self, template: str, *, status: int = 200, **shown: Any) -> Response:
        """A rendered page; everything that a template inserts is escaped."""
        found = self.request.app.state.templates.get_template(template)
        response = HTMLResponse(found.render(visit=self, t=self.t, **shown), status_code=status)
        if _cookie(self.request, VISITOR_COOKIE) != self.visitor:
            self.set_cookie(response, cookie_name(self.settings, VISITOR_COOKIE), self.visitor)
        return response

    def go(self, address: str) -> Response:
        """To another page of the portal, after a form was sent."""
        return RedirectResponse(inside(address), status_code=303)

    def set_cookie(self, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
        """A cookie that scripts cannot read and other sites do not send."""
        response.set_cookie(
            name, value, max_age=seconds, httponly=True, secure=self.settings.secure, samesite="lax", path="/"
        )

    @property
    def session_cookie(self) -> str:
        """The name of the session's cookie; over TLS browsers bind it to this host."""
        return session_cookie(self.settings)


def source_of(request: Request, settings: WebSettings) -> str:
    """The address that a request came from; "" where it is not known."""
    client = request.client
    if not settings.proxies and "x-forwarded-for" in request.headers:
        _warn_of_proxy()
    if client is None or (client.host in ("127.0.0.1", "::1") and not settings.proxies):
        return ""
    return client.host


@lru_cache(maxsize=1)
def _warn_of_proxy() -> None:
    """Says once that all visitors seem to be one: tries in vain of one of them keep the others out."""
    log.warning(
        "requests come through a proxy: name its address in DUIXIAN_WEB_PROXIES, or all visitors share one limit"
    )


class NotSignedIn(Exception):
    """A page that needs an account was asked for without one."""


class NotSteppedUp(Exception):
    """A sensitive act was begun by somebody whose second factor was not shown of late; nothing was done."""

    def __init__(self, carried: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.carried = carried


class NoFactor(Exception):
    """Such an act was begun by somebody who needs a second factor and has none; nothing was done."""

    def __init__(self, carried: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.carried = carried


def visit(request: Request) -> Visit:
    """Everything about a request."""
    state = request.app.state
    real = real_now()
    secret = request.cookies.get(session_cookie(state.settings), "")
    seen = not request.url.path.startswith(TASK_LINKS)
    session = session_of(state.store, secret, now=real, seen=seen) if secret else None
    with state.store.read() as work:
        demo, now = work.demo, work.now
    return Visit(
        request=request,
        store=state.store,
        home=state.home,
        settings=state.settings,
        session=session,
        language=_language(request, session),
        demo=demo,
        now=now,
        real=real,
        visitor=_cookie(request, VISITOR_COOKIE)[:64] or secrets.token_urlsafe(24),
    )


def _cookie(request: Request, name: str) -> str:
    """A cookie of ours that is not the session's; "" where the browser has none."""
    return request.cookies.get(cookie_name(request.app.state.settings, name), "")


def signed_in(visit: Annotated[Visit, Depends(visit)]) -> Visit:
    """A visit of somebody who is signed in; anybody else is sent to the sign-in page and comes back."""
    if visit.session is None:
        raise NotSignedIn
    return visit


def officer(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    """A visit of somebody who holds a duty or looks on; for anybody else the office's pages do not exist."""
    found = visit.scope()
    if found is None or not found.office:
        raise HTTPException(404)
    return visit


def applicant(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    """A visit of somebody who acts for a party; for anybody else an applicant's pages do not exist."""
    if not visit.acts_for_a_party:
        raise HTTPException(404)
    return visit


def _language(request: Request, session: Session | None) -> str:
    for said in (
        request.query_params.get("lang"),
        _cookie(request, LANGUAGE_COOKIE),
        session.language if session else None,
    ):
        if said in ("zh", "en"):
            return str(said)
    return "zh"


def inside(address: str) -> str:
    """An address within the portal; what leads out of it becomes its front page."""
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that are no address
        return "/"
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if plain and all(ord(char) > 0x1F for char in address) and "\\" not in address else "/"


def sign_in_address(request: Request) -> str:
    """The sign-in page, with the way back to a page that was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(wanted if request.method == 'GET' else page_of(request), safe='')}"


def page_of(request: Request) -> str:
    """The page of this portal from which a form was sent, where the browser says so and it can be asked for."""
    sender = request.headers.get("referer", "")
    if host_of(sender) not in request.app.state.settings.hosts:
        return "/"
    parts = urlsplit(sender)
    if not can_be_asked(request, parts.path):
        return "/"
    return inside(parts.path + (f"?{parts.query}" if parts.query else ""))


def can_be_asked(request: Request, path: str) -> bool:
    """Whether a page is found at an address of this portal, and not a form's target only."""
    asked = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


class Posted:
    """A form as it was sent: each name's texts, and the file where there is one."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    def get(self, name: str, default: str = "") -> str:
        """A field's text (the last one sent), without blanks around it."""
        found = [value for value in self._form.getlist(name) if isinstance(value, str)]
        return found[-1].strip() if found else default

    def password(self, name: str = "password") -> str:
        """A password exactly as it was typed, blanks around it too."""
        found = self.list(name)
        return found[-1] if found else ""

    def list(self, name: str) -> list[str]:
        """All texts of a field."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> Any:
        """An uploaded file (Starlette's UploadFile), or None."""
        found = self._form.get(name)
        return found if found is not None and not isinstance(found, str) and found.filename else None

    def texts(self) -> Mapping[str, str]:
        """Every field that holds text, for a form that is read as a whole."""
        return {name: self.get(name) for name in self.names() if name not in ("_token", "act_id", "seen")}

    def names(self) -> Iterable[str]:
        """The names of the fields that were sent."""
        return dict.fromkeys(name for name, value in self._form.multi_items() if isinstance(value, str))

    def carried(self, under: str = "") -> Sequence[tuple[str, str]]:
        """Every text but the form's token, to be sent again; of names that begin with `under`, without it."""
        names = (name for name in self.names() if name.startswith(under) and name != "_token")
        return [(name.removeprefix(under), value) for name in names for value in self.list(name)]

    def uuid(self, name: str) -> UUID:
        """An id that the form carried; one that is none is refused."""
        try:
            return UUID(self.get(name))
        except ValueError as error:
            raise Refused("form", "表单不完整，请返回重新填写", "the form is not whole: go back", field=name) from error

    def day(self, name: str) -> date | None:
        """A day, as browsers send it; None where nothing was sent."""
        text = self.get(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            zh = f"“{text[:20]}”不是日期，应写成 2023-09-01"
            raise Refused("date", zh, "write the date like 2023-09-01", field=name) from error

    def money(self, name: str) -> Money | None:
        """An amount in yuan, with or without separators; None where nothing was sent."""
        text = self.get(name).replace(",", "").replace("，", "")
        try:
            return Money.yuan(text) if text else None
        except WrongAmount as wrong:
            zh, en = f"金额有误：{wrong}", "write yuan with at most two decimals"
            raise Refused("amount", zh, en, field=name) from wrong

    def number(self, name: str) -> int | None:
        """A whole number, or None where nothing was sent."""
        text = self.get(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Refused("form", f"“{text[:20]}”不是整数", "a whole number is needed", field=name)
        return int(text)


def required(given: T | None, name: str, zh: str, en: str) -> T:
    """What a field of a form was given; Refused, with the field's name in words, where nothing was."""
    if given is None or given == "":
        raise Refused("required", f"请写明{zh}", f"say {en}", field=name)
    return given


async def posted(request: Request, visit: Annotated[Visit, Depends(visit)]) -> AsyncIterator[Posted]:
    """The form, if it is one of ours: a form without its token is refused, and nothing is done. Its file is closed afterwards."""
    most = MOST_FILES if takes_file(request.method, request.url.path) else 0
    if most and visit.session is None:  # a cookie that opens nothing: the body is not read
        raise NotSignedIn
    async with request.form(max_files=most, max_fields=MOST_FIELDS, max_part_size=1024**2) as form:
        token = form.get("_token")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), visit.token.encode()):
            zh = "页面已失效（登录状态已变化或页面过旧），内容尚未提交；请返回上一页，先复制已填写的文字，再刷新页面重新提交"
            en = "this page is out of date and nothing was sent: go back, copy what you typed first, then reload and send again"
            raise Refused("token", zh, en)
        if any(
            NUL in name + (value if isinstance(value, str) else value.filename or "")
            for name, value in form.multi_items()
        ):
            raise HTTPException(400)
        found = Posted(form)
        path = request.url.path
        only_asks = path in READS_ONLY_SENDS or path.startswith(CALCULATORS)
        if visit.session is not None and visit.session.reads_only and not only_asks:
            own = path.startswith("/account/") and not path.startswith(OWN_MESSAGES)  # passwords: typed again
            raise NotSteppedUp(() if own else found.carried())
        yield found


Visitor = Annotated[Visit, Depends(visit)]
SignedIn = Annotated[Visit, Depends(signed_in)]
Officer = Annotated[Visit, Depends(officer)]
Applicant = Annotated[Visit, Depends(applicant)]
Form = Annotated[Posted, Depends(posted)]
