"""Rankings (赛马) as they were published: the newest, those of earlier dates, and every version of each."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.views.published_rankings import published_ranking, published_rankings
from web.visit import Visitor

router = APIRouter()
Version = Annotated[int | None, Query(ge=1, le=10_000)]


@router.get("/ranking")
def newest(visit: Visitor) -> Response:
    found = published_rankings(visit.store)
    return visit.page("public/ranking.html", ranking=found[0] if found else None, others=found[1:], listed=True)


@router.get("/ranking/{policy}/{as_of}")
def of_a_date(visit: Visitor, policy: str, as_of: str, version: Version = None) -> Response:
    ranking = published_ranking(visit.store, policy, as_of, version)
    return visit.page("public/ranking.html", ranking=ranking, others=(), listed=False)
