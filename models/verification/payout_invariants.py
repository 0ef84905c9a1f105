"""Payout rates by which a programme was judged when it was closed, computed once more from the figures entered by then."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from json import loads
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from models.clock import business_date
from models.parameter_values import ParameterValue
from models.rates import PayoutFigure
from models.statements import Prepared
from models.verification.chain_order import came_before, newest_places
from policies.policy import Policy
from policies.programme import Target, Work, indicators

BASIS = "P-payout-rate-basis"
_FIGURES = Prepared(
    select(PayoutFigure.__table__)  # type: ignore[attr-defined]
    .where(col(PayoutFigure.policy) == bindparam("wanted"))
    .order_by(col(PayoutFigure.sequence))
)
_BASES = Prepared(
    select(
        col(ParameterValue.id), col(ParameterValue.value), col(ParameterValue.valid_from), col(ParameterValue.valid_to),
        col(ParameterValue.confirmed_at),
    )
    .where(
        col(ParameterValue.policy) == bindparam("wanted"),
        col(ParameterValue.parameter) == BASIS,
        col(ParameterValue.confirmed_at).is_not(None),
    )
    .order_by(col(ParameterValue.valid_from), col(ParameterValue.confirmed_at))
)  # fmt: skip


def short(
    connection: Connection, policy: Policy, item: Work, unit: str, moment: datetime, place: int | None
) -> Iterator[str]:
    """What stood against closing then: a unit without any figure, and past targets that it or all units together missed.

    `place`: the number of the closing in the audit chain, which tells what was entered before it; the law's days go by `moment`.
    """
    if policy.watches.official_rate not in {indicator.id for indicator in item.indicators}:
        return
    added = newest_places(connection, "rates.add")
    rows = _FIGURES.rows(connection, wanted=policy.code)
    entered = [row for row in rows if came_before(added.get(str(row.id)), place, row.entered_at, moment)]
    figures = {(row.unit, row.period): row for row in entered}  # the last of each counts
    if unit not in {row.unit for row in entered}:
        yield f"{unit} 没有兑付数据"
    by_case = _basis(connection, policy, moment, place) == "case"
    for target in indicators(policy)[policy.watches.official_rate].targets:
        if target.by is None or target.is_baseline(policy.opens) or business_date(moment) <= target.by:
            continue
        month = [row for row in figures.values() if row.period == target.by.isoformat()[: len("2023-09")]]
        for name, rows in ((unit, [row for row in month if row.unit == unit]), ("全部单位合计", month)):
            yield from _missed(name, target, _rate(rows, by_case))


def _missed(name: str, target: Target, rate: Fraction | None) -> Iterator[str]:
    if rate is None or not target.met(rate):
        reached = "未填报" if rate is None else f"{Decimal(rate.numerator) / rate.denominator:.2f}%"
        yield f"{name} 截至 {target.by} 的兑付率 {reached}，目标 ≥ {target.at_least}%"


def _rate(rows: list[Any], by_case: bool) -> Fraction | None:
    """Paid over promised of these figures, in per cent; by case only where every one of them counts."""
    if by_case and any(row.promised_cases is None for row in rows):
        return None
    paid, promised = ("paid_cases", "promised_cases") if by_case else ("paid_fen", "promised_fen")
    whole = sum(getattr(row, promised) for row in rows)
    return Fraction(100 * sum(getattr(row, paid) for row in rows), whole) if whole else None


def _basis(connection: Connection, policy: Policy, moment: datetime, place: int | None) -> str:
    """What was counted then: sums, or cases."""
    day, found = business_date(moment).isoformat(), str(policy.setting(BASIS).default)
    confirmed = newest_places(connection, "parameters.confirm")
    for row in _BASES.rows(connection, wanted=policy.code):
        known = came_before(confirmed.get(str(row.id)), place, row.confirmed_at, moment)
        if known and row.valid_from <= day and (not row.valid_to or row.valid_to >= day):
            found = str(loads(row.value))
    return found
