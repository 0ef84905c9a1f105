"""The certifier's word on a comparison: the same benefit or another, with the reason; and what becomes of the case then."""

from typing import Any, cast

from sqlalchemy import select, update
from sqlmodel import col

from casework.funds.release_funds import release
from casework.lifecycle.act_context import ActContext, same_next, unit
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import Compare
from casework.lifecycle.procedure import Next, system
from casework.privacy.personal_keys import seal_of
from casework.shared.errors import Refused
from casework.stacking import benefit_comparisons
from models import Comparison, Duty, State, Verdict
from notifications.outbox import Tell


def compare(context: ActContext) -> Change:
    """Same: the case is priced beside that benefit, anew if it was priced before; once paid, the sum is to be got back.
    Different: it goes on as it stood."""
    act, work, case = cast(Compare, context.act), context.work, context.case
    reason = context.reason_needed()
    if act.verdict not in (Verdict.SAME, Verdict.DIFFERENT):
        zh = "请说明是同一补助（same）还是不同补助（different）"
        raise Refused("verdict", zh, "say whether it is the same benefit or different", field="verdict")
    row, verdict = _wanted(context, act.comparison), Verdict(act.verdict)
    if verdict is Verdict.SAME and case.state == State.ORDERED:
        raise _on_the_way()
    seal = seal_of(work, case.party_id, case.party_kind)
    said = {"verdict": verdict, "reason": seal(reason), "decided_by": act.by, "decided_at": work.now}
    work.execute(update(Comparison).where(col(Comparison.id) == row.id).values(**said))
    if verdict is Verdict.SAME and case.state in benefit_comparisons.PRICED:
        release(work, case, why="compared")
        told = (context.tell_applicant("compared", note=row.other, reason=reason),)
        again = system(work.now, queue=context.procedure.lead)
        return context.move(State.CERTIFIED, again, outcome=verdict, sets={"amount_fen": None}, tell=told)
    tell: tuple[Tell, ...] = ()
    if verdict is Verdict.SAME and case.state in benefit_comparisons.GONE:
        tell = (unit(context.procedure.treasury, Duty.FUND_OFFICER, "to_recover", note=row.other, reason=reason),)
    return context.move(State(case.state), _next(context), outcome=verdict, sets=_problem(context), tell=tell)


def _on_the_way() -> Refused:
    """Whether the money arrives is not known yet: what follows from the word depends on it."""
    zh = (
        "本案款项已放行：尚未导出的，请放行人先退回该批次（payments reject），案件回到比对环节；"
        "已发往银行的，请待回单入账后再作“相同”结论"
    )
    en = "released: give the batch back (payments reject) if it is not exported, else wait for the bank's answer"
    return Refused("on_the_way", zh, en, field="verdict")


def _wanted(context: ActContext, number: int) -> Any:
    """The open comparison of that number."""
    table = Comparison.__table__  # type: ignore[attr-defined]
    listed = context.work.execute(select(table).where(col(Comparison.case_id) == context.case.id)).all()
    row = next((comparison for comparison in listed if comparison.sequence == number), None)
    if row is None:
        zh, en = f"本案没有第 {number} 项比对", f"this case has no comparison {number}"
        raise Refused("comparison", zh, en, field="comparison")
    if row.verdict != Verdict.OPEN:
        raise Refused("compared", f"第 {number} 项比对已有结论", f"comparison {number} is decided", field="comparison")
    return row


def _next(context: ActContext) -> Next:
    """While more is open, or somebody else has the case in hand: as it is. Else the system prices it, or it goes on."""
    case, work = context.case, context.work
    if case.next_duty != Duty.CERTIFIER or benefit_comparisons.open_of(work, case.id):
        return same_next(case)
    if case.state == State.CERTIFIED:
        return system(work.now)
    if case.state in benefit_comparisons.PRICED:
        return benefit_comparisons.resumed(work, context.procedure, case) or same_next(case)
    return same_next(case)


def _problem(context: ActContext) -> dict[str, Any]:
    """What the case says: of comparisons while more is open, of what else stopped it as before."""
    if context.case.next_duty != Duty.CERTIFIER or not context.case.problem:
        return {}
    left = benefit_comparisons.open_of(context.work, context.case.id)
    return {"problem": benefit_comparisons.problem(left, context.case.number) if left else ""}
