"""A parameter rehearsed before four eyes confirm it: real cases repriced, who gains and loses, the funds before and after."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from casework.shared.errors import Refused
from casework.shared.policies_in_use import of_store
from casework.spreadsheets.csv_writing import csv_lines
from casework.views.board import LEADERS
from casework.views.parameter_rehearsal import ParameterRehearsal, RehearsedCase, rehearsable, rehearse
from web.desk_words import DeskWords
from web.downloads import attached
from web.paying import duties, faults
from web.visit import SignedIn, Visit, officer
from web.wordings import plain_yuan

router = APIRouter(dependencies=[Depends(officer)])
SHOWN = 200  # cases on the page; the table to keep has all
PolicyName = Annotated[str, Query(alias="policy", max_length=40)]
ParameterName = Annotated[str, Query(alias="parameter", max_length=80)]
Typed = Annotated[str, Query(alias="value", max_length=4000)]


@router.get("/board/rehearse")
def page(visit: SignedIn, policy: PolicyName = "", name: ParameterName = "", text: Typed = "") -> Response:
    known = _policy(visit, policy)
    rows = rehearsable(visit.store, known.code, visit.reader)
    found: ParameterRehearsal | None = None
    no: Refused | None = None
    if name and text.strip():
        try:
            found = rehearse(visit.store, known.code, name, text, visit.reader)
        except Refused as refused:
            if refused.code == "no_duty":
                raise
            no = refused
    return visit.page(
        "board/rehearse.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        policies=of_store(visit.store),
        policy=known,
        parameters={row.name: row for row in rows},
        proposed=[row for row in rows if row.status == "proposed"],
        typed={"parameter": name, "value": text},
        found=found,
        undecided=_of(found, decided=False),
        decided=_of(found, decided=True),
        faults=faults(no, {"value": "f-value", "name": "f-parameter"}),
        leader=bool(duties(visit) & set(LEADERS)),
        most=SHOWN,
        totals=_totals,
    )


@router.get("/board/rehearse.csv")
def as_table(visit: SignedIn, policy: PolicyName = "", name: ParameterName = "", text: Typed = "") -> Response:
    """Every case that was priced."""
    known = _policy(visit, policy)
    try:
        found = rehearse(visit.store, known.code, name, text, visit.reader)
    except Refused as no:
        raise (no if no.code == "no_duty" else HTTPException(404)) from no
    return StreamingResponse(csv_lines(_table(visit, found)), media_type="text/csv", headers=attached("rehearsal.csv"))


def _policy(visit: Visit, code: str) -> Any:
    known = of_store(visit.store)
    found = [policy for policy in known if not code or policy.code == code]
    if not found:
        raise HTTPException(404)
    return max(found, key=lambda policy: policy.opens)


def _of(found: ParameterRehearsal | None, *, decided: bool) -> list[RehearsedCase]:
    """Those whose amount or answer changes, the largest change first."""
    if found is None:
        return []
    changed = [
        row
        for row in found.of(decided=decided)
        if row.change_fen or (row.before_fen is None) != (row.after_fen is None)
    ]
    return sorted(changed, key=lambda row: (-abs(row.change_fen), row.case))


def _totals(rows: Sequence[RehearsedCase]) -> dict[str, int]:
    """How many gain, lose and stay, and the sums."""
    return {
        "cases": len(rows),
        "more": sum(row.change_fen > 0 for row in rows),
        "less": sum(row.change_fen < 0 for row in rows),
        "same": sum(row.change_fen == 0 for row in rows),
        "before": sum(row.before_fen or 0 for row in rows),
        "after": sum(row.after_fen or 0 for row in rows),
    }


def _table(visit: Visit, found: ParameterRehearsal) -> Iterator[Sequence[object]]:
    yield tuple(
        visit.t(*words)
        for words in (
            ("案件", "case"), ("事项", "item"), ("牵头单位", "unit in charge"), ("已审定", "decided"), ("现在（元）", "now (yuan)"),
            ("演算（元）", "tried (yuan)"), ("差额（元）", "change (yuan)"), ("现在", "now"), ("演算", "tried"),
        )
    )  # fmt: skip
    for row in found.cases:
        money = (plain_yuan(fen) for fen in (row.before_fen, row.after_fen, row.change_fen))
        decided = visit.t("是", "yes") if row.decided else visit.t("否", "no")
        yield row.case, row.item, row.lead, decided, *money, row.before_says, row.after_says
