"""A person's own account: sessions, password, authenticator, tokens, addresses; and a password set with an enrolment code."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.shared.qr_codes import qr_code
from casework.staff import chat_sign_in, contact_addresses, passkeys, sign_in, tokens
from casework.staff.sign_in import Session
from casework.views.value_wordings import term
from notifications.channels.code_exchange import APPS
from web.visit import Form, NotSignedIn, Posted, SignedIn, Visit, Visitor, inside

router = APIRouter()


@router.get("/account")
def account_page(visit: SignedIn, done: Annotated[str, Query()] = "") -> Response:
    return shown_account(visit, done=done)


def shown_account(visit: Visit, *, done: str = "", error: Refused | None = None, form: str = "") -> Response:
    """The page, with what was done, or what is wrong in one of its forms."""
    session = own_session(visit)
    pending = sign_in.pending_factor(visit.store, session)
    bound, scope = chat_sign_in.bound(visit.store, session.person), visit.scope()
    offered = chat_sign_in.apps(visit.home, demo=visit.demo) if scope is not None and scope.office else {}
    addresses = contact_addresses.listed(visit.store, holder=contact_addresses.person(session.login))
    listed = sign_in.sessions(visit.store, session.person, now=visit.real)
    chats = [(name, APPS[name], bound.get(name)) for name in APPS if name in bound or name in offered]
    true = (
        (done == "chat" and bool(bound))
        or (done == "sessions" and len(listed) == 1)
        or (done == "factor" and session.factor)
        or done == "token"
    )
    return visit.page(
        "account/own.html",
        status=422 if error else 200,
        session=session,
        sessions=listed,
        tokens=tokens.listed(visit.store, person=session.person),
        chats=chats,
        offered=offered,
        passkeys=len(passkeys.listed(visit.store, session.person)),
        pending=pending,
        lacking=visit.lacks_factor,
        drawing=qr_code(sign_in.factor_address(session, pending)) if pending else "",
        addresses=[(one, term("channel", one.channel), term("contact", one.status)) for one in addresses],
        done=done if true else "",
        error=error,
        wrong_form=form,
    )


def own_session(visit: Visit) -> Session:
    if visit.session is None:
        raise NotSignedIn
    return visit.session


@router.post("/account/sessions")
def end_others(visit: SignedIn, form: Form) -> Response:
    sign_in.end_others(visit.store, own_session(visit))
    return visit.go("/account?done=sessions")


@router.post("/account/tokens")
def end_token(visit: SignedIn, form: Form) -> Response:
    session = own_session(visit)
    tokens.revoke(visit.store, session.person, person=session.login, token=form.uuid("token"))
    return visit.go("/account?done=token")


@router.post("/account/password")
def change_password(visit: SignedIn, form: Form) -> Response:
    try:
        new = typed_twice(form)
        sign_in.change_password(visit.store, own_session(visit), form.password("old"), new, now=visit.real)
    except Refused as no:
        return shown_account(visit, error=no, form="password")
    return visit.go("/sign-in?done=password")


@router.get("/account/factor")
def first_factor_page(visit: SignedIn, next: Annotated[str, Query()] = "/account") -> Response:
    """For whom an act led here: sets up a second factor, and leads back."""
    target = inside(next)
    return visit.go(target) if own_session(visit).factor else first_factor(visit, target)


def first_factor(
    visit: Visit,
    next: str,
    carried: Sequence[tuple[str, str]] = (),
    *,
    status: int = 200,
    name: str = "",
    error: Refused | None = None,
) -> Response:
    """The page on which an officer sets up the second factor that their act needs; what was typed there is carried along."""
    session = own_session(visit)
    pending = sign_in.pending_factor(visit.store, session)
    drawing = qr_code(sign_in.factor_address(session, pending)) if pending else ""
    shown = {"next": next, "carried": carried, "pending": pending, "drawing": drawing, "name": name, "error": error}
    return visit.page("account/first_factor.html", status=422 if error else status, **shown)


@router.post("/account/factor")
def begin_factor(visit: SignedIn, form: Form) -> Response:
    target, carried = form.get("next"), form.carried("carried.")
    try:
        sign_in.begin_factor(visit.store, own_session(visit), form.password("proof"), now=visit.real)
    except Refused as no:
        return _factor_refused(visit, form, no)
    return first_factor(visit, inside(target), carried) if target else visit.go("/account#factor")


@router.post("/account/factor/confirm")
def confirm_factor(visit: SignedIn, form: Form) -> Response:
    target, carried = form.get("next"), form.carried("carried.")
    try:
        sign_in.confirm_factor(visit.store, own_session(visit), form.get("code"), now=visit.real)
    except Refused as no:
        return _factor_refused(visit, form, no)
    if carried:
        return visit.page("account/stepped_up.html", next=inside(target), carried=carried)
    return visit.go(inside(target) if target else "/account?done=factor")


def _factor_refused(visit: Visit, form: Posted, no: Refused) -> Response:
    if form.get("next"):
        return first_factor(visit, inside(form.get("next")), form.carried("carried."), error=no)
    return shown_account(visit, error=no, form="factor")


@router.get("/account/step-up")
def step_up_page(visit: SignedIn, next: Annotated[str, Query()] = "/") -> Response:
    """Asks for a code before a sensitive act; who has no authenticator is led on."""
    target = inside(next)
    if own_session(visit).stepped_up(visit.real):
        return visit.go(target)
    return visit.page("account/step_up.html", next=target, carried=(), error=None)


@router.post("/account/step-up")
def step_up(visit: SignedIn, form: Form) -> Response:
    target, carried = inside(form.get("next", "/")), form.carried("carried.")
    try:
        secret = sign_in.step_up(
            visit.store, own_session(visit), form.get("code"), now=visit.real, password=form.password()
        )
    except Refused as no:
        return visit.page("account/step_up.html", status=422, next=target, carried=carried, error=no)
    return go_on(visit, secret, target, carried)


def go_on(visit: Visit, secret: str, target: str, carried: Sequence[tuple[str, str]]) -> Response:
    """After a step-up, with the session's new secret: to where it was asked for, with the form that was sent meanwhile."""
    answer = visit.go(target)
    if carried:
        renewed = replace(visit, session=sign_in.session_of(visit.store, secret, now=visit.real))
        answer = renewed.page("account/stepped_up.html", next=target, carried=carried)
    visit.set_cookie(answer, visit.session_cookie, secret)
    return answer


@router.get("/enrol")
def enrol_page(visit: Visitor) -> Response:
    return visit.page("account/enrol.html", error=None, code="")


@router.post("/enrol")
def enrol(visit: Visitor, form: Form) -> Response:
    try:
        sign_in.use_enrolment(visit.store, form.get("code"), typed_twice(form), now=visit.real)
    except Refused as no:
        return visit.page("account/enrol.html", status=422, error=no, code=form.get("code"))
    return visit.go("/sign-in?done=password")


def typed_twice(form: Posted) -> str:
    """A new password, typed twice alike."""
    first = form.password()
    if first != form.password("again"):
        raise Refused("again", "两次输入的新密码不一致", "the new password was typed in two ways", field="again")
    return first
