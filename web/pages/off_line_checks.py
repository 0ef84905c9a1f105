"""A paper of a case that is never uploaded: what an officer found in it off line is recorded."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.applications import offline_papers
from casework.applications.offline_papers import Looked
from casework.shared.errors import Refused
from casework.views.off_line_papers import OffLinePaper
from casework.views.officer_case import OfficerCase, officer_case
from web.case_filter import INBOX, kept
from web.fields import typed_fields
from web.pages.case_page import shown
from web.visit import Form, Posted, SignedIn, officer

router = APIRouter(dependencies=[Depends(officer)])
PAGE = "/desk/cases/{number}/off-line/{slot}"
Listed = Annotated[str, Query(alias="list", max_length=500)]
_FOUND = (("ok", "相符", "it is as it should be"), ("fail", "不符", "it is not"))


@router.get(PAGE)
def off_line_page(visit: SignedIn, number: str, slot: str, listed: Listed = INBOX) -> Response:
    sheet = officer_case(visit.store, number, visit.reader)
    return _page(visit, sheet, _paper(sheet, slot), listed)


def _paper(sheet: OfficerCase, slot: str) -> OffLinePaper:
    found = next((paper for paper in sheet.off_line.papers if paper.slot == slot), None)
    if found is None:
        raise HTTPException(404)
    return found


def _page(
    visit: SignedIn,
    sheet: OfficerCase,
    paper: OffLinePaper,
    listed: str,
    *,
    form: Posted | None = None,
    no: Refused | None = None,
) -> Response:
    typed = {name: form.get(name) if form else "" for name in ("found", "note")}
    field = typed_fields(typed, no, no.field if no else "")
    hint = visit.t("看到什么、何时何地", "what was seen, when and where")
    anchor = f"f-{no.field}" if no is not None and no.field in typed else ""
    return visit.page(
        "desk/off_line.html",
        status=422 if no else 200,
        **shown(visit, sheet, listed),
        paper=paper,
        why_not=sheet.off_line.why_not,
        looked=sheet.off_line.looked,
        fields=(
            field("found", "核验结果", "What was found", "choice", options=_FOUND),
            field("note", "核验说明", "Note", hint=hint, most=200),
        ),
        faults=[(anchor, no.zh, no.en)] if no else [],
    )


@router.post(PAGE)
def record(visit: SignedIn, form: Form, number: str, slot: str, listed: Listed = INBOX) -> Response:
    sheet = officer_case(visit.store, number, visit.reader)
    paper = _paper(sheet, slot)
    try:
        offline_papers.see(
            visit.store,
            case=sheet.file.case.id,
            slot=paper.slot,
            good=_good(form),
            note=form.get("note"),
            by=visit.person,
            looked=Looked(version=_whole(form, "seen"), looks=_whole(form, "looks")),
        )
    except Refused as no:
        again = officer_case(visit.store, number, visit.reader)
        return _page(visit, again, _paper(again, slot), listed, form=form, no=no)
    return visit.go(f"/desk/cases/{number}?done=off-line&{kept(listed)}")


def _good(form: Posted) -> bool:
    if form.get("found") not in ("ok", "fail"):
        raise Refused("found", "请选择核验结果", "say what was found", field="found")
    return form.get("found") == "ok"


def _whole(form: Posted, name: str) -> int:
    found = form.number(name)
    if found is None:
        raise Refused("form", "表单不完整，请返回重新填写", "the form is not whole: go back", field=name)
    return found
