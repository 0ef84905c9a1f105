"""The officers' lists: what waits for the person who is signed in, and cases looked for."""

import tempfile
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework import views
from casework.shared.errors import Refused
from casework.shared.policies_in_use import of_store
from casework.staff import unit_register
from casework.views.case_table import case_table
from casework.views.value_wordings import FAMILIES
from web.case_filter import INBOX, CaseFilter, back_to, kept
from web.desk_words import DeskWords
from web.downloads import attached
from web.visit import SignedIn, Visit, officer

router = APIRouter(dependencies=[Depends(officer)])
PAGE, COUNTED = 50, 1000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/desk")
def inbox(visit: SignedIn, after: Annotated[str, Query(max_length=120)] = "") -> Response:
    try:
        found = views.whole_inbox(visit.store, visit.reader, after=after, limit=PAGE)
    except Refused as no:
        if no.code != "place":
            raise
        raise HTTPException(404) from no
    lights = [task.light for task in found.tasks]
    counts = {"all": len(lights), **{light: lights.count(light) for light in ("red", "amber", "green")}}
    further = f"/desk?{urlencode({'after': found.further})}" if found.further else ""
    shown: dict[str, Any] = {"most": views.COUNTED, "further": further, "after": after, "keep": kept(INBOX)}
    return visit.page("desk/inbox.html", w=DeskWords(visit), found=found, counts=counts, **shown)


@router.get("/desk/cases")
def cases(visit: SignedIn, after: Annotated[str, Query(max_length=60)] = "") -> Response:
    wanted = CaseFilter.of(visit.request.query_params)
    found = views.cases(
        visit.store, **wanted.asked, after=after, limit=PAGE + 1, count_to=COUNTED + 1, reader=visit.reader
    )
    rows, query = found.rows[:PAGE], wanted.query
    further = f"/desk/cases?{query}{'&' if query else ''}after={rows[-1].number}" if len(found.rows) > PAGE else ""
    return visit.page(
        "desk/cases.html",
        w=DeskWords(visit),
        rows=rows,
        wanted=wanted,
        total=found.total,
        most=COUNTED,
        further=further,
        after=after,
        units=[one.name for one in unit_register.listed(visit.store)],
        policies=of_store(visit.store),
        states=FAMILIES["state"],
        keep=kept(query or "all=1"),
        sees_all=looks_on(visit),
    )


def looks_on(visit: Visit) -> bool:
    """Whether every case is theirs to see."""
    scope = visit.scope()
    return scope is not None and scope.looks_on


@router.get("/desk/cases.xlsx")
def cases_as_workbook(visit: SignedIn) -> Response:
    """The same filter as a workbook, every row of it that the reader may see."""
    wanted = CaseFilter.of(visit.request.query_params)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.xlsx"
        case_table(visit.store, path, reader=visit.reader, english=visit.language == "en", **wanted.asked)
        content = path.read_bytes()
    return Response(content, media_type=XLSX, headers=attached("cases.xlsx"))


@router.get("/desk/next")
def next_case(
    visit: SignedIn,
    number: Annotated[str, Query(max_length=60)],
    way: Annotated[str, Query(max_length=10)] = "next",
    listed: Annotated[str, Query(alias="list", max_length=500)] = INBOX,
) -> Response:
    """The case that follows one in the list from which it was opened, or the one in front of it; at its end the list."""
    found = _beside_in_inbox(visit, number, way) if listed == INBOX else _beside_in_list(visit, number, way, listed)
    return visit.go(f"/desk/cases/{found}?{kept(listed)}" if found else back_to(listed))


def _beside_in_list(visit: SignedIn, number: str, way: str, listed: str) -> str:
    place: dict[str, Any] = {"before": number} if way == "previous" else {"after": number}
    asked = CaseFilter.of_list(listed).asked
    rows = views.cases(visit.store, **asked, **place, limit=1, count_to=1, reader=visit.reader).rows
    return rows[0].number if rows else ""


def _beside_in_inbox(visit: SignedIn, number: str, way: str) -> str:
    """A case that is done has left the inbox: then the first one is next."""
    first = before = ""
    met = False
    for page in views.pages(visit.store, visit.reader, limit=PAGE):
        for task in page.tasks:
            if met:
                return task.case.number
            first = first or task.case.number
            met = task.case.number == number
            if met and way == "previous":
                return before
            before = task.case.number
    return "" if met or way == "previous" else first
