"""Time, by Pendulum: the business clock, Shanghai's dates and instants. All else asks here; what leaves is plain `datetime`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import pendulum

SHANGHAI = pendulum.timezone("Asia/Shanghai")


def real_now() -> datetime:
    """The machine's instant, aware, in UTC: for leases, rates and signs of life, never for business."""
    now = pendulum.now(pendulum.UTC)
    return datetime.combine(now.date(), now.time(), UTC)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Reads the time. Production has neither offset nor frozen instant (the database refuses them there)."""

    offset: timedelta = timedelta(0)
    frozen: datetime | None = None

    def now(self) -> datetime:
        """The business instant, aware, in UTC."""
        return self.frozen if self.frozen is not None else real_now() + self.offset


def in_utc(moment: datetime) -> datetime:
    """The same instant in UTC."""
    return moment.astimezone(UTC)


def in_shanghai(moment: datetime) -> datetime:
    """An aware instant as a clock on a wall in Shanghai shows it."""
    return moment.astimezone(SHANGHAI)


def business_date(moment: datetime) -> date:
    """The date in Asia/Shanghai of an aware instant."""
    return moment.astimezone(SHANGHAI).date()


def instant(day: date, clock: time) -> datetime:
    """The instant at which clocks in Shanghai show a time of a business date, in UTC."""
    return SHANGHAI.datetime(
        day.year, day.month, day.day, clock.hour, clock.minute, clock.second, clock.microsecond
    ).astimezone(UTC)


@lru_cache(maxsize=4096)
def start_of(day: date) -> datetime:
    """The first instant of a business date, in UTC."""
    return instant(day, time.min)


def end_of(day: date) -> datetime:
    """The instant at which a business date is over (24:00), in UTC."""
    return start_of(day + timedelta(days=1))


def week_start(day: date) -> date:
    """The Monday of the week that holds a day."""
    return _plain(_day(day).start_of("week"))


def week_end(day: date) -> date:
    """The Sunday of the week that holds a day."""
    return _plain(_day(day).end_of("week"))


def month_end(day: date) -> date:
    """The last day of the month that holds a day."""
    return _plain(_day(day).end_of("month"))


def months_later(day: date, months: int) -> date:
    """The same day that many months on, or the last of that month."""
    return _plain(_day(day).add(months=months))


def to_the_minute(moment: datetime) -> str:
    """2023-09-04 10:00, in Shanghai."""
    return f"{in_shanghai(moment):%Y-%m-%d %H:%M}"


def to_the_second(moment: datetime) -> str:
    """2023-09-04 10:00:00, in Shanghai."""
    return f"{in_shanghai(moment):%Y-%m-%d %H:%M:%S}"


def lasting(seconds: float, language: str = "zh") -> str:
    """How long something lasts, its two largest units: 3 天 11 小时, 12 分钟; 3 days 11 hours. Less than a minute is in seconds."""
    spent, told = pendulum.duration(seconds=int(seconds)), pendulum.locale("en" if language == "en" else "zh")
    counted = [
        ("day", spent.days),
        ("hour", spent.hours),
        ("minute", spent.minutes),
        ("second", spent.remaining_seconds),
    ]
    first = next((place for place, (_, count) in enumerate(counted) if count), len(counted) - 1)
    kept = [(unit, count) for unit, count in counted[first : first + 2] if count or unit == "second"]
    kept = kept[:1] if kept[0][0] == "minute" else kept
    words = " ".join(told.translation(f"units.{unit}.{told.plural(count)}").format(count) for unit, count in kept)
    return words if language == "en" else re.sub(r"(?<=\d)(?=[^\d\s])", " ", words)


def _day(day: date) -> pendulum.Date:
    return pendulum.date(day.year, day.month, day.day)


def _plain(day: date) -> date:
    return date(day.year, day.month, day.day)
