"""The certifier's word on a comparison: the same benefit or another, with the reason; and what becomes of the case then."""

from typing import Any, cast

from sqlalchemy import select, update
from sqlmodel import col

from casework import comparisons
from casework.cases import Change
from casework.desk import Desk, same_next, unit
from casework.errors import Refused
from casework.handlers.release import release
from casework.procedure import Next, system
from casework.registers.personal import seal_of
from casework.requests import Compare
from models import Comparison, Duty, State, Verdict
from notifications.outbox import Tell


def compare(desk: Desk) -> Change:
    """Same: the case is priced beside that benefit, anew if it was priced before; once paid, the sum is to be got back.
    Different: it goes on as it stood."""
    act, work, case = cast(Compare, desk.act), desk.work, desk.case
    reason = desk.reason_needed()
    if act.verdict not in (Verdict.SAME, Verdict.DIFFERENT):
        zh = "请说明是同一补助（same）还是不同补助（different）"
        raise Refused("verdict", zh, "say whether it is the same benefit or different", field="verdict")
    row, verdict = _wanted(desk, act.comparison), Verdict(act.verdict)
    if verdict is Verdict.SAME and case.state == State.ORDERED:
        raise _on_the_way()
    seal = seal_of(work, case.party_id, case.party_kind)
    said = {"verdict": verdict, "reason": seal(reason), "decided_by": act.by, "decided_at": work.now}
    work.execute(update(Comparison).where(col(Comparison.id) == row.id).values(**said))
    if verdict is Verdict.SAME and case.state in comparisons.PRICED:
        release(work, case, why="compared")
        told = (desk.tell_applicant("compared", note=row.other, reason=reason),)
        return desk.move(State.CERTIFIED, system(work.now), outcome=verdict, sets={"amount_fen": None}, tell=told)
    tell: tuple[Tell, ...] = ()
    if verdict is Verdict.SAME and case.state in comparisons.GONE:
        tell = (unit(desk.way.treasury, Duty.FUND_OFFICER, "to_recover", note=row.other, reason=reason),)
    return desk.move(State(case.state), _next(desk), outcome=verdict, sets=_problem(desk), tell=tell)


def _on_the_way() -> Refused:
    """Whether the money arrives is not known yet: what follows from the word depends on it."""
    zh = (
        "本案款项已放行：尚未导出的，请放行人先退回该批次（payments reject），案件回到比对环节；"
        "已发往银行的，请待回单入账后再作“相同”结论"
    )
    en = "released: give the batch back (payments reject) if it is not exported, else wait for the bank's answer"
    return Refused("on_the_way", zh, en, field="verdict")


def _wanted(desk: Desk, number: int) -> Any:
    """The open comparison of that number."""
    table = Comparison.__table__  # type: ignore[attr-defined]
    listed = desk.work.execute(select(table).where(col(Comparison.case_id) == desk.case.id)).all()
    row = next((one for one in listed if one.sequence == number), None)
    if row is None:
        zh, en = f"本案没有第 {number} 项比对", f"this case has no comparison {number}"
        raise Refused("comparison", zh, en, field="comparison")
    if row.verdict != Verdict.OPEN:
        raise Refused("compared", f"第 {number} 项比对已有结论", f"comparison {number} is decided", field="comparison")
    return row


def _next(desk: Desk) -> Next:
    """While more is open, or somebody else has the case in hand: as it is. Else the system prices it, or it goes on."""
    case, work = desk.case, desk.work
    if case.next_duty != Duty.CERTIFIER or comparisons.open_of(work, case.id):
        return same_next(case)
    if case.state == State.CERTIFIED:
        return system(work.now)
    if case.state in comparisons.PRICED:
        return comparisons.resumed(work, desk.way, case) or same_next(case)
    return same_next(case)


def _problem(desk: Desk) -> dict[str, Any]:
    """What the case says: of comparisons while more is open, of what else stopped it as before."""
    if desk.case.next_duty != Duty.CERTIFIER or not desk.case.problem:
        return {}
    left = comparisons.open_of(desk.work, desk.case.id)
    return {"problem": comparisons.problem(left, desk.case.number) if left else ""}
