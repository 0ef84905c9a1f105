"""What the pages of payments share: the fund of an address, and how a refusal stands beside its field."""

from starlette.exceptions import HTTPException

from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from models.people import Duty
from web.visit import Visit

_NOT_HERE = frozenset({"unknown_batch", "unknown_allocation", "unknown_report"})
Faults = list[tuple[str, str, str]]


def fund_in(text: str) -> FundKey:
    """The fund that an address names; anything else is no page."""
    found = FundKey.of(text)
    if found is None:
        raise HTTPException(404)
    return found


def missing(no: Refused) -> Exception:
    """What is not there is no page; any other refusal stays what it is."""
    return HTTPException(404) if no.code in _NOT_HERE else no


def faults(no: Refused | None, fields: dict[str, str]) -> Faults:
    """A refusal for the summary of a page; `fields`: the anchor of each field that it may name."""
    return [] if no is None else [(fields.get(no.field, ""), no.zh, no.en)]


def duties(visit: Visit) -> frozenset[Duty]:
    """The duties that somebody holds, in whatever unit: what a page offers; the act asks for the unit."""
    scope = visit.scope()
    return scope.duties if scope is not None else frozenset()
