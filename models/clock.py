"""The business clock: real time plus the store's offset, or the instant at which a rehearsal is frozen."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Reads the time. Production has neither offset nor frozen instant (the database refuses them there)."""

    offset: timedelta = timedelta(0)
    frozen: datetime | None = None

    def now(self) -> datetime:
        """The business instant, aware, in UTC."""
        return self.frozen if self.frozen is not None else datetime.now(UTC) + self.offset


def business_date(moment: datetime) -> date:
    """The date in Asia/Shanghai of an aware instant."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first instant of a business date, in UTC."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The instant at which a business date is over (24:00), in UTC."""
    return start_of(day + timedelta(days=1))
