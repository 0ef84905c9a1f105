"""Work programmes: milestones by date, indicators with targets, one programme whole; and the unit's own report with its figures."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework import views
from casework.act_forms import CASE_FORMS, parse
from casework.command_handler import act
from casework.forms.act_fields import Word
from casework.forms.form_fields import Fault, WrongForm
from casework.programmes import figure_workbook
from casework.shared.errors import Refused
from casework.shared.policies_in_use import of_store
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.views.own_cases import own_case
from casework.views.programme_file import ProgrammeFile, programme_file
from policies.forms import Text
from web.act_fields import act_field_view, summary
from web.desk_words import DeskWords
from web.fields import FieldView
from web.sent_files import template_sent
from web.uploaded import workbook
from web.visit import Applicant, Form, Posted, SignedIn, Visit, officer

router = APIRouter()
desk = APIRouter(dependencies=[Depends(officer)])
PAGE = 200
REPORT = CASE_FORMS["report"]


@desk.get("/desk/programmes")
def list_page(
    visit: SignedIn,
    of: Annotated[str, Query(max_length=10)] = "open",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    every = of == "all"
    found = views.milestones(visit.store, open_only=not every, limit=PAGE, offset=offset, reader=visit.reader)
    last = offset + PAGE
    return visit.page(
        "programmes/list.html",
        w=DeskWords(visit),
        rows=found.rows,
        every=every,
        further=f"/desk/programmes?of={'all' if every else 'open'}&offset={last}" if found.total > last else "",
    )


@desk.get("/desk/programmes/indicators")
def indicators_page(visit: SignedIn) -> Response:
    found = [(policy, views.indicators(visit.store, policy, reader=visit.reader)) for policy in of_store(visit.store)]
    return visit.page("programmes/indicators.html", found=found)


@desk.get("/desk/programmes/{number}")
def programme_page(visit: SignedIn, number: str) -> Response:
    return visit.page(
        "programmes/programme.html", w=DeskWords(visit), file=programme_file(visit.store, number, reader=visit.reader)
    )


# the unit's report


@router.get("/my/cases/{number}/report")
def report_page(visit: Applicant, number: str) -> Response:
    return _report_page(visit, _own(visit, number), {}, act_id=str(uuid4()))


@router.get("/my/figures.xlsx")
def figures_template(visit: Applicant) -> Response:
    return template_sent("figures.xlsx", figure_workbook.write_template)


def _own(visit: Visit, number: str) -> ProgrammeFile:
    """A programme of the reader's own unit; any other is no page of theirs."""
    case = own_case(visit.store, visit.reader, number).case
    return programme_file(visit.store, case.number, reader=visit.reader)


def _report_page(
    visit: Visit,
    file: ProgrammeFile,
    typed: dict[str, str],
    *,
    act_id: str,
    seen: int | None = None,
    faults: list[Fault] | None = None,
    no: Refused | None = None,
    read: bool = False,
) -> Response:
    if not file.reports:
        return visit.go(f"/my/cases/{file.case.number}")
    fields = _fields(file, typed, faults or [], english=visit.language == "en")
    return visit.page(
        "programmes/report.html",
        status=422 if faults or no else 200,
        file=file,
        fields=fields,
        faults=[*summary(fields), *([("", no.zh.splitlines()[0], no.en.splitlines()[0])] if no else [])],
        rows=no.faults if isinstance(no, WrongWorkbook) else (),
        read=read,
        act_id=act_id,
        seen=file.case.version if seen is None else seen,
    )


def _fields(file: ProgrammeFile, typed: dict[str, str], faults: list[Fault], *, english: bool) -> list[FieldView]:
    wrong = {fault.field: (fault.zh, fault.en) for fault in faults}
    open_ = [promise for promise in file.milestones if promise.open]
    titles = [Text(*[f"{promise.position}. {promise.title}（{promise.due_on}）"] * 2) for promise in open_]
    words = tuple(Word(str(promise.position), title) for promise, title in zip(open_, titles, strict=True))
    return [
        act_field_view(
            field,
            typed.get(field.name, ""),
            wrong.get(field.name),
            words if field.source == "milestones" else (),
            english=english,
        )
        for field in REPORT.fields
        if not field.hidden and field.name != "reason"
    ]


@router.post("/my/cases/{number}/report")
def report(visit: SignedIn, number: str, form: Form) -> Response:
    file = _own(visit, number)
    typed = {field.name: form.get(field.name) for field in REPORT.fields if not field.hidden}
    act_id, seen = form.uuid("act_id"), form.number("seen")
    again: dict[str, Any] = {"act_id": str(act_id), "seen": seen}
    try:
        if form.get("_read"):
            typed["indicators"] = _with_figures(typed["indicators"], form)
            return _report_page(visit, file, typed, read=True, **again)
        given = {name: text for name, text in typed.items() if name != "reason"}
        envelope = {"act_id": str(act_id), "seen": form.get("seen")}
        act(visit.store, parse("report", {**given, **envelope}, by=visit.person, case=file.case.id))
    except WrongForm as wrong:
        return _report_page(visit, file, typed, faults=list(wrong.faults), **again)
    except Refused as no:
        if no.code in ("stale", "act_id"):
            again = {"act_id": str(uuid4())}
        known = {field.name: field.label for field in REPORT.fields}
        at = [Fault(no.field, known[no.field], no.zh, no.en)] if no.field in known else []
        return _report_page(visit, _own(visit, number), typed, faults=at, no=None if at else no, **again)
    return visit.go(f"/my/cases/{file.case.number}?done=reported")


def _with_figures(typed: str, form: Posted) -> str:
    """The figures of a workbook beside those that were typed; nothing is reported by it."""
    with workbook(form.file("file")) as path:
        found = figure_workbook.read(path)
    return "\n".join(filter(None, (typed, *(f"{name}={value}" for name, value in found.items()))))
