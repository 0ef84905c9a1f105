"""Payout rates as people read them: the official one of each unit with its targets, and this plan's own apart from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from casework.programmes import reported_payouts as register
from casework.programmes.payout_progress import Payout, Point, movements, payouts, trend
from casework.shared.reference import Reference
from models.unit_of_work import UnitOfWork
from policies.policy import Policy
from policies.programme import Target
from policies.programme import indicators as defined

BASIS = "P-payout-rate-basis"
ALL_UNITS = "全部单位合计"
_MONTH = len("2023-09")


@dataclass(frozen=True, kw_only=True)
class PayoutRate:
    """Paid over promised, exactly, in per cent; None where nothing was promised or the counts are not known."""

    by_amount: Fraction | None
    by_case: Fraction | None
    basis: str = "amount"

    @property
    def counts(self) -> Fraction | None:
        """The one that targets are compared with (`P-payout-rate-basis`)."""
        return self.by_case if self.basis == "case" else self.by_amount


@dataclass(frozen=True, kw_only=True)
class Official:
    """What a unit reported for all its policies by the end of a month; `sequence` above 1 is a correction."""

    unit: str
    period: str
    promised_fen: int
    paid_fen: int
    promised_cases: int | None
    paid_cases: int | None
    source: str
    sequence: int
    rate: PayoutRate


@dataclass(frozen=True, kw_only=True)
class TargetStanding:
    """A unit before one target: `met`, `below`, `missing` (no figure of that month), `ahead` (its day is not over).

    `baseline`: the day lies before the policy, so the figure is looked back on and nobody is reminded of it.
    """

    unit: str
    at_least: Fraction
    by: date
    baseline: bool
    standing: str
    rate: Fraction | None


def share(paid: int | None, promised: int | None) -> Fraction | None:
    """Per cent, exactly."""
    return Fraction(100 * paid, promised) if promised and paid is not None else None


def percent(rate: Fraction | None) -> str:
    """Two decimals, cut off and never rounded up to a target; a dash where there is none."""
    if rate is None:
        return "–"
    hundredths = int(rate * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def basis(facts: Reference, policy: Policy, today: date) -> str:
    """amount or case."""
    return str(facts.setting(policy, BASIS, today))


def official(work: UnitOfWork, policy: Policy, counted_by: str) -> list[Official]:
    """The figure in force of every unit and month, and the sum of the units that reported for the month."""
    found = register.in_force(register.rows(work, policy.code))
    by_period: dict[str, list[Official]] = {}
    for _, row in sorted(found.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        by_period.setdefault(row.period, []).append(_official(row, counted_by))
    return [payout for units in by_period.values() for payout in (*units, _sum(units, counted_by))]


def _official(row: Any, counted_by: str) -> Official:
    names = ("unit", "period", "promised_fen", "paid_fen", "promised_cases", "paid_cases", "source", "sequence")
    rate = PayoutRate(
        by_amount=share(row.paid_fen, row.promised_fen),
        by_case=share(row.paid_cases, row.promised_cases),
        basis=counted_by,
    )
    return Official(**{name: getattr(row, name) for name in names}, rate=rate)


def _sum(units: Sequence[Official], counted_by: str) -> Official:
    """All units of a month together; by case only where every one of them counts."""
    promised, paid = sum(payout.promised_fen for payout in units), sum(payout.paid_fen for payout in units)
    counted = all(payout.promised_cases is not None for payout in units)
    cases = sum(payout.promised_cases or 0 for payout in units) if counted else None
    paid_cases = sum(payout.paid_cases or 0 for payout in units) if counted else None
    rate = PayoutRate(by_amount=share(paid, promised), by_case=share(paid_cases, cases), basis=counted_by)
    return Official(
        unit=ALL_UNITS,
        period=units[0].period,
        promised_fen=promised,
        paid_fen=paid,
        promised_cases=cases,
        paid_cases=paid_cases,
        source=f"{len(units)} 个单位",
        sequence=1,
        rate=rate,
    )


def targets(policy: Policy) -> tuple[Target, ...]:
    """The dated targets of the official rate."""
    known = defined(policy)
    watched = known.get(policy.watches.official_rate)
    return tuple(target for target in watched.targets if target.by is not None) if watched else ()


def standings(
    policy: Policy, figures: Iterable[Official], today: date, *, also: Sequence[str] = ()
) -> list[TargetStanding]:
    """Every unit that ever reported (and those named in `also`) before every target, by the figure of the target's own month."""
    found = list(figures)
    units = sorted({*(figure.unit for figure in found), *also} - {ALL_UNITS})
    by_month = {(figure.unit, figure.period): figure.rate.counts for figure in found}
    result = []
    for target in targets(policy):
        assert target.by is not None
        for unit in (*units, ALL_UNITS):
            rate = by_month.get((unit, target.by.isoformat()[:_MONTH]))
            result.append(
                TargetStanding(
                    unit=unit,
                    at_least=target.at_least,
                    by=target.by,
                    baseline=target.is_baseline(policy.opens),
                    standing=_standing(target, rate, today),
                    rate=rate,
                )
            )
    return result


def _standing(target: Target, rate: Fraction | None, today: date) -> str:
    if rate is not None and target.met(rate):
        return "met"
    if target.by is not None and today <= target.by:
        return "ahead"
    return "missing" if rate is None else "below"


def own(work: UnitOfWork, policy: Policy) -> list[Payout]:
    """This plan's own items."""
    return [payout for payout in payouts(work) if payout.policy == policy.code]


def own_trend(work: UnitOfWork, policy: Policy, by: str) -> list[Point]:
    """How this plan's own sums moved, by week or month."""
    return trend(movements(work, policy=policy.code), by)
