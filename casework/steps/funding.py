"""Where the money of computed claims comes from: the unit's fund, first filed first, and the award that is written of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, or_, select, update
from sqlmodel import col

from casework.cases import CaseView, Change, park, stand_still
from casework.comparisons import Found
from casework.desk import applicant, unit
from casework.handlers.release import lock_lines
from casework.ledger import FundView, Transfer, fund_of
from casework.procedure import Next, Procedure, after_compute, system
from casework.registers.personal import seal_of
from casework.stacking import Basis
from casework.steps.engine import Bench
from casework.transitions import Action
from casework.waiting import wake_behind
from casework.wholes import Wholes
from models import Account, Award, Case, CostLine, Duty, Entitlement, State
from models.columns import canonical_json
from models.statements import Prepared
from models.work import content_hash
from policies import awards
from policies.known import NOTHING, Known
from policies.money import Money
from policies.parameters import Value

_LIVE_ELSEWHERE = Prepared(
    update(CostLine)
    .where(
        col(CostLine.document).in_(
            select(col(CostLine.document)).where(col(CostLine.case_id) == bindparam("wanted")).scalar_subquery()
        ),
        col(CostLine.case_id) != bindparam("wanted"),
        col(CostLine.live),
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
    )
    .order_by(col(Case.filed_at), col(Case.number))
    .limit(bindparam("most", type_=Integer))
)
_LIVE_HERE = Prepared(update(CostLine).where(col(CostLine.case_id) == bindparam("wanted")).values(live=True))


@dataclass(frozen=True)
class Claim:
    """A case whose money is known but not yet reserved."""

    case: CaseView
    way: Procedure
    award: awards.Award
    amount: int
    content: str
    values: Mapping[str, Value]
    prior: tuple[awards.Prior, ...]  # what it was priced beside; later cases of the set are not among them
    stacking: tuple[str, ...]


@dataclass
class Collected:
    """What one transaction collects before it writes."""

    bench: Bench
    basis: Basis
    facts: dict[UUID, str]  # certified facts as stored
    sequences: dict[UUID, int]  # the last award of cases that were computed before
    wholes: Wholes = field(init=False)
    papers: dict[UUID, tuple[str, ...]] = field(default_factory=dict)
    known: dict[UUID, Known] = field(default_factory=dict)
    stopped: dict[UUID, str] = field(default_factory=dict)  # cases that the rule may not decide, with the words
    queue: dict[str, tuple[datetime, str] | None] = field(default_factory=dict)
    queued: set[UUID] = field(default_factory=set)  # cases that wait for money from now on
    funds: dict[tuple[str, int], FundView | None] = field(default_factory=dict)
    spent: dict[UUID, int] = field(default_factory=dict)
    short: set[UUID] = field(default_factory=set)
    claims: list[Claim] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    compared: list[Found] = field(default_factory=list)  # what the cases were settled beside
    documented: list[UUID] = field(default_factory=list)  # cases whose documents count as awarded from now on

    def fund(self, unit: str, year: int) -> FundView | None:
        """A unit's fund of a budget year."""
        if (unit, year) not in self.funds:
            self.funds[unit, year] = fund_of(self.bench.work, unit, year)
        return self.funds[unit, year]

    def left(self, fund: FundView) -> int:
        """Fen still available after what this transaction reserves."""
        return fund.available - self.spent.get(fund.id, 0)


def fund_claims(collected: Collected) -> None:
    """Reserves the money of the claims, first filed first; where it runs short, `P-shortage` says what then."""
    year = collected.bench.work.today.year
    for lead in dict.fromkeys(claim.way.lead for claim in collected.claims):
        claims = [claim for claim in collected.claims if claim.way.lead == lead]
        fund = collected.fund(lead, year)
        if fund is not None and claims[0].way.setting("P-shortage") == "pro_rata":
            _share_out(collected, fund, claims)
            continue
        for claim in claims:
            _reserve_orwait(collected, fund, claim)


