"""The leaders' board: rates, cases, days and money of a policy; each figure leads to its cases, each table can be kept as CSV."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from casework.programmes.payout_rates import ALL_UNITS, percent, share
from casework.programmes.ranking_snapshots import shown as points
from casework.shared.policies_in_use import of_store
from casework.shared.reference import policy_of
from casework.spreadsheets.csv_writing import csv_lines
from casework.views.board import BY, Board, BoardFilter, Tally, board
from casework.views.money_forecast import PACE_DAYS, Forecast, ItemForecast, forecast
from casework.views.step_days import StepDays, step_days
from policies.policy import Policy
from web.case_filter import CaseFilter
from web.desk_words import DeskWords
from web.downloads import attached
from web.visit import SignedIn, Visit, officer
from web.wordings import plain_yuan, yuan

router = APIRouter(dependencies=[Depends(officer)])
Rows = Iterator[Sequence[object]]


def _asked(
    visit: SignedIn,
    policy: Annotated[str, Query(max_length=40)] = "",
    lead: Annotated[str, Query(max_length=80)] = "",
    town: Annotated[str, Query(max_length=80)] = "",
    item: Annotated[str, Query(max_length=40)] = "",
) -> BoardFilter:
    """Of one policy, the newest in use where none is named."""
    known = of_store(visit.store)
    found = (
        next((each for each in known if each.code == policy), None) if policy else max(known, key=_opens, default=None)
    )
    if found is None:
        raise HTTPException(404)
    return BoardFilter(policy=found.code, lead=lead, town=town, item=item)


def _opens(policy: Policy) -> Any:
    return policy.opens


Wanted = Annotated[BoardFilter, Depends(_asked)]
By = Annotated[str, Query(pattern=f"^({'|'.join(BY)})?$")]


def listing(asked: BoardFilter, **more: str) -> str:
    """The list of the cases behind a figure."""
    kept = {name: value for name, value in vars(asked).items() if value and name != "item"}
    item = more.pop("item", asked.item)
    return "/desk/cases?" + CaseFilter(**{**kept, **more, "item": f"{asked.policy}:{item}" if item else ""}).query


def _query(asked: BoardFilter, **more: str) -> str:
    return urlencode({name: value for name, value in {**vars(asked), **more}.items() if value})


@router.get("/board")
def overview(visit: SignedIn, wanted: Wanted) -> Response:
    shown = board(visit.store, wanted, visit.reader)
    return visit.page(
        "board/overview.html",
        **_parts(visit, wanted),
        shown=shown,
        coming=forecast(visit.store, wanted, visit.reader),
        percent=percent,
        share=share,
        all_units=ALL_UNITS,
        pace=PACE_DAYS,
        why=lambda row: visit.t(*_why(row)),
        points=points,
        state_words=lambda key: DeskWords(visit).term("state", key),
        of_payer=lambda key, **more: listing(wanted, payer=key, **more),
        of_state=lambda key, **more: listing(wanted, **{**more, "state": key}),
        of_unit=lambda key, **more: listing(wanted, **{**more, "lead": key}),
        of_town=lambda key, **more: listing(wanted, **{**more, "town": key}),
        of_item=lambda key, **more: listing(wanted, **{**more, "item": key}),
        rows_of_states=[(DeskWords(visit).term("state", each.key), each.cases, each.cases) for each in shown.by_state],
        rows_of_funds=[
            (visit.t(each.fund.key.zh, each.fund.key.en), each.fund.available_fen, yuan(each.fund.available_fen))
            for each in shown.funds
        ],
    )


@router.get("/board/days")
def days(visit: SignedIn, wanted: Wanted, by: By = "") -> Response:
    found = step_days(visit.store, wanted, by, visit.reader)
    shown = board(visit.store, wanted, visit.reader)
    rows = [
        (DeskWords(visit).term("state", each.state), each.median, each.median)
        for each in found
        if each.median is not None
    ]
    return visit.page("board/days.html", **_parts(visit, wanted), shown=shown, steps=found, by=by, rows_of_steps=rows)


@router.get("/board.csv")
def as_table(visit: SignedIn, wanted: Wanted, part: Annotated[str, Query(max_length=20)] = "states") -> Response:
    """One table of the board with the filter that is on the screen; money in yuan."""
    if part not in _TABLES:
        raise HTTPException(404)
    rows = _TABLES[part](visit, wanted)
    return StreamingResponse(csv_lines(rows), media_type="text/csv", headers=attached(f"board-{part}.csv"))


@router.get("/board/days.csv")
def days_as_table(visit: SignedIn, wanted: Wanted, by: By = "") -> Response:
    found = step_days(visit.store, wanted, by, visit.reader)
    rows = _days_table(DeskWords(visit), found)
    return StreamingResponse(csv_lines(rows), media_type="text/csv", headers=attached("board-days.csv"))


def _parts(visit: Visit, wanted: BoardFilter) -> dict[str, Any]:
    """What every page of the board takes."""
    return {
        "w": DeskWords(visit),
        "wanted": wanted,
        "query": _query(wanted),
        "policies": of_store(visit.store),
        "list_of": lambda **more: listing(wanted, **more),
        "identity": lambda key: key,
        "item_words": lambda key: _item_words(visit, wanted, key),
        "address": lambda page, **more: f"{page}?{_query(wanted, **more)}",
    }


def _item_words(visit: Visit, wanted: BoardFilter, key: str) -> str:
    """An item's id and title."""
    title = policy_of(wanted.policy).item(key).title
    return f"{key} {visit.t(title.zh, title.en)}"


# tables to keep


