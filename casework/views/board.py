"""The leaders' board: what became of a policy's cases, by state, unit, town and item. Each figure has its list of cases.

Only cases that the reader may see are counted, as in the list behind each figure (`views.cases` with `CaseConditions`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy import case as when
from sqlmodel import col

from casework.lifecycle.read_access import Reader, refuse_without, seen
from casework.programmes import ranking_snapshots
from casework.programmes.payout_rates import Official, TargetStanding, basis, official, standings
from casework.programmes.ranking_snapshots import RankingRow
from casework.shared.reference import policy_of, reference
from casework.views.case_conditions import CaseConditions, leads
from casework.views.fund_status import FundStatus, funds
from models import Case, Duty, Entitlement, Fund, Party, State
from models.people import ONLOOKERS
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy

LEADERS = (Duty.HEAD, *sorted(ONLOOKERS))
BY = ("unit", "town", "item")


@dataclass(frozen=True, kw_only=True)
class BoardFilter:
    """Which cases the board counts; "" is all."""

    policy: str
    lead: str = ""
    town: str = ""
    item: str = ""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Cases counted, with what was granted and paid in whole fen; `key`: the unit, town, item or state that they share."""

    key: str
    cases: int = 0
    filed: int = 0
    open: int = 0
    undecided: int = 0
    overdue: int = 0
    refused: int = 0
    granted: int = 0
    paid: int = 0
    approved_fen: int = 0
    paid_fen: int = 0


@dataclass(frozen=True, kw_only=True)
class FundTally:
    """A fund as it stands, with the cases of the reader's that something was granted to from it."""

    fund: FundStatus
    cases: int
    approved_fen: int
    paid_fen: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """The board of one policy."""

    policy: Policy
    whole: Tally
    by_state: tuple[Tally, ...]
    by_unit: tuple[Tally, ...]
    by_town: tuple[Tally, ...]
    by_item: tuple[Tally, ...]
    payers: tuple[Tally, ...]  # by the unit whose fund pays
    funds: tuple[FundTally, ...]
    targets: tuple[TargetStanding, ...]
    reported: tuple[Official, ...]  # the newest month of each unit
    ranking: RankingRow | None
    units: tuple[str, ...]
    towns: tuple[str, ...]


def refuse_all_but_leaders(store: Store, work: UnitOfWork, reader: Reader) -> None:
    """The board is for heads of units, who see their unit's cases, and for those who look on."""
    refuse_without(store, work, reader, LEADERS, ("领导看板", "the board"))


def board(store: Store, asked: BoardFilter, reader: Reader) -> Board:
    """Counts everything in one reading; Refused for who is no leader."""
    policy = policy_of(asked.policy)
    with store.read() as work:
        refuse_all_but_leaders(store, work, reader)
        facts = reference(store, work)
        lead = leads(work, facts, policy)
        rows = work.execute(_counted(work, board_cases(store, work, asked, reader))).all()
        paying = {row.id: row for row in work.execute(_by_fund(board_cases(store, work, asked, reader)))}
        reported = official(work, policy, basis(facts, policy, work.today))
        targets = standings(policy, reported, work.today)
        ranked = ranking_snapshots.listed(work, policy)
        towns = work.execute(select(col(Party.town)).where(col(Party.town).is_not(None)).distinct()).scalars().all()
    held = funds(store, reader=reader)
    return Board(
        policy=policy,
        whole=next(iter(_tallies(rows, lambda row: "")), Tally(key="")),
        by_state=_in_order(_tallies(rows, lambda row: row.state), [str(state) for state in State]),
        by_unit=_tallies(rows, lambda row: lead.get(row.item, "")),
        by_town=_tallies(rows, lambda row: row.town or ""),
        by_item=_in_order(_tallies(rows, lambda row: row.item), [item.id for item in policy]),
        payers=_tallies([row for row in rows if row.payer], lambda row: row.payer),
        funds=tuple(_fund(each, paying.get(each.id)) for each in held if each.id in paying or _of(each, policy, lead)),
        targets=tuple(targets),
        reported=_newest(reported),
        ranking=ranked[-1] if ranked else None,
        units=tuple(sorted(set(lead.values()))),
        towns=tuple(sorted(town for town in towns if town)),
    )


