"""The edges of a policy's window: first day 00:00 to last day 24:00 in Asia/Shanghai, exact to the microsecond.

Two questions are kept apart. May a case be *filed* at this instant (`inside`)? The last day may roll to the next
working day (`P-window-end`, default: it does not) and be put off by a published notice (`P-filing-deadline`). Does the
*event* of a case lie in the policy's term (`covers`)? That term never moves: more time to file lengthens no policy.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from policies.workdays import CHINA, Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True)
class Extension:
    """A published notice that puts off the last day of filing (`P-filing-deadline`)."""

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
            end = self._extended(end, notice)

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
        return sorted(self.extensions, key=lambda notice: (notice.published, notice.until))

    @staticmethod
    def _extended(end: date, notice: Extension) -> date:
        if not notice.citation.strip():
            raise ValueError("延长申报期须注明公告文号 / an extension needs the notice it rests on")
        if notice.published > end:
            raise ValueError(
                f"公告 {notice.citation} 发布于 {end} 截止之后，不能延长 / published after filing had closed"
            )
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
