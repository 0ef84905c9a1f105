"""The check of the amount, the decision in a list, and taking a decision back."""

from typing import cast

from sqlalchemy import bindparam, update
from sqlmodel import col

from casework.cases import Change
from casework.desk import Desk, entitlement, last_award
from casework.errors import Broken, Refused
from casework.ledger import Transfer, transfer
from casework.payments.orders import cancel_live
from casework.procedure import system
from casework.requests import Decide
from models import Account, Duty, Entitlement, State
from models.statements import Prepared
from policies.money import Money

_END = Prepared(update(Entitlement).where(col(Entitlement.id) == bindparam("wanted")).values(ended=True))


def confirm_amount(desk: Desk) -> Change:
    """The computed amount is right; the decider's turn."""
    return desk.move(State.COMPUTED, desk.way.turn(Duty.DECIDER), outcome="confirmed")


def decide(desk: Desk) -> Change:
    """Grants what was computed, or less with a reason; what is granted is committed and becomes an entitlement."""
    act, case = cast(Decide, desk.act), desk.case
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
    """Takes a decision back before any payment order: one head asks (the case is held), another confirms."""
    desk.reason_needed()
    if not desk.confirmed_by_second():
        return desk.stay(outcome="requested", sets={"held": True})
    work, case = desk.work, desk.case
    promised = entitlement(work, case)
    if promised is not None:
        back = Transfer(
            fund=promised.fund_id,
            case=case.id,
            source=Account.COMMITTED,
            target=Account.RESERVED,
            fen=promised.approved_fen,
            once=f"undo:{case.number}:{case.version}",
        )
        transfer(work, [back])
        cancel_live(work, case.id, "审定撤销")
        work.run(_END, wanted=promised.id)
    told = desk.tell_applicant("undone", reason=desk.act.reason)
    sets = {"held": False, "contested": False}
    return desk.move(State.COMPUTED, desk.way.turn(Duty.DECIDER), outcome="undone", sets=sets, tell=(told,))
