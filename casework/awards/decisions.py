"""The check of the amount, the decision in a list, and taking a decision back."""

from typing import Any, cast

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlmodel import col

from casework.awards.objections import close_open
from casework.funds.ledger import Transfer, transfer
from casework.funds.release_funds import cancel_live, release
from casework.lifecycle.act_context import ActContext, entitlement, last_award
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import Action, Decide
from casework.lifecycle.procedure import system
from casework.shared.errors import Broken, NeedsOfficer, Refused
from casework.stacking.benefit_comparisons import refuse_open
from casework.stacking.late_benefits import refusals
from casework.stacking.stacking_basis import COUNTED
from models import Account, AuditEntry, Case, Comparison, Duty, Entitlement, State, Verdict
from models.statements import Prepared
from notifications.outbox import Tell
from policies.money import Money

_END = Prepared(update(Entitlement).where(col(Entitlement.id) == bindparam("wanted")).values(ended=True))


def confirm_amount(context: ActContext) -> Change:
    """The computed amount is right; the decider's turn."""
    refuse_open(context.work, context.case)
    return context.move(State.COMPUTED, context.procedure.turn(Duty.DECIDER), outcome="confirmed")


def decide(context: ActContext) -> Change:
    """Grants what was computed, or less with a reason; what is granted is committed and becomes an entitlement."""
    act, case = cast(Decide, context.act), context.case
    refuse_open(context.work, case)
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
        context.reason_needed()
    if computed and not granted:
        raise Refused("amount", "审定为零应作“不予支持”处理", "to grant nothing is to refuse", field="amount_fen")
    if granted:
        commit(context, computed, granted)
    outcome = "granted" if granted == computed else "granted_in_part"
    told = _told(context, computed, granted)
    return context.move(
        State.DECIDED, system(context.work.now), outcome=outcome, sets={"amount_fen": granted}, tell=(told,)
    )


def _told(context: ActContext, computed: int, granted: int) -> Tell:
    """What the applicant hears; of a sum that was lowered also what was computed, by how much it is less, and why."""
    if not granted:
        return context.tell_applicant("approved")
    if granted == computed:
        return context.tell_applicant("decided", amount=str(Money(granted)))
    less = {"computed_fen": computed, "reduced_fen": computed - granted, "reason": context.act.reason.strip()}
    return context.tell_applicant("decided_in_part", amount=str(Money(granted)), **less)


def commit(context: ActContext, computed: int, granted: int) -> None:
    """Reserved money is committed, the rest returns to the fund, and the promise is written down."""
    work, case = context.work, context.case
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
        award_id=award.id,
        approved_fen=granted,
        made_at=work.now,
    )


def undo(context: ActContext) -> Change:
    """Takes a decision back before any payment order: one head asks (the case is held), another confirms.

    What was computed stands again, whatever the decision had granted of it; where the fund has spent the difference
    meanwhile, another case was priced beside what was granted, or a benefit came to light, everything is given back and
    the case is computed anew, in its place by the time of filing.
    """
    context.reason_needed()
    if not context.confirmed_by_second():
        return context.stay(outcome="requested", sets={"held": True})
    work, case = context.work, context.case
    promised = entitlement(work, case)
    told = (
        context.tell_applicant("undone", reason=context.act.reason),
        *close_open(context, "审定已撤销，将重新审定并公示"),
    )
    sets: dict[str, Any] = {"held": False, "contested": False}
    if promised is not None and (
        refusals(work, [case]) or _counted_since(context, promised) or not _set_aside(context, promised)
    ):
        release(work, case, why="审定撤销")
        again = system(work.now, queue=context.procedure.lead)
        return context.move(State.CERTIFIED, again, outcome="undone", sets={**sets, "amount_fen": None}, tell=told)
    if promised is not None:
        cancel_live(work, case.id, "审定撤销")
        work.run(_END, wanted=promised.id)
        sets["amount_fen"] = last_award(work, case).amount_fen  # type: ignore[union-attr]
    return context.move(State.COMPUTED, context.procedure.turn(Duty.DECIDER), outcome="undone", sets=sets, tell=told)


def _counted_since(context: ActContext, promised: Any) -> bool:
    """Whether another case was priced beside a lowered sum: it may have got what the decision took off this one.

    Since then is after it in the audit chain, whose order is that of the commits: the clock may have been set back.
    """
    award, case = last_award(context.work, context.case), context.case
    if award is None or award.amount_fen == promised.approved_fen:
        return False
    other = [
        (col(Comparison.case_id), col(Comparison.other_case_id)),
        (col(Comparison.other_case_id), col(Comparison.case_id)),
    ]
    same = [select(theirs).where(ours == case.id, col(Comparison.verdict) == Verdict.SAME) for ours, theirs in other]
    mine = and_(*(getattr(Case, name) == getattr(case, name) for name in ("policy", "item", "party_id")))
    acts = select(func.max(AuditEntry.seq)).where(col(AuditEntry.subject) == case.number)
    lowered = acts.where(col(AuditEntry.action) == Decide.action).scalar_subquery()
    priced = and_(col(AuditEntry.subject) == col(Case.number), col(AuditEntry.action) == Action.COMPUTE)
    query = (
        select(col(Case.id))
        .join(AuditEntry, priced)
        .where(col(Case.id) != case.id, or_(mine, *(col(Case.id).in_(others) for others in same)))
        .where(col(Case.state).in_(COUNTED), col(Case.amount_fen) > 0, col(AuditEntry.seq) > lowered)
    )
    return context.work.execute(query.limit(1)).first() is not None


def _set_aside(context: ActContext, promised: Any) -> bool:
    """Reserves again all that was computed, also what the decision had given back; whether the fund still has that much."""
    work, case = context.work, context.case
    award = last_award(work, case)
    if award is None:
        raise Broken("award", f"案件 {case.number} 没有核算记录", "the case has no award")
    reserved_from = [
        (Account.AVAILABLE, award.amount_fen - promised.approved_fen),
        (Account.COMMITTED, promised.approved_fen),
    ]
    try:
        for source, fen in reserved_from:  # what may be short comes first: nothing has moved when it is
            once = f"undo:{case.number}:{case.version}:{source}"
            back = {"fund": promised.fund_id, "case": case.id, "source": source, "target": Account.RESERVED}
            transfer(work, [Transfer(**back, fen=fen, once=once)] if fen else [])
    except NeedsOfficer:
        return False
    return True
