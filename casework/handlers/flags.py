"""Objections, holds, withdrawal and reopening: what may happen beside the way of a case."""

from datetime import date
from typing import cast

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from casework.cases import Change
from casework.desk import Desk, same_next, snapshot, unit
from casework.errors import Refused
from casework.handlers.certify import after_opinions, opinions_of
from casework.handlers.release import release
from casework.procedure import ENDED, Next, system
from casework.requests import Answer, Hold
from models import Duty, Notice, NoticeLine, Objection, State
from models.clock import end_of
from models.statements import Prepared, given
from notifications.outbox import Tell

_CLOSES = Prepared(
    select(col(Notice.closes_on))
    .join(NoticeLine, col(NoticeLine.notice_id) == col(Notice.id))
    .where(col(NoticeLine.case_id) == bindparam("wanted"))
    .order_by(col(Notice.closes_on).desc())
    .limit(1)
)
_ANSWERED = Prepared(
    update(Objection)
    .where(col(Objection.case_id) == bindparam("wanted"), col(Objection.outcome) == "open")
    .values(
        outcome=bindparam("new_outcome"),
        answer=bindparam("new_answer"),
        answered_by=given("new_by", Objection.answered_by),
        answered_at=given("new_at", Objection.answered_at),
    )
)


def object_(desk: Desk) -> Change:
    """Registers an objection: this case waits for the investigator, all others go on."""
    reason = desk.reason_needed()
    due = desk.way.turn(Duty.INVESTIGATOR)
    assert due.due is not None
    desk.work.add(
        Objection, case_id=desk.case.id, by=desk.who.name, claim=reason, raised_at=desk.work.now, answer_due=due.due
    )
    told = (unit(desk.way.lead, Duty.INVESTIGATOR, "objection"), desk.tell_applicant("contested"))
    return desk.move(State.ON_NOTICE, due, outcome="contested", sets={"contested": True}, tell=told)


def answer(desk: Desk) -> Change:
    """The investigator's answer: dismissed, the notice runs to its end; upheld, the case is refused."""
    act, work, case = cast(Answer, desk.act), desk.work, desk.case
    if not case.contested:
        raise Refused("no_objection", "本案没有待答复的异议", "no objection is open")
    reason = desk.reason_needed()
    outcome = "upheld" if act.upheld else "dismissed"
    work.run(_ANSWERED, wanted=case.id, new_outcome=outcome, new_answer=reason, new_by=act.by, new_at=work.now)
    told = (desk.tell_applicant("objection_answered", outcome=outcome, reason=reason),)
    if act.upheld:
        release(work, case, why="objection upheld")
        return desk.move(State.REFUSED, ENDED, outcome=outcome, sets={"contested": False}, tell=told)
    return desk.move(State.ON_NOTICE, _end_of_notice(desk), outcome=outcome, sets={"contested": False}, tell=told)


def _end_of_notice(desk: Desk) -> Next:
    closes = desk.work.rows(_CLOSES, wanted=desk.case.id)
    return system(max(desk.work.now, end_of(date.fromisoformat(closes[0].closes_on))))


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
    """The stop ends where the case stood."""
    if not desk.case.held:
        raise Refused("not_held", "本案未处于暂停状态", "the case is not on hold")
    return desk.stay(outcome="resumed", sets={"held": False, "review_on": ""})


def withdraw(desk: Desk) -> Change:
    """The applicant's own decision; everything reserved or committed is released."""
    release(desk.work, desk.case, why="withdrawn")
    sets = {"held": False, "contested": False}
    return desk.move(State.WITHDRAWN, ENDED, outcome="withdrawn", sets=sets, tell=(desk.tell_applicant("withdrawn"),))


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
