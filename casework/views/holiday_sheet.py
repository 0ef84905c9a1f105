"""A year's working days as they were entered against the program's own calendar, for those who keep or look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from casework.lifecycle.read_access import refuse_all_but_onlookers
from casework.policy_settings import holidays
from casework.policy_settings.holidays import HolidayRow
from casework.shared.reference import reference
from models import Duty
from models.store import Store
from policies.workdays import CHINA

_SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class HolidaySheet:
    """`rows`: the days entered that are no usual ones of their weekday; `entered`: how many were entered in all.

    `known`: whether every day of the year is known; `by_program`: whether the program brings it.
    """

    year: int
    years: Sequence[int]
    rows: tuple[HolidayRow, ...]
    entered: int
    known: bool
    by_program: bool
    keeps: bool


def holiday_sheet(store: Store, year: int | None, *, reader: UUID) -> HolidaySheet:
    """The days of a year, this one where none is named; administrators enter them, auditors look on."""
    every = holidays.listed(store)
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, ("节假日", "holidays"))
        facts = reference(store, work)
        wanted = year or work.today.year
        keeps = facts.holding(reader, Duty.ADMINISTRATOR, None, work.now) is not None
        known = facts.calendar.knows(wanted)
        near = {work.today.year - 1, work.today.year, work.today.year + 1}
    mine = [row for row in every if row.day.year == wanted]
    return HolidaySheet(
        year=wanted,
        years=sorted({*near, wanted, *(row.day.year for row in every)}),
        rows=tuple(row for row in mine if row.works is (row.day.weekday() >= _SATURDAY)),
        entered=len(mine),
        known=known,
        by_program=CHINA.knows(wanted),
        keeps=keeps,
    )
