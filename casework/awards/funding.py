"""A computed claim that has its money, with the award that is written of it; or its place in the queue for a fund."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, or_, select, update
from sqlmodel import col

from casework.awards.computation_batch import Claim, ComputationBatch
from casework.funds.fund_lookup import FundView, drawn
from casework.funds.ledger import Transfer
from casework.funds.release_funds import lock_lines
from casework.funds.resume_for_funds import wake_rest_of_queue
from casework.lifecycle.act_context import applicant, unit
from casework.lifecycle.case_changes import CaseView, Change, set_waiting, set_waiting_and_notify
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import Next, Procedure, after_compute, procedure_of, system
from casework.lifecycle.step_runner import StepContext
from casework.privacy.personal_keys import seal_of
from casework.shared.fund_key import FundKey
from models import Account, AwardRecord, Case, CostLineRecord, Duty, Entitlement, State
from models.columns import canonical_json
from models.statements import Prepared
from models.unit_of_work import content_hash
from policies import awards
from policies.known import NOTHING
from policies.money import Money
from policies.parameters import Value

_LIVE_ELSEWHERE = Prepared(
    update(CostLineRecord)
    .where(
        col(CostLineRecord.document).in_(
            select(col(CostLineRecord.document))
            .where(col(CostLineRecord.case_id) == bindparam("wanted"))
            .scalar_subquery()
        ),
        col(CostLineRecord.case_id) != bindparam("wanted"),
        col(CostLineRecord.live),
    )
    .values(live=False)
)
_QUEUED = Prepared(
    select(col(Case.id), col(Case.filed_at), col(Case.number))
    .where(
        or_(
            col(Case.next_duty) == Duty.FUND_OFFICER, col(Case.next_duty) == Duty.SYSTEM
        ),  # the latter: woken, not yet priced
        col(Case.next_unit) == bindparam("wanted_unit"),
        col(Case.state) == State.CERTIFIED,
        drawn(bindparam("wanted_unit"), bindparam("wanted_year")) == bindparam("wanted_policy"),
        col(Case.policy) != bindparam("besides"),
    )
    .order_by(col(Case.filed_at), col(Case.number))
    .limit(bindparam("most", type_=Integer))
)
_LIVE_HERE = Prepared(
    update(CostLineRecord).where(col(CostLineRecord.case_id) == bindparam("wanted")).values(live=True)
)


def behind(before: str, fund: FundKey) -> str:
    return f"专项资金不足：按申报先后安排，申报在先的 {before} 尚在等候 {fund.zh}资金"


def queue(batch: ComputationBatch, claim: Claim, problem: str) -> None:
    batch.queued.add(claim.case.id)
    wait(batch.context, claim.case, waits_on(batch.context, claim), problem)


def waits_on(context: StepContext, claim: Claim) -> Next:
    """The fund officer's turn; where a woken case has to wait on for the same unit's money, with the deadline of its first wait."""
    case, turn = claim.case, claim.procedure.turn(Duty.FUND_OFFICER)
    if case.next_unit != turn.unit or not case.due_from:
        return turn
    start = procedure_of(context.reference, case, date.fromisoformat(case.due_from))
    return start.within(Duty.FUND_OFFICER, turn.unit, case.due_setting)


def wake_behind_departed(batch: ComputationBatch, cases: Sequence[CaseView]) -> None:
    """Where somebody has left the queue for a fund and money is left, those who waited behind them look again."""
    year = batch.context.work.today.year
    gone = {(case.next_unit, case.policy) for case in cases if case.next_unit and case.id not in batch.queued}
    left = [batch.fund(lead, year, policy) for lead, policy in sorted(gone)]
    for key in sorted({fund.key for fund in left if fund is not None and batch.left(fund) > 0}):
        wake_rest_of_queue(batch.context.work, key, [case.id for case in cases])


def reserve(batch: ComputationBatch, fund: FundView, claim: Claim, amount: int, note: str = "") -> None:
    """The money is set aside, the award is written with its trace, and the documents count as awarded."""
    case = claim.case
    batch.spent[fund.id] = batch.spent.get(fund.id, 0) + amount
    lines = (*claim.stacking, note) if note else claim.stacking
    frozen = (claim.content, claim.values, claim.prior)
    award = write_award(batch, case, claim.procedure, claim.award, amount, fund.id, *frozen, lines)
    once = f"reserve:{case.number}:{case.version}"
    batch.transfers.append(
        Transfer(fund=fund.id, case=case.id, source=Account.AVAILABLE, target=Account.RESERVED, fen=amount, once=once)
    )
    if claim.award.cost_lines:
        batch.documented.append(case.id)
    batch.changes.append(_granted(batch, case, claim.procedure, amount, fund.id, award))


def count_documents(batch: ComputationBatch) -> None:
    """The documents of what was granted count as awarded here, and nowhere else any more.

    After the funds, as whoever gives money back does it (`casework.funds.release_funds`): one order of locks, so that the two
    never wait for each other.
    """
    work = batch.context.work
    lock_lines(work, batch.documented)
    for case in batch.documented:
        work.run(_LIVE_ELSEWHERE, wanted=case)
        work.run(_LIVE_HERE, wanted=case)


def _granted(
    batch: ComputationBatch, case: CaseView, procedure: Procedure, amount: int, fund: UUID, award: UUID
) -> Change:
    """Computed and waiting for a person; or, for 即申即享, decided by the rule itself and recorded so."""
    work = batch.context.work
    no = batch.stopped.get(case.id)
    if not procedure.decided_by_rule or no:
        following = procedure.turn(Duty.DECIDER) if no else after_compute(procedure)
        return Change(
            case=case,
            action=Action.COMPUTE,
            target=State.COMPUTED,
            next=following,
            outcome="computed",
            content={"problem": no.zh, "problem_en": no.en} if no else {},
            sets={"amount_fen": amount, "problem": no.zh if no else ""},
            tell=(unit(following.unit, str(following.duty), "turn"),),
        )
    once = f"decide:{case.number}:{case.version}:committed"
    batch.transfers.append(
        Transfer(fund=fund, case=case.id, source=Account.RESERVED, target=Account.COMMITTED, fen=amount, once=once)
    )
    promised = {"fund_id": fund, "award_id": award, "approved_fen": amount, "made_at": work.now}
    work.add(Entitlement, case_id=case.id, party_id=case.party_id, **promised)
    return Change(
        case=case,
        action=Action.COMPUTE,
        target=State.DECIDED,
        next=system(work.now),
        outcome="granted_by_rule",
        clause=procedure.item.clause,
        sets={"amount_fen": amount},
        tell=(applicant(case, "decided", amount=str(Money(amount))),),
    )


def write_award(
    batch: ComputationBatch,
    case: CaseView,
    procedure: Procedure,
    award: awards.Award,
    amount: int,
    fund: UUID | None,
    content: str,
    values: Mapping[str, Value],
    prior: Sequence[awards.Prior],
    stacking: Sequence[str],
) -> UUID:
    """The award with all that is needed to compute it again: facts' hash, parameters used, earlier awards, rule digest; its id."""
    work = batch.context.work
    names = [parameter.id for parameter in procedure.item.parameters] + [
        parameter.id for parameter in procedure.item.ours
    ]
    names += ["P-rounding", "P-event-basis"]
    known, rests_on = batch.known.get(case.id, NOTHING), batch.papers.get(case.id, ())
    inputs = canonical_json(
        {
            "facts": content_hash(content),
            "parameters": {name: awards.plain(values[name]) for name in names if name in values},
            "prior": [awards.plain(earlier) for earlier in prior],
            **({"known": awards.plain(known)} if known != NOTHING else {}),
            **({"papers": list(rests_on)} if rests_on else {}),
        }
    )
    trace = canonical_json(
        {
            "lines": awards.plain(award.lines),
            "stacking": list(stacking),
            "keys": awards.plain(award.keys),
            "subject": award.subject,
            "period": award.period,
            "unit": award.unit.value,
            "quantity": award.quantity,
            "note": award.note,
        }
    )
    seal, identity = seal_of(work, case.party_id, case.party_kind), work.new_id()
    work.add(
        AwardRecord,
        id=identity,
        case_id=case.id,
        sequence=batch.sequences.get(case.id, 0) + 1,
        gross_fen=int(award.amount or 0),
        ceiling_fen=None if procedure.item.ceiling is None else int(procedure.item.ceiling),
        amount_fen=amount,
        fund_id=fund,
        rule_version=case.rule_version,
        rule_digest=case.rule_digest,
        inputs=seal(inputs),
        trace=seal(trace),
        hash=content_hash(inputs + trace),
        computed_at=work.now,
    )
    return identity


