"""Budgets: money appropriated to units' funds by its document, one by one or from a workbook, and cut where it is not in use.

What is entered one by one shows old and new sums first, and is confirmed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework import views
from casework.funds import budget_register, budget_workbook
from casework.funds.budget_change import BudgetChange, BudgetMoved, Entry, confirm, preview
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
    if form.get("_back"):
        return _funds_page(visit, form.texts())
    try:
        entry = partial(
            budget_register.appropriate,
            visit.store,
            visit.person,
            unit=form.get("unit"),
            year=_year(form),
            policy=form.get("policy"),
            amount=required(form.money("amount"), "amount", "金额", "the amount"),
            document=form.get("document"),
        )
        return _looked_at(visit, form, "/pay/funds", ("new", "known"), lambda look: entry(look=look))
    except Refused as no:
        return _funds_page(visit, form.texts(), no=no)


def _looked_at(visit: Visit, form: Posted, address: str, done: tuple[str, str], entry: Entry) -> Response:
    """What the entry would do, to be confirmed; once that was, the entry. `done`: what is said of a new one and of a known one."""
    agreed = form.get("_agreed")
    try:
        change = confirm(entry, agreed) if agreed else preview(entry)
    except BudgetMoved as moved:
        return _change_page(visit, form, address, moved.change, moved)
    if agreed or not change.new:
        return visit.go(f"/pay/funds?done={done[0] if change.new else done[1]}")
    return _change_page(visit, form, address, change)


def _change_page(
    visit: Visit, form: Posted, address: str, change: BudgetChange, no: BudgetMoved | None = None
) -> Response:
    """Old and new sums, with all that was typed carried along unseen; confirming sends the digest of it."""
    return visit.page(
        "pay/change.html",
        status=409 if no else 200,
        address=address,
        change=change,
        carried=[(name, value) for name, value in form.carried() if not name.startswith("_")],
        faults=[("", no.zh, no.en)] if no else [],
    )


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
    if form.get("_back"):
        return _cut_page(visit, form.texts())
    try:
        entry = partial(
            budget_register.cut,
            visit.store,
            visit.person,
            **_fund(form)._asdict(),
            amount=required(form.money("amount"), "amount", "金额", "the amount"),
            document=form.get("document"),
        )
        return _looked_at(visit, form, "/pay/funds/cut", ("cut", "cut-known"), lambda look: entry(look=look))
    except Refused as no:
        return _cut_page(visit, form.texts(), no)


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
