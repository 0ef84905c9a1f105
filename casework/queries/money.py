"""Funds with their payout rate, and where the cases of each measure stand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.readers import Reader, funds_seen, refuse_all_but_office
from models import TERMINAL, Case, Entitlement, Fund
from models.store import Store
from models.work import Work


@dataclass(frozen=True, kw_only=True)
class FundStatus:
    """A fund's balances in whole fen; the payout rate is paid over approved, in basis points, None before any approval."""

    id: UUID
    unit: str
    year: int
    budget_fen: int
    available_fen: int
    reserved_fen: int
    committed_fen: int
    paid_fen: int
    approved_fen: int
    payout_basis_points: int | None


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
    """Every fund that the reader may see, by year and unit."""
    promised = (
        select(col(Entitlement.fund_id), func.sum(Entitlement.approved_fen).label("approved"))
        .where(col(Entitlement.ended).is_(False))
        .group_by(col(Entitlement.fund_id))
        .subquery()
    )
    query = (
        select(Fund.__table__, promised.c.approved)  # type: ignore[attr-defined]
        .join(promised, promised.c.fund_id == col(Fund.id), isouter=True)
        .order_by(col(Fund.year), col(Fund.unit))
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
            one = found.get((code, measure)) or MeasureStatus(policy=code, measure=measure, cases=0, live=0)
            found[code, measure] = _counted(one, state, duty, count, problems)
        money = {(code, measure): sums for code, measure, *sums in _sums(work, policy)}
    return tuple(
        _with_money(one, *money.get(name, (0, 0))) for name, one in sorted(found.items(), key=lambda x: _order(x[0]))
    )


def _counts(work: Work, policy: str | None) -> Iterable[tuple[str, str, str, str | None, int, int]]:
    by = (col(Case.policy), col(Case.measure), col(Case.state), col(Case.next_duty))
    query = select(*by, func.count(), func.count(func.nullif(Case.problem, ""))).group_by(*by)
    return [tuple(row) for row in work.execute(query if policy is None else query.where(by[0] == policy))]


def _sums(work: Work, policy: str | None) -> Iterable[tuple[str, str, int, int]]:
    by = (col(Case.policy), col(Case.measure))
    query = (
        select(*by, func.sum(Entitlement.approved_fen), func.sum(Entitlement.paid_fen))
        .join(Entitlement, col(Entitlement.case_id) == col(Case.id))
        .where(col(Entitlement.ended).is_(False))
        .group_by(*by)
    )
    return [tuple(row) for row in work.execute(query if policy is None else query.where(by[0] == policy))]


def _counted(one: MeasureStatus, state: str, duty: str | None, count: int, problems: int) -> MeasureStatus:
    live = one.live + (0 if state in TERMINAL else count)
    by_state = {**one.by_state, state: one.by_state.get(state, 0) + count}
    waiting = {**one.waiting, duty: one.waiting.get(duty, 0) + count} if duty else one.waiting
    return MeasureStatus(
        policy=one.policy,
        measure=one.measure,
        cases=one.cases + count,
        live=live,
        by_state=by_state,
        waiting=waiting,
        problems=one.problems + problems,
    )


def _with_money(one: MeasureStatus, approved: int, paid: int) -> MeasureStatus:
    return MeasureStatus(**{**vars(one), "approved_fen": int(approved), "paid_fen": int(paid)})


def _order(name: tuple[str, str]) -> tuple[str, str, int]:
    """M2 before M14."""
    policy, measure = name
    return policy, measure[:1], int(measure[1:] or 0) if measure[1:].isdigit() else 0
