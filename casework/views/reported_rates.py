"""The payout figures that units reported for a policy, with its targets, and for which units the reader may report."""

from dataclasses import dataclass
from uuid import UUID

from casework.programmes import payout_rates
from casework.programmes.payout_rates import Official, TargetStanding
from casework.shared.policies_in_use import of_store
from casework.shared.reference import reference
from casework.shared.register_writes import treasuries
from casework.staff import unit_register
from models import Duty
from models.store import Store
from policies.policy import Policy


@dataclass(frozen=True, kw_only=True)
class ReportedRates:
    """`figures`: the newest month first, the sum of a month behind its units; `units`: those for which the reader reports."""

    policy: Policy
    basis: str
    figures: tuple[Official, ...]
    targets: tuple[TargetStanding, ...]
    units: tuple[str, ...]


def policies_with_rates(store: Store) -> tuple[Policy, ...]:
    """The policies of the store that ask for a payout rate."""
    return tuple(policy for policy in of_store(store) if policy.watches.official_rate)


def reported_rates(store: Store, policy: Policy, *, reader: UUID) -> ReportedRates:
    """What was reported for a policy, open to everybody as the figures are."""
    names = [row.name for row in unit_register.listed(store)]
    with store.read() as work:
        facts = reference(store, work)
        counted_by = payout_rates.basis(facts, policy, work.today)
        found = payout_rates.official(work, policy, counted_by)
        mine = {unit for unit in names if facts.holding(reader, Duty.FUND_OFFICER, unit, work.now)}
        targets = payout_rates.standings(policy, found, work.today)
    by_period: dict[str, list[Official]] = {}
    for figure in found:
        by_period.setdefault(figure.period, []).append(figure)
    return ReportedRates(
        policy=policy,
        basis=counted_by,
        figures=tuple(figure for _, rows in sorted(by_period.items(), reverse=True) for figure in rows),
        targets=tuple(targets),
        units=tuple(names if mine & treasuries() else sorted(mine)),
    )