def _reserve_orwait(collected: Collected, fund: FundView | None, claim: Claim) -> None:
    """First come, first served: nobody is passed over by a later, smaller claim."""
    bench, case, way = collected.bench, claim.case, claim.way
    short = fund is None or fund.id in collected.short or collected.left(fund) < claim.amount
    before = None if short else _queued_before(collected, case, way)
    if fund is not None and not short and before is None:
        _reserve(collected, fund, claim, claim.amount)
        return
    if fund is not None:
        collected.short.add(fund.id)
    year = bench.work.today.year
    if way.setting("P-shortage") == "next_year":
        following = collected.fund(way.lead, year + 1)
        if following is not None and collected.left(following) >= claim.amount:
            note = f"{year} 年度专项资金不足，按 P-shortage 由 {year + 1} 年度安排"
            _reserve(collected, following, claim, claim.amount, note)
            return
    problem = f"专项资金不足：{way.lead} {year} 年度余额不足以安排 {Money(claim.amount).grouped} 元"
    if before is not None:
        problem = f"专项资金不足：按申报先后安排，申报在先的 {before} 尚在等候 {way.lead} {year} 年度资金"
    _queue(collected, claim, problem)


def _share_out(collected: Collected, fund: FundView, claims: Sequence[Claim]) -> None:
    """What is left, in proportion to the claims that are computed together, each rounded down to the fen."""
    left, wanted = collected.left(fund), sum(claim.amount for claim in claims)
    for claim in claims:
        share = claim.amount if wanted <= left else claim.amount * left // wanted
        note = "" if wanted <= left else f"专项资金不足，按比例安排：{Money(left).grouped} ÷ {Money(wanted).grouped} 元"
        if share:
            _reserve(collected, fund, claim, share, note)
        else:
            problem = f"专项资金不足：{claim.way.lead} {collected.bench.work.today.year} 年度已无余额"
            _queue(collected, claim, problem)


def _queue(collected: Collected, claim: Claim, problem: str) -> None:
    collected.queued.add(claim.case.id)
    wait(collected.bench, claim.case, claim.way.turn(Duty.FUND_OFFICER), problem)


def let_follow(collected: Collected, cases: Sequence[CaseView]) -> None:
    """Where somebody has left the queue for a fund and money is left, those who waited behind them look again.

    Before any fund is locked: cases come first.
    """
    year = collected.bench.work.today.year
    for lead in sorted({case.next_unit for case in cases if case.next_unit and case.id not in collected.queued}):
        fund = collected.fund(lead, year)
        if fund is not None and collected.left(fund) > 0:
            wake_behind(collected.bench.work, lead, [case.id for case in cases])


def _reserve(collected: Collected, fund: FundView, claim: Claim, amount: int, note: str = "") -> None:
    """The money is set aside, the award is written with its trace, and the documents count as awarded."""
    case = claim.case
    collected.spent[fund.id] = collected.spent.get(fund.id, 0) + amount
    lines = (*claim.stacking, note) if note else claim.stacking
    frozen = (claim.content, claim.values, claim.prior)
    write_award(collected, case, claim.way, claim.award, amount, fund.id, *frozen, lines)
    once = f"reserve:{case.number}:{case.version}"
    collected.transfers.append(
        Transfer(fund=fund.id, case=case.id, source=Account.AVAILABLE, target=Account.RESERVED, fen=amount, once=once)
    )
    if claim.award.cost_lines:
        collected.documented.append(case.id)
    collected.changes.append(_granted(collected, case, claim.way, amount, fund.id))


def count_documents(collected: Collected) -> None:
    """The documents of what was granted count as awarded here, and nowhere else any more.

    After the funds, as whoever gives money back does it (`casework.handlers.release`): one order of locks, so that the two
    never wait for each other.
    """
    work = collected.bench.work
    lock_lines(work, collected.documented)
    for case in collected.documented:
        work.run(_LIVE_ELSEWHERE, wanted=case)
        work.run(_LIVE_HERE, wanted=case)