def wait(context: StepContext, case: CaseView, following: Next, problem: str, english: str = "") -> None:
    """A unit's head or certifier is told at once; what waits for a value or for money stands in their list by hundreds."""
    one_by_one = following.duty in (Duty.HEAD, Duty.CERTIFIER)
    (set_waiting_and_notify if one_by_one else set_waiting)(context.work, case, following, problem, english)
    context.outcome.waiting.append((case.number, problem))


def sequences(context: StepContext, cases: Sequence[UUID]) -> dict[UUID, int]:
    """The number of the last award of each case that has one."""
    last = func.max(AwardRecord.sequence).label("last")
    rows = context.work.execute(
        select(col(AwardRecord.case_id), last)
        .where(col(AwardRecord.case_id).in_(cases))
        .group_by(col(AwardRecord.case_id))
    )
    return {row.case_id: int(row.last) for row in rows}


def queued_before(batch: ComputationBatch, case: CaseView, fund: FundView, besides: str = "") -> str | None:
    """The case filed earlier that waits for the same fund, or is woken and not looked at yet; those of this set come in
    their order anyway. `P-shortage` queue is first come, first served. `besides`: a policy whose cases are not meant."""
    if (fund.id, besides) not in batch.queue:
        here, (unit, year, policy) = batch.basis.subject_keys, fund.key
        wanted = {"wanted_unit": unit, "wanted_year": year, "wanted_policy": policy, "besides": besides}
        rows = batch.context.work.rows(_QUEUED, **wanted, most=len(here) + 1)
        first = next((row for row in rows if row.id not in here), None)
        batch.queue[fund.id, besides] = (first.filed_at, first.number) if first else None
    ahead = batch.queue[fund.id, besides]
    if ahead is None or case.filed_at is None or ahead > (case.filed_at, case.number):
        return None
    return ahead[1]
