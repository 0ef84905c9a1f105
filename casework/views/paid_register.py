"""兑付公开: what was paid to whom under which item, the newest first; natural persons masked. Anybody may read it.

A payment is listed once the bank has settled it, or once it was registered with its voucher; one that came back is not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import col

from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.shared.reference import is_installed, policy_of
from casework.views.offered_items import unit_named
from models import Case, Entitlement, Fund, OrderState, Party, PaymentOrder
from models.clock import business_date, start_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies import all_policies
from policies.forms import Text
from policies.policy import Policy

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class PaidFilter:
    """What is asked for: a policy's code, an item's id, the unit whose fund paid, the year of the payment; empty is all."""

    policy: str = ""
    item: str = ""
    unit: str = ""
    year: int | None = None


@dataclass(frozen=True, kw_only=True)
class PaidRow:
    """One payment; whole fen."""

    number: str  # of the payment order: the case's number and the attempt
    case: str
    policy: str
    item: str
    title: str
    title_en: str
    unit: str
    unit_en: str
    applicant: str
    amount_fen: int
    paid_on: date


@dataclass(frozen=True, kw_only=True)
class PaidPage:
    """Some payments, all of the filter counted and added up, and where the next page begins ("": there is none)."""

    rows: tuple[PaidRow, ...]
    count: int
    total_fen: int
    after: str


@dataclass(frozen=True, kw_only=True)
class PaidChoices:
    """What the filter may name."""

    items: tuple[tuple[str, str, Text], ...]  # policy, item, title
    units: tuple[tuple[str, str], ...]  # Chinese, English
    years: tuple[int, ...]


def paid(store: Store, wanted: PaidFilter, *, after: str = "", limit: int = PAGE) -> PaidPage:
    """A page of the register; `after`: the number of the last payment on the page before."""
    with store.read() as work:
        count, total = work.execute(_summed(wanted)).one()
        rows = _rows(work, _where(wanted), after, limit + 1)
    shown = rows[:limit]
    return PaidPage(
        rows=tuple(shown), count=count, total_fen=int(total), after=shown[-1].number if len(rows) > limit else ""
    )


def all_paid(store: Store, wanted: PaidFilter, *, step: int = 1000) -> Iterator[PaidRow]:
    """Every payment of the filter, read in steps, so that a long register needs no more memory than a short one."""
    after = ""
    while True:
        with store.read() as work:
            rows = _rows(work, _where(wanted), after, step)
        yield from rows
        if len(rows) < step:
            return
        after = rows[-1].number


def choices(store: Store) -> PaidChoices:
    """What a filter may ask for: what the policies pay for, whose funds there are, and the years of the payments."""
    ended = col(PaymentOrder.ended_at)
    with store.read() as work:
        funds = work.execute(select(col(Fund.unit)).distinct()).scalars().all()
        first, last = (
            work.execute(select(ended).where(*_SETTLED).order_by(order).limit(1)).scalar()
            for order in (ended, ended.desc())
        )
    years = range(business_date(last).year, business_date(first).year - 1, -1) if first and last else ()
    known = all_policies()
    return PaidChoices(
        items=tuple(
            (policy.code, money_item.id, money_item.title) for policy in known for money_item in policy.money_items
        ),
        units=tuple((name, _english(known, name)) for name in sorted(funds)),
        years=tuple(years),
    )


def _english(known: Iterable[Policy], name: str) -> str:
    """A unit's English name in whatever policy has one."""
    return next((said for policy in known if (said := unit_named(policy, name).en) != name), name)


_SETTLED = (col(PaymentOrder.state) == OrderState.SETTLED, col(PaymentOrder.ended_at).is_not(None))


