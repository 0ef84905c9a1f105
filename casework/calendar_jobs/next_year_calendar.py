"""In December the working days of the next year must be known: until they are, operators are reminded every week."""

from datetime import date

from sqlalchemy import func, select
from sqlmodel import col

from casework.calendar_jobs.cadence import yearly
from casework.shared.notify_once import tell_operators
from casework.shared.reference import reference
from casework.shared.run_summary import RunSummary
from models import Case
from models.store import Store

asking_days = yearly(*((12, day) for day in (1, 8, 15, 22, 29)))


def next_year_known(store: Store, day: date) -> RunSummary:
    """Raises the alarm while the next year's notice has not been entered."""
    year = day.year + 1
    with store.read() as work:
        known = reference(store, work).calendar.knows(year)
        waiting = work.execute(select(func.count()).select_from(Case).where(col(Case.due_provisional))).scalar_one()
    if known:
        return RunSummary()
    due, content = f"{year}-01-01", {"year": year, "count": waiting}
    tell_operators(store, kind="holidays_missing", subject=str(year), due=due, stage=day.isoformat(), **content)
    return RunSummary(waiting=[(str(year), "工作日安排尚未录入，已提醒管理员")])
