"""开放数据: tables as CSV and JSON with their description, the audit chain's daily heads, and the calendar with its feed."""

import json
from collections.abc import Iterator

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from casework.spreadsheets.csv_writing import csv_lines
from casework.views.daily_heads import daily_heads
from casework.views.open_data import TABLES, OpenTable, description, spelled
from casework.views.public_calendar import calendar_feed, public_days
from models.clock import business_date
from web.downloads import attached
from web.visit import Visit, Visitor

router = APIRouter()
SHOWN_HEADS = 31


@router.get("/calendar")
def show_calendar(visit: Visitor) -> Response:
    today, days = business_date(visit.now), public_days(visit.store)
    return visit.page(
        "public/calendar.html",
        coming=[one for one in days if one.last >= today],
        past=[one for one in reversed(days) if one.last < today],
        feed=f"{visit.settings.address}/calendar.ics",
    )


@router.get("/calendar.ics")
def feed(visit: Visitor) -> Response:
    content = calendar_feed(visit.store, portal=visit.settings.address, english=visit.language == "en")
    return Response(content, media_type="text/calendar; charset=utf-8", headers=attached("calendar.ics"))


@router.get("/data")
def show_data(visit: Visitor) -> Response:
    heads = daily_heads(visit.store)
    return visit.page(
        "public/data.html", tables=tuple(TABLES.values()), heads=heads[:SHOWN_HEADS], more=len(heads) > SHOWN_HEADS
    )


@router.get("/data/openapi.json")
def described(visit: Visitor) -> Response:
    return JSONResponse(description(visit.settings.address))


@router.get("/data/{name}.csv")
def as_table(visit: Visitor, name: str) -> Response:
    table = _known(name)
    lines = csv_lines(_table(visit, table))
    return StreamingResponse(lines, media_type="text/csv", headers=attached(f"{table.name}.csv"))


@router.get("/data/{name}.json")
def as_json(visit: Visitor, name: str) -> Response:
    return StreamingResponse(_json(visit, _known(name)), media_type="application/json")


def _known(name: str) -> OpenTable:
    if name not in TABLES:
        raise HTTPException(404)
    return TABLES[name]


def _table(visit: Visit, table: OpenTable) -> Iterator[tuple[object, ...]]:
    yield tuple(visit.t(one.title.zh, one.title.en) for one in table.columns)
    for row in table.rows(visit.store):
        yield tuple(_cell(spelled(one)) for one in row)


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else value


def _json(visit: Visit, table: OpenTable) -> Iterator[str]:
    """One object, written as it is read."""
    names = [one.name for one in table.columns]
    yield f'{{"demo": {json.dumps(visit.demo)}, "rows": ['
    for place, row in enumerate(table.rows(visit.store)):
        said = dict(zip(names, map(spelled, row), strict=True))
        yield (", " if place else "") + json.dumps(said, ensure_ascii=False)
    yield "]}\n"