def _granted(collected: Collected, case: CaseView, way: Procedure, amount: int, fund: UUID) -> Change:
    """Computed and waiting for a person; or, for 即申即享, decided by the rule itself and recorded so."""
    work = collected.bench.work
    words = collected.stopped.get(case.id, "")
    if not way.decided_by_rule or words:
        following = way.turn(Duty.DECIDER) if words else after_compute(way)
        return Change(
            case=case,
            action=Action.COMPUTE,
            target=State.COMPUTED,
            next=following,
            outcome="computed",
            sets={"amount_fen": amount, "problem": words},
            tell=(unit(following.unit, str(following.duty), "turn"),),
        )
    once = f"decide:{case.number}:{case.version}:committed"
    collected.transfers.append(
        Transfer(fund=fund, case=case.id, source=Account.RESERVED, target=Account.COMMITTED, fen=amount, once=once)
    )
    work.add(Entitlement, case_id=case.id, party_id=case.party_id, fund_id=fund, approved_fen=amount, made_at=work.now)
    return Change(
        case=case,
        action=Action.COMPUTE,
        target=State.DECIDED,
        next=system(work.now),
        outcome="granted_by_rule",
        clause=way.item.clause,
        sets={"amount_fen": amount},
        tell=(applicant(case, "decided", amount=str(Money(amount))),),
    )


def write_award(
    collected: Collected,
    case: CaseView,
    way: Procedure,
    award: awards.Award,
    amount: int,
    fund: UUID | None,
    content: str,
    values: Mapping[str, Value],
    prior: Sequence[awards.Prior],
    stacking: Sequence[str],
) -> None:
    """The award with all that is needed to compute it again: facts' hash, parameters used, earlier awards, rule digest."""
    work = collected.bench.work
    names = [one.id for one in way.item.parameters] + [one.id for one in way.item.ours]
    names += ["P-rounding", "P-event-basis"]
    known, rests_on = collected.known.get(case.id, NOTHING), collected.papers.get(case.id, ())
    inputs = canonical_json(
        {
            "facts": content_hash(content),
            "parameters": {name: awards.plain(values[name]) for name in names if name in values},
            "prior": [awards.plain(one) for one in prior],
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
    seal = seal_of(work, case.party_id, case.party_kind)
    work.add(
        Award,
        case_id=case.id,
        sequence=collected.sequences.get(case.id, 0) + 1,
        gross_fen=int(award.amount or 0),
        ceiling_fen=None if way.item.ceiling is None else int(way.item.ceiling),
        amount_fen=amount,
        fund_id=fund,
        rule_version=case.rule_version,
        rule_digest=case.rule_digest,
        inputs=seal(inputs),
        trace=seal(trace),
        hash=content_hash(inputs + trace),
        computed_at=work.now,
    )


def wait(bench: Bench, case: CaseView, following: Next, problem: str) -> None:
    """A unit's head or certifier is told at once; what waits for a value or for money stands in their list by hundreds."""
    one_by_one = following.duty in (Duty.HEAD, Duty.CERTIFIER)
    (stand_still if one_by_one else park)(bench.work, case, following, problem)
    bench.outcome.waiting.append((case.number, problem))


def sequences(bench: Bench, cases: Sequence[UUID]) -> dict[UUID, int]:
    """The number of the last award of each case that has one."""
    last = func.max(Award.sequence).label("last")
    rows = bench.work.execute(
        select(col(Award.case_id), last).where(col(Award.case_id).in_(cases)).group_by(col(Award.case_id))
    )
    return {row.case_id: int(row.last) for row in rows}


def _queued_before(collected: Collected, case: CaseView, way: Procedure) -> str | None:
    """The case filed earlier that waits for the same fund, or is woken and not looked at yet; those of this set come in
    their order anyway. `P-shortage` queue is first come, first served."""
    if way.lead not in collected.queue:
        here = collected.basis.ties
        rows = collected.bench.work.rows(_QUEUED, wanted_unit=way.lead, most=len(here) + 1)
        first = next((row for row in rows if row.id not in here), None)
        collected.queue[way.lead] = (first.filed_at, first.number) if first else None
    ahead = collected.queue[way.lead]
    if ahead is None or case.filed_at is None or ahead > (case.filed_at, case.number):
        return None
    return ahead[1]
