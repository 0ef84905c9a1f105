"""Holds, withdrawal and reopening: what may happen beside the way of a case."""

from datetime import date
from typing import cast

from casework.cases import Change
from casework.desk import Desk, goes_on, same_next, snapshot
from casework.errors import Refused
from casework.handlers.certify import after_opinions, opinions_of
from casework.handlers.objections import close_open
from casework.handlers.release import release
from casework.procedure import ENDED, system
from casework.requests import Hold
from models import State
from notifications.outbox import Tell


def hold(desk: Desk) -> Change:
    """Stops the case; the date on which it is looked at again is part of the stop."""
    desk.reason_needed()
    act = cast(Hold, desk.act)
    try:
        day = date.fromisoformat(act.review_on)
    except ValueError as wrong:
        raise Refused("review_on", "请填写复查日期（YYYY-MM-DD）", "give a review date", field="review_on") from wrong
    if day < desk.work.today:
        raise Refused("review_on", "复查日期不能早于今天", "the review date has passed", field="review_on")
    if desk.case.held:
        raise Refused("held", "本案已处于暂停状态", "the case is already on hold")
    return desk.stay(outcome="held", sets={"held": True, "review_on": act.review_on})


def unhold(desk: Desk) -> Change:
    """The stop ends where the case stood; what a condition or a missing rule had stopped before is looked at anew."""
    if not desk.case.held:
        raise Refused("not_held", "本案未处于暂停状态", "the case is not on hold")
    sets = {"held": False, "review_on": ""}
    return desk.move(State(desk.case.state), goes_on(desk.case, desk.work.now), outcome="resumed", sets=sets)


def withdraw(desk: Desk) -> Change:
    """The applicant's own decision; everything reserved or committed is released, and open objections end with it."""
    told = (desk.tell_applicant("withdrawn"), *close_open(desk, "案件已撤回，不再公示"))
    release(desk.work, desk.case, why="withdrawn")
    sets = {"held": False, "contested": False}
    return desk.move(State.WITHDRAWN, ENDED, outcome="withdrawn", sets=sets, tell=told)


def reopen(desk: Desk) -> Change:
    """A terminal case comes back as a new version: one head asks, another opens it. What was never filed stays away.

    Certified facts stand, and so do the opinions on them: what was not yet said is asked for, a no waits for the head.
    """
    desk.reason_needed()
    if desk.case.filed_at is None:
        raise Refused(
            "never_filed", "案件从未申报，不能重新打开，请在申报期内另行申报", "it was never filed: file a new one"
        )
    if not desk.confirmed_by_second():
        return desk.move(State(desk.case.state), same_next(desk.case), outcome="requested")
    told: tuple[Tell, ...] = (desk.tell_applicant("reopened", reason=desk.act.reason),)
    target, following = State.FILED, system(desk.work.now)
    if snapshot(desk.work, desk.case, "facts") is not None:
        target, following, asked = after_opinions(desk, opinions_of(desk))
        told += asked
    return desk.move(target, following, outcome="reopened", sets={"amount_fen": None}, tell=told)