def _titles(visit: Visit, first: tuple[str, str]) -> tuple[str, ...]:
    names = (
        first, ("案件", "cases"), ("已提交", "filed"), ("在办", "open"), ("未决定", "undecided"), ("逾期", "overdue"),
        ("不予支持", "refused"), ("已审定", "granted"), ("已付清", "paid in full"), ("审定（元）", "granted (yuan)"),
        ("已付（元）", "paid (yuan)"), ("兑付率（按金额）", "payout rate by amount"), ("兑付率（按件）", "by case"),
    )  # fmt: skip
    return tuple(visit.t(*each) for each in names)


def _tally_rows(visit: Visit, first: tuple[str, str], rows: Sequence[Tally], words: Mapping[str, str]) -> Rows:
    yield _titles(visit, first)
    for each in rows:
        counts = (
            each.cases,
            each.filed,
            each.open,
            each.undecided,
            each.overdue,
            each.refused,
            each.granted,
            each.paid,
        )
        money = (plain_yuan(each.approved_fen), plain_yuan(each.paid_fen))
        rates = (percent(share(each.paid_fen, each.approved_fen)), percent(share(each.paid, each.granted)))
        yield words.get(each.key, each.key), *counts, *money, *rates


def _states_table(visit: Visit, wanted: BoardFilter) -> Rows:
    found = _board(visit, wanted).by_state
    words = {each.key: DeskWords(visit).term("state", each.key) for each in found}
    return _tally_rows(visit, ("状态", "state"), found, words)


def _units_table(visit: Visit, wanted: BoardFilter) -> Rows:
    return _tally_rows(visit, ("牵头单位", "unit in charge"), _board(visit, wanted).by_unit, {})


def _towns_table(visit: Visit, wanted: BoardFilter) -> Rows:
    return _tally_rows(visit, ("镇（街道）", "town"), _board(visit, wanted).by_town, {})


def _items_table(visit: Visit, wanted: BoardFilter) -> Rows:
    return _tally_rows(visit, ("事项", "item"), _board(visit, wanted).by_item, {})


def _payers_table(visit: Visit, wanted: BoardFilter) -> Rows:
    return _tally_rows(visit, ("资金单位", "unit of the fund"), _board(visit, wanted).payers, {})


def _targets_table(visit: Visit, wanted: BoardFilter) -> Rows:
    yield tuple(
        visit.t(*each)
        for each in (("单位", "unit"), ("目标", "target"), ("截止", "by"), ("兑付率", "rate"), ("情况", "standing"))
    )
    for each in _board(visit, wanted).targets:
        yield each.unit, percent(each.at_least), each.by.isoformat(), percent(each.rate), each.standing


def _funds_table(visit: Visit, wanted: BoardFilter) -> Rows:
    names = (
        ("资金", "fund"), ("预算", "budget"), ("已审定", "granted"), ("已付", "paid"), ("预留", "reserved"),
        ("可用", "available"), ("审定件数", "cases"),
    )  # fmt: skip
    yield tuple(visit.t(*each) for each in names)
    for each in _board(visit, wanted).funds:
        held = each.fund
        money = (held.budget_fen, held.approved_fen, held.paid_fen, held.reserved_fen, held.available_fen)
        yield held.key.text, *map(plain_yuan, money), each.cases


def _forecast_table(visit: Visit, wanted: BoardFilter) -> Rows:
    names = (
        ("事项", "item"), ("单位", "unit"), ("已审定件数", "granted"), ("不予支持", "refused"), ("平均（元）", "average (yuan)"),
        ("未核算", "not computed"), ("已核算", "computed"), ("近四周提交", "filed in four weeks"), ("剩余天数", "days left"),
        ("预计还需（元）", "expected (yuan)"), ("无法推算的原因", "why unknown"),
    )  # fmt: skip
    yield tuple(visit.t(*each) for each in names)
    found: Forecast = forecast(visit.store, wanted, visit.reader)
    for each in found.items:
        average = "" if each.average is None else plain_yuan(int(each.average))
        counts = (each.undecided, each.computed, each.recent, each.days_left)
        yield (
            each.item,
            each.unit,
            each.granted,
            each.refused,
            average,
            *counts,
            plain_yuan(each.expected_fen),
            visit.t(*_why(each)),
        )


def _why(row: ItemForecast) -> tuple[str, str]:
    """Why nothing can be said of an item's cases without an amount; empty where all is counted."""
    return {
        "parameter": (f"{row.waiting} 件等待设定参数", f"{row.waiting} wait for a parameter"),
        "refused": (f"已决定的 {row.refused} 件均不予支持", f"all {row.refused} decided ones were refused"),
        "undecided": ("还没有决定过案件", "none was decided yet"),
    }.get(row.unknown, ("", ""))


def _days_table(words: DeskWords, found: Sequence[StepDays]) -> Rows:
    names = (
        ("单位、镇或事项", "unit, town or item"), ("环节", "step"), ("件数", "cases"),
        ("中位数（工作日）", "median (working days)"), ("九成不超过（工作日）", "90th percentile"),
        ("跨未公布日历的年度，未计（件）", "not counted: in a year without a calendar"),
    )  # fmt: skip
    yield tuple(words.visit.t(*each) for each in names)
    for each in found:
        days = ("—" if known is None else known for known in (each.median, each.ninetieth))
        yield each.key, words.term("state", each.state), each.cases, *days, each.uncounted


def _board(visit: Visit, wanted: BoardFilter) -> Board:
    return board(visit.store, wanted, visit.reader)


_TABLES = {
    "states": _states_table,
    "units": _units_table,
    "towns": _towns_table,
    "items": _items_table,
    "payers": _payers_table,
    "targets": _targets_table,
    "funds": _funds_table,
    "forecast": _forecast_table,
}