def board_cases(store: Store, work: UnitOfWork, asked: BoardFilter, reader: Reader) -> list[ColumnElement[bool]]:
    """The conditions on the cases that the board counts."""
    where: list[ColumnElement[bool]] = [seen(store, work, reader), col(Case.policy) == asked.policy]
    if asked.item:
        where.append(col(Case.item) == asked.item)
    return where + list(CaseConditions(lead=asked.lead, town=asked.town).where(work, reference(store, work)))


def _counted(work: UnitOfWork, where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Cases with their money, by item, town, state and paying unit."""
    live, filed = col(Case.next_duty).is_not(None), col(Case.filed_at).is_not(None)
    granted = col(Entitlement.id).is_not(None)
    late = and_(col(Case.next_due) <= work.now, col(Case.next_duty) != Duty.SYSTEM, col(Case.held).is_(False))
    full = and_(granted, col(Entitlement.paid_fen) == col(Entitlement.approved_fen))
    by: tuple[Any, ...] = (col(Case.item), col(Party.town), col(Case.state), col(Fund.unit).label("payer"))
    return (
        select(
            *by, func.count().label("cases"), _sum(filed, "filed"), _sum(and_(filed, live), "open"),
            _sum(and_(filed, live, ~granted), "undecided"), _sum(late, "overdue"),
            _sum(col(Case.state) == State.REFUSED, "refused"), _sum(granted, "granted"), _sum(full, "paid"),
            func.coalesce(func.sum(Entitlement.approved_fen), 0).label("approved_fen"),
            func.coalesce(func.sum(Entitlement.paid_fen), 0).label("paid_fen"),
        )
        .join(Party, col(Party.id) == col(Case.party_id))
        .join(Entitlement, and_(col(Entitlement.case_id) == col(Case.id), col(Entitlement.ended).is_(False)), isouter=True)
        .join(Fund, col(Fund.id) == col(Entitlement.fund_id), isouter=True)
        .where(*where)
        .group_by(*by)
    )  # fmt: skip


def _sum(condition: ColumnElement[bool], name: str) -> Any:
    return func.coalesce(func.sum(when((condition, 1), else_=0)), 0).label(name)


def _by_fund(where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    return (
        select(
            col(Entitlement.fund_id).label("id"), func.count().label("cases"),
            func.sum(Entitlement.approved_fen).label("approved_fen"), func.sum(Entitlement.paid_fen).label("paid_fen"),
        )
        .join(Case, col(Case.id) == col(Entitlement.case_id))
        .where(col(Entitlement.ended).is_(False), *where)
        .group_by(col(Entitlement.fund_id))
    )  # fmt: skip


_SUMS = tuple(each.name for each in fields(Tally) if each.name != "key")


def _tallies(rows: Iterable[Any], key: Any) -> tuple[Tally, ...]:
    """The rows added up by what they share, in its order."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault(key(row), dict.fromkeys(_SUMS, 0))
        for name in _SUMS:
            sums[name] += int(getattr(row, name))
    return tuple(Tally(key=name, **sums) for name, sums in sorted(found.items()))


def _in_order(tallies: Sequence[Tally], order: Sequence[str]) -> tuple[Tally, ...]:
    """In a given order; what it does not name comes last."""
    place = {name: at for at, name in enumerate(order)}
    return tuple(sorted(tallies, key=lambda each: (place.get(each.key, len(place)), each.key)))


def _fund(fund: FundStatus, row: Any) -> FundTally:
    if row is None:
        return FundTally(fund=fund, cases=0, approved_fen=0, paid_fen=0)
    return FundTally(fund=fund, cases=int(row.cases), approved_fen=int(row.approved_fen), paid_fen=int(row.paid_fen))


def _of(fund: FundStatus, policy: Policy, lead: dict[str, str]) -> bool:
    """Whether the policy may draw on a fund."""
    return fund.unit in lead.values() and fund.policy in ("", policy.code)


def _newest(figures: Sequence[Official]) -> tuple[Official, ...]:
    """Each unit's figure of its newest month."""
    found = {each.unit: each for each in sorted(figures, key=lambda each: each.period)}
    return tuple(found[unit] for unit in sorted(found))
