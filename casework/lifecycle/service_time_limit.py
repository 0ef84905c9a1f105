"""限时即享: the last day on which a case should be fulfilled, counted from filing, the days with the applicant left out."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models import Decision, State
from models.clock import business_date
from models.unit_of_work import UnitOfWork
from policies.workdays import Calendar

Stop: TypeAlias = tuple[date, date]  # sent back on, came back on
_DAY = timedelta(days=1)


def promised_day(calendar: Calendar, filed_at: datetime, days: int, standing: Sequence[Stop] = ()) -> date:
    """So many working days after filing, and as many more as the clock stood still."""
    still = sum(days_still(calendar, stop) for stop in standing)
    return calendar.deadline(business_date(filed_at), days + still)


def days_still(calendar: Calendar, stop: Stop) -> int:
    """Working days after the one on which a case was sent back, up to the one on which it came back."""
    sent, back = stop
    return calendar.count(sent + _DAY, back) if sent < back else 0


def stops(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, tuple[Stop, ...]]:
    """When each case was with its applicant for correction and came back."""
    if not cases:
        return {}
    query = select(
        col(Decision.case_id), col(Decision.from_state), col(Decision.to_state), col(Decision.decided_at)
    ).where(col(Decision.case_id).in_(cases))
    found: dict[UUID, tuple[Stop, ...]] = {}
    sent: dict[UUID, date] = {}
    for row in work.execute(query.order_by(col(Decision.case_id), col(Decision.version))):
        if row.from_state == row.to_state:
            continue
        if row.to_state == State.IN_CORRECTION:
            sent[row.case_id] = business_date(row.decided_at)
        elif row.case_id in sent:
            back = business_date(row.decided_at)
            found[row.case_id] = (*found.get(row.case_id, ()), (sent.pop(row.case_id), back))
    return found
