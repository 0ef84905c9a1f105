"""The decisions of one list of acts, as they are printed: found by the list's id, for whoever may see their cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Select, select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.read_access import seen
from casework.views.case_lists import CaseRow, row_of
from models import Case, Decision, Person
from models.store import Store

_MOST, _CHUNK = 2000, 500  # lines of a list


@dataclass(frozen=True, kw_only=True)
class ListedDecision:
    """One decision of a list, with its case as it stands now; `minutes` where the act names them."""

    place: int
    case: CaseRow
    action: str
    from_state: str
    to_state: str
    outcome: str
    reason: str
    minutes: str
    who: str
    unit: str
    duty: str
    at: datetime


def act_id(list_id: UUID, place: int) -> UUID:
    """The id of the act in a line of a list, counted from 0."""
    return uuid5(list_id, str(place))


def decision_list(store: Store, list_id: UUID, *, reader: UUID) -> tuple[ListedDecision, ...]:
    """What was decided by a list, in its order; empty where nothing was, or nothing that the reader may see."""
    wanted = {act_id(list_id, place): place for place in range(_MOST)}
    with store.read() as work:
        mine = select(col(Decision.case_id)).join(Case, col(Case.id) == col(Decision.case_id))
        found: list[Any] = []
        for ids in _chunks(list(wanted)):
            here: Select[Any] = select(Decision.__table__, col(Person.name).label("who")).join(  # type: ignore[attr-defined]
                Person, col(Person.id) == col(Decision.person_id), isouter=True
            )
            allowed = col(Decision.case_id).in_(
                mine.where(col(Decision.act_id).in_(ids), seen(store, work, reader)).scalar_subquery()
            )
            found += work.execute(here.where(col(Decision.act_id).in_(ids), allowed)).all()
        cases: dict[UUID, CaseRow] = {}
        for ids in _chunks([row.case_id for row in found]):
            listed = map(CaseView._make, work.execute(view().where(col(Case.id).in_(ids))))
            cases |= {case.id: row_of(case, work.now) for case in listed}
    rows = [
        ListedDecision(
            place=wanted[row.act_id],
            case=cases[row.case_id],
            action=row.action,
            from_state=row.from_state,
            to_state=row.to_state,
            outcome=row.outcome,
            reason=row.reason,
            minutes=str(loads(row.content).get("minutes", "")),
            who=row.who or "",
            unit=row.unit or "",
            duty=row.duty,
            at=row.decided_at,
        )
        for row in found
    ]
    return tuple(sorted(rows, key=lambda row: row.place))


def _chunks(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
