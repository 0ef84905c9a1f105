"""A firm registers itself; an officer who enters parties accepts or refuses the request."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.forms.form_fields import WrongForm
from casework.parties import self_registration
from casework.parties.party_register import CODED
from casework.parties.self_registration import NewRegistration
from casework.shared.errors import Refused
from casework.views.value_wordings import term
from web.visit import Form, Officer, Posted, Visit, Visitor

router = APIRouter()
_TYPED = ("kind", "code", "name", "town", "person", "contact", "login")


@router.get("/register")
def register_page(visit: Visitor) -> Response:
    return _register_page(visit, dict.fromkeys(_TYPED, ""))


def _register_page(visit: Visit, typed: dict[str, str], error: Refused | None = None) -> Response:
    wrong: dict[str, tuple[str, str]] = {}
    if isinstance(error, WrongForm):
        wrong = {one.field: (one.zh, one.en) for one in error.faults}
    elif error is not None:
        wrong = {error.field: (error.zh, error.en)}
    return visit.page(
        "registration/ask.html",
        status=422 if error else 200,
        typed=typed,
        wrong=wrong,
        faults=[(f"f-{field}", zh, en) for field, (zh, en) in wrong.items()],
        kinds=[(str(one), *term("party", one)) for one in CODED],
        towns=self_registration.towns(visit.store),
    )


@router.post("/register")
def register(visit: Visitor, form: Form) -> Response:
    typed = {name: form.get(name) for name in _TYPED}
    try:
        receipt = _asked(visit, form, typed)
    except Refused as no:
        return _register_page(visit, typed, no)
    return visit.go(f"/register/{receipt}")


def _asked(visit: Visit, form: Posted, typed: dict[str, str]) -> str:
    if form.password() != form.password("again"):
        raise Refused("again", "两次输入的密码不一致", "the password was typed in two ways", field="again")
    new = NewRegistration(**typed, password=form.password(), language=visit.language)
    return self_registration.ask(visit.store, new, source=visit.source, now=visit.real)


@router.get("/register/{receipt}")
def asked_page(visit: Visitor, receipt: str) -> Response:
    """What became of a request; its address is the sender's receipt."""
    found = self_registration.asked(visit.store, receipt, now=visit.real)
    if found is None:
        raise Refused("not_yours", "没有这个注册申请", "there is no such request")
    return visit.page("registration/asked.html", one=found)


# the officer's side


@router.get("/desk/registrations")
def waiting_page(visit: Officer, done: Annotated[str, Query()] = "") -> Response:
    return _waiting_page(visit, done=done)


def _waiting_page(visit: Visit, **shown: Any) -> Response:
    found = self_registration.waiting(visit.store, visit.person, now=visit.real)
    return visit.page(
        "registration/waiting.html",
        status=422 if shown.get("error") else 200,
        found=found,
        rows=[(one, term("party", one.kind), found.of_code[one.code] - 1) for one in found.rows],
        **{"done": "", "error": None, "wrong": None, "refusing": False, "reason": "", **shown},
    )


@router.post("/desk/registrations/{registration}/accept")
def accept(visit: Officer, registration: UUID, form: Form) -> Response:
    try:
        self_registration.accept(visit.store, visit.person, registration, now=visit.real)
    except Refused as no:
        return _waiting_page(visit, error=no, wrong=registration)
    return visit.go("/desk/registrations?done=accepted")


@router.post("/desk/registrations/{registration}/refuse")
def refuse(visit: Officer, registration: UUID, form: Form) -> Response:
    try:
        self_registration.refuse(visit.store, visit.person, registration, reason=form.get("reason"))
    except Refused as no:
        return _waiting_page(visit, error=no, wrong=registration, refusing=True, reason=form.get("reason"))
    return visit.go("/desk/registrations?done=refused")
