"""A parameter rehearsed: every real case that turns on it, priced by its own rule under another value. Nothing is written.

A case that was computed keeps what its newest award froze (facts, other values, earlier awards), so that only the value in
question differs; one that waits is priced with what would bind it now. Gross amounts: 就高不重复 and sharing come after.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col

from casework.awards.computation import bound_values
from casework.forms import typed_forms
from casework.funds.fund_lookup import fund_of
from casework.lifecycle.act_context import snapshots
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.facts_from_records import Wholes
from casework.lifecycle.procedure import Procedure, procedure_of, procedure_on
from casework.lifecycle.read_access import Reader, funds_seen, refuse_without, seen
from casework.policy_settings.parameter_definitions import Definition, definition
from casework.policy_settings.parameter_register import ValueRow, listed
from casework.policy_settings.value_texts import value_typed
from casework.shared.errors import Problem, Refused
from casework.shared.fund_key import FundKey
from casework.shared.reference import policy_of, reference
from casework.stacking.stacking_basis import StackingBasis, gather
from models import AwardRecord, Case, Duty, Entitlement
from models.people import ONLOOKERS
from models.sealing import Anonymised
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from models.verification.award_invariants import award_again, facts_forms
from policies.forms import WrongFacts
from policies.parameters import Origin, Value
from policies.policy import Policy

REHEARSERS = (Duty.HEAD, Duty.PARAMETER_AUTHOR, Duty.PARAMETER_CONFIRMER, *sorted(ONLOOKERS))
MOST_CASES, CHUNK = 20_000, 500
_Answer: TypeAlias = tuple[int | None, str]


@dataclass(frozen=True, kw_only=True)
class RehearsedCase:
    """One case before and after, in whole fen; None where there is no amount, with the words why."""

    case: str
    item: str
    lead: str
    decided: bool  # a decision stands: another value would not change it
    before_fen: int | None
    after_fen: int | None
    before_says: str
    after_says: str

    @property
    def change_fen(self) -> int:
        """What it would get more, negative for less; nothing counts as nothing."""
        return (self.after_fen or 0) - (self.before_fen or 0)


@dataclass(frozen=True, kw_only=True)
class RehearsedFund:
    """A fund of this year with the undecided cases that would draw on it, in whole fen."""

    fund: FundKey
    free_fen: int  # available and reserved
    before_fen: int
    after_fen: int

    @property
    def left_before_fen(self) -> int:
        """What would be left if all of them were granted as things stand."""
        return self.free_fen - self.before_fen

    @property
    def left_after_fen(self) -> int:
        """What would be left under the value tried."""
        return self.free_fen - self.after_fen


@dataclass(frozen=True, kw_only=True)
class ParameterRehearsal:
    """What a value would do; `more`: there are further cases that were not priced."""

    what: Definition
    value: Any
    cases: tuple[RehearsedCase, ...]
    funds: tuple[RehearsedFund, ...]
    more: bool

    def of(self, *, decided: bool) -> tuple[RehearsedCase, ...]:
        """The cases with a decision, or those without one."""
        return tuple(row for row in self.cases if row.decided is decided)


def rehearsable(store: Store, policy: str, reader: Reader) -> tuple[ValueRow, ...]:
    """The policy's parameters, with the values in force and proposed."""
    with store.read() as work:
        _refuse(store, work, reader)
    return tuple(row for row in listed(store, policy_of(policy)) if not row.ours)


def value_of(what: Definition, text: str) -> Any:
    """A value as typed, read as the page that proposes it reads it; Refused where the parameter takes no such value."""
    value = value_typed(text.strip(), what)
    what.parse(value)
    return value


def rehearse(store: Store, policy: str, name: str, text: str, reader: Reader) -> ParameterRehearsal:
    """The filed and certified cases of the parameter's items that the reader may see: open ones, and ended ones whose decision
    stands. What was refused, withdrawn or lapsed asks for no money."""
    known = policy_of(policy)
    what = definition(known, name)
    if what.ours:
        zh, en = (
            f"{name} 是程序设置，不改变金额的计算规则，不在此演算",
            f"{name} is a setting, not a parameter of amounts",
        )
        raise Refused("name", zh, en, field="name")
    value = value_of(what, text)
    with store.read() as work:
        _refuse(store, work, reader)
        query = view().where(
            seen(store, work, reader), col(Case.policy) == known.code, col(Case.item).in_(what.items),
            col(Case.filed_at).is_not(None), or_(col(Case.next_duty).is_not(None), col(Case.id).in_(_standing())),
        )  # fmt: skip
        found = [CaseView._make(row) for row in work.execute(query.order_by(col(Case.number)).limit(MOST_CASES + 1))]
        tried = {
            name.partition(":")[0]: Value(value=value, citation="演算", origin=Origin.HYPOTHETICAL, confirmed=True)
        }
        asked = _Pricing(store, work, tried)
        cases = [
            row
            for start in range(0, min(len(found), MOST_CASES), CHUNK)
            for row in asked.chunk(found[start : min(start + CHUNK, MOST_CASES)])
        ]
        funds = _funds(store, work, known, what, cases, reader)
    return ParameterRehearsal(what=what, value=value, cases=tuple(cases), funds=funds, more=len(found) > MOST_CASES)


