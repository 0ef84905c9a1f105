"""What the records add to one case's facts: other plans of its whole, entries of a list, applicants of a benefit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.forms import typed_forms
from casework.lifecycle.act_context import snapshots
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.procedure import Procedure
from models import Case, Evidence, Party, State
from models.unit_of_work import UnitOfWork
from policies.forms import document_key
from policies.known import NOTHING, Known
from policies.measures import Item
from policies.policy import Policy

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

    work: UnitOfWork
    _plans: dict[tuple[str, str], dict[UUID, tuple[Item, Any]]] = field(default_factory=dict)

    def known(self, procedure: Procedure, case: CaseView, facts: Any) -> Known:
        """What the item's rule asks the records; of lists and applicants only what this case's facts name."""
        item = procedure.item
        if not (item.whole or item.listed_by or item.benefits_of):
            return NOTHING
        said = {document_key(value) for value in vars(facts).values() if isinstance(value, str) and value}
        return Known(
            others=self._others(procedure, case, facts) if item.whole else (),
            listed=tuple(sorted(said & entries(self.work, procedure, item.listed_by))) if item.listed_by else (),
            benefiting=tuple(sorted(said & applicants(self.work, case.policy, item.benefits_of)))
            if item.benefits_of
            else (),
        )

    def begin(self, procedure: Procedure, case: CaseView, facts: Any) -> None:
        """From now on this plan counts for the next ones."""
        if procedure.item.whole:
            self._read(procedure, case)[case.id] = (procedure.item, facts)

    def _others(self, procedure: Procedure, case: CaseView, facts: Any) -> tuple[Any, ...]:
        same, read = procedure.item.same_whole(facts), self._read(procedure, case)
        others = (entry for identity, entry in read.items() if identity != case.id)
        return tuple(facts for item, facts in others if item.same_whole(facts) == same)

    def _read(self, procedure: Procedure, case: CaseView) -> dict[UUID, tuple[Item, Any]]:
        key = (case.policy, case.item)
        if key not in self._plans:
            self._plans[key] = standing_facts(self.work, procedure.policy, case.item)
        return self._plans[key]


def standing_facts(work: UnitOfWork, policy: Policy, item: str) -> dict[UUID, tuple[Item, Any]]:
    """The certified facts of an item's cases that stand, first filed first, each with the version that it is filed under."""
    return _read_facts(work, policy, item, _STANDS)


def entries(work: UnitOfWork, procedure: Procedure, listed_by: str) -> set[str]:
    """The subjects that another item has delivered: the entries of the list that it keeps."""
    entered = _read_facts(work, procedure.policy, listed_by, _ENTERED)
    return {document_key(str(getattr(facts, item.subject[0]))) for item, facts in entered.values()}


def _read_facts(work: UnitOfWork, policy: Policy, item: str, states: Sequence[str]) -> dict[UUID, tuple[Item, Any]]:
    query = select(col(Case.id), col(Case.rule_version)).where(
        col(Case.policy) == policy.code, col(Case.item) == item, col(Case.state).in_(states)
    )
    rows = work.execute(query.order_by(col(Case.filed_at), col(Case.number))).all()
    stored = snapshots(work, [row.id for row in rows], "facts")
    found: dict[UUID, tuple[Item, Any]] = {}
    for row in (row for row in rows if row.id in stored):
        version = policy.item_as(item, row.rule_version, work.today)
        found[row.id] = (version, typed_forms.parse(version.facts, loads(stored[row.id])))
    return found


def applicants(work: UnitOfWork, policy: str, item: str) -> set[str]:
    """The names of those who apply for an item, or had it."""
    query = (
        select(col(Party.name))
        .join(Case, col(Case.party_id) == col(Party.id))
        .where(col(Case.policy) == policy, col(Case.item) == item, col(Case.state).not_in(_NO_CLAIM))
        .distinct()
    )
    return {document_key(name) for name in work.execute(query).scalars()}


def papers(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The papers of each case as a trace names them: the slot, and the beginning of the paper's hash."""
    found: dict[UUID, list[str]] = {}
    query = select(col(Evidence.case_id), col(Evidence.slot), col(Evidence.sha256)).where(
        col(Evidence.case_id).in_(cases)
    )
    for case, slot, sha256 in work.execute(query.order_by(col(Evidence.slot), col(Evidence.sha256))):
        found.setdefault(case, []).append(f"{slot}:{sha256[:12]}")
    return {case: tuple(dict.fromkeys(named)) for case, named in found.items()}