def _summed(wanted: PaidFilter) -> Select[Any]:
    """How many and how much; only what the filter names is joined, so that all of it is one walk through an index."""
    query: Select[Any] = select(func.count(), func.coalesce(func.sum(col(PaymentOrder.amount_fen)), 0)).select_from(
        PaymentOrder
    )
    if wanted.policy or wanted.item:
        query = query.join(Case, col(Case.id) == col(PaymentOrder.case_id))
    if wanted.unit:
        query = query.join(Entitlement, col(Entitlement.id) == col(PaymentOrder.entitlement_id))
        query = query.join(Fund, col(Fund.id) == col(Entitlement.fund_id))
    return query.where(*_where(wanted))


def _where(wanted: PaidFilter) -> list[ColumnElement[bool]]:
    named = (
        (Case.policy, wanted.policy),
        (Case.measure, _measure(wanted)),
        (Case.item, wanted.item),
        (Fund.unit, wanted.unit),
    )
    # An item's payments are few: they are found by its cases. All others are walked in the order of the index.
    state = func.coalesce(col(PaymentOrder.state), "") if wanted.item else col(PaymentOrder.state)
    settled = (state == OrderState.SETTLED, col(PaymentOrder.ended_at).is_not(None))
    where: list[ColumnElement[bool]] = [*settled, *(col(column) == value for column, value in named if value)]
    if wanted.year is not None:
        if not 1900 < wanted.year < 2200:
            raise Refused("year", f"没有年份 {wanted.year}", f"there is no year {wanted.year}", field="year")
        first, following = date(wanted.year, 1, 1), date(wanted.year + 1, 1, 1)
        where += [
            col(PaymentOrder.ended_at) >= start_of(first),
            col(PaymentOrder.ended_at) < start_of(following),
        ]
    return where


def _measure(wanted: PaidFilter) -> str:
    """The measure of the item: cases have an index by policy and measure."""
    if not wanted.policy or not is_installed(wanted.policy):
        return ""
    policy = policy_of(wanted.policy)
    return policy.measure_of(wanted.item).code if any(known.id == wanted.item for known in policy) else ""


def _rows(work: UnitOfWork, where: list[ColumnElement[bool]], after: str, limit: int) -> list[PaidRow]:
    ended, number = col(PaymentOrder.ended_at), col(PaymentOrder.number)
    query: Select[Any] = select(
        number,
        ended,
        col(PaymentOrder.amount_fen),
        col(Case.number).label("case"),
        col(Case.policy),
        col(Case.item),
        col(Fund.unit),
        col(Party.kind),
        col(Party.name),
    ).select_from(PaymentOrder)
    query = (
        query.join(Case, col(Case.id) == col(PaymentOrder.case_id))
        .join(Entitlement, col(Entitlement.id) == col(PaymentOrder.entitlement_id))
        .join(Fund, col(Fund.id) == col(Entitlement.fund_id))
        .join(Party, col(Party.id) == col(Case.party_id))
        .where(*where)
    )
    if after:
        last: datetime | None = work.execute(select(ended).where(number == after)).scalar()
        if last is None:
            return []
        query = query.where(ended <= last, or_(ended < last, number < after))
    return [_row(row) for row in work.execute(query.order_by(ended.desc(), number.desc()).limit(limit))]


def _row(row: Any) -> PaidRow:
    title = _title(row.policy, row.item)
    return PaidRow(
        number=row.number,
        case=row.case,
        policy=row.policy,
        item=row.item,
        title=title.zh,
        title_en=title.en,
        unit=row.unit,
        unit_en=_unit(row.policy, row.unit).en,
        applicant=party_name(row.kind, row.name),
        amount_fen=row.amount_fen,
        paid_on=business_date(row.ended_at),
    )


def _title(policy: str, item: str) -> Text:
    """The item's words; its id where its policy is not here."""
    return policy_of(policy).item(item).title if is_installed(policy) else Text(item, item)


def _unit(policy: str, name: str) -> Text:
    found = unit_named(policy_of(policy), name) if is_installed(policy) else None
    return Text(name, found.en if found else name)
