"""The edges of a policy's window: first day 00:00 to last day 24:00 in Asia/Shanghai, exact to the microsecond.

Two questions are kept apart. May a case be *filed* at this instant (`inside`)? The last day may roll to the next
working day (`P-window-end`, default: it does not) and be put off by a published notice (`P-filing-deadline`). Does the
*event* of a case lie in the policy's term (`covers`)? That term never moves: more time to file lengthens no policy.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from policies.workdays import CHINA, Calendar, CalendarUnknown

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True)
class Extension:
    """A published notice that puts off the last day of filing (`P-filing-deadline`).

    Nothing else reopens a window: the notice must be dated while filing was open.
    """

    until: date
    published: date
    citation: str


@dataclass(frozen=True, kw_only=True)
class Window:
    """First and last day of a policy, both included, and the settings that move the end of filing."""

    first: date
    last: date
    rolls: bool = False
    extensions: tuple[Extension, ...] = ()
    calendar: Calendar = CHINA

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"起始日 {self.first} 晚于截止日 {self.last} / the window ends before it begins")
        end = self.last
        for notice in self._in_order():
            end = _extended(self.first, end, notice)

    @classmethod
    def read(
        cls, *, first: date, last: date, rolls: bool, notices: Iterable[Extension], calendar: Calendar = CHINA
    ) -> Self:
        """A window from what is on record: a notice that cannot extend it reopens nothing, an end in a year whose working
        days are unknown stays unmoved."""
        extensions = binding(first, last, notices)
        rolling = cls(first=first, last=last, rolls=rolls, extensions=extensions, calendar=calendar)
        try:
            rolling.last_filing_day  # noqa: B018  (asks the calendar)
        except CalendarUnknown:
            return cls(first=first, last=last, extensions=extensions, calendar=calendar)
        return rolling

    @property
    def opens_at(self) -> datetime:
        """The first instant of filing: 00:00 of the first day, Asia/Shanghai."""
        return start_of(self.first)

    @property
    def closes_at(self) -> datetime:
        """The first instant after filing: 24:00 of the last filing day. A filing at this very instant is late."""
        return start_of(self.last_filing_day + timedelta(days=1))

    @property
    def last_filing_day(self) -> date:
        """The last day of filing after published extensions and, where it rolls, moved to a working day."""
        notices = self._in_order()
        end = notices[-1].until if notices else self.last
        return self.calendar.nth(end, 1) if self.rolls else end

    def inside(self, instant: datetime) -> bool:
        """Whether a case may be filed at this instant. Refuses a time without a zone: it could mean two days."""
        if instant.utcoffset() is None:
            raise ValueError("时刻缺少时区 / the instant has no time zone")
        return self.opens_at <= instant < self.closes_at

    def covers(self, day: date) -> bool:
        """Whether an event lies in the policy's term, both ends included; extensions of filing do not count."""
        return self.first <= business_day(day) <= self.last

    def _in_order(self) -> list[Extension]:
        return _in_order(self.extensions)


def binding(first: date, last: date, notices: Iterable[Extension]) -> tuple[Extension, ...]:
    """Of the notices on record those that put off the end of filing, in the order of their publication."""
    found: list[Extension] = []
    for notice in _in_order(notices):
        try:
            last = _extended(first, last, notice)
        except ValueError:
            continue
        found.append(notice)
    return tuple(found)


def _in_order(notices: Iterable[Extension]) -> list[Extension]:
    return sorted(notices, key=lambda notice: (notice.published, notice.until))


def _extended(first: date, end: date, notice: Extension) -> date:
    """The new last day; ValueError where the notice cannot give one: it must be dated while filing was open."""
    if not notice.citation.strip():
        raise ValueError("延长申报期须注明公告文号 / an extension needs the notice it rests on")
    if notice.published < first:
        raise ValueError(f"公告 {notice.citation} 发布于 {first} 开始之前，不能延长 / published before filing began")
    if notice.published > end:
        raise ValueError(f"公告 {notice.citation} 发布于 {end} 截止之后，不能延长 / published after filing had closed")
    if notice.until <= end:
        raise ValueError(f"公告 {notice.citation} 未延长 {end} / the notice does not extend the window")
    return notice.until


def start_of(day: date) -> datetime:
    """00:00 of a day in Asia/Shanghai."""
    return datetime.combine(business_day(day), time(), SHANGHAI)


def business_day(moment: date) -> date:
    """The date of the law on which an instant falls (Asia/Shanghai); a plain date stays as it is."""
    if not isinstance(moment, datetime):
        return moment
    if moment.utcoffset() is None:
        raise ValueError("时刻缺少时区 / the instant has no time zone")
    return moment.astimezone(SHANGHAI).date()


def reminder_days(last: date, before: Iterable[int]) -> list[date]:
    """The days on which a reminder is due: so many *calendar* days before the last day of filing, earliest first."""
    return sorted(last - timedelta(days=days) for days in set(before))
