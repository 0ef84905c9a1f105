"""What another version of a rule would do to the open cases: both amounts and the difference; nothing is changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.awards.computation import bound_values
from casework.forms import typed_forms
from casework.lifecycle.act_context import snapshots
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.read_access import Reader, seen
from casework.shared.errors import Problem
from casework.shared.reference import Reference, policy_of, reference
from casework.stacking.stacking_basis import StackingBasis, gather
from models import AwardRecord, Case
from models.sealing import Anonymised
from models.store import Store
from models.unit_of_work import UnitOfWork
from models.verification.award_invariants import restore
from policies.awards import Prior
from policies.forms import WrongFacts
from policies.measures import Item
from policies.parameters import Value

CHUNK = 500
_Answer: TypeAlias = tuple[int | None, str]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One open case under two versions; gross amounts in whole fen, None where there is none, with the words why."""

    case: str
    policy: str
    item: str
    state: str
    bound: str
    other: str
    bound_fen: int | None
    other_fen: int | None
    bound_says: str
    other_says: str

    @property
    def difference_fen(self) -> int | None:
        """The other amount less the bound one; a no counts as nothing, what cannot be computed gives no difference."""
        if self.bound_fen is None or self.other_fen is None:
            return None
        return self.other_fen - self.bound_fen


@dataclass(frozen=True)
class _Inputs:
    """What a case is priced with: as its newest award froze it, else as it would be now."""

    values: Any
    prior: Sequence[Prior]


def compare(
    store: Store, policy: str, *, item: str | None = None, version: str | None = None, reader: Reader = None
) -> tuple[Compared, ...]:
    """Every open filed case that the reader may see, under the version that binds it and under the newest (or the named) one."""
    with store.read() as work:
        query = view().where(
            seen(store, work, reader),
            col(Case.policy) == policy,
            col(Case.filed_at).is_not(None),
            col(Case.next_duty).is_not(None),
        )
        if item:
            query = query.where(col(Case.item) == item)
        cases = [CaseView._make(row) for row in work.execute(query.order_by(col(Case.number)))]
        facts = reference(store, work)
        return tuple(
            row
            for start in range(0, len(cases), CHUNK)
            for row in _chunk(work, facts, cases[start : start + CHUNK], version)
        )


def _chunk(work: UnitOfWork, facts: Reference, cases: Sequence[CaseView], version: str | None) -> Iterator[Compared]:
    ids = [case.id for case in cases]
    certified, frozen, basis = snapshots(work, ids, "facts"), _frozen(work, ids), gather(work, cases)
    for case in cases:
        other = _other(case, version)
        if other is not None:
            yield _compared(procedure_of(facts, case, work.today), case, other, certified.get(case.id), frozen, basis)


def _other(case: CaseView, version: str | None) -> Item | None:
    """The version to compare with; None where the item has none of that name."""
    known = policy_of(case.policy).versions_of(case.item)
    return known[-1] if version is None else next((rule for rule in known if rule.version == version), None)


def _compared(
    procedure: Procedure,
    case: CaseView,
    other: Item,
    content: str | None,
    frozen: dict[UUID, _Inputs],
    basis: StackingBasis,
) -> Compared:
    bound: _Answer = (None, "尚未认定")
    changed = bound
    if content is not None:
        changed = _amount(procedure, case, other, content, frozen, basis)
        bound = (
            (None, procedure.gap.zh)
            if procedure.gap
            else _amount(procedure, case, procedure.item, content, frozen, basis)
        )
    return Compared(
        case=case.number,
        policy=case.policy,
        item=case.item,
        state=case.state,
        bound=case.rule_version,
        other=other.version,
        bound_fen=bound[0],
        bound_says=bound[1],
        other_fen=changed[0],
        other_says=changed[1],
    )


def _amount(
    procedure: Procedure, case: CaseView, item: Item, content: str, frozen: dict[UUID, _Inputs], basis: StackingBasis
) -> _Answer:
    """The gross amount, and the answer in words."""
    try:
        facts: Any = typed_forms.parse(item.facts, loads(content))
        used = frozen.get(case.id) or _Inputs(
            bound_values(procedure.reference, procedure, case, facts), basis.prior(case)
        )
        award = item.award(facts, used.values, used.prior)
    except (Problem, WrongFacts, ValueError) as wrong:
        return None, str(wrong)
    if award.missing:
        return None, award.text
    return (0 if award.refused else int(award.amount or 0)), award.text


def _frozen(work: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, _Inputs]:
    """The parameters and earlier awards of each case's newest award."""
    rows = work.execute(
        select(col(AwardRecord.case_id), col(AwardRecord.inputs))
        .where(col(AwardRecord.case_id).in_(ids))
        .order_by(col(AwardRecord.sequence))
    )
    found = {}
    for row in rows:
        if not isinstance(row.inputs, Anonymised):
            inputs = loads(row.inputs)
            values = {name: restore(Value, item) for name, item in inputs["parameters"].items()}
            found[row.case_id] = _Inputs(values, [restore(Prior, value) for value in inputs["prior"]])
    return found
