"""Holidays: days that work or rest against the calendar package, each from a cited notice. A year is known as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlmodel import col

from casework.lifecycle.provisional_deadlines import recompute_provisional
from casework.lifecycle.resume import wake_for_calendar
from casework.shared.errors import Refused
from casework.shared.reference import touch
from casework.shared.register_writes import Actor, Writer, arriving, filled, writer
from models import Duty, HolidayOverride
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.workdays import Calendar, Day, whole_year


@dataclass(frozen=True, kw_only=True)
class HolidayRow:
    """A day as listed."""

    day: date
    works: bool
    citation: str


def arranged(*, rests: Iterable[date], works: Iterable[date]) -> dict[date, Day]:
    """The days that a notice names; one that is named as both is refused."""
    days = dict.fromkeys(rests, Day.RESTS)
    for day in works:
        if day in days and days[day] is Day.RESTS:
            raise Refused("day", f"{day} 既放假又上班，请核对通知", f"{day} is named as both", field="works")
        days[day] = Day.WORKS
    return days


def add(store: Store, actor: Actor, *, days: Mapping[date, Day], citation: str) -> int:
    """Enters days of years that the calendar knows; how many changed. For a year it lacks use `add_year`."""
    return add_all(store, actor, {citation: days})


def add_all(store: Store, actor: Actor, notices: Mapping[str, Mapping[date, Day]]) -> int:
    """Enters the days of several notices in one transaction: all of them or none; how many changed."""
    changed = 0
    with arriving(store) as work:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        named = {day.year for days in notices.values() for day in days}
        after = Calendar({**_stored(work), **{day: value for days in notices.values() for day, value in days.items()}})
        for year in sorted(named):
            if not after.knows(year):
                raise Refused(
                    "whole_year",
                    f"{year} 年不在日历数据内，须按国务院通知整年登记（放假日和调休上班日），不能只登记几天",
                    f"{year} is not in the calendar: enter the whole year from its notice",
                    field="days",
                )
        for citation, days in notices.items():
            changed += _add_in(work, who, days, citation)
        wake_for_calendar(work)
    recompute_provisional(store)
    return changed


def _add_in(work: UnitOfWork, who: Writer, days: Mapping[date, Day], citation: str) -> int:
    notice = filled(citation, "citation", "通知文号", "the notice")
    if not days:
        raise Refused("days", "没有要登记的日期", "no days given", field="days")
    work.flush()
    known = _stored(work)
    changed = {day: value for day, value in days.items() if known.get(day) is not value}
    _write(work, changed, notice, who.text)
    return len(changed)


def add_year(
    store: Store, actor: Actor, *, year: int, rests: Iterable[date], works: Iterable[date], citation: str
) -> int:
    """Enters every day of a year from its notice: weekends rest, weekdays work, except the days named."""
    try:
        days = whole_year(year, rests=rests, works=works)
    except (ValueError, TypeError) as error:
        raise Refused("days", str(error), str(error), field="days") from error
    return add(store, actor, days=days, citation=citation)


def listed(store: Store, *, year: int | None = None) -> list[HolidayRow]:
    """The days entered, in order."""
    query = select(col(HolidayOverride.day), col(HolidayOverride.works), col(HolidayOverride.citation))
    if year is not None:
        query = query.where(col(HolidayOverride.day).startswith(f"{year:04d}-"))
    with store.read() as work:
        found = work.execute(query.order_by(col(HolidayOverride.day)))
        return [HolidayRow(day=date.fromisoformat(row.day), works=row.works, citation=row.citation) for row in found]


def _stored(work: UnitOfWork) -> dict[date, Day]:
    found = work.execute(select(col(HolidayOverride.day), col(HolidayOverride.works)))
    return {date.fromisoformat(row.day): Day.WORKS if row.works else Day.RESTS for row in found}


def _write(work: UnitOfWork, days: Mapping[date, Day], citation: str, who: str) -> None:
    """Puts the days in the place of what was said of them before; the audit row keeps what they are now."""
    if not days:
        return
    names = [day.isoformat() for day in days]
    work.execute(delete(HolidayOverride).where(col(HolidayOverride.day).in_(names)))
    for day, value in days.items():
        work.add(
            HolidayOverride,
            day=day.isoformat(),
            works=value is Day.WORKS,
            citation=citation,
            entered_by=who,
            entered_at=work.now,
        )
    content = {"citation": citation, "days": {day.isoformat(): str(value) for day, value in sorted(days.items())}}
    years = "、".join(sorted({str(day.year) for day in days}))
    work.audit(actor=who, action="holidays.add", subject=years, content=content)
    touch(work)
