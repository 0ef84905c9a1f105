"""What the tables and the report show of a finished season, read from the records alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.wordings import action_zh, state_zh
from casework.policy_settings.parameter_register import ValueRow, listed
from casework.programmes.payout_progress import Payout, movements, payouts
from casework.views import FundStatus, MeasureStatus, NoticeRow, funds, notices, statuses
from demo.correspondence import Correspondence, correspondence
from demo.staff import POLICY
from demo.stage import Season
from models import Case, Decision, State
from models.clock import business_date, week_start
from models.store import Store

S = State
FUNNEL = (S.DRAFT, S.FILED, S.ACCEPTED, S.CERTIFIED, S.COMPUTED, S.DECIDED, S.ON_NOTICE, S.PAYABLE, S.PAID)


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long cases stood in a state before the next one, in calendar days of the season."""

    state: str
    cases: int
    mean_days: float
    longest_days: float


@dataclass(frozen=True, kw_only=True)
class RefusedCase:
    """A reason for a no, at which step, and how often."""

    step: str
    reason: str
    cases: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything that is shown."""

    cases: int
    states: dict[str, int]
    measures: tuple[MeasureStatus, ...]
    funnel: tuple[tuple[str, int], ...]
    funds: tuple[FundStatus, ...]
    payouts: tuple[Payout, ...]
    titles: dict[str, str]  # item -> its title
    rates: tuple[tuple[date, int, int], ...]  # day, approved so far, paid so far, in fen
    weeks: tuple[tuple[date, int, int, int], ...]  # Monday, filed, decided, paid
    waits: tuple[Wait, ...]
    refusals: tuple[RefusedCase, ...]
    notices: tuple[NoticeRow, ...]
    told: Correspondence
    values: tuple[ValueRow, ...]


def figures(season: Season) -> Figures:
    """Reads all of it."""
    store = season.store
    found = statuses(store)
    states: Counter[str] = Counter()
    for payout in found:
        states.update(payout.by_state)
    return Figures(
        cases=sum(measure.cases for measure in found),
        states=dict(states),
        measures=found,
        funnel=_funnel(store),
        funds=funds(store),
        payouts=_payouts(store),
        titles={item.id: item.title.zh for item in POLICY},
        rates=_rates(store),
        weeks=_weeks(store),
        waits=_waits(store),
        refusals=_refusals(store),
        notices=tuple(reversed(notices(store))),
        told=correspondence(store),
        values=tuple(value for value in listed(store, POLICY) if value.status == "confirmed"),
    )


def _rows(store: Store, query: Any) -> list[Any]:
    with store.read() as work:
        return list(work.execute(query))


def _funnel(store: Store) -> tuple[tuple[str, int], ...]:
    """How many cases of the money items ever came to a state, whatever became of them later."""
    reached: dict[str, set[Any]] = {}
    paying = [item.id for item in POLICY if item.pays]
    query = select(col(Decision.case_id), col(Decision.to_state)).join(Case, col(Case.id) == col(Decision.case_id))
    for row in _rows(store, query.where(col(Case.item).in_(paying)).distinct()):
        reached.setdefault(row.to_state, set()).add(row.case_id)
    return tuple((state_zh(state), len(reached.get(state, ()))) for state in FUNNEL)


def _payouts(store: Store) -> tuple[Payout, ...]:
    """In the policy's order."""
    with store.read() as work:
        by_item = {payout.item: payout for payout in payouts(work)}
    return tuple(by_item[item.id] for item in POLICY if item.id in by_item)


def _rates(store: Store) -> tuple[tuple[date, int, int], ...]:
    """Approved and paid so far, on each day on which either moved."""
    approved = paid = 0
    found: dict[date, tuple[int, int]] = {}
    with store.read() as work:
        moved = movements(work)
    for payout in moved:
        approved, paid = approved + payout.approved_fen, paid + payout.paid_fen
        found[payout.day] = (approved, paid)
    return tuple((day, *sums) for day, sums in sorted(found.items()))


def _weeks(store: Store) -> tuple[tuple[date, int, int, int], ...]:
    counted: dict[date, Counter[str]] = {}
    wanted = [S.FILED.value, S.PLANNED.value, S.DECIDED.value, S.PAID.value, S.DELIVERED.value]
    columns = (col(Decision.to_state), col(Decision.from_state), col(Decision.decided_at))
    for row in _rows(store, select(*columns).where(col(Decision.to_state).in_(wanted))):
        if row.to_state == row.from_state:
            continue
        day = business_date(row.decided_at)
        counted.setdefault(week_start(day), Counter())[row.to_state] += 1
    return tuple(
        (week, counts[S.FILED] + counts[S.PLANNED], counts[S.DECIDED], counts[S.PAID] + counts[S.DELIVERED])
        for week, counts in sorted(counted.items())
    )


def _waits(store: Store) -> tuple[Wait, ...]:
    """From one change of state to the next, over all cases, the slowest first; the year of a programme is no waiting."""
    columns = (col(Decision.case_id), col(Decision.from_state), col(Decision.to_state), col(Decision.decided_at))
    entered: dict[Any, Any] = {}
    stood: dict[str, list[float]] = {}
    for row in _rows(store, select(*columns).order_by(col(Decision.case_id), col(Decision.version))):
        if row.from_state == row.to_state and row.case_id in entered:
            continue
        if row.case_id in entered and row.from_state not in (S.IN_PROGRESS, S.CLOSED):
            days = (row.decided_at - entered[row.case_id]).total_seconds() / 86_400
            stood.setdefault(row.from_state, []).append(days)
        entered[row.case_id] = row.decided_at
    found = [
        Wait(state=state_zh(state), cases=len(days), mean_days=sum(days) / len(days), longest_days=max(days))
        for state, days in stood.items()
    ]
    return tuple(sorted(found, key=lambda wait: -wait.mean_days))


def _refusals(store: Store) -> tuple[RefusedCase, ...]:
    columns = (col(Decision.action), col(Decision.from_state), col(Decision.reason))
    rows = _rows(store, select(*columns).where(col(Decision.to_state) == S.REFUSED))
    counted = Counter((f"{state_zh(row.from_state)} · {action_zh(row.action)}", _short(row.reason)) for row in rows)
    return tuple(RefusedCase(step=step, reason=why, cases=n) for (step, why), n in sorted(counted.items(), key=_most))


def _most(counted: tuple[tuple[str, str], int]) -> tuple[int, str, str]:
    return -counted[1], *counted[0]


def _short(reason: str) -> str:
    """A reason without the case that it names."""
    return reason.partition("（")[0] if reason.startswith("就高") else reason
