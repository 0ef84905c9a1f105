"""Cases priced again, under another version of their rule or another value: with what their newest award was priced with, else
with what would bind them now. Nothing is written.
"""

from collections.abc import Mapping, Sequence
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.awards.computation import bound_values
from casework.forms import typed_forms
from casework.lifecycle.act_context import snapshots
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.facts_from_records import Wholes
from casework.lifecycle.procedure import Procedure
from casework.shared.errors import Problem
from casework.shared.reference import policy_of
from casework.stacking.stacking_basis import gather
from models import AwardRecord
from models.sealing import Anonymised
from models.unit_of_work import UnitOfWork, content_hash
from models.verification.award_invariants import PricedWith, facts_forms, priced_with
from policies.forms import WrongFacts
from policies.measures import Item
from policies.parameters import Value


class Price(NamedTuple):
    """A gross amount in whole fen, 0 for a no; None where there is none. `says`: the answer in words."""

    fen: int | None
    says: str


class Repricing:
    """What a set of cases would get: their facts, frozen inputs and the standing of the others are read once.

    `wholes` may be shared by several sets of one unit of work.
    """

    def __init__(self, work: UnitOfWork, cases: Sequence[CaseView], wholes: Wholes) -> None:
        ids = [case.id for case in cases]
        self._wholes = wholes
        self._certified = {
            identity: content
            for identity, content in snapshots(work, ids, "facts").items()
            if not isinstance(content, Anonymised)
        }
        self._frozen = {
            identity: inputs
            for identity, inputs in _newest_inputs(work, ids).items()
            if identity in self._certified and inputs.get("facts") == content_hash(self._certified[identity])
        }  # facts that were certified anew wait for their computation
        waiting = [case for case in cases if case.id in self._certified and case.id not in self._frozen]
        self._basis = gather(work, waiting) if waiting else None

    def is_certified(self, case: CaseView) -> bool:
        """Whether facts were certified that can still be read (an anonymised applicant's cannot)."""
        return case.id in self._certified

    def price(
        self,
        procedure: Procedure,
        case: CaseView,
        *,
        item: Item | None = None,
        tried: Mapping[str, Value] | None = None,
    ) -> Price:
        """The gross amount of a certified case of the set, by its own version or by `item`; `tried`: other values of parameters."""
        rule = item or procedure.item
        try:
            facts: Any = typed_forms.parse(rule.facts, loads(self._certified[case.id]))
            used = self._used(procedure, case, rule, facts)
            award = rule.award(facts, {**used.values, **(tried or {})}, used.prior, known=used.known)
        except (Problem, WrongFacts, ValueError, TypeError) as wrong:
            return Price(None, str(wrong))
        if award.missing:
            return Price(None, award.text)
        return Price(0 if award.refused else int(award.amount or 0), award.text)

    def _used(self, procedure: Procedure, case: CaseView, rule: Item, facts: Any) -> PricedWith:
        """What the newest award was priced with; where its facts are not the certified ones any more, what binds now."""
        frozen = self._frozen.get(case.id)
        if frozen is not None:
            return priced_with(facts_forms(rule, policy_of(case.policy).versions_of(case.item)), frozen)
        return PricedWith(
            values=bound_values(procedure.reference, procedure, case, facts),
            prior=self._basis.prior(case) if self._basis is not None else (),
            known=self._wholes.known(procedure, case, facts),
        )


def _newest_inputs(work: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    rows = work.execute(
        select(col(AwardRecord.case_id), col(AwardRecord.inputs))
        .where(col(AwardRecord.case_id).in_(ids))
        .order_by(col(AwardRecord.sequence))
    )
    return {row.case_id: loads(row.inputs) for row in rows if not isinstance(row.inputs, Anonymised)}
