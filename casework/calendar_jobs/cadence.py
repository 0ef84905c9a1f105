"""When a job is due: functions from (since, today) to the business dates after `since`, up to and including `today`."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

Cadence = Callable[[date, date], Sequence[date]]


def daily(since: date, today: date) -> Sequence[date]:
    """Every day."""
    return [since + timedelta(days=ahead) for ahead in range(1, (today - since).days + 1)]


def never(since: date, today: date) -> Sequence[date]:
    """No date of its own: the records say when."""
    return ()


def weekly(weekday: int) -> Cadence:
    """One day of the week: 0 is Monday."""
    return lambda since, today: [day for day in daily(since, today) if day.weekday() == weekday]


def on(*dates: date) -> Cadence:
    """These dates."""
    return lambda since, today: sorted(day for day in set(dates) if since < day <= today)


def yearly(*days: tuple[int, int]) -> Cadence:
    """These (month, day) of every year."""

    def due(since: date, today: date) -> Sequence[date]:
        years = range(since.year, today.year + 1)
        dates = (date(year, month, day) for year in years for month, day in days)
        return sorted(day for day in dates if since < day <= today)

    return due
