"""The payout-rate watch: a digest each Monday to the units and the one that leads, an alarm when a target's day passes below it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from sqlalchemy import select
from sqlmodel import col

from casework.adopted import of_store
from casework.jobs.telling import Note, tell
from casework.outcome import Outcome
from casework.procedure import procedure
from casework.queries import rates
from casework.queries.payouts import Payout
from casework.queries.rates import ALL_UNITS, Official, Standing, percent
from casework.reference import reference
from models import Duty, StoreMark
from models.clock import business_date
from models.store import Store
from models.work import Work
from policies.money import Money
from policies.policy import Policy
from policies.programme import Work as Programme

Newest: TypeAlias = dict[str, tuple[Official, Official | None]]  # a unit's latest month, and the one before it


def watched(store: Store) -> list[Policy]:
    """The store's policies that ask for a payout rate."""
    return [policy for policy in of_store(store) if policy.watches.official_rate]


def weekly(store: Store, day: date) -> Outcome:
    """Tells each unit's head of its own rates, and the lead unit's of everybody's, until the policy is over and paid."""
    outcome = Outcome()
    for policy in watched(store):
        with store.read() as work:
            notes = _digest(store, work, policy, day)
        told = tell(store, notes)
        outcome.moved += [(policy.code, f"{day} 兑付率周报 {told} 份")] if told else []
    return outcome


def missed(store: Store, day: date) -> Outcome:
    """Raises the alarm for every unit that is below a target whose day has passed, or has not reported for its month."""
    outcome = Outcome()
    for policy in watched(store):
        with store.read() as work:
            lead, counted_by = _lead(store, work, policy), _basis(store, work, policy)
            found, first = rates.standings(policy, rates.official(work, policy, counted_by), day), _made(work)
        late = [one for one in found if one.standing in ("below", "missing") and not one.baseline and one.by >= first]
        tell(store, [note for one in late for note in _alarm(policy, lead, one)])
        outcome.waiting += [(f"{one.unit} {one.by}", _words(one)) for one in late]
    return outcome


def _made(work: Work) -> date:
    """The day on which a production store was made: what was due before is not its to watch. A rehearsal plays any time."""
    if work.demo:
        return date.min
    return business_date(work.execute(select(col(StoreMark.made_at))).scalar_one())


def _digest(store: Store, work: Work, policy: Policy, day: date) -> list[Note]:
    counted_by = _basis(store, work, policy)
    own = rates.own(work, policy)
    if day > policy.closes and all(one.paid_fen == one.approved_fen for one in own):
        return []
    newest = _newest(rates.official(work, policy, counted_by))
    units = sorted({*(one.unit for one in own), *newest} - {ALL_UNITS})
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
            "own": [_own_line(one) for one in own if one.unit in units],
            "official": [_official_line(*newest[unit]) for unit in units if unit in newest],
        },
    )


def _own_line(one: Payout) -> str:
    by_amount = percent(rates.share(one.paid_fen, one.approved_fen))
    by_case = percent(rates.share(one.paid, one.approved))
    sums = f"{Money(one.paid_fen).grouped}/{Money(one.approved_fen).grouped}"
    return f"{one.unit} {one.item} {by_amount} ({sums}) {by_case} ({one.paid}/{one.approved})"


def _official_line(now: Official, before: Official | None) -> str:
    """This month's rate, with the one before it."""
    earlier = f" ({before.period} {percent(before.rate.counts)})" if before else ""
    return f"{now.unit} {now.period} {percent(now.rate.counts)}{earlier}"


def _newest(figures: Iterable[Official]) -> Newest:
    """Each unit's latest month, and the one before it."""
    found: Newest = {}
    for one in figures:
        found[one.unit] = (one, found[one.unit][0] if one.unit in found else None)
    return found


def _alarm(policy: Policy, lead: str, one: Standing) -> Iterator[Note]:
    """To the unit concerned and to the one that leads; of the sum of all units, to the latter alone."""
    kind = "rate_below" if one.standing == "below" else "rate_missing"
    content = {
        "unit": one.unit,
        "rate": percent(one.rate),
        "target": percent(Fraction(one.at_least)),
        "day": one.by.isoformat(),
    }
    for unit in sorted({lead} if one.unit == ALL_UNITS else {lead, one.unit}):
        yield Note(
            kind=kind,
            subject=f"{policy.code}/{one.unit}",
            due=one.by.isoformat(),
            stage=one.standing,
            to=f"unit:{unit}:{Duty.HEAD}",
            content=content,
        )


def _words(one: Standing) -> str:
    if one.standing == "missing":
        return f"未填报 {one.by.isoformat()[:7]} 的数据"
    return f"{percent(one.rate)}，目标 {percent(Fraction(one.at_least))}"


def _basis(store: Store, work: Work, policy: Policy) -> str:
    return rates.basis(reference(store, work), policy, work.today)


def _lead(store: Store, work: Work, policy: Policy) -> str:
    """The unit that answers for the rate: the lead of the item that defines it."""
    wanted = policy.watches.official_rate
    item = next(
        one for one in policy if isinstance(one, Programme) and wanted in {known.id for known in one.indicators}
    )
    return procedure(reference(store, work), policy, item.id, work.today).lead
