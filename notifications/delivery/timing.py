"""When a message may reach somebody: quiet hours, working days, the hour of a digest. Escalations and alarms do not ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from models.clock import business_date, in_shanghai, instant
from policies.workdays import Calendar, CalendarUnknown

_DAY = timedelta(days=1)
_SATURDAY = 5
_LOOK_AHEAD = 60  # days without work in a row: more than any holiday


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When somebody wants to hear; times are Asia/Shanghai."""

    digest_at: time | None = None  # None: at once
    quiet_from: time | None = None
    quiet_to: time | None = None
    working_days: bool = False

    def due(self, now: datetime, calendar: Calendar) -> datetime:
        """The first instant from `now` on at which a message may go."""
        allowed = (lambda day: _works(day, calendar)) if self.working_days else (lambda day: True)
        if self.digest_at is not None:
            return self._digest(self.digest_at, now, allowed)
        moment = now
        for _ in range(_LOOK_AHEAD):
            later = self._past_quiet(self._on_a_day(moment, allowed))
            if later == moment:
                break
            moment = later
        return moment

    def _digest(self, at: time, now: datetime, allowed: Callable[[date], bool]) -> datetime:
        day = business_date(now)
        while instant(day, at) <= now or not allowed(day):
            day += _DAY
        return instant(day, at)

    def _on_a_day(self, moment: datetime, allowed: Callable[[date], bool]) -> datetime:
        """The moment, or the start of the next day on which anything may come."""
        day = business_date(moment)
        if allowed(day):
            return moment
        while not allowed(day):
            day += _DAY
        return instant(day, time.min)

    def _past_quiet(self, moment: datetime) -> datetime:
        """The moment, or the end of the quiet hours that it falls into; they may reach over midnight."""
        start, end = self.quiet_from, self.quiet_to
        if start is None or end is None or start == end:
            return moment
        local = in_shanghai(moment)
        clock = local.time()
        if start < end:
            return instant(local.date(), end) if start <= clock < end else moment
        if clock >= start:
            return instant(local.date() + _DAY, end)
        return instant(local.date(), end) if clock < end else moment


AT_ONCE = Hours()


def _works(day: date, calendar: Calendar) -> bool:
    """A working day; in a year whose holidays are not published, Monday to Friday: a message on a holiday harms nobody."""
    try:
        return calendar.is_workday(day)
    except CalendarUnknown:
        return day.weekday() < _SATURDAY
