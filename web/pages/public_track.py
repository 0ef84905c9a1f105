"""Following a case without an account, by its number and the last four digits of a telephone on record."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.views.case_tracking import TrackedCase, track
from web.visit import Form, Visit, Visitor

router = APIRouter()


@router.get("/track")
def ask(visit: Visitor) -> Response:
    return _page(visit)


@router.post("/track")
def follow(visit: Visitor, form: Form) -> Response:
    """The answer comes at once, not at an address: the digits stand in no log and no history."""
    number, digits = form.get("number"), form.get("digits")
    faults = []
    if not number:
        faults.append(("f-number", "请填写案件编号", "enter the case number"))
    if not (digits.isascii() and digits.isdigit() and len(digits) == 4):
        faults.append(("f-digits", "请填写手机号码的后四位数字", "enter the last four digits of the telephone"))
    if faults:
        return _page(visit, number=number, digits=digits, faults=faults, status=422)
    try:
        found = track(visit.store, number, digits, visitor=visit.source, now=visit.real)
    except Refused as no:
        status = 429 if no.code == "throttled" else 422
        return _page(visit, number=number, digits=digits, faults=[("f-number", no.zh, no.en)], status=status)
    return _page(visit, number=found.number, found=found)


def _page(
    visit: Visit,
    *,
    number: str = "",
    digits: str = "",
    faults: Sequence[tuple[str, str, str]] = (),
    found: TrackedCase | None = None,
    status: int = 200,
) -> Response:
    errors = {field: visit.t(zh, en) for field, zh, en in faults}
    shown = {"number": number, "digits": digits, "found": found, "faults": faults, "errors": errors}
    return visit.page("public/track.html", status=status, **shown)
