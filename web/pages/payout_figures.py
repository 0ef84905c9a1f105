"""Payout rates of all policies for firms: what units report month by month, entered one by one or read from a workbook."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework.programmes import payout_workbook, reported_payouts
from casework.programmes.payout_rates import ALL_UNITS, percent
from casework.programmes.reported_payouts import NewFigure
from casework.shared.errors import Refused
from casework.spreadsheets.register_workbook import Imported
from casework.views.reported_rates import ReportedRates, policies_with_rates, reported_rates
from models.people import Duty
from policies.policy import Policy
from web.fields import FieldView, typed_fields
from web.paying import duties
from web.visit import Form, Posted, SignedIn, Visit, officer, required
from web.workbook_page import WorkbookPage, first_or_named, policy_field, policy_sent, read_in

router = APIRouter(dependencies=[Depends(officer)])
PolicyName = Annotated[str, Query(max_length=60)]
_TYPED = ("unit", "period", "promised", "paid", "promised_cases", "paid_cases", "source")
STANDING = {
    "met": ("达到目标", "met"),
    "below": ("未达目标", "below"),
    "missing": ("未填报", "not reported"),
    "ahead": ("未到期", "ahead"),
}
IMPORT = WorkbookPage(
    address="/desk/rates/import",
    file="rates.xlsx",
    back=("/desk/rates", "返回兑付数据", "Back to the payout figures"),
    title=("导入兑付数据", "Import payout figures"),
    says=(
        "每行是一个单位到一个月末的累计数；不同数值即为更正，原数保留。",
        "A row is a unit's count up to the end of a month; another value corrects, what it was is kept.",
    ),
    who=("由本单位或财政部门的资金管理人导入。", "Imported by fund officers of the unit or of the treasury."),
    book=payout_workbook.RATES,
)


def _policy(visit: Visit, code: str) -> Policy:
    return first_or_named(policies_with_rates(visit.store), code)


@router.get("/desk/rates")
def rates_page(visit: SignedIn, policy: PolicyName = "", done: Annotated[str, Query(max_length=10)] = "") -> Response:
    return _rates_page(visit, _policy(visit, policy), {}, done=done)


def _rates_page(
    visit: Visit, policy: Policy, typed: Mapping[str, str], *, done: str = "", no: Refused | None = None
) -> Response:
    found = reported_rates(visit.store, policy, reader=visit.reader)
    fields = _fields(visit, found, typed, no)
    anchors = {field.path: field.id for field in fields}
    return visit.page(
        "programmes/rates.html",
        status=422 if no else 200,
        found=found,
        policies=policies_with_rates(visit.store),
        fields=fields,
        faults=[(anchors.get(no.field, ""), no.zh, no.en)] if no else [],
        done=done,
        percent=percent,
        all_units=ALL_UNITS,
        standing=STANDING,
    )


def _fields(visit: Visit, found: ReportedRates, typed: Mapping[str, str], no: Refused | None) -> tuple[FieldView, ...]:
    only = found.units[0] if len(found.units) == 1 else ""
    field = typed_fields({**typed, "unit": typed.get("unit") or only}, no, no.field if no else "")
    month = visit.t("到该月末的累计数，写成 2023-09", "counted up to the end of that month; write it like 2023-09")
    counts = visit.t("两个件数都填或都不填", "both counts of cases, or neither")
    return (
        field("unit", "单位", "Unit", "choice", options=tuple((name, name, name) for name in found.units)),
        field("period", "期间", "Month", hint=month),
        field("promised", "应兑付金额（元）", "Promised (yuan)", "money"),
        field("paid", "已兑付金额（元）", "Paid (yuan)", "money"),
        field("promised_cases", "应兑付件数", "Cases promised", "count", required=False, hint=counts),
        field("paid_cases", "已兑付件数", "Cases paid", "count", required=False),
        field("source", "数据来源（报表名称或文号）", "Where the figure comes from", most=200),
    )


@router.post("/desk/rates")
def report_figure(visit: SignedIn, form: Form) -> Response:
    policy = policy_sent(policies_with_rates(visit.store), form)
    try:
        new = reported_payouts.add(visit.store, visit.person, policy, _figure(form))
    except Refused as no:
        return _rates_page(visit, policy, {name: form.get(name) for name in _TYPED}, no=no)
    return visit.go(f"/desk/rates?{urlencode({'policy': policy.code, 'done': 'new' if new else 'known'})}")


def _figure(form: Posted) -> NewFigure:
    return NewFigure(
        unit=required(form.get("unit"), "unit", "单位", "the unit"),
        period=required(form.get("period"), "period", "期间", "the month"),
        promised=required(form.money("promised"), "promised", "应兑付金额", "what was promised"),
        paid=required(form.money("paid"), "paid", "已兑付金额", "what was paid"),
        promised_cases=form.number("promised_cases"),
        paid_cases=form.number("paid_cases"),
        source=form.get("source"),
    )


# a workbook


@router.get("/desk/rates/import")
def import_page(visit: SignedIn, policy: PolicyName = "") -> Response:
    return _import_page(visit, _policy(visit, policy).code)


def _import_page(visit: Visit, policy: str, no: Refused | None = None, done: Imported | None = None) -> Response:
    field = policy_field(policies_with_rates(visit.store), policy, no)
    return IMPORT.shown(visit, may=Duty.FUND_OFFICER in duties(visit), fields=(field,), no=no, done=done)


@router.get("/desk/rates/import/template.xlsx")
def rates_template(visit: SignedIn) -> Response:
    return IMPORT.template()


@router.post("/desk/rates/import")
def import_figures(visit: SignedIn, form: Form) -> Response:
    try:
        policy = policy_sent(policies_with_rates(visit.store), form)
        done = read_in(form, lambda path: payout_workbook.bring_in(visit.store, visit.person, policy, path))
    except Refused as no:
        return _import_page(visit, form.get("policy"), no)
    return _import_page(visit, policy.code, done=done)
