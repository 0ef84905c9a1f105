"""Budgets: money appropriated to units' funds by its document, one by one or from a workbook, and cut where it is not in use."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework import views
from casework.funds import budget_register, budget_workbook
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.shared.policies_in_use import of_store
from casework.staff import unit_register
from models.people import Duty
from web.fields import typed_fields
from web.paying import duties, faults
from web.visit import Form, Officer, Posted, Visit, required
from web.wordings import yuan
from web.workbook_page import WorkbookPage, read_in

router = APIRouter()
Done = Annotated[str, Query(max_length=10)]
IMPORT = WorkbookPage(
    address="/pay/funds/import",
    file="budgets.xlsx",
    back=("/pay/funds", "返回预算", "Back to the budgets"),
    title=("导入预算", "Import budgets"),
    says=(
        "每行安排一笔预算；同一文号在同一资金中只计一次。",
        "One appropriation a row; a document counts once in a fund.",
    ),
    who=("由资金管理人导入。", "Imported by fund officers."),
    book=budget_workbook.BUDGETS,
)


def _may(visit: Visit) -> bool:
    return Duty.FUND_OFFICER in duties(visit)


@router.get("/pay/funds")
def funds_page(visit: Officer, done: Done = "") -> Response:
    return _funds_page(visit, {}, done=done)


def _funds_page(visit: Visit, typed: Mapping[str, str], *, done: str = "", no: Refused | None = None) -> Response:
    names = ("unit", "year", "policy", "amount", "document")
    return visit.page(
        "pay/funds.html",
        status=422 if no else 200,
        funds=views.funds(visit.store, reader=visit.reader),
        may=_may(visit),
        units=[unit.name for unit in unit_register.listed(visit.store)],
        policies=[policy.code for policy in of_store(visit.store)],
        typed={name: typed.get(name, "") for name in names},
        wrong=no,
        faults=faults(no, {name: f"f-{name}" for name in names}),
        done=done,
    )


@router.post("/pay/funds")
def add_budget(visit: Officer, form: Form) -> Response:
    try:
        new = budget_register.appropriated(
            visit.store,
            visit.person,
            unit=form.get("unit"),
            year=_year(form),
            policy=form.get("policy"),
            amount=required(form.money("amount"), "amount", "金额", "the amount"),
            document=form.get("document"),
        )[1]
    except Refused as no:
        return _funds_page(visit, form.texts(), no=no)
    return visit.go(f"/pay/funds?done={'new' if new else 'known'}")


def _year(form: Posted) -> int:
    try:
        return form.number("year") or 0
    except Refused as no:
        raise Refused("year", "预算年度写成四位数字，如 2023", "write the year like 2023", field="year") from no


# less


@router.get("/pay/funds/cut")
def cut_page(visit: Officer, fund: Annotated[str, Query(max_length=120)] = "") -> Response:
    return _cut_page(visit, {"fund": fund})


def _cut_page(visit: Visit, typed: Mapping[str, str], no: Refused | None = None) -> Response:
    funds = views.funds(visit.store, reader=visit.reader)
    at = {"unit": "fund"}.get(no.field, no.field) if no else ""
    field = typed_fields(typed, no, at)
    options = tuple(
        (
            fund.key.text,
            f"{fund.key.zh}：可用 {yuan(fund.available_fen)} 元",
            f"{fund.key.en}: {yuan(fund.available_fen)} free",
        )
        for fund in funds
    )
    fields = (
        field("fund", "专项资金", "Fund", "choice", options=options),
        field("amount", "核减金额（元）", "Yuan to be cut", "money"),
        field("document", "核减文号", "Number of the document"),
    )
    anchors = {field.path: field.id for field in fields}
    return visit.page(
        "pay/cut.html",
        status=422 if no else 200,
        funds=funds,
        may=_may(visit),
        fields=fields,
        faults=[(anchors.get(at, ""), no.zh, no.en)] if no else [],
    )


@router.post("/pay/funds/cut")
def cut(visit: Officer, form: Form) -> Response:
    try:
        new = budget_register.was_cut(
            visit.store,
            visit.person,
            **_fund(form)._asdict(),
            amount=required(form.money("amount"), "amount", "金额", "the amount"),
            document=form.get("document"),
        )[1]
    except Refused as no:
        return _cut_page(visit, form.texts(), no)
    return visit.go(f"/pay/funds?done={'cut' if new else 'cut-known'}")


def _fund(form: Posted) -> FundKey:
    found = FundKey.of(form.get("fund"))
    if found is None:
        raise Refused("choice", "请选择专项资金", "choose a fund", field="fund")
    return found


# a workbook


@router.get("/pay/funds/import")
def import_page(visit: Officer) -> Response:
    return IMPORT.shown(visit, may=_may(visit))


@router.get("/pay/funds/import/template.xlsx")
def budget_template(visit: Officer) -> Response:
    return IMPORT.template()


@router.post("/pay/funds/import")
def import_budgets(visit: Officer, form: Form) -> Response:
    try:
        done = read_in(form, lambda path: budget_workbook.budgets_in(visit.store, visit.person, path))
    except Refused as no:
        return IMPORT.shown(visit, may=_may(visit), no=no)
    return IMPORT.shown(visit, may=True, done=done)
