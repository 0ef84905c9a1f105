"""A forgotten password: asked for by login name or address, set anew with the code that came."""

from fastapi import APIRouter
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.staff import recovery
from web.pages.own_account import typed_twice
from web.visit import Form, Visit, Visitor

router = APIRouter()


@router.get("/recover")
def recover_page(visit: Visitor) -> Response:
    return _ask_page(visit)


def _ask_page(visit: Visit, who: str = "", error: Refused | None = None) -> Response:
    return visit.page("account/recover.html", status=_status(error), who=who, error=error)


def _status(error: Refused | None) -> int:
    return 200 if error is None else 429 if error.code == "throttled" else 422


@router.post("/recover")
def recover(visit: Visitor, form: Form) -> Response:
    """The same page for whoever is known and whoever is not."""
    who = form.get("who")
    try:
        recovery.ask(visit.store, who, now=visit.real, source=visit.source)
    except Refused as no:
        return _ask_page(visit, who, no)
    return _code_page(visit, who, asked=True)


@router.get("/recover/code")
def code_page(visit: Visitor) -> Response:
    """For who comes back with the code later."""
    return _code_page(visit, "")


def _code_page(
    visit: Visit, who: str, *, asked: bool = False, code: str = "", error: Refused | None = None
) -> Response:
    return visit.page("account/recover_code.html", status=_status(error), who=who, asked=asked, code=code, error=error)


@router.post("/recover/code")
def use_code(visit: Visitor, form: Form) -> Response:
    who, code = form.get("who"), form.get("code")
    try:
        recovery.use(visit.store, who, code, typed_twice(form), now=visit.real, source=visit.source)
    except Refused as no:
        return _code_page(visit, who, code=code, error=no)
    return visit.go("/sign-in?done=password")
