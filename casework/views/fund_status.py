"""Funds with their payout rate, and where the cases of each measure stand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.lifecycle.read_access import Reader, funds_seen, refuse_all_but_office
from casework.shared.fund_key import FundKey
from models import TERMINAL, Case, Entitlement, Fund
from models.store import Store
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class FundStatus:
    """A fund's balances in whole fen; the payout rate is paid over approved, in basis points, None before any approval."""

    id: UUID
    unit: str
    year: int
    policy: str  # whose own it is; empty: shared
    budget_fen: int
    available_fen: int
    reserved_fen: int
    committed_fen: int
    paid_fen: int
    approved_fen: int
    payout_basis_points: int | None

    @property
    def key(self) -> FundKey:
        """What names it."""
        return FundKey(self.unit, self.year, self.policy)


@dataclass(frozen=True, kw_only=True)
class MeasureStatus:
    """The cases of one measure by state, with what was approved and paid in whole fen."""

    policy: str
    measure: str
    cases: int
    live: int
    by_state: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)  # duty -> cases whose next action is its
    problems: int = 0
    approved_fen: int = 0
    paid_fen: int = 0


def funds(store: Store, *, reader: Reader = None) -> tuple[FundStatus, ...]:
    """Every fund that the reader may see, by year, unit and policy, the shared one first."""
    promised = (
        select(col(Entitlement.fund_id), func.sum(Entitlement.approved_fen).label("approved"))
        .where(col(Entitlement.ended).is_(False))
        .group_by(col(Entitlement.fund_id))
        .subquery()
    )
    query = (
        select(Fund.__table__, promised.c.approved)  # type: ignore[attr-defined]
        .join(promised, promised.c.fund_id == col(Fund.id), isouter=True)
        .order_by(col(Fund.year), col(Fund.unit), col(Fund.policy))
    )
    with store.read() as work:
        units = funds_seen(store, work, reader)
        return tuple(_fund(row) for row in work.execute(query) if units is None or row.unit in units)


def _fund(row: Any) -> FundStatus:
    approved = int(row.approved or 0)
    return FundStatus(
        id=row.id,
        unit=row.unit,
        year=row.year,
        policy=row.policy,
        budget_fen=row.budget_fen,
        available_fen=row.available_fen,
        reserved_fen=row.reserved_fen,
        committed_fen=row.committed_fen,
        paid_fen=row.paid_fen,
        approved_fen=approved,
        payout_basis_points=row.paid_fen * 10_000 // approved if approved else None,
    )


def statuses(store: Store, *, policy: str | None = None, reader: Reader = None) -> tuple[MeasureStatus, ...]:
    """Each measure that has cases; sums over all units, for the office and its operator."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, ("各条办理情况", "the standing of measures"))
        found: dict[tuple[str, str], MeasureStatus] = {}
        for code, measure, state, duty, count, problems in _counts(work, policy):
            status = found.get((code, measure)) or MeasureStatus(policy=code, measure=measure, cases=0, live=0)
            found[code, measure] = _counted(status, state, duty, count, problems)
        money = {(code, measure): sums for code, measure, *sums in _sums(work, policy)}
    return tuple(
        _with_money(name_status, *money.get(name, (0, 0)))
        for name, name_status in sorted(found.items(), key=lambda x: _order(x[0]))
    )


def _counts(work: UnitOfWork, policy: str | None) -> Iterable[tuple[str, str, str, str | None, int, int]]:
    by = (col(Case.policy), col(Case.measure), col(Case.state), col(Case.next_duty))
    query = select(*by, func.count(), func.count(func.nullif(Case.problem, ""))).group_by(*by)
    return [tuple(row) for row in work.execute(query if policy is None else query.where(by[0] == policy))]


def _sums(work: UnitOfWork, policy: str | None) -> Iterable[tuple[str, str, int, int]]:
    by = (col(Case.policy), col(Case.measure))
    query = (
        select(*by, func.sum(Entitlement.approved_fen), func.sum(Entitlement.paid_fen))
        .join(Entitlement, col(Entitlement.case_id) == col(Case.id))
        .where(col(Entitlement.ended).is_(False))
        .group_by(*by)
    )
    return [tuple(row) for row in work.execute(query if policy is None else query.where(by[0] == policy))]


def _counted(measure_status: MeasureStatus, state: str, duty: str | None, count: int, problems: int) -> MeasureStatus:
    live = measure_status.live + (0 if state in TERMINAL else count)
    by_state = {**measure_status.by_state, state: measure_status.by_state.get(state, 0) + count}
    waiting = (
        {**measure_status.waiting, duty: measure_status.waiting.get(duty, 0) + count}
        if duty
        else measure_status.waiting
    )
    return MeasureStatus(
        policy=measure_status.policy,
        measure=measure_status.measure,
        cases=measure_status.cases + count,
        live=live,
        by_state=by_state,
        waiting=waiting,
        problems=measure_status.problems + problems,
    )


def _with_money(measure_status: MeasureStatus, approved: int, paid: int) -> MeasureStatus:
    return MeasureStatus(**{**vars(measure_status), "approved_fen": int(approved), "paid_fen": int(paid)})


def _order(name: tuple[str, str]) -> tuple[str, str, int]:
    """M2 before M14."""
    policy, measure = name
    return policy, measure[:1], int(measure[1:] or 0) if measure[1:].isdigit() else 0
