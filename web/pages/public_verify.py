"""Checking a receipt or a letter by the code that it bears: typed here, or come by its QR code."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.views.verified_records import VerifiedRecord, verify_record
from web.visit import Form, Visit, Visitor

router = APIRouter()
LONGEST = 200


@router.get("/verify")
def ask_for_code(visit: Visitor) -> Response:
    return _page(visit)


@router.post("/verify")
def check_code(visit: Visitor, form: Form) -> Response:
    typed = form.get("code")[:LONGEST]
    if not typed:
        return _page(visit, fault=("请填写核验码", "enter the code"), status=422)
    try:
        found = verify_record(visit.store, typed, visitor=visit.source, now=visit.real)
    except Refused as no:
        return _refused(visit, typed, no, status=422)
    return visit.go(f"/verify/{found.code}")


@router.get("/verify/{code}")
def show_record(visit: Visitor, code: Annotated[str, Path(max_length=LONGEST)]) -> Response:
    """Where the QR code leads. It shows what is there, and only counts a code that might be one and is none."""
    try:
        return _page(visit, found=verify_record(visit.store, code, visitor=visit.source, now=visit.real))
    except Refused as no:
        return _refused(visit, code, no, status=404)


def _refused(visit: Visit, typed: str, no: Refused, *, status: int) -> Response:
    return _page(visit, typed=typed, fault=(no.zh, no.en), status=429 if no.code == "throttled" else status)


def _page(
    visit: Visit,
    *,
    typed: str = "",
    fault: tuple[str, str] | None = None,
    found: VerifiedRecord | None = None,
    status: int = 200,
) -> Response:
    faults = [("f-code", *fault)] if fault else []
    return visit.page("public/verify.html", status=status, typed=typed, faults=faults, found=found)
