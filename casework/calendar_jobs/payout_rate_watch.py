"""The payout-rate watch: a digest each Monday to the units and the one that leads, an alarm when a target's day passes below it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.procedure import procedure_on
from casework.programmes import payout_rates
from casework.programmes.payout_progress import Payout
from casework.programmes.payout_rates import ALL_UNITS, Official, TargetStanding, percent
from casework.shared.notify_once import Note, tell
from casework.shared.policies_in_use import of_store
from casework.shared.reference import reference
from casework.shared.run_summary import RunSummary
from models import Duty, StoreMark
from models.clock import business_date
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.money import Money
from policies.policy import Policy
from policies.programme import Work as Programme

Newest: TypeAlias = dict[str, tuple[Official, Official | None]]  # a unit's latest month, and the one before it


def watched(store: Store) -> list[Policy]:
    """The store's policies that ask for a payout rate."""
    return [policy for policy in of_store(store) if policy.watches.official_rate]


def weekly(store: Store, day: date) -> RunSummary:
    """Tells each unit's head of its own rates, and the lead unit's of everybody's, until the policy is over and paid."""
    outcome = RunSummary()
    for policy in watched(store):
        with store.read() as work:
            notes = _digest(store, work, policy, day)
        told = tell(store, notes)
        outcome.moved += [(policy.code, f"{day} 兑付率周报 {told} 份")] if told else []
    return outcome


def missed(store: Store, day: date) -> RunSummary:
    """Raises the alarm for every unit that is below a target whose day has passed, or has not reported for its month."""
    outcome = RunSummary()
    for policy in watched(store):
        with store.read() as work:
            lead, counted_by = _lead(store, work, policy), _basis(store, work, policy)
            found, first = (
                payout_rates.standings(policy, payout_rates.official(work, policy, counted_by), day),
                _made(work),
            )
        late = [
            standing
            for standing in found
            if standing.standing in ("below", "missing") and not standing.baseline and standing.by >= first
        ]
        tell(store, [note for standing in late for note in _alarm(policy, lead, standing)])
        outcome.waiting += [(f"{standing.unit} {standing.by}", _words(standing)) for standing in late]
    return outcome


def _made(work: UnitOfWork) -> date:
    """The day on which a production store was made: what was due before is not its to watch. A rehearsal plays any time."""
    if work.demo:
        return date.min
    return business_date(work.execute(select(col(StoreMark.made_at))).scalar_one())


def _digest(store: Store, work: UnitOfWork, policy: Policy, day: date) -> list[Note]:
    counted_by = _basis(store, work, policy)
    own = payout_rates.own(work, policy)
    if day > policy.closes and all(payout.paid_fen == payout.approved_fen for payout in own):
        return []
    newest = _newest(payout_rates.official(work, policy, counted_by))
    units = sorted({*(payout.unit for payout in own), *newest} - {ALL_UNITS})
    if not units:
        return []
    notes = [_note(policy, day, unit, "unit", [unit], own, newest) for unit in units]
    return [*notes, _note(policy, day, _lead(store, work, policy), "lead", [*units, ALL_UNITS], own, newest)]


def _note(
    policy: Policy, day: date, to: str, stage: str, units: Sequence[str], own: Sequence[Payout], newest: Newest
) -> Note:
    """The digest of some units for the head of one."""
    return Note(
        kind="rates_digest",
        subject=policy.code,
        due=day.isoformat(),
        stage=stage,
        to=f"unit:{to}:{Duty.HEAD}",
        content={
            "unit": to,
            "day": day.isoformat(),
            "own": [_own_line(payout) for payout in own if payout.unit in units],
            "official": [_official_line(*newest[unit]) for unit in units if unit in newest],
        },
    )


def _own_line(payout: Payout) -> str:
    by_amount = percent(payout_rates.share(payout.paid_fen, payout.approved_fen))
    by_case = percent(payout_rates.share(payout.paid, payout.approved))
    sums = f"{Money(payout.paid_fen).grouped}/{Money(payout.approved_fen).grouped}"
    return f"{payout.unit} {payout.item} {by_amount} ({sums}) {by_case} ({payout.paid}/{payout.approved})"


def _official_line(now: Official, before: Official | None) -> str:
    """This month's rate, with the one before it."""
    earlier = f" ({before.period} {percent(before.rate.counts)})" if before else ""
    return f"{now.unit} {now.period} {percent(now.rate.counts)}{earlier}"


def _newest(figures: Iterable[Official]) -> Newest:
    """Each unit's latest month, and the one before it."""
    found: Newest = {}
    for figure in figures:
        found[figure.unit] = (figure, found[figure.unit][0] if figure.unit in found else None)
    return found


def _alarm(policy: Policy, lead: str, standing: TargetStanding) -> Iterator[Note]:
    """To the unit concerned and to the one that leads; of the sum of all units, to the latter alone."""
    kind = "rate_below" if standing.standing == "below" else "rate_missing"
    content = {
        "unit": standing.unit,
        "rate": percent(standing.rate),
        "target": percent(Fraction(standing.at_least)),
        "day": standing.by.isoformat(),
    }
    for unit in sorted({lead} if standing.unit == ALL_UNITS else {lead, standing.unit}):
        yield Note(
            kind=kind,
            subject=f"{policy.code}/{standing.unit}",
            due=standing.by.isoformat(),
            stage=standing.standing,
            to=f"unit:{unit}:{Duty.HEAD}",
            content=content,
        )


def _words(standing: TargetStanding) -> str:
    if standing.standing == "missing":
        return f"未填报 {standing.by.isoformat()[:7]} 的数据"
    return f"{percent(standing.rate)}，目标 {percent(Fraction(standing.at_least))}"


def _basis(store: Store, work: UnitOfWork, policy: Policy) -> str:
    return payout_rates.basis(reference(store, work), policy, work.today)


def _lead(store: Store, work: UnitOfWork, policy: Policy) -> str:
    """The unit that answers for the rate: the lead of the item that defines it."""
    wanted = policy.watches.official_rate
    item = next(
        programme
        for programme in policy
        if isinstance(programme, Programme) and wanted in {known.id for known in programme.indicators}
    )
    return procedure_on(reference(store, work), policy, item.id, work.today).lead
