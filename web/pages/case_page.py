"""One case as an officer sees it: claim beside facts, papers, checks, the amount with its law, and what may be done by whom."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework.act_forms import CASE_FORMS
from casework.shared.reference import policy_of
from casework.views import Dossier
from casework.views.award_recomputation import recomputed
from casework.views.cost_sheet import cost_sheet
from casework.views.dossier import PricedCase
from casework.views.offered_items import gives
from casework.views.officer_case import OfficerCase, officer_case
from policies.measures import Item
from web.case_filter import INBOX, back_to, kept
from web.desk_words import DeskWords
from web.visit import SignedIn, Visit, officer

router = APIRouter(dependencies=[Depends(officer)])
Listed = Annotated[str, Query(alias="list", max_length=500)]
Again = Annotated[int | None, Query(ge=0, le=10_000)]


@router.get("/desk/cases/{number}")
def case_page(
    visit: SignedIn,
    number: str,
    listed: Listed = INBOX,
    done: Annotated[str, Query(max_length=40)] = "",
    again: Again = None,
) -> Response:
    sheet = officer_case(visit.store, number, visit.reader)
    return visit.page(
        "desk/case.html",
        **shown(visit, sheet, listed),
        **law(visit, sheet.file, sheet.item, again, opens=sheet.opens_papers),
        done=done if _recorded(sheet, done) else "",
        recorded=done == "off-line" and any(paper.found for paper in sheet.off_line.papers),
    )


def law(visit: Visit, file: Dossier | PricedCase, item: Item, again: int | None, *, opens: bool) -> dict[str, Any]:
    """What the parts of `law.html` take; `again`: the award to compute again, 0 for the newest; `opens`: papers may be opened."""
    measure = policy_of(file.case.policy).measure(file.case.measure)
    newest = max((award.sequence for award in file.awards), default=0)
    asked = newest if again == 0 else again
    found = recomputed(visit.store, file.case.number, asked, visit.reader) if asked else None
    return {
        "measure_title": measure.title,
        "gives": gives(item),
        "evidence": {f"{paper['slot']}:{paper['sha256'][:12]}": paper for paper in file.evidence} if opens else {},
        "again": {found.sequence: found} if found else {},
    }


def _recorded(sheet: OfficerCase, done: str) -> bool:
    """Whether the newest act of a person on the case is the one that an address says was done."""
    by_people = [one.action for one in sheet.file.history if one.who]
    return done in CASE_FORMS and by_people[-1:] == [done]


def shown(visit: SignedIn, sheet: OfficerCase, listed: str) -> dict[str, Any]:
    """What the templates of a case take."""
    words, file = DeskWords(visit), sheet.file
    mine = [one for one in sheet.can.acts if one.mine and one.action in CASE_FORMS]
    return {
        "w": words,
        "sheet": sheet,
        "file": file,
        "row": file.case,
        "item": sheet.item,
        "beside": words.beside(sheet.item, file.claim, file.facts),
        "costs": cost_sheet(file.claim, file.facts),
        "mine": mine,
        "others": [one for one in sheet.can.acts if one not in mine],
        "listed": listed,
        "keep": kept(listed),
        "back": back_to(listed),
    }
