"""兑付公开: what was paid, by policy, item, unit and year, in pages; the same filter as CSV and JSON."""

import json
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from casework.spreadsheets.csv_writing import csv_lines
from casework.views.paid_register import PaidFilter, PaidRow, all_paid, choices, paid
from web.downloads import attached
from web.visit import Visit, Visitor
from web.wordings import plain_yuan

router = APIRouter()


def _filter(
    item: Annotated[str, Query(max_length=80)] = "",
    policy: Annotated[str, Query(max_length=40)] = "",
    unit: Annotated[str, Query(max_length=80)] = "",
    year: Annotated[str, Query(max_length=10)] = "",
) -> PaidFilter:
    """As the form sends it: an item comes with its policy before it, `XZ2023:M4a`."""
    code, colon, name = item.partition(":")
    if year and not (year.isascii() and year.isdigit() and 1900 < int(year) < 2200):
        raise HTTPException(404)
    return PaidFilter(
        policy=code if colon else policy, item=name if colon else item, unit=unit, year=int(year) if year else None
    )


Wanted = Annotated[PaidFilter, Depends(_filter)]


@router.get("/paid")
def register(visit: Visitor, wanted: Wanted, after: Annotated[str, Query(max_length=80)] = "") -> Response:
    page = paid(visit.store, wanted, after=after)
    asked = _query(wanted)
    return visit.page(
        "public/paid.html",
        page=page,
        wanted=wanted,
        choices=choices(visit.store),
        query=f"?{asked}" if asked else "",
        first=not after,
        next=f"/paid?{_query(wanted, after=page.after)}" if page.after else "",
    )


@router.get("/paid.csv")
def register_as_table(visit: Visitor, wanted: Wanted) -> Response:
    return StreamingResponse(csv_lines(_table(visit, wanted)), media_type="text/csv", headers=attached("paid.csv"))


@router.get("/paid.json")
def register_as_json(visit: Visitor, wanted: Wanted) -> Response:
    return StreamingResponse(_json(visit, wanted), media_type="application/json")


def _query(wanted: PaidFilter, **more: str) -> str:
    item = f"{wanted.policy}:{wanted.item}" if wanted.item and wanted.policy else wanted.item
    asked = {
        "policy": "" if wanted.item else wanted.policy,
        "item": item,
        "unit": wanted.unit,
        "year": str(wanted.year or ""),
        **more,
    }
    return urlencode({name: value for name, value in asked.items() if value})


def _table(visit: Visit, wanted: PaidFilter) -> Iterator[tuple[object, ...]]:
    yield tuple(
        visit.t(*words)
        for words in (
            ("拨付日期", "paid on"),
            ("案件编号", "case"),
            ("政策", "policy"),
            ("事项", "item"),
            ("名称", "title"),
            ("单位", "unit"),
            ("申报主体", "applicant"),
            ("金额（元）", "yuan"),
        )
    )
    for one in all_paid(visit.store, wanted):
        title, unit = visit.t(one.title, one.title_en), visit.t(one.unit, one.unit_en)
        amount = plain_yuan(one.amount_fen)
        yield one.paid_on.isoformat(), one.case, one.policy, one.item, title, unit, one.applicant, amount


def _json(visit: Visit, wanted: PaidFilter) -> Iterator[str]:
    """One object, written as it is read; amounts in yuan as text and in whole fen."""
    asked = {"policy": wanted.policy, "item": wanted.item, "unit": wanted.unit, "year": wanted.year}
    head = json.dumps({"demo": visit.demo, "filter": asked}, ensure_ascii=False)
    yield f'{head[:-1]}, "paid": ['
    for place, one in enumerate(all_paid(visit.store, wanted)):
        yield (", " if place else "") + json.dumps(_row(one), ensure_ascii=False)
    yield "]}\n"


def _row(one: PaidRow) -> dict[str, object]:
    return {
        "paid_on": one.paid_on.isoformat(),
        "case": one.case,
        "policy": one.policy,
        "item": one.item,
        "title": one.title,
        "title_en": one.title_en,
        "unit": one.unit,
        "unit_en": one.unit_en,
        "applicant": one.applicant,
        "amount_yuan": plain_yuan(one.amount_fen),
        "amount_fen": one.amount_fen,
    }
