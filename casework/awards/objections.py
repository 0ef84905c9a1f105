"""异议: each objection is a record of its own, raised while the notice runs and answered for itself.

The case waits as long as one is open. Where the case leaves its notice otherwise (withdrawn, the decision undone, another
objection upheld) there is nothing left to contest: the open ones end as moot, and the clerks hear that the objectors are to
be told.
"""

from datetime import date
from typing import Any, cast

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from casework.funds.release_funds import release
from casework.lifecycle.act_context import ActContext, same_next, unit
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import AnswerObjection
from casework.lifecycle.procedure import ENDED, Next, procedure_of, system
from casework.shared.errors import Broken, Refused
from models import Duty, Notice, NoticeLine, Objection, State
from models.clock import business_date, end_of
from models.statements import Prepared, given
from models.unit_of_work import UnitOfWork
from notifications.outbox import Tell

OPEN, DISMISSED, UPHELD, MOOT = "open", "dismissed", "upheld", "moot"
_CLOSES = Prepared(
    select(col(Notice.closes_on))
    .join(NoticeLine, col(NoticeLine.notice_id) == col(Notice.id))
    .where(col(NoticeLine.case_id) == bindparam("wanted"))
    .order_by(col(Notice.closes_on).desc())
    .limit(1)
)
_ALL = Prepared(
    select(col(Objection.position), col(Objection.outcome), col(Objection.claim), col(Objection.raised_at))
    .where(col(Objection.case_id) == bindparam("wanted"))
    .order_by(col(Objection.position))
)
_ANSWER = Prepared(
    update(Objection)
    .where(
        col(Objection.case_id) == bindparam("wanted"),
        col(Objection.position) == bindparam("wanted_position"),
        col(Objection.outcome) == OPEN,
    )
    .values(
        outcome=bindparam("new_outcome"),
        answer=bindparam("new_answer"),
        answered_by=given("new_by", Objection.answered_by),
        answered_at=given("new_at", Objection.answered_at),
    )
)


def object_(context: ActContext) -> Change:
    """Registers an objection while the notice runs: this case waits for the investigator, all others go on."""
    reason, work, case = context.reason_needed(), context.work, context.case
    closes = _closes(context)
    if work.now >= end_of(closes):
        raise Refused(
            "notice_over",
            f"公示已于 {closes} 24:00 结束，异议须在公示期内提出；如有举报线索，请由负责人暂停办理后核查",
            f"the notice ended on {closes}: objections are taken while it runs; a head may put the case on hold",
        )
    turn = context.procedure.turn(Duty.INVESTIGATOR)
    assert turn.due is not None
    work.add(
        Objection,
        case_id=case.id,
        position=len(work.rows(_ALL, wanted=case.id)) + 1,
        by=context.who.name,
        claim=reason,
        raised_at=work.now,
        answer_due=turn.due,
    )
    told = (unit(context.procedure.lead, Duty.INVESTIGATOR, "objection"), context.tell_applicant("contested"))
    following = same_next(case) if case.contested else turn  # the first one's answer is due first
    return context.move(State.ON_NOTICE, following, outcome="contested", sets={"contested": True}, tell=told)


def answer(context: ActContext) -> Change:
    """The investigator's answer to one objection: dismissed, the case goes on when none is left; upheld, it is refused."""
    act, work, case = cast(AnswerObjection, context.act), context.work, context.case
    waiting = _open(work, context)
    position = _meant(waiting, act.objection)
    reason, outcome = context.reason_needed(), UPHELD if act.upheld else DISMISSED
    _settle(context, position, outcome, reason)
    told: tuple[Tell, ...] = (context.tell_applicant("objection_answered", outcome=outcome, reason=reason),)
    if act.upheld:
        told += close_open(context, f"第 {position} 号异议成立，本案不予支持")
        release(work, case, why="objection upheld")
        sets = {"contested": False, "held": False}
        return context.move(State.REFUSED, ENDED, outcome=outcome, sets=sets, tell=told)
    left = [objection for objection in waiting if objection.position != position]
    following = _turn_of(context, left[0]) if left else system(max(work.now, end_of(_closes(context))))
    return context.move(State.ON_NOTICE, following, outcome=outcome, sets={"contested": bool(left)}, tell=told)


def close_open(context: ActContext, why: str) -> tuple[Tell, ...]:
    """Ends every open objection of a case that leaves its notice; what the clerks are to tell the objectors."""
    if not context.case.contested:
        return ()
    waiting = _open(context.work, context)
    for objection in waiting:
        _settle(context, objection.position, MOOT, why)
    numbers = "、".join(str(objection.position) for objection in waiting)
    return (
        (unit(context.procedure.lead, Duty.CLERK, "objection_moot", objections=numbers, reason=why),) if numbers else ()
    )


def _open(work: UnitOfWork, context: ActContext) -> list[Any]:
    return [objection for objection in work.rows(_ALL, wanted=context.case.id) if objection.outcome == OPEN]


def _meant(waiting: list[Any], named: int | None) -> int:
    """Which open objection is answered: the one that is named, or the only one."""
    if not waiting:
        raise Refused("no_objection", "本案没有待答复的异议", "no objection is open")
    numbers = [int(objection.position) for objection in waiting]
    if named in numbers:
        return int(named)
    if named is None and len(numbers) == 1:
        return numbers[0]
    listed = "；".join(f"第 {objection.position} 号（{objection.claim[:20]}）" for objection in waiting)
    wrong = f"没有待答复的第 {named} 号异议" if named is not None else f"本案有 {len(numbers)} 件异议待答复，须逐件答复"
    raise Refused(
        "which_objection",
        f"{wrong}；请用 --objection 写明序号：{listed}",
        f"say which objection (--objection): {', '.join(map(str, numbers))} wait for an answer",
        field="objection",
    )


def _settle(context: ActContext, position: int, outcome: str, words: str) -> None:
    said = {"new_outcome": outcome, "new_answer": words, "new_by": context.act.by, "new_at": context.work.now}
    if context.work.run(_ANSWER, wanted=context.case.id, wanted_position=position, **said) != 1:
        raise Broken("objection", f"异议 {position} 已有答复", "the objection was answered already")


def _turn_of(context: ActContext, objection: Any) -> Next:
    """The investigator's turn as it began when this objection came in."""
    raised = business_date(objection.raised_at)
    return procedure_of(context.reference, context.case, raised).turn(Duty.INVESTIGATOR)


def _closes(context: ActContext) -> date:
    """The last day of the case's notice."""
    return date.fromisoformat(context.work.rows(_CLOSES, wanted=context.case.id)[0].closes_on)
