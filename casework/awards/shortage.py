"""Money for computed claims from their unit's fund; where it runs short, `P-shortage` says what then: in the order of filing,
in proportion, or from next year's budget."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Integer, and_, bindparam, or_, select
from sqlmodel import col

from casework.awards.computation_batch import Claim, ComputationBatch
from casework.awards.funding import behind, queue, queued_before, reserve, wait, waits_on
from casework.funds.fund_lookup import FundView, fund_of, lock_funds
from casework.funds.resume_for_funds import wake_rest_of_queue
from casework.lifecycle.case_changes import CaseView, locked, view
from casework.lifecycle.step_runner import StepContext
from casework.shared.fund_key import FundKey
from models import Case, Duty, State
from models.statements import Prepared
from policies.money import Money

A_MOMENT = timedelta(minutes=1)
_NOT_PRICED = Prepared(
    select(col(Case.id), col(Case.number))
    .where(
        or_(col(Case.next_duty) == Duty.FUND_OFFICER, col(Case.next_duty) == Duty.SYSTEM),
        col(Case.next_unit) == bindparam("wanted_unit"),
        col(Case.state) == State.CERTIFIED,
        col(Case.policy) == bindparam("policy"),
    )
    .order_by(col(Case.filed_at), col(Case.number))
    .limit(bindparam("most", type_=Integer))
)


def with_sharers(context: StepContext, cases: Sequence[CaseView]) -> Sequence[CaseView]:
    """The cases, and those of the same unit and policy that are due or wait for its money where `P-shortage` says to share it
    out and there is something to share: whose part it is must not turn on which flow runs first. First filed first."""
    work, here = context.work, {case.id for case in cases}
    procedures = [context.procedure(case) for case in cases]
    found: dict[UUID, CaseView] = {}
    for lead, policy in sorted(
        {
            (procedure.lead, procedure.policy.code)
            for procedure in procedures
            if procedure.setting("P-shortage") == "pro_rata"
        }
    ):
        fund = fund_of(work, lead, work.today.year, policy)
        if context.alone or fund is None or not fund.available or (fund.shareable == 0 and fund.shared):
            continue
        due = and_(col(Case.next_duty) == Duty.SYSTEM, col(Case.next_due) <= work.now)
        waits = and_(col(Case.next_duty) == Duty.FUND_OFFICER, col(Case.next_unit) == lead)
        which = (col(Case.policy) == policy, col(Case.state) == State.CERTIFIED, col(Case.held).is_(False))
        for case in locked(work, view().where(*which, or_(due, waits)).order_by(col(Case.id))):
            if case.id not in here and context.procedure(case).lead == lead:
                found[case.id] = case
    return sorted([*cases, *found.values()], key=lambda case: (str(case.filed_at), case.number)) if found else cases


def fund_claims(batch: ComputationBatch) -> None:
    """Reserves the money of the claims, first filed first; where it runs short, `P-shortage` of the claim's policy says what then.

    Claims of a policy that shares out are settled together, in the place of the first of them. The funds are held before they
    are read: no money comes back unseen between the look and the wait.
    """
    year = batch.context.work.today.year
    lock_funds(batch.context.work, {claim.procedure.lead for claim in batch.claims}, (year, year + 1))
    together: dict[tuple[str, str], list[Claim]] = {}
    for claim in batch.claims:
        together.setdefault((claim.procedure.lead, claim.case.policy), []).append(claim)
    for claim in batch.claims:
        fund = batch.fund(claim.procedure.lead, year, claim.case.policy)
        if fund is None or claim.procedure.setting("P-shortage") != "pro_rata":
            _reserve_or_wait(batch, fund, claim)
        elif claims := together.pop((claim.procedure.lead, claim.case.policy), None):
            _share_out(batch, fund, claims)


def _reserve_or_wait(batch: ComputationBatch, fund: FundView | None, claim: Claim) -> None:
    """First come, first served: nobody is passed over by a later, smaller claim."""
    context, case, procedure = batch.context, claim.case, claim.procedure
    short = fund is None or fund.id in batch.short or batch.left(fund) < claim.amount
    before = None if short or fund is None else queued_before(batch, case, fund)
    if fund is not None and not short and before is None:
        reserve(batch, fund, claim, claim.amount)
        return
    if fund is not None:
        batch.short.add(fund.id)
    year = context.work.today.year
    if procedure.setting("P-shortage") == "next_year":
        following = batch.fund(procedure.lead, year + 1, case.policy)
        if following is not None and batch.left(following) >= claim.amount:
            note = f"{year} 年度专项资金不足，按 P-shortage 由 {year + 1} 年度安排"
            reserve(batch, following, claim, claim.amount, note)
            return
    named = fund.key if fund else FundKey(procedure.lead, year)
    problem = f"专项资金不足：{named.zh}余额不足以安排 {Money(claim.amount).grouped} 元"
    queue(batch, claim, problem if before is None else behind(before, named))


def _share_out(batch: ComputationBatch, fund: FundView, claims: Sequence[Claim]) -> None:
    """In proportion: a budget is shared out once, among all claims that wait for it. What comes back later is no budget and is
    shared out to nobody (decision 21); it serves where it is enough for all who wait, and nobody got a part before.

    Nothing is left for them while a claim of another policy, filed before the first of them, waits for the same fund.
    """
    first, key = claims[0].case, fund.key
    before = queued_before(batch, first, fund, besides=first.policy)
    if before is not None or fund.id in batch.short:
        _wait_all(batch, claims, behind(before, key) if before else f"专项资金不足：{key.zh}余额须先安排申报在先的案件")
        return
    left, shareable = batch.left(fund), batch.shareable(fund)
    wanted = sum(claim.amount for claim in claims)
    enough = wanted <= shareable or (wanted <= left and not fund.shared)
    if not enough and not shareable:
        batch.settled(fund, 0, 0)
        _wait_all(batch, claims, _rest(left, key) if left else f"专项资金不足：{key.zh}已无余额")
    elif batch.context.alone:
        _come_again(batch, claims)
    elif missing := _not_at_hand(batch, fund, first.policy):
        _wait_all(batch, claims, f"专项资金不足：须与尚未核算的 {missing} 一并按比例安排 {key.zh}资金")
        wake_rest_of_queue(batch.context.work, key, list(batch.basis.subject_keys))
    else:
        _grant_parts(batch, fund, claims, shareable, enough)


def _rest(left: int, fund: FundKey) -> str:
    """What is left of a fund whose shortage was settled."""
    return f"专项资金不足：{fund.zh}余额 {Money(left).grouped} 元为退回款或按比例安排后的余数，不再按比例安排，待追加或下年度预算"


def _grant_parts(
    batch: ComputationBatch, fund: FundView, claims: Sequence[Claim], shareable: int, enough: bool
) -> None:
    """Each claim as a whole where there is enough, else its part of the sum, rounded down to the fen."""
    wanted = sum(claim.amount for claim in claims)
    parts = {claim.case.id: claim.amount if enough else claim.amount * shareable // wanted for claim in claims}
    note = "" if enough else f"专项资金不足，按比例安排：{Money(shareable).grouped} ÷ {Money(wanted).grouped} 元"
    for claim in claims:
        if part := parts[claim.case.id]:
            reserve(batch, fund, claim, part, note)
        else:
            queue(batch, claim, f"专项资金不足：{fund.key.zh}已无余额")
    if not enough:
        content = {**fund.key._asdict(), "shared": shareable, "claimed": wanted, "claims": len(claims)}
        batch.context.work.audit(actor=Duty.SYSTEM, action="funds.share_out", subject=str(fund.id), content=content)
        batch.settled(fund, 0, sum(parts.values()))
    elif fund.shareable is not None:
        batch.settled(fund, max(0, shareable - wanted), 0)


def _not_at_hand(batch: ComputationBatch, fund: FundView, policy: str) -> str:
    """A case of the policy that waits for the same fund and is not among those being priced: put off, on hold or in somebody's
    hands. Its number, or nothing."""
    here = batch.basis.subject_keys
    found = {"wanted_unit": fund.unit, "policy": policy, "most": len(here) + 1}
    rows = batch.context.work.rows(_NOT_PRICED, **found)
    return next((str(row.number) for row in rows if row.id not in here), "")


def _wait_all(batch: ComputationBatch, claims: Sequence[Claim], problem: str) -> None:
    for claim in claims:
        queue(batch, claim, problem)


def _come_again(batch: ComputationBatch, claims: Sequence[Claim]) -> None:
    """Those who share are priced together, in a moment: without the case for which their chunk failed."""
    context = batch.context
    for claim in claims:
        batch.queued.add(claim.case.id)
        turn = replace(waits_on(context, claim), duty=Duty.SYSTEM, due=context.work.now + A_MOMENT, provisional=False)
        wait(context, claim.case, turn, "专项资金不足：须与其他案件一并按比例安排")
