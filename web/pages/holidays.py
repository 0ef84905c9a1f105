"""Holidays: the days that rest or work against the program's calendar, entered by administrators from a notice or a workbook."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework.policy_settings import holiday_workbook
from casework.policy_settings import holidays as register
from casework.shared.errors import Refused
from casework.spreadsheets.register_workbook import Imported
from casework.views.holiday_sheet import holiday_sheet
from models.people import Duty
from web.fields import typed_fields
from web.pages.audit import onlooker
from web.paying import duties
from web.visit import Form, Posted, SignedIn, Visit
from web.workbook_page import WorkbookPage, read_in

router = APIRouter(dependencies=[Depends(onlooker)])
Year = Annotated[int | None, Query(ge=2000, le=2100)]
_TYPED = ("citation", "rests", "works")
IMPORT = WorkbookPage(
    address="/ops/holidays/import",
    file="holidays.xlsx",
    back=("/ops/holidays", "返回节假日", "Back to the holidays"),
    title=("导入节假日", "Import holidays"),
    says=(
        "每行一天，注明通知文号。填写年份的，文件是该年的整份放假通知：只列通知写明的放假日和调休上班日，其余周末休息、其余工作日上班。",
        "A day a row, with the notice. With a year the file is that year's whole notice: it lists only the days that the notice "
        "names; all other weekends rest and weekdays work.",
    ),
    who=("由系统管理员导入。", "Imported by administrators."),
    book=holiday_workbook.HOLIDAYS,
)


@router.get("/ops/holidays")
def holidays_page(visit: SignedIn, year: Year = None, done: Annotated[str, Query(max_length=10)] = "") -> Response:
    return _holidays_page(visit, year, {}, done=done)


def _holidays_page(
    visit: Visit, year: int | None, typed: Mapping[str, str], *, done: str = "", no: Refused | None = None
) -> Response:
    field = typed_fields(typed, no, no.field if no else "")
    hint = visit.t("每行一个日期，写成 2023-09-29", "a date a line, like 2023-09-29")
    fields = (
        field("citation", "通知文号", "Number of the notice", most=200),
        field("rests", "放假日", "Days off", "long", required=False, hint=hint),
        field("works", "调休上班日", "Working days", "long", required=False, hint=hint),
    )
    anchors = {field.path: field.id for field in fields} | {"days": "f-rests"}
    return visit.page(
        "ops/holidays.html",
        status=422 if no else 200,
        sheet=holiday_sheet(visit.store, year, reader=visit.reader),
        fields=fields,
        faults=[(anchors.get(no.field, ""), no.zh, no.en)] if no else [],
        done=done,
    )


@router.post("/ops/holidays")
def enter_days(visit: SignedIn, form: Form) -> Response:
    try:
        days = register.arranged(rests=_dates(form, "rests"), works=_dates(form, "works"))
        changed = register.add(visit.store, visit.person, days=days, citation=form.get("citation"))
    except Refused as no:
        return _holidays_page(visit, None, {name: form.get(name) for name in _TYPED}, no=no)
    return visit.go(f"/ops/holidays?year={min(days).year}&done={'new' if changed else 'known'}")


def _dates(form: Posted, name: str) -> list[date]:
    """The dates of a field, one a line or set apart by commas."""
    found = []
    for text in re.split(r"[\s,，;；、]+", form.get(name)):
        try:
            found += [date.fromisoformat(text)] if text else []
        except ValueError as wrong:
            zh = f"“{text[:20]}”不是日期，应写成 2023-09-29"
            raise Refused("date", zh, f'"{text[:20]}" is no date: write it like 2023-09-29', field=name) from wrong
    return found


# a workbook


@router.get("/ops/holidays/import")
def import_page(visit: SignedIn) -> Response:
    return _import_page(visit, "")


def _import_page(visit: Visit, year: str, no: Refused | None = None, done: Imported | None = None) -> Response:
    asked = typed_fields({"year": year}, no, no.field if no else "")(
        "year",
        "整年的放假通知：年份",
        "A whole year's notice: its year",
        "count",
        required=False,
        hint=visit.t("只更正已知年度的个别日子时不填", "left empty where single days of a known year are corrected"),
    )
    return IMPORT.shown(visit, may=Duty.ADMINISTRATOR in duties(visit), fields=(asked,), no=no, done=done)


@router.get("/ops/holidays/import/template.xlsx")
def holidays_template(visit: SignedIn) -> Response:
    return IMPORT.template()


@router.post("/ops/holidays/import")
def import_days(visit: SignedIn, form: Form) -> Response:
    try:
        year = form.number("year")
        done = read_in(form, lambda path: holiday_workbook.bring_in(visit.store, visit.person, path, year=year))
    except Refused as no:
        return _import_page(visit, form.get("year"), no)
    return _import_page(visit, form.get("year"), done=done)
