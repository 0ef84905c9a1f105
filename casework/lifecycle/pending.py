"""Who is waited for: the cases of a set that stand in some states and are a person's to move."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.wordings import state_zh
from models import Case, Duty, State
from models.duty_names import duty_zh
from models.store import Store

_ASKED = 500  # ids in one query
_COLUMNS = (Case.number, Case.state, Case.next_duty, Case.next_unit, Case.problem)


def waits(store: Store, cases: Sequence[UUID], states: Iterable[State]) -> list[tuple[str, str]]:
    """(number, for whom and why) in Chinese; units and duties, never names of people."""
    wanted = [state.value for state in states]
    found: list[tuple[str, str]] = []
    with store.read() as work:
        for start in range(0, len(cases), _ASKED):
            query = select(
                *_COLUMNS
            ).where(  # type: ignore[call-overload]
                col(Case.id).in_(cases[start : start + _ASKED]),
                col(Case.state).in_(wanted),
                col(Case.next_duty) != Duty.SYSTEM,
            )
            rows = work.execute(query.order_by(col(Case.number)))
            found += [(row.number, _words(row.state, row.next_duty, row.next_unit, row.problem)) for row in rows]
    return found


def _words(state: str, duty: str, unit: str | None, problem: str) -> str:
    whom = f"{unit or ''}{duty_zh(Duty(duty))}"
    return f"{state_zh(state)}：等{whom}" + (f"（{problem}）" if problem else "")
