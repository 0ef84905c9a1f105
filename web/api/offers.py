"""What may be applied for: the policies with their items, and the form of one item."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse, Response

from casework.forms import typed_forms
from casework.shared.errors import Refused
from casework.views.offered_items import ItemPage, OfferedItem, OfferedPolicy, item_page, offered
from policies.forms import Text
from web.api.bearer import AnyToken
from web.api.described import described
from web.api.json_shapes import shown

router = APIRouter(tags=["policies"])
Code = Annotated[str, Path(min_length=1, max_length=60)]


@dataclass(frozen=True, kw_only=True)
class ItemOffered:
    """An item as it may be filed today."""

    id: str
    title: Text
    clause: str
    unit: Text
    gives: Text
    applicants: tuple[str, ...]
    first_day: date
    last_day: date
    open: bool


@dataclass(frozen=True, kw_only=True)
class PolicyOffered:
    """A policy with its items; `stands`: in_force, to_come or over."""

    code: str
    title: Text
    stands: str
    first_day: date
    last_day: date
    open: bool
    items: tuple[ItemOffered, ...]


@dataclass(frozen=True, kw_only=True)
class Policies:
    """All policies, those in force first."""

    policies: tuple[PolicyOffered, ...]


@dataclass(frozen=True, kw_only=True)
class SlotOfItem:
    """A place for papers. `upload`: false where they are checked off line."""

    id: str
    title: Text
    required: bool
    upload: bool


@dataclass(frozen=True, kw_only=True)
class ConditionOfItem:
    """A condition, and whether it stops a case."""

    id: str
    title: Text
    stops: bool


@dataclass(frozen=True, kw_only=True)
class ItemForm:
    """One item: its form as JSON schema (what an applicant claims, what the unit certifies), papers and conditions."""

    policy: str
    item: ItemOffered
    joint: tuple[Text, ...]
    access: Text
    papers: tuple[SlotOfItem, ...]
    conditions: tuple[ConditionOfItem, ...]
    claim: Mapping[str, Any]
    facts: Mapping[str, Any]


@router.get("/policies", **described("The policies and their items", Policies, scope=None))
def policies(visit: AnyToken) -> Response:
    return JSONResponse(shown(Policies(policies=tuple(_policy(page) for page in offered(visit.store)))))


@router.get(
    "/items/{policy}/{item}",
    **described("One item: the forms of claim and facts, papers, conditions", ItemForm, scope=None),
)
def item(visit: AnyToken, policy: Code, item: Code) -> Response:
    try:
        page = item_page(visit.store, policy, item)
    except Refused as no:
        raise Refused("unknown_item", no.zh, no.en, field=no.field) from no
    return JSONResponse(shown(_form(page)))


def _policy(page: OfferedPolicy) -> PolicyOffered:
    return PolicyOffered(
        code=page.policy.code,
        title=page.policy.title,
        stands=page.stands,
        first_day=page.first_day,
        last_day=page.last_day,
        open=page.open,
        items=tuple(_item(listed) for measure in page.measures for listed in measure.items),
    )


def _item(listed: OfferedItem) -> ItemOffered:
    return ItemOffered(
        id=listed.item.id,
        title=listed.item.title,
        clause=listed.item.clause,
        unit=Text(listed.lead.zh, listed.lead.en),
        gives=listed.gives,
        applicants=tuple(kind.value for kind in listed.item.applicants),
        first_day=listed.first_day,
        last_day=listed.last_day,
        open=listed.open,
    )


def _form(page: ItemPage) -> ItemForm:
    return ItemForm(
        policy=page.policy.code,
        item=_item(page.offered),
        joint=tuple(Text(unit.zh, unit.en) for unit in page.joint),
        access=page.access,
        papers=tuple(
            SlotOfItem(id=paper.slot.id, title=paper.slot.title, required=paper.required, upload=paper.slot.upload)
            for paper in page.papers
        ),
        conditions=tuple(
            ConditionOfItem(id=known.id, title=known.title, stops=stops) for known, stops in page.conditions
        ),
        claim=typed_forms.schema(page.offered.item.claim),
        facts=typed_forms.schema(page.offered.item.facts),
    )
