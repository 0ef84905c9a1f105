"""When a job is due: functions from (since, today) to the business dates after `since`, up to and including `today`."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

import policies
from policies.policy import Policy

Cadence = Callable[[date, date], Sequence[date]]


def daily(since: date, today: date) -> Sequence[date]:
    """Every day."""
    return [since + timedelta(days=ahead) for ahead in range(1, (today - since).days + 1)]


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


def of_policies(dates: Callable[[Policy], Iterator[date] | Sequence[date]]) -> Cadence:
    """Dates that follow from the policies' own windows, asked anew each time: a policy may be added while we run."""

    def due(since: date, today: date) -> Sequence[date]:
        found = {day for policy in policies.all_policies() for day in dates(policy)}
        return sorted(day for day in found if since < day <= today)

    return due
