"""How long the steps of a policy's cases took: working days from entering a state to leaving it, median and 90th percentile.

The day of entering does not count and the day of leaving does, as deadlines are counted; a case that passed a step more than
once counts once, with the days of all its passes. Pauses and the applicant's own time are not taken out. Where a pass runs
through a year whose calendar is not known, the days of that case in that step are not counted, and it is said how many such are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.read_access import Reader
from casework.shared.reference import policy_of, reference
from casework.views.board import BoardFilter, board_cases, refuse_all_but_leaders
from casework.views.case_conditions import leads
from models import Case, Decision, Party, State
from models.clock import business_date
from models.store import Store
from policies.workdays import Calendar, CalendarUnknown

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class StepDays:
    """One step of some cases: how many left it, and in how many working days; `key`: the unit, town or item, "" for all.

    `uncounted`: those of them whose days cannot be counted; without any other, neither `median` nor `ninetieth` is known.
    """

    key: str
    state: str
    cases: int
    uncounted: int
    median: int | None
    ninetieth: int | None


def nearest_rank(days: Sequence[int], hundredths: int) -> int:
    """The smallest value that at least so many per cent of all reach or stay below; `days` ascending, not empty."""
    return days[-(-len(days) * hundredths // 100) - 1]


def step_days(store: Store, asked: BoardFilter, by: str, reader: Reader) -> tuple[StepDays, ...]:
    """Every step of the cases asked for, by `unit`, `town`, `item` or "" for all of them together; drafts do not count."""
    policy = policy_of(asked.policy)
    with store.read() as work:
        refuse_all_but_leaders(store, work, reader)
        facts = reference(store, work)
        lead = leads(work, facts, policy)
        moves = (
            select(
                col(Decision.case_id), col(Decision.from_state), col(Decision.to_state), col(Decision.decided_at),
                col(Case.item), col(Party.town),
            )
            .join(Case, col(Case.id) == col(Decision.case_id))
            .join(Party, col(Party.id) == col(Case.party_id))
            .where(col(Decision.from_state) != col(Decision.to_state), *board_cases(store, work, asked, reader))
            .order_by(col(Decision.case_id), col(Decision.version))
        )  # fmt: skip
        spent = _spent(work.execute(moves), facts.calendar)
    key: dict[str, Callable[[Any], str]] = {
        "unit": lambda row: lead.get(row.item, ""),
        "town": lambda row: row.town or "",
        "item": lambda row: row.item,
    }
    found: dict[tuple[str, str], list[int | None]] = {}
    for (_, state), (days, row) in spent.items():
        found.setdefault((key[by](row) if by else "", state), []).append(days)
    order = {str(state): at for at, state in enumerate(State)}
    return tuple(
        _step(name, state, days)
        for (name, state), days in sorted(found.items(), key=lambda each: (each[0][0], order[each[0][1]]))
    )


def _step(key: str, state: str, days: Sequence[int | None]) -> StepDays:
    counted = sorted(each for each in days if each is not None)
    return StepDays(
        key=key,
        state=state,
        cases=len(days),
        uncounted=len(days) - len(counted),
        median=nearest_rank(counted, 50) if counted else None,
        ninetieth=nearest_rank(counted, 90) if counted else None,
    )


def _spent(moves: Iterable[Any], calendar: Calendar) -> dict[tuple[UUID, str], tuple[int | None, Any]]:
    """Case and state -> the working days in it, over all passes, with a row that says whose they are; None: not to be counted."""

    @lru_cache(maxsize=100_000)
    def between(first: date, last: date) -> int | None:
        try:
            return calendar.count(first + _DAY, last) if first < last else 0
        except CalendarUnknown:
            return None

    found: dict[tuple[UUID, str], tuple[int | None, Any]] = {}
    for row, since in _passes(moves):
        key = row.case_id, row.from_state
        before = found[key][0] if key in found else 0
        days = between(business_date(since), business_date(row.decided_at))
        found[key] = None if before is None or days is None else before + days, row
    return found


def _passes(moves: Iterable[Any]) -> Iterator[tuple[Any, datetime]]:
    """Each move out of a state with the instant at which the case came into it; what was never entered was the draft."""
    case: UUID | None = None
    since: datetime | None = None
    for row in moves:
        if row.case_id == case and since is not None:
            yield row, since
        case, since = row.case_id, row.decided_at
