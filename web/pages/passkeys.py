"""Passkeys: added, removed, signed in with, shown again before a sensitive act. The device's part needs `static/passkeys.js`."""

import logging
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from casework.shared.errors import Refused
from casework.staff import passkeys
from casework.staff.passkeys import Site
from web.pages.accounts import end_former, shown_sign_in
from web.pages.own_account import first_factor, go_on, own_session
from web.visit import Form, Posted, SignedIn, Visit, Visitor, inside

router = APIRouter()
log = logging.getLogger("duixian.web")


def _site(visit: Visit) -> Site:
    """Where passkeys are good; no page where browsers make none for the portal's address."""
    parts = urlsplit(visit.settings.address)
    if not visit.settings.passkeys or parts.hostname is None:
        raise HTTPException(404)
    return Site(host=parts.hostname, origin=f"{parts.scheme}://{parts.netloc}".lower())


def _to_sign(visit: Visit, options: str) -> Response:
    return Response(options, media_type="application/json; charset=utf-8")


def _no(visit: Visit, no: Refused) -> Response:
    """A refusal for the script, which shows its words beside the button."""
    return JSONResponse({"refused": visit.t(no.zh, no.en)}, status_code=422)


# signing in


@router.post("/sign-in/passkey/challenge")
def begin_signing_in(visit: Visitor, form: Form) -> Response:
    options = passkeys.begin_signing_in(visit.store, visit.browser, _site(visit), now=visit.real)
    return _to_sign(visit, options)


@router.post("/sign-in/passkey")
def signed_in(visit: Visitor, form: Form) -> Response:
    target, agent = inside(form.get("next", "/")), visit.request.headers.get("user-agent", "")
    site, answer = _site(visit), form.get("credential")
    try:
        secret = passkeys.sign_in(
            visit.store, visit.browser, site, answer, now=visit.real, agent=agent, source=visit.source
        )
    except Refused as no:
        log.warning("a sign-in was refused (%s), from %s", no.code, visit.source or "an address that nobody knows")
        return shown_sign_in(visit, target, error=no)
    end_former(visit)
    answered = visit.go(target if target != "/" else "/home")
    visit.set_cookie(answered, visit.session_cookie, secret)
    return answered


# before a sensitive act


@router.post("/account/step-up/challenge")
def begin_step_up(visit: SignedIn, form: Form) -> Response:
    options = passkeys.begin_step_up(visit.store, own_session(visit), _site(visit), now=visit.real)
    return _to_sign(visit, options)


@router.post("/account/step-up/passkey")
def stepped_up(visit: SignedIn, form: Form) -> Response:
    target, carried = inside(form.get("next", "/")), form.carried("carried.")
    try:
        secret = passkeys.step_up(visit.store, own_session(visit), _site(visit), form.get("credential"), now=visit.real)
    except Refused as no:
        return visit.page("account/step_up.html", status=422, next=target, carried=carried, error=no)
    return go_on(visit, secret, target, carried)


# one's own


@router.get("/account/passkeys")
def page(visit: SignedIn, done: Annotated[str, Query(max_length=10)] = "") -> Response:
    return _page(visit, done=done)


def _page(visit: Visit, *, done: str = "", name: str = "", error: Refused | None = None) -> Response:
    _site(visit)
    return visit.page(
        "account/passkeys.html",
        status=422 if error else 200,
        rows=passkeys.listed(visit.store, own_session(visit).person),
        most=passkeys.MOST,
        done=done,
        name=name,
        error=error,
    )


@router.post("/account/passkeys/challenge")
def begin_adding(visit: SignedIn, form: Form) -> Response:
    """The second factor, shown of late, or the password where there is none; then what the device makes a passkey from."""
    site = _site(visit)
    visit.refuse_unless_stepped_up(own=True)
    try:
        options = passkeys.begin_adding(
            visit.store, own_session(visit), site, form.password("key-proof"), now=visit.real
        )
    except Refused as no:
        return _no(visit, no)
    return _to_sign(visit, options)


@router.post("/account/passkeys")
def add(visit: SignedIn, form: Form) -> Response:
    site, answer, name = _site(visit), form.get("credential"), form.get("name")
    try:
        passkeys.add(visit.store, own_session(visit), site, answer, name, now=visit.real)
    except Refused as no:
        return _not_added(visit, form, name, no)
    if not form.get("next"):
        return visit.go("/account/passkeys?done=added")
    target, carried = inside(form.get("next")), form.carried("carried.")
    return visit.page("account/stepped_up.html", next=target, carried=carried) if carried else visit.go(target)


def _not_added(visit: Visit, form: Posted, name: str, no: Refused) -> Response:
    if form.get("next"):
        return first_factor(visit, inside(form.get("next")), form.carried("carried."), name=name, error=no)
    return _page(visit, name=name, error=no)


@router.post("/account/passkeys/{passkey}/end")
def remove(visit: SignedIn, passkey: UUID, form: Form) -> Response:
    visit.refuse_unless_stepped_up(form, own=True)
    passkeys.remove(visit.store, own_session(visit), passkey)
    return visit.go("/account/passkeys?done=removed")
