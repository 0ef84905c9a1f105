"""The check of the amount, the decision in a list, and taking a decision back."""

from typing import Any, cast

from sqlalchemy import and_, bindparam, or_, select, update
from sqlmodel import col

from casework.cases import Change
from casework.comparisons import refuse_open
from casework.desk import Desk, entitlement, last_award
from casework.errors import Broken, NeedsOfficer, Refused
from casework.handlers.objections import close_open
from casework.handlers.release import release
from casework.late import refusals
from casework.ledger import Transfer, transfer
from casework.payments.orders import cancel_live
from casework.procedure import system
from casework.requests import Decide
from casework.stacking import COUNTED
from models import Account, Award, Case, Comparison, Duty, Entitlement, State, Verdict
from models.statements import Prepared
from policies.money import Money

_END = Prepared(update(Entitlement).where(col(Entitlement.id) == bindparam("wanted")).values(ended=True))


def confirm_amount(desk: Desk) -> Change:
    """The computed amount is right; the decider's turn."""
    refuse_open(desk.work, desk.case)
    return desk.move(State.COMPUTED, desk.way.turn(Duty.DECIDER), outcome="confirmed")


def decide(desk: Desk) -> Change:
    """Grants what was computed, or less with a reason; what is granted is committed and becomes an entitlement."""
    act, case = cast(Decide, desk.act), desk.case
    refuse_open(desk.work, case)
    computed = case.amount_fen or 0
    granted = computed if act.amount_fen is None else act.amount_fen
    if not 0 <= granted <= computed:
        raise Refused(
            "amount",
            f"审定金额应在 0 与核算金额 {Money(computed).grouped} 元之间，只能调低",
            "a decision may lower the amount, never raise it",
            field="amount_fen",
        )
    if granted < computed:
        desk.reason_needed()
    if computed and not granted:
        raise Refused("amount", "审定为零应作“不予支持”处理", "to grant nothing is to refuse", field="amount_fen")
    if granted:
        commit(desk, computed, granted)
    outcome = "granted" if granted == computed else "granted_in_part"
    told = desk.tell_applicant("decided", amount=str(Money(granted))) if granted else desk.tell_applicant("approved")
    return desk.move(State.DECIDED, system(desk.work.now), outcome=outcome, sets={"amount_fen": granted}, tell=(told,))


def commit(desk: Desk, computed: int, granted: int) -> None:
    """Reserved money is committed, the rest returns to the fund, and the promise is written down."""
    work, case = desk.work, desk.case
    award = last_award(work, case)
    if award is None or award.fund_id is None:
        raise Broken("award", f"案件 {case.number} 没有核算记录", "the case has no award")
    moves = [(Account.COMMITTED, granted), (Account.AVAILABLE, computed - granted)]
    transfer(
        work,
        [
            Transfer(
                fund=award.fund_id,
                case=case.id,
                source=Account.RESERVED,
                target=target,
                fen=fen,
                once=f"decide:{case.number}:{case.version}:{target}",
            )
            for target, fen in moves
            if fen
        ],
    )
    work.add(
        Entitlement,
        case_id=case.id,
        party_id=case.party_id,
        fund_id=award.fund_id,
        approved_fen=granted,
        made_at=work.now,
    )


def undo(desk: Desk) -> Change:
    """Takes a decision back before any payment order: one head asks (the case is held), another confirms.

    What was computed stands again, whatever the decision had granted of it; where the fund has spent the difference
    meanwhile, another case was priced beside what was granted, or a benefit came to light, everything is given back and
    the case is computed anew, in its place by the time of filing.
    """
    desk.reason_needed()
    if not desk.confirmed_by_second():
        return desk.stay(outcome="requested", sets={"held": True})
    work, case = desk.work, desk.case
    promised = entitlement(work, case)
    told = (desk.tell_applicant("undone", reason=desk.act.reason), *close_open(desk, "审定已撤销，将重新审定并公示"))
    sets: dict[str, Any] = {"held": False, "contested": False}
    if promised is not None and (
        refusals(work, [case]) or _counted_since(desk, promised) or not _set_aside(desk, promised)
    ):
        release(work, case, why="审定撤销")
        again = system(work.now)
        return desk.move(State.CERTIFIED, again, outcome="undone", sets={**sets, "amount_fen": None}, tell=told)
    if promised is not None:
        cancel_live(work, case.id, "审定撤销")
        work.run(_END, wanted=promised.id)
        sets["amount_fen"] = last_award(work, case).amount_fen  # type: ignore[union-attr]
    return desk.move(State.COMPUTED, desk.way.turn(Duty.DECIDER), outcome="undone", sets=sets, tell=told)


def _counted_since(desk: Desk, promised: Any) -> bool:
    """Whether another case was priced beside a lowered sum: it may have got what the decision took off this one."""
    award, case = last_award(desk.work, desk.case), desk.case
    if award is None or award.amount_fen == promised.approved_fen:
        return False
    other = [
        (col(Comparison.case_id), col(Comparison.other_case_id)),
        (col(Comparison.other_case_id), col(Comparison.case_id)),
    ]
    same = [select(theirs).where(ours == case.id, col(Comparison.verdict) == Verdict.SAME) for ours, theirs in other]
    mine = and_(*(getattr(Case, name) == getattr(case, name) for name in ("policy", "item", "party_id")))
    query = (
        select(col(Case.id))
        .join(Award, col(Award.case_id) == col(Case.id))
        .join(Entitlement, col(Entitlement.id) == promised.id)
        .where(col(Case.id) != case.id, or_(mine, *(col(Case.id).in_(one) for one in same)))
        .where(
            col(Case.state).in_(COUNTED), col(Award.amount_fen) > 0, col(Award.computed_at) >= col(Entitlement.made_at)
        )
    )
    return desk.work.execute(query.limit(1)).first() is not None


def _set_aside(desk: Desk, promised: Any) -> bool:
    """Reserves again all that was computed, also what the decision had given back; whether the fund still has that much."""
    work, case = desk.work, desk.case
    award = last_award(work, case)
    if award is None:
        raise Broken("award", f"案件 {case.number} 没有核算记录", "the case has no award")
    ways = [(Account.AVAILABLE, award.amount_fen - promised.approved_fen), (Account.COMMITTED, promised.approved_fen)]
    try:
        for source, fen in ways:  # what may be short comes first: nothing has moved when it is
            once = f"undo:{case.number}:{case.version}:{source}"
            back = {"fund": promised.fund_id, "case": case.id, "source": source, "target": Account.RESERVED}
            transfer(work, [Transfer(**back, fen=fen, once=once)] if fen else [])
    except NeedsOfficer:
        return False
    return True
