"""The calendar of the season: rounds of cases, and the days on which the offices sit."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from models import Duty
from models.clock import business_date, in_shanghai, instant

D = Duty
ALWAYS = (D.APPLICANT, D.ACCEPTOR, D.SCREENER, D.INVESTIGATOR)
"""Whose acts start no automatic step by themselves: they sit whenever anybody does."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """A round of cases by its days."""

    filed: date
    certified: date
    opined: date
    amounts: date
    decided: date
    watched: date  # a day inside the notice
    allocated: date
    ordered: date
    answered: date


def _round(*days: str) -> Round:
    names = Round.__dataclass_fields__
    return Round(**dict(zip(names, map(date.fromisoformat, days), strict=True)))


ROUNDS: tuple[Round, ...] = (
    _round(
        "2023-07-05", "2023-07-27", "2023-08-07", "2023-08-10", "2023-08-15", "2023-08-17", "2023-08-23",
        "2023-08-25", "2023-08-29",
    ),
    # decided on 26 September: the notice runs over the National Day holiday and its two make-up days
    _round(
        "2023-08-21", "2023-09-12", "2023-09-18", "2023-09-21", "2023-09-26", "2023-09-28", "2023-10-10",
        "2023-10-12", "2023-10-16",
    ),
    _round(
        "2023-10-30", "2023-11-21", "2023-11-29", "2023-12-01", "2023-12-05", "2023-12-07", "2023-12-13",
        "2023-12-15", "2023-12-19",
    ),
    _round(
        "2024-02-26", "2024-03-19", "2024-03-27", "2024-03-29", "2024-04-02", "2024-04-08", "2024-04-11",
        "2024-04-15", "2024-04-18",
    ),
    _round(
        "2024-06-18", "2024-07-18", "2024-07-24", "2024-07-26", "2024-07-30", "2024-08-01", "2024-08-07",
        "2024-08-09", "2024-08-13",
    ),
)  # fmt: skip
MONEY = ("allocate", "order")
CALENDAR = "calendar"  # nobody acts that day: only what the calendar starts


@dataclass(order=True, frozen=True, kw_only=True)
class Stop:
    """A moment at which people act: who sits, and what else is done."""

    moment: datetime
    duties: tuple[Duty, ...] = field(default=(), compare=False)
    does: tuple[str, ...] = field(default=(), compare=False)

    @property
    def day(self) -> date:
        """The business date."""
        return business_date(self.moment)


def at(day: str | date, clock: str = "10:00:00") -> datetime:
    """A moment in Shanghai."""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return in_shanghai(instant(found, time.fromisoformat(clock)))


def stops() -> list[Stop]:
    """Every moment of the season at which people act, in order; what is due for the system comes in between."""
    found = [_special(*special) for special in _SPECIAL]
    for number, round_ in enumerate(ROUNDS, 1):
        found += [
            Stop(moment=at(round_.filed), does=(f"file:{number}",)),
            Stop(moment=at(round_.certified), duties=(D.CERTIFIER,)),
            Stop(moment=at(round_.opined), duties=(D.JOINT_REVIEWER, D.HEAD)),
            Stop(moment=at(round_.amounts), duties=(D.AMOUNT_CHECKER,)),
            Stop(moment=at(round_.decided), duties=(D.DECIDER,)),
            Stop(moment=at(round_.watched), does=("watch",)),
            Stop(moment=at(round_.allocated), duties=(D.DELIVERER,), does=("allocate",)),
            Stop(moment=at(round_.ordered), does=("order",)),
            Stop(moment=at(round_.answered), does=("bank",)),
        ]
    return sorted(found)


def _special(day: str, *does: str, clock: str = "09:00:00") -> Stop:
    duties = tuple(Duty(name) for name in does if name in set(Duty))
    day, _, exact = day.partition(" ")
    return Stop(
        moment=at(day, exact or clock), duties=duties, does=tuple(name for name in does if name not in set(Duty))
    )


# Days beside the rounds: set-up, parameters, budgets, reports of programmes, the window's edge, the tail. On days of the calendar
# nobody acts: reminders go out 60, 30, 14, 7, 3 days and 1 day before the window closes.
_SPECIAL: tuple[tuple[str, ...], ...] = (
    ("2023-06-26", "early"),
    ("2023-07-03", "parameters", "delegate"),
    ("2023-07-10",),
    ("2023-07-14",),
    ("2023-07-20", "parameters", "certifier"),
    ("2023-07-24", "joint_reviewer"),
    ("2023-07-26", "certifier"),
    ("2023-08-28", "report"),
    ("2023-08-30", "parameters"),
    ("2023-09-05", "parameters"),
    ("2023-09-28 15:00:00", "report"),
    ("2023-10-20", "parameters"),
    ("2023-11-03",),
    ("2023-11-08", "benefits"),
    ("2023-11-15", "parameters", "budgets"),
    ("2023-12-20", "parameters"),
    ("2023-12-28", "report"),
    ("2024-01-16", "parameters"),
    ("2024-01-18", "amount_checker"),
    ("2024-01-23", "decider"),
    ("2024-02-01", "allocate"),
    ("2024-02-05", "order"),
    ("2024-02-07", "bank"),
    ("2024-03-01",),
    ("2024-03-06",),
    ("2024-03-28", "report"),
    ("2024-05-01", "calendar"),
    ("2024-05-08", "returns"),
    ("2024-05-13", "accounts", "order"),
    ("2024-05-16", "bank"),
    ("2024-05-31", "calendar"),
    ("2024-06-16", "calendar"),
    ("2024-06-23", "calendar"),
    ("2024-06-27", "calendar"),
    ("2024-06-28", "report"),
    ("2024-06-29", "calendar"),
    ("2024-06-30 23:59:59", "last_second"),
    ("2024-07-01 00:00:00", "one_second_late"),
    ("2024-07-03",),
    ("2024-07-05", "certifier"),
    ("2024-07-09", "report"),
    ("2024-07-11", "certifier"),
    ("2024-08-15", "accounts"),
    ("2024-08-19", "order"),
    ("2024-08-22", "bank"),
)
