"""One item as anybody may read it, and its calculator: typed facts, answered by the rule of the real computation."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.forms.form_fields import Fault, WrongForm
from casework.shared.errors import Refused
from casework.views.offered_items import ItemPage, item_page
from casework.views.quotes import Quote, quote
from casework.views.value_words import decides_in_words
from policies import all_policies
from web.fields import field_views, linked, values_of
from web.visit import Form, Visit, Visitor

router = APIRouter()


@router.get("/items/{policy}/{item}")
def show_item(visit: Visitor, policy: str, item: str) -> Response:
    return _page(visit, _found(visit, policy, item), {})


@router.post("/items/{policy}/{item}")
def quote_item(visit: Visitor, form: Form, policy: str, item: str) -> Response:
    """The page again with the answer, or with everything that is wrong; nothing is kept of what was typed."""
    page = _found(visit, policy, item)
    values = values_of(page.offered.item.facts, form.texts())
    if form.get("_more"):
        return _page(visit, page, values)
    try:
        return _page(visit, page, values, answer=quote(visit.store, policy, item, values))
    except WrongForm as wrong:
        return _page(visit, page, values, faults=wrong.faults)


@router.get("/items/{item}")
def item_of_any(visit: Visitor, item: str) -> Response:
    """An item by its id alone: that of the policy in force, else of the first that has it."""
    having = [one for one in all_policies() if any(known.id.lower() == item.lower() for known in one)]
    if not having:
        raise HTTPException(404)
    chosen = next((one for one in having if one.holds_on(_found(visit, one.code, item).today)), having[0])
    return visit.go(f"/items/{chosen.code}/{item}")


def _found(visit: Visit, policy: str, item: str) -> ItemPage:
    try:
        return item_page(visit.store, policy, item)
    except Refused as no:
        raise HTTPException(404) from no


def _page(
    visit: Visit,
    page: ItemPage,
    values: Mapping[str, Any],
    *,
    answer: Quote | None = None,
    faults: tuple[Fault, ...] = (),
) -> Response:
    fields = field_views(page.offered.item.facts, values, faults)
    return visit.page(
        "public/item.html",
        status=422 if faults else 200,
        page=page,
        applies=visit.session is None or visit.acts_for_a_party,
        fields=fields,
        answer=answer,
        decides=decides_in_words,
        faults=linked(fields, faults),
    )
