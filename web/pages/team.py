"""A unit's people: duties, what waits for whom, and delegations (AB 岗), made and ended by those who may."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.staff import delegations, unit_workbooks
from casework.views.unit_team import unit_team
from models.people import ONLOOKERS
from web.desk_words import DeskWords
from web.visit import Form, Posted, SignedIn, Visit, officer, required
from web.workbook_page import WorkbookPage, read_in

router = APIRouter(dependencies=[Depends(officer)])
_CHOSEN = {
    "principal": ("委托人", "who is away"),
    "delegate": ("受托人", "who stands in"),
    "duty": ("职责", "the duty"),
}
IMPORT = WorkbookPage(
    address="/desk/team/import",
    file="delegations.xlsx",
    back=("/desk/team", "返回团队", "Back to the team"),
    title=("导入委托", "Import delegations"),
    says=(
        "每行一项委托，须由委托人本人导入；系统管理员可以代他人导入。",
        "One delegation a row, imported by who is away; administrators import for others too.",
    ),
    who=("由委托人本人或系统管理员导入。", "Imported by who is away or by an administrator."),
    book=unit_workbooks.DELEGATIONS,
)
_TYPED = ("principal", "delegate", "duty", "first", "last", "reason")


@router.get("/desk/team")
def team_page(
    visit: SignedIn,
    unit: Annotated[str, Query(max_length=60)] = "",
    done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    return _team_page(visit, unit, {}, done=done)


def _team_page(
    visit: Visit, unit: str, typed: dict[str, str], *, done: str = "", no: Refused | None = None, ending: bool = False
) -> Response:
    team = unit_team(visit.store, unit, reader=visit.reader)
    mine = [member for member in team.members if member.login == team.own]
    away = [member for member in team.members if team.keeps or member in mine]
    return visit.page(
        "desk/team.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        team=team,
        away=[(member.login, member.name) for member in away],
        duties=sorted({row.duty for member in away for row in member.grants} - ONLOOKERS),
        typed={name: typed.get(name, "") for name in _TYPED},
        wrong=None if ending else no,
        faults=[(f"f-{no.field}" if no.field in _TYPED and not ending else "", no.zh, no.en)] if no else [],
        done=done,
    )


@router.post("/desk/team/delegations")
def delegate(visit: SignedIn, form: Form) -> Response:
    unit = form.get("unit")
    try:
        _let(visit, form, unit)
    except Refused as no:
        return _team_page(visit, unit, {name: form.get(name) for name in _TYPED}, no=no)
    return _back(visit, unit, "made")


def _let(visit: Visit, form: Posted, unit: str) -> None:
    for name, (zh, en) in _CHOSEN.items():
        required(form.get(name), name, zh, en)
    delegations.add(
        visit.store,
        visit.person,
        principal=form.get("principal"),
        delegate=form.get("delegate"),
        duty=form.get("duty"),
        unit=unit,
        first=required(form.day("first"), "first", "起日", "the first day"),
        last=required(form.day("last"), "last", "止日", "the last day"),
        reason=form.get("reason"),
    )


@router.post("/desk/team/delegations/{delegation}/end")
def end_delegation(visit: SignedIn, delegation: UUID, form: Form) -> Response:
    unit = form.get("unit")
    try:
        delegations.end(visit.store, visit.person, delegation)
    except Refused as no:
        if no.code == "delegation":  # over already, or the same page sent again
            return _back(visit, unit, "over")
        return _team_page(visit, unit, {}, no=no, ending=True)
    return _back(visit, unit, "ended")


def _back(visit: Visit, unit: str, done: str) -> Response:
    return visit.go(f"/desk/team?{urlencode({'unit': unit, 'done': done})}")


# a workbook


@router.get("/desk/team/import")
def import_page(visit: SignedIn) -> Response:
    return IMPORT.shown(visit, may=True)


@router.get("/desk/team/import/template.xlsx")
def delegation_template(visit: SignedIn) -> Response:
    return IMPORT.template()


@router.post("/desk/team/import")
def import_delegations(visit: SignedIn, form: Form) -> Response:
    try:
        done = read_in(form, lambda path: unit_workbooks.delegations_in(visit.store, visit.person, path))
    except Refused as no:
        return IMPORT.shown(visit, may=True, no=no)
    return IMPORT.shown(visit, may=True, done=done)
