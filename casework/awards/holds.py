"""Holds, withdrawal and reopening: what may happen beside the way of a case."""

from datetime import date
from typing import cast

from casework.applications.certification import after_opinions, opinions_of
from casework.awards.objections import close_open
from casework.funds.release_funds import release
from casework.lifecycle.act_context import ActContext, goes_on, same_next, snapshot
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import Hold
from casework.lifecycle.procedure import ENDED, system
from casework.shared.errors import Refused
from models import State
from notifications.outbox import Tell


def hold(context: ActContext) -> Change:
    """Stops the case; the date on which it is looked at again is part of the stop."""
    context.reason_needed()
    act = cast(Hold, context.act)
    try:
        day = date.fromisoformat(act.review_on)
    except ValueError as wrong:
        raise Refused("review_on", "请填写复查日期（YYYY-MM-DD）", "give a review date", field="review_on") from wrong
    if day < context.work.today:
        raise Refused("review_on", "复查日期不能早于今天", "the review date has passed", field="review_on")
    if context.case.held:
        raise Refused("held", "本案已处于暂停状态", "the case is already on hold")
    return context.stay(outcome="held", sets={"held": True, "review_on": act.review_on})


def unhold(context: ActContext) -> Change:
    """The stop ends where the case stood; what a condition or a missing rule had stopped before is looked at anew."""
    if not context.case.held:
        raise Refused("not_held", "本案未处于暂停状态", "the case is not on hold")
    sets = {"held": False, "review_on": ""}
    return context.move(
        State(context.case.state), goes_on(context.case, context.work.now), outcome="resumed", sets=sets
    )


def withdraw(context: ActContext) -> Change:
    """The applicant's own decision; everything reserved or committed is released, and open objections end with it."""
    told = (context.tell_applicant("withdrawn"), *close_open(context, "案件已撤回，不再公示"))
    release(context.work, context.case, why="withdrawn")
    sets = {"held": False, "contested": False}
    return context.move(State.WITHDRAWN, ENDED, outcome="withdrawn", sets=sets, tell=told)


def reopen(context: ActContext) -> Change:
    """A terminal case comes back as a new version: one head asks, another opens it. What was never filed stays away.

    Certified facts stand, and so do the opinions on them: what was not yet said is asked for, a no waits for the head.
    """
    context.reason_needed()
    if context.case.filed_at is None:
        raise Refused(
            "never_filed", "案件从未申报，不能重新打开，请在申报期内另行申报", "it was never filed: file a new one"
        )
    if not context.confirmed_by_second():
        return context.move(State(context.case.state), same_next(context.case), outcome="requested")
    told: tuple[Tell, ...] = (context.tell_applicant("reopened", reason=context.act.reason),)
    target, following = State.FILED, system(context.work.now)
    if snapshot(context.work, context.case, "facts") is not None:
        target, following, asked = after_opinions(context, opinions_of(context))
        told += asked
    return context.move(target, following, outcome="reopened", sets={"amount_fen": None}, tell=told)
