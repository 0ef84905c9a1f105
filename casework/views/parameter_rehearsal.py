"""A parameter rehearsed: every real case that turns on it, priced by its own rule under another value. Nothing is written.

A case that was computed keeps what its newest award froze (facts, other values, earlier awards), so that only the value in
question differs; one that waits is priced with what would bind it now. Gross amounts: 就高不重复 and sharing come after.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col

from casework.awards.repricing import Price, Repricing
from casework.funds.fund_lookup import fund_of
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.facts_from_records import Wholes
from casework.lifecycle.procedure import procedure_of, procedure_on
from casework.lifecycle.read_access import Reader, funds_seen, refuse_without, seen
from casework.policy_settings.parameter_definitions import Definition, definition
from casework.policy_settings.parameter_register import ValueRow, listed
from casework.policy_settings.value_texts import value_typed
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.shared.reference import Reference, policy_of, reference
from models import Case, Duty, Entitlement
from models.people import ONLOOKERS
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.parameters import Origin, Value
from policies.policy import Policy

REHEARSERS = (Duty.HEAD, Duty.PARAMETER_AUTHOR, Duty.PARAMETER_CONFIRMER, *sorted(ONLOOKERS))
MOST_CASES, CHUNK = 20_000, 500


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
        facts, wholes = reference(store, work), Wholes(work)
        cases = [
            row
            for start in range(0, min(len(found), MOST_CASES), CHUNK)
            for row in _chunk(work, facts, found[start : min(start + CHUNK, MOST_CASES)], tried, wholes)
        ]
        funds = _funds(store, work, known, what, cases, reader)
    return ParameterRehearsal(what=what, value=value, cases=tuple(cases), funds=funds, more=len(found) > MOST_CASES)


def _refuse(store: Store, work: UnitOfWork, reader: Reader) -> None:
    refuse_without(store, work, reader, REHEARSERS, ("参数演算", "rehearsals of parameters"))


def _chunk(
    work: UnitOfWork, facts: Reference, cases: Sequence[CaseView], tried: Mapping[str, Value], wholes: Wholes
) -> Iterator[RehearsedCase]:
    """The cases of which something is certified and can be read; the others have no amount yet, or their applicant is gone."""
    repricing, decided = Repricing(work, cases, wholes), _decided(work, [case.id for case in cases])
    for case in cases:
        if not repricing.is_certified(case):
            continue
        procedure = procedure_of(facts, case, work.today)
        if procedure.gap:
            before = after = Price(None, procedure.gap.zh)
        else:
            before = repricing.price(procedure, case)
            after = repricing.price(procedure, case, tried=tried)
        yield RehearsedCase(
            case=case.number,
            item=case.item,
            lead=procedure.lead,
            decided=case.id in decided,
            before_fen=before.fen,
            after_fen=after.fen,
            before_says=before.says,
            after_says=after.says,
        )


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
