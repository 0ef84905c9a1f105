"""What the records add to one case's facts: other plans of its whole, entries of a list, applicants of a benefit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework import forms
from casework.cases import CaseView
from casework.desk import snapshots
from casework.procedure import Procedure
from models import Case, Evidence, Party, State
from models.work import Work
from policies.forms import document_key
from policies.known import NOTHING, Known
from policies.measures import Item

# A plan or entry counts from its computation until its case ends without effect.
_STANDS = tuple(
    s.value for s in (
        State.COMPUTED, State.DECIDED, State.ON_NOTICE, State.DELIVERED, State.IN_PROGRESS, State.REPORTED,
        State.REVIEWED, State.CLOSED,
    )
)  # fmt: skip
_ENTERED = (State.DELIVERED.value, State.CLOSED.value)
_NO_CLAIM = (State.DRAFT.value, State.REFUSED.value, State.WITHDRAWN.value, State.LAPSED.value)


@dataclass
class Wholes:
    """Reads each item's other plans once for a set of cases, and learns of those that begin meanwhile."""

    work: Work
    _plans: dict[tuple[str, str], dict[UUID, Any]] = field(default_factory=dict)

    def known(self, way: Procedure, case: CaseView, facts: Any) -> Known:
        """What the item's rule asks the records; of lists and applicants only what this case's facts name."""
        item = way.item
        if not (item.whole or item.listed_by or item.benefits_of):
            return NOTHING
        said = {document_key(value) for value in vars(facts).values() if isinstance(value, str) and value}
        return Known(
            others=self._others(way, case, facts) if item.whole else (),
            listed=tuple(sorted(said & entries(self.work, way, item.listed_by))) if item.listed_by else (),
            benefiting=tuple(sorted(said & applicants(self.work, case.policy, item.benefits_of)))
            if item.benefits_of
            else (),
        )

    def begin(self, way: Procedure, case: CaseView, facts: Any) -> None:
        """From now on this plan counts for the next ones."""
        if way.item.whole:
            self._read(way, case)[case.id] = facts

    def _others(self, way: Procedure, case: CaseView, facts: Any) -> tuple[Any, ...]:
        same, read = way.item.same_whole(facts), self._read(way, case)
        return tuple(one for identity, one in read.items() if identity != case.id and way.item.same_whole(one) == same)

    def _read(self, way: Procedure, case: CaseView) -> dict[UUID, Any]:
        key = (case.policy, case.item)
        if key not in self._plans:
            self._plans[key] = standing_facts(self.work, way.item, case.policy)
        return self._plans[key]


def standing_facts(work: Work, item: Item, policy: str) -> dict[UUID, Any]:
    """The certified facts of an item's cases that stand, first filed first."""
    query = select(col(Case.id)).where(
        col(Case.policy) == policy, col(Case.item) == item.id, col(Case.state).in_(_STANDS)
    )
    ids = list(work.execute(query.order_by(col(Case.filed_at), col(Case.number))).scalars())
    stored = snapshots(work, ids, "facts")
    return {one: forms.parse(item.facts, loads(stored[one])) for one in ids if one in stored}


def entries(work: Work, way: Procedure, listed_by: str) -> set[str]:
    """The subjects that another item has delivered: the entries of the list that it keeps."""
    item = way.policy.item(listed_by)
    query = select(col(Case.id)).where(
        col(Case.policy) == way.policy.code, col(Case.item) == item.id, col(Case.state).in_(_ENTERED)
    )
    stored = snapshots(work, list(work.execute(query).scalars()), "facts")
    entered: list[Any] = [forms.parse(item.facts, loads(one)) for one in stored.values()]
    return {document_key(str(getattr(one, item.subject[0]))) for one in entered}


def applicants(work: Work, policy: str, item: str) -> set[str]:
    """The names of those who apply for an item, or had it."""
    query = (
        select(col(Party.name))
        .join(Case, col(Case.party_id) == col(Party.id))
        .where(col(Case.policy) == policy, col(Case.item) == item, col(Case.state).not_in(_NO_CLAIM))
        .distinct()
    )
    return {document_key(name) for name in work.execute(query).scalars()}


def papers(work: Work, cases: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The papers of each case as a trace names them: the slot, and the beginning of the paper's hash."""
    found: dict[UUID, list[str]] = {}
    query = select(col(Evidence.case_id), col(Evidence.slot), col(Evidence.sha256)).where(
        col(Evidence.case_id).in_(cases)
    )
    for case, slot, sha256 in work.execute(query.order_by(col(Evidence.slot), col(Evidence.sha256))):
        found.setdefault(case, []).append(f"{slot}:{sha256[:12]}")
    return {case: tuple(dict.fromkeys(named)) for case, named in found.items()}
