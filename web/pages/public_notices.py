"""公示: the lists of notices and each of them, with the days left, the sheet to keep, and how to object."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from casework.shared.errors import Refused
from casework.spreadsheets.csv_writing import csv_lines
from casework.views.notice_pages import html
from casework.views.published_notices import PublishedNotice, notices, published_notice
from web.downloads import attached
from web.visit import Visit, Visitor
from web.wordings import plain_yuan

router = APIRouter()


@router.get("/notices")
def list_notices(visit: Visitor) -> Response:
    found = notices(visit.store)
    return visit.page(
        "public/notices.html",
        running=[one for one in found if one.open],
        ended=[one for one in found if not one.open],
    )


@router.get("/notices/{number}")
def show_notice(visit: Visitor, number: str) -> Response:
    return visit.page("public/notice.html", sheet=_sheet(visit, number))


@router.get("/notices/{number}/object")
def how_to_object(visit: Visitor, number: str) -> Response:
    return visit.page("public/object.html", sheet=_sheet(visit, number))


@router.get("/notices/{number}/sheet.html")
def sheet_as_page(visit: Visitor, number: str) -> Response:
    sheet = _sheet(visit, number)
    return Response(html(sheet), media_type="text/html", headers=attached(f"{sheet.notice.number}.html"))


@router.get("/notices/{number}/list.csv")
def sheet_as_table(visit: Visitor, number: str) -> Response:
    sheet = _sheet(visit, number)
    heads = (
        (
            visit.t("编号", "number"),
            visit.t("事项", "item"),
            visit.t("名称", "title"),
            visit.t("申报主体", "applicant"),
        ),
        (visit.t("拟支持金额（元）", "proposed (yuan)"), visit.t("异议", "contested")),
    )
    rows = (
        (
            one.number,
            one.item,
            visit.t(one.title, one.title_en),
            one.applicant,
            visit.t(one.gives.zh, one.gives.en) if one.gives else plain_yuan(one.amount_fen),
            visit.t("有异议", "contested") if one.contested else "",
        )
        for one in sheet.entries
    )
    table = csv_lines([(*heads[0], *heads[1]), *rows])
    return StreamingResponse(table, media_type="text/csv", headers=attached(f"{sheet.notice.number}.csv"))


def _sheet(visit: Visit, number: str) -> PublishedNotice:
    try:
        return published_notice(visit.store, number)
    except Refused as no:
        raise HTTPException(404) from no