def _refuse(store: Store, work: UnitOfWork, reader: Reader) -> None:
    refuse_without(store, work, reader, REHEARSERS, ("参数演算", "rehearsals of parameters"))


class _Pricing:
    """Prices cases before and after, a chunk at a time."""

    def __init__(self, store: Store, work: UnitOfWork, tried: Mapping[str, Value]) -> None:
        self._work, self._facts, self._tried = work, reference(store, work), tried
        self._wholes = Wholes(work)

    def chunk(self, cases: Sequence[CaseView]) -> Iterator[RehearsedCase]:
        """The cases of which something is certified and can be read; the others have no amount yet, or their applicant is gone."""
        ids = [case.id for case in cases]
        certified = {
            identity: content
            for identity, content in snapshots(self._work, ids, "facts").items()
            if not isinstance(content, Anonymised)
        }
        newest, decided = _newest_inputs(self._work, ids), _decided(self._work, ids)
        inputs = {
            identity: frozen
            for identity, frozen in newest.items()
            if identity in certified and frozen.get("facts") == content_hash(certified[identity])
        }  # facts that were certified anew wait for their computation
        waiting = [case for case in cases if case.id in certified and case.id not in inputs]
        basis = gather(self._work, waiting) if waiting else None
        for case in cases:
            content = certified.get(case.id)
            if content is None:
                continue
            procedure = procedure_of(self._facts, case, self._work.today)
            frozen = inputs.get(case.id)
            before, after = self._both(procedure, case, content, frozen, basis)
            yield RehearsedCase(
                case=case.number,
                item=case.item,
                lead=procedure.lead,
                decided=case.id in decided,
                before_fen=before[0],
                after_fen=after[0],
                before_says=before[1],
                after_says=after[1],
            )

    def _both(
        self,
        procedure: Procedure,
        case: CaseView,
        content: str,
        frozen: Mapping[str, Any] | None,
        basis: StackingBasis | None,
    ) -> tuple[_Answer, _Answer]:
        if procedure.gap:
            return (None, procedure.gap.zh), (None, procedure.gap.zh)
        if frozen is not None:
            forms = facts_forms(procedure.item, policy_of(case.policy).versions_of(case.item))
            return (
                _answer(lambda: award_again(procedure.item, forms, frozen, content)),
                _answer(lambda: award_again(procedure.item, forms, frozen, content, self._tried)),
            )
        return (
            _answer(lambda: self._now(procedure, case, content, basis, {})),
            _answer(lambda: self._now(procedure, case, content, basis, self._tried)),
        )

    def _now(
        self,
        procedure: Procedure,
        case: CaseView,
        content: str,
        basis: StackingBasis | None,
        tried: Mapping[str, Value],
    ) -> Any:
        """As the next computation would price it."""
        facts: Any = typed_forms.parse(procedure.item.facts, loads(content))
        values = bound_values(self._facts, procedure, case, facts)
        known = self._wholes.known(procedure, case, facts)
        prior = basis.prior(case) if basis is not None else ()
        return procedure.item.award(facts, {**values, **tried}, prior, known=known)


def _answer(price: Any) -> _Answer:
    try:
        award = price()
    except (Problem, WrongFacts, ValueError, TypeError, KeyError) as wrong:
        return None, str(wrong)
    if award.missing:
        return None, award.text
    return (0 if award.refused else int(award.amount or 0)), award.text


def _newest_inputs(work: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    rows = work.execute(
        select(col(AwardRecord.case_id), col(AwardRecord.inputs))
        .where(col(AwardRecord.case_id).in_(ids))
        .order_by(col(AwardRecord.sequence))
    )
    return {row.case_id: loads(row.inputs) for row in rows if not isinstance(row.inputs, Anonymised)}


def _standing() -> Select[tuple[UUID]]:
    """The cases of which a decision stands."""
    return select(col(Entitlement.case_id)).where(col(Entitlement.ended).is_(False))


def _decided(work: UnitOfWork, ids: Sequence[UUID]) -> set[UUID]:
    return set(work.execute(_standing().where(col(Entitlement.case_id).in_(ids))).scalars())


def _funds(
    store: Store, work: UnitOfWork, policy: Policy, what: Definition, cases: Sequence[RehearsedCase], reader: Reader
) -> tuple[RehearsedFund, ...]:
    """The funds on which the parameter's items draw this year, of those that the reader may see."""
    facts = reference(store, work)
    units = {procedure_on(facts, policy, item, work.today).lead for item in what.items if policy.item(item).pays}
    try:
        visible = funds_seen(store, work, reader)
    except Refused:
        return ()
    rows = []
    for unit in sorted(units):
        fund = fund_of(work, unit, work.today.year, policy.code)
        if fund is None or (visible is not None and unit not in visible):
            continue
        open_cases = [row for row in cases if row.lead == unit and not row.decided]
        rows.append(
            RehearsedFund(
                fund=fund.key,
                free_fen=fund.available + fund.reserved,
                before_fen=sum(row.before_fen or 0 for row in open_cases),
                after_fen=sum(row.after_fen or 0 for row in open_cases),
            )
        )
    return tuple(rows)
