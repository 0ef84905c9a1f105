"""What another version of a rule would do to the open cases: both amounts and the difference; nothing is changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import col

from casework.awards.repricing import Price, Repricing
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.facts_from_records import Wholes
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.read_access import Reader, seen
from casework.shared.reference import Reference, policy_of, reference
from models import Case
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.measures import Item

CHUNK = 500


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
        facts, wholes = reference(store, work), Wholes(work)
        return tuple(
            row
            for start in range(0, len(cases), CHUNK)
            for row in _chunk(work, facts, cases[start : start + CHUNK], version, wholes)
        )


def _chunk(
    work: UnitOfWork, facts: Reference, cases: Sequence[CaseView], version: str | None, wholes: Wholes
) -> Iterator[Compared]:
    repricing = Repricing(work, cases, wholes)
    for case in cases:
        other = _other(case, version)
        if other is not None:
            yield _compared(procedure_of(facts, case, work.today), case, other, repricing)


def _other(case: CaseView, version: str | None) -> Item | None:
    """The version to compare with; None where the item has none of that name."""
    known = policy_of(case.policy).versions_of(case.item)
    return known[-1] if version is None else next((rule for rule in known if rule.version == version), None)


def _compared(procedure: Procedure, case: CaseView, other: Item, repricing: Repricing) -> Compared:
    bound = changed = Price(None, "尚未认定")
    if repricing.is_certified(case):
        changed = repricing.price(procedure, case, item=other)
        bound = Price(None, procedure.gap.zh) if procedure.gap else repricing.price(procedure, case)
    return Compared(
        case=case.number,
        policy=case.policy,
        item=case.item,
        state=case.state,
        bound=case.rule_version,
        other=other.version,
        bound_fen=bound.fen,
        bound_says=bound.says,
        other_fen=changed.fen,
        other_says=changed.says,
    )
