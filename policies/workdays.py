"""Working days of mainland China, make-up days included: counting, notices, deadlines. Dates only, no clock.

What is known. The package chinese_calendar holds the State Council's yearly notices. A year that it lacks is *unknown*:
every question that touches it raises `CalendarUnknown`, because counting with weekends alone would be silently wrong.
Overrides (date -> works / rests) are data of the operator: inside a known year they correct single days; an unknown
year becomes known only when they name *every* day of it, since a partial list cannot be told from an unfinished one.
`whole_year` writes such a list from a notice. The notice of a year may still change the last days of the year before
(New Year): that too is an override.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate

from chinese_calendar.constants import holidays, workdays

_SATURDAY = 5
_KNOWN_YEARS = frozenset(day.year for day in holidays)


class Day(StrEnum):
    """What an override says of one date."""

    WORKS = "works"
    RESTS = "rests"


class CalendarUnknown(LookupError):
    """The working days of a year are not known: the deadline stays provisional and is asked for again later."""

    def __init__(self, year: int) -> None:
        super().__init__(
            f"{year} 年的工作日安排尚未录入，无法计算工作日期限 / the working days of {year} are not known"
        )
        self.year = year


@dataclass(frozen=True, slots=True)
class _Year:
    """One known year, prepared for constant-time questions."""

    first: int  # ordinal of 1 January
    works: tuple[bool, ...]  # by day of the year
    before: tuple[int, ...]  # working days before each day of the year, then the whole year's
    days: tuple[int, ...]  # ordinals of the working days, ascending


@dataclass(frozen=True, eq=False)
class Calendar:
    """The working days of China with the operator's overrides; immutable, so each year is prepared once."""

    overrides: Mapping[date, Day] = field(default_factory=dict)
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        checked = {_plain(day): Day(value) for day, value in self.overrides.items()}
        object.__setattr__(self, "overrides", checked)

    def knows(self, year: int) -> bool:
        """Whether every day of the year is known, from the package or from overrides."""
        return year in _KNOWN_YEARS or sum(day.year == year for day in self.overrides) == _length(year)

    def is_workday(self, day: date) -> bool:
        """Whether people work on that day. Raises CalendarUnknown outside the known years."""
        year = self._year(_plain(day).year)
        return year.works[day.toordinal() - year.first]

    def count(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included. Raises ValueError when `first` is after `last`."""
        if _plain(first) > _plain(last):
            raise ValueError(f"起始日 {first} 晚于截止日 {last} / first day after last day")
        between = sum(self._year(year).before[-1] for year in range(first.year, last.year))
        return between + self._before(last) + self.is_workday(last) - self._before(first)

    def nth(self, first: date, number: int) -> date:
        """The `number`-th working day of a notice that starts on `first`; that day counts when it is a working day."""
        return self._step(_plain(first) - timedelta(days=1), _at_least_one(number))

    def deadline(self, event: date, number: int) -> date:
        """The last day of a period of `number` working days that starts on the next working day after `event`."""
        return self._step(_plain(event), _at_least_one(number))

    def add(self, day: date, number: int) -> date:
        """`number` working days after `day` (before it when negative); 0: the day itself, or the next working day."""
        if number > 0:
            return self._step(_plain(day), number)
        return self.nth(day, 1) if number == 0 else self._step_back(_plain(day), -number)

    def working_days(self, first: date, last: date) -> list[date]:
        """The working days of a window, both ends included."""
        start, end = _plain(first).toordinal(), _plain(last).toordinal()
        years = (self._year(year).days for year in range(first.year, last.year + 1))
        return [
            date.fromordinal(day) for days in years for day in days[bisect_left(days, start) : bisect_right(days, end)]
        ]

    def make_up_days(self, first: date, last: date) -> list[date]:
        """The Saturdays and Sundays of a window on which people work."""
        return [day for day in self.working_days(first, last) if day.weekday() >= _SATURDAY]

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = self._prepare(number)
        return year

    def _prepare(self, number: int) -> _Year:
        if not self.knows(number):
            raise CalendarUnknown(number)
        corrections = {day: value for day, value in self.overrides.items() if day.year == number}
        if not corrections:
            return _published(number)
        published = (day for day in _days_of(number) if day not in corrections and _works_by_notice(day))
        return _prepared(number, {*published, *(day for day, value in corrections.items() if value is Day.WORKS)})

    def _before(self, day: date) -> int:
        year = self._year(day.year)
        return year.before[day.toordinal() - year.first]

    def _step(self, after: date, number: int) -> date:
        """The `number`-th working day after a day, that day itself not counted."""
        days = self._year(after.year).days
        index, year = bisect_right(days, after.toordinal()) + number - 1, after.year
        while index >= len(days):
            index, year = index - len(days), year + 1
            days = self._year(year).days
        return date.fromordinal(days[index])

    def _step_back(self, before: date, number: int) -> date:
        days = self._year(before.year).days
        index, year = bisect_left(days, before.toordinal()) - number, before.year
        while index < 0:
            year -= 1
            days = self._year(year).days
            index += len(days)
        return date.fromordinal(days[index])


def whole_year(year: int, *, rests: Iterable[date] = (), works: Iterable[date] = ()) -> dict[date, Day]:
    """Overrides for every day of a year from its notice: weekends rest, weekdays work, except the days it names."""
    off, on = frozenset(map(_plain, rests)), frozenset(map(_plain, works))
    if off & on:
        raise ValueError(f"同一天既休息又上班：{sorted(off & on)[0]} / a day is named both as work and as rest")
    if stray := sorted(day for day in off | on if day.year != year):
        raise ValueError(f"{stray[0]} 不在 {year} 年 / outside the year")
    return {
        day: Day.WORKS if day in on or (day not in off and day.weekday() < _SATURDAY) else Day.RESTS
        for day in _days_of(year)
    }


def _works_by_notice(day: date) -> bool:
    return day in workdays or (day.weekday() < _SATURDAY and day not in holidays)


@lru_cache(maxsize=64)
def _published(number: int) -> _Year:
    """A year as the State Council published it, shared by all calendars."""
    return _prepared(number, {day for day in _days_of(number) if _works_by_notice(day)})


def _prepared(number: int, working: set[date]) -> _Year:
    works = tuple(day in working for day in _days_of(number))
    return _Year(
        first=date(number, 1, 1).toordinal(),
        works=works,
        before=tuple(accumulate(works, initial=0)),
        days=tuple(sorted(day.toordinal() for day in working)),
    )


def _days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=index) for index in range(_length(year))]


def _length(year: int) -> int:
    return date(year, 12, 31).timetuple().tm_yday


def _plain(day: date) -> date:
    """Refuse instants: on which date one falls depends on a time zone, which is not for a calendar to guess."""
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError(f"需要日期而不是时刻：{day!r} / a date is needed, not an instant")
    return day


def _at_least_one(number: int) -> int:
    if number < 1:
        raise ValueError(f"工作日数须不小于 1：{number} / at least one working day")
    return number


CHINA = Calendar()
"""The calendar as published, without overrides."""
