"""Plays the season: stop after stop the clock jumps, people act, and real flow runs do what is then due for the system."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlmodel import col

from demo import filing, incidents, mid_season, office_setup, registers, results, run_reasons, treasury
from demo.automatic import Automatic
from demo.days import ALWAYS, CALENDAR, Stop, at, stops
from demo.delivery_days import SeasonMail, enter_contacts
from demo.duty_acts import compare_all, sit
from demo.stage import Season
from models import Case, Duty, State

BEGINS, ENDS = at("2023-06-25"), at("2024-08-31", "18:00:00")
Progress = Callable[[int, int, str], None]
"""Called with how many stops are done, of how many, and where the season is."""


def play(
    season: Season, automatic: Automatic, post: SeasonMail, progress: Progress, *, copies: bool = False
) -> Season | None:
    """The whole season, from set-up on 25 June 2023 until the tail cases are paid and everybody has heard.

    With `copies`, a copy of the season as it stood in its middle is the answer.
    """
    stopped: Season | None = None
    season.store.set_clock(BEGINS, frozen=True)
    office_setup.open_office(season)
    enter_contacts(season)
    listed = stops()
    for number, stop in enumerate(listed):
        progress(number, len(listed), f"{stop.day}")
        if copies and stopped is None and stop.moment > mid_season.COPIED:
            _catch_up(season, automatic, post, mid_season.COPIED)
            stopped = mid_season.stop_here(season)
        _catch_up(season, automatic, post, stop.moment)
        season.store.set_clock(stop.moment, frozen=True)
        automatic.jobs_through_engine = CALENDAR in stop.does
        if CALENDAR not in stop.does:
            _act(season, stop)
        _advance(season, automatic, post)
        automatic.jobs_through_engine = False
    _catch_up(season, automatic, post, ENDS)
    season.store.set_clock(ENDS, frozen=True)
    _advance(season, automatic, post)
    season.store.set_clock(ENDS)  # and from here the clock runs, for whoever looks around afterwards
    progress(len(listed), len(listed), "")
    return stopped


def _act(season: Season, stop: Stop) -> None:
    """Who sits, sits; then what else belongs to the day, and what befalls the cases where they now stand."""
    compare_all(season)
    for duty in (*ALWAYS, *stop.duties):
        sit(season, duty)
    for act in stop.does:
        name, _, number = act.partition(":")
        if name == "file":
            filing.file_round(season, int(number))
        elif name in _DOES:
            _DOES[name](season)
    incidents.react(season)


_DOES: dict[str, Callable[[Season], None]] = {
    "early": filing.early,
    "last_second": filing.last_second,
    "one_second_late": filing.one_second_late,
    "parameters": registers.set_values,
    "benefits": registers.receive_benefits,
    "report": registers.report,
    "budgets": office_setup.top_up,
    "delegate": office_setup.delegate,
    "allocate": treasury.allocate_all,
    "order": treasury.order_all,
    "bank": results.answer_all,
    "returns": results.take_back,
    "accounts": results.correct_accounts,
}


def _catch_up(season: Season, automatic: Automatic, post: SeasonMail, until: datetime) -> None:
    """Everything that falls due for the system before then, at its own instant."""
    while (due := _next_due(season)) is not None and due < until:
        season.store.set_clock(max(due, season.now), frozen=True)
        _advance(season, automatic, post)
        if _next_due(season) == due:
            raise AssertionError(f"nothing moves at {due}")


def _advance(season: Season, automatic: Automatic, post: SeasonMail) -> None:
    """The system's part, then the messages of all that was done."""
    run_reasons.note(season, automatic.until_idle())
    post.send_due()


def _next_due(season: Season) -> datetime | None:
    """When the system has something to do next: a notice ends, a draft or a correction runs out of time."""
    lapses = col(Case.state).in_([State.DRAFT.value, State.IN_CORRECTION.value])
    ours = or_(col(Case.next_duty) == Duty.SYSTEM, and_(lapses, col(Case.next_duty) == Duty.APPLICANT))
    query = select(func.min(Case.next_due)).where(ours, col(Case.held).is_(False))
    with season.store.read() as work:
        found: datetime | None = work.execute(query).scalar_one()
    return found
