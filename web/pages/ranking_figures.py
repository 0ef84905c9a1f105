"""Rankings (赛马) as the lead unit keeps them: figures entered one by one or from a workbook, a published ranking corrected."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.programmes import ranking_catalogue, ranking_snapshots, ranking_workbook
from casework.programmes.ranking_catalogue import NewValue
from casework.shared.errors import Refused
from casework.spreadsheets.register_workbook import Imported
from casework.views.ranking_sheet import RankingSheet, policies_with_rankings, ranking_correction, ranking_sheet
from policies.policy import Policy
from web.fields import FieldView, typed_fields
from web.visit import Form, SignedIn, Visit, officer
from web.workbook_page import WorkbookPage, first_or_named, policy_field, policy_sent, read_in

router = APIRouter(dependencies=[Depends(officer)])
PolicyName = Annotated[str, Query(max_length=60)]
Done = Annotated[str, Query(max_length=10)]
_TYPED = ("indicator", "unit", "period", "value", "source")
IMPORT = WorkbookPage(
    address="/desk/rankings/import",
    file="rankings.xlsx",
    back=("/desk/rankings", "返回赛马数据", "Back to the figures"),
    title=("导入赛马数据", "Import figures of the evaluation"),
    says=(
        "每行是一个评估对象在一项指标上一个月的数值；不同数值即为更正，原数保留。",
        "A row is a unit's figure for one indicator and month; another value corrects, what it was is kept.",
    ),
    who=("由牵头单位的认定人或负责人导入。", "Imported by certifiers or heads of the unit in charge."),
    book=ranking_workbook.RANKINGS,
)


def _policy(visit: Visit, code: str) -> Policy:
    return first_or_named(policies_with_rankings(visit.store), code)


@router.get("/desk/rankings")
def rankings_page(visit: SignedIn, policy: PolicyName = "", done: Done = "") -> Response:
    return _rankings_page(visit, _policy(visit, policy), {}, done=done)


def _rankings_page(
    visit: Visit, policy: Policy, typed: Mapping[str, str], *, done: str = "", no: Refused | None = None
) -> Response:
    sheet = ranking_sheet(visit.store, policy, reader=visit.reader)
    fields = _fields(visit, sheet, typed, no)
    anchors = {field.path: field.id for field in fields}
    return visit.page(
        "programmes/rankings.html",
        status=422 if no else 200,
        sheet=sheet,
        policies=policies_with_rankings(visit.store),
        fields=fields,
        faults=[(anchors.get(no.field, ""), no.zh, no.en)] if no else [],
        done=done,
    )


def _fields(visit: Visit, sheet: RankingSheet, typed: Mapping[str, str], no: Refused | None) -> tuple[FieldView, ...]:
    if sheet.contest is None:
        return ()
    field = typed_fields(typed, no, no.field if no else "")
    titles, units = (
        [(name, name, name) for name in names] for names in (sheet.contest.titles, sheet.contest.evaluated)
    )
    return (
        field("indicator", "指标", "Indicator", "choice", options=tuple(titles)),
        field("unit", "评估对象", "Unit evaluated", "choice", options=tuple(units)),
        field("period", "期间", "Month", hint=visit.t("写成 2023-09", "write it like 2023-09")),
        field("value", "数值", "Value", "quantity"),
        field("source", "数据来源", "Where the figure comes from", most=200),
    )


@router.post("/desk/rankings")
def enter_figure(visit: SignedIn, form: Form) -> Response:
    policy = policy_sent(policies_with_rankings(visit.store), form)
    typed = {name: form.get(name) for name in _TYPED}
    try:
        new = ranking_catalogue.enter(visit.store, visit.person, policy, [NewValue(**typed)])
    except Refused as no:
        return _rankings_page(visit, policy, typed, no=no)
    return visit.go(f"/desk/rankings?{urlencode({'policy': policy.code, 'done': 'new' if new else 'known'})}")


# a workbook


@router.get("/desk/rankings/import")
def import_page(visit: SignedIn, policy: PolicyName = "") -> Response:
    return _import_page(visit, _policy(visit, policy).code)


def _import_page(visit: Visit, code: str, no: Refused | None = None, done: Imported | None = None) -> Response:
    known = policies_with_rankings(visit.store)
    keeps = any(ranking_sheet(visit.store, policy, reader=visit.reader).keeps for policy in known)
    return IMPORT.shown(visit, may=keeps, fields=(policy_field(known, code, no),), no=no, done=done)


@router.get("/desk/rankings/import/template.xlsx")
def rankings_template(visit: SignedIn) -> Response:
    return IMPORT.template()


@router.post("/desk/rankings/import")
def import_figures(visit: SignedIn, form: Form) -> Response:
    try:
        policy = policy_sent(policies_with_rankings(visit.store), form)
        done = read_in(form, lambda path: ranking_workbook.bring_in(visit.store, visit.person, policy, path))
    except Refused as no:
        return _import_page(visit, form.get("policy"), no)
    return _import_page(visit, policy.code, done=done)


# a correction


@router.get("/desk/rankings/{policy}/{as_of}")
def correction_page(visit: SignedIn, policy: str, as_of: date, done: Done = "") -> Response:
    return _correction_page(visit, _policy(visit, policy), as_of, done=done)


def _correction_page(
    visit: Visit, policy: Policy, as_of: date, *, done: str = "", reason: str = "", no: Refused | None = None
) -> Response:
    try:
        found = ranking_correction(visit.store, policy, as_of, reader=visit.reader)
    except Refused as refused:
        raise (HTTPException(404) if refused.code == "not_yours" else refused) from refused
    field = typed_fields({"reason": reason}, no, no.field if no else "")
    return visit.page(
        "programmes/correct.html",
        status=422 if no else 200,
        found=found,
        field=field("reason", "更正理由", "Why it is corrected", "long", most=200),
        faults=[("f-reason" if no.field == "reason" else "", no.zh, no.en)] if no else [],
        done=done,
    )


@router.post("/desk/rankings/{policy}/{as_of}")
def correct(visit: SignedIn, policy: str, as_of: date, form: Form) -> Response:
    known, seen = _policy(visit, policy), form.get("seen")
    target = f"/desk/rankings/{known.code}/{as_of}"
    if not seen:
        raise Refused("form", "表单不完整，请返回重新填写", "the form is not whole: go back", field="seen")
    try:
        ranking_snapshots.correct(visit.store, visit.person, known, as_of, reason=form.get("reason"), seen=seen)
    except Refused as no:
        if no.code == "unchanged" and _published(visit, known, as_of) == seen:
            return visit.go(f"{target}?done=known")  # the same page sent again
        return _correction_page(visit, known, as_of, reason=form.get("reason"), no=no)
    return visit.go(f"{target}?done=new")


def _published(visit: Visit, policy: Policy, as_of: date) -> str:
    """The hash of the version that holds."""
    return ranking_correction(visit.store, policy, as_of, reader=visit.reader).ranking.hash
