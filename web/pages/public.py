"""The front page and the help: what the policies offer, by when, and where to start. For anybody, without an account."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.views.offered_items import offered
from casework.views.published_notices import notices
from web.visit import Visitor

router = APIRouter()
LONGEST_WORD = 60
SHOWN_NOTICES = 5


@router.get("/")
def front_page(visit: Visitor, q: Annotated[str, Query()] = "") -> Response:
    word = q.strip()[:LONGEST_WORD]
    running = notices(visit.store, open_only=True)
    return visit.page(
        "public/front.html",
        q=word,
        policies=offered(visit.store, word=word),
        notices=running[:SHOWN_NOTICES],
        more_notices=len(running) > SHOWN_NOTICES,
    )


@router.get("/help")
def help_page(visit: Visitor) -> Response:
    found = offered(visit.store)
    leads: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for policy in found:
        for measure in policy.measures:
            for one in measure.items:
                if policy.stands == "in_force" and one.to_apply:
                    leads.setdefault(one.lead.zh, (one.lead.en, []))[1].append((policy.policy.code, one.item.id))
    return visit.page("public/help.html", leads=leads)
