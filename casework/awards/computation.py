"""核算: price each certified case by its rule and settle 就高不重复; or say what it waits for."""

from collections.abc import Mapping, Sequence
from json import loads
from typing import Any
from uuid import UUID

from casework.awards.computation_batch import Claim, ComputationBatch
from casework.awards.funding import count_documents, sequences, wait, wake_behind_departed, write_award
from casework.awards.shortage import fund_claims, with_sharers
from casework.conditions.condition_gates import evaluate_conditions, stopped, store_findings, with_check_lists
from casework.forms import typed_forms
from casework.funds.ledger import transfer
from casework.lifecycle.act_context import applicant, snapshots, unit
from casework.lifecycle.case_changes import CaseView, Change, record
from casework.lifecycle.commands import Action
from casework.lifecycle.facts_from_records import Wholes, papers
from casework.lifecycle.findings import Findings
from casework.lifecycle.procedure import ENDED, Procedure
from casework.lifecycle.rule_binding import stop_unbound
from casework.lifecycle.step_runner import StepContext, over
from casework.programmes import programme_progress
from casework.shared.reference import Reference, in_force
from casework.shared.run_summary import RunSummary
from casework.stacking import benefit_comparisons
from casework.stacking.stacking_basis import gather
from models import Duty, Likeness, State
from models.clock import business_date
from models.store import Store
from models.unit_of_work import PRICING
from policies import awards
from policies.conditions import Gate
from policies.forms import labels
from policies.measures import Chain
from policies.parameters import Value


def compute(store: Store, **which: object) -> RunSummary:
    """Computes every certified case; a case that lacks a parameter or money waits, with the name of what it lacks.

    One set after the other, whatever their measures: what a case is priced beside (awards on its subject, earlier years, other
    plans of its whole, the queue for a fund) is read and written in one turn.
    """
    return over(store, _compute, states=frozenset({State.CERTIFIED}), turn=PRICING, **which)  # type: ignore[arg-type]


def _compute(context: StepContext, named: Sequence[CaseView]) -> None:
    due = with_sharers(context, named)
    cases = _without_open(context, stop_unbound(context, due))
    ids = [case.id for case in cases]
    batch = ComputationBatch(
        context, gather(context.work, cases), snapshots(context.work, ids, "facts"), sequences(context, ids)
    )
    batch.wholes, batch.papers = Wholes(context.work), papers(context.work, ids)
    lists = _bound_cases(context, cases)
    no = {
        case.id: stopped(lists[case.id], _by_rule(context.procedure(case)), Gate.DECIDE)
        for case in cases
        if case.id in lists
    }
    batch.stopped = {identity: refusal for identity, refusal in no.items() if refusal is not None}
    for case in cases:
        _price(batch, case)
    benefit_comparisons.settled(context.work, batch.compared)
    fund_claims(batch)
    wake_behind_departed(batch, due)
    transfer(context.work, batch.transfers)
    count_documents(batch)
    record(context.work, with_check_lists(batch.changes, lists))
    for change in batch.changes:
        if change.target is State.REFUSED:
            context.outcome.refused.append((change.case.number, change.reason))
        else:
            context.outcome.moved.append((change.case.number, change.target))


def _without_open(context: StepContext, cases: Sequence[CaseView]) -> list[CaseView]:
    """The cases of which nothing waits for a comparison; the others go to their certifier."""
    listed = {case.id: context.procedure(case) for case in cases}
    paid = [identity for identity, procedure in listed.items() if procedure.item.pays]
    benefit_comparisons.find(
        context.work, paid, inside=lambda identity: bool(listed[identity].setting("P-stack-scope"))
    )
    waiting = benefit_comparisons.open_among(context.work, paid)
    for case in cases:
        if case.id in waiting:
            benefit_comparisons.stop(context.work, listed[case.id], case, waiting[case.id])
            context.outcome.waiting.append((case.number, benefit_comparisons.problem(waiting[case.id], case.number)))
    return [case for case in cases if case.id not in waiting]


def _note_comparisons(batch: ComputationBatch, case: CaseView, group: Sequence[str]) -> None:
    """Notes what a case was settled beside."""
    basis = batch.basis
    for name in group:
        origin = basis.origin.get(name)
        if name != case.number and origin is not None:
            own, other = basis.shared(case, name)
            met = {"benefit": origin.benefit, "other_case": origin.case}
            found = benefit_comparisons.PossibleMatch(case.id, case.policy, Likeness.SAME_KEY, own, other, name, **met)
            batch.compared.append(found)


def _bound_cases(context: StepContext, cases: Sequence[CaseView]) -> dict[UUID, Findings]:
    """What is found now of the cases that the rule itself would decide or begin."""
    by_rule = [
        c for c in cases if context.procedure(c).decided_by_rule or context.procedure(c).item.chain is Chain.PROGRAMME
    ]
    if not by_rule:
        return {}
    found = evaluate_conditions(context.work, context.reference, context.procedure, by_rule)
    store_findings(context.work, {case.id: (case, found[case.id]) for case in by_rule})
    return found


def _by_rule(procedure: Procedure) -> Action:
    """What the rule would do by itself: begin a programme, or decide."""
    return Action.COMPUTE if procedure.item.chain is Chain.PROGRAMME else Action.DECIDE


def _price(batch: ComputationBatch, case: CaseView) -> None:
    """One case: its award, and what follows from it."""
    context = batch.context
    procedure = context.procedure(case)
    content = batch.facts.get(case.id, "{}")
    facts: Any = typed_forms.parse(procedure.item.facts, loads(content))
    values = bound_values(context.reference, procedure, case, facts)
    prior = batch.basis.prior(case)
    known, rests_on = batch.wholes.known(procedure, case, facts), batch.papers.get(case.id, ())
    batch.known[case.id] = known
    award = procedure.item.award(facts, values, prior, dict.fromkeys(labels(procedure.item.facts), rests_on), known)
    if award.missing:
        wait(context, case, procedure.turn(Duty.PARAMETER_AUTHOR), award.text)
    elif award.refused and procedure.item.chain is Chain.PROGRAMME:
        batch.changes.append(_sent_back(context, case, procedure, award.refused))
    elif award.refused:
        batch.changes.append(_refusal(case, award.refused.code, award.refused.text, award.refused.clause))
    elif procedure.item.chain is Chain.CASH_GRANT:
        _grant(batch, case, procedure, award, content, values, prior)
    else:
        _without_money(batch, case, procedure, award, facts, content, values, prior)


def bound_values(reference: Reference, procedure: Procedure, case: CaseView, facts: Any) -> Mapping[str, Value]:
    """The values that bind: those in force on the event's day, or on the day of filing where only that counts."""
    now = in_force(reference, procedure.policy.code, procedure.today, procedure.item.id)
    filed = business_date(case.filed_at) if case.filed_at else procedure.today
    day = procedure.item.event_date(facts, now) or filed
    then = in_force(reference, procedure.policy.code, day, procedure.item.id)
    basis = {name: now[name] for name in ("P-event-basis",) if name in now}
    return {**then, **basis}


def _refusal(case: CaseView, code: str, text: str, clause: str) -> Change:
    return Change(
        case=case,
        action=Action.COMPUTE,
        target=State.REFUSED,
        next=ENDED,
        outcome="refused",
        reason_code=code,
        reason=text,
        clause=clause,
        tell=(applicant(case, "refused", reason=text),),
    )


def _sent_back(context: StepContext, case: CaseView, procedure: Procedure, no: awards.Refusal) -> Change:
    """A unit's plan that does not do goes back to it: nobody's right is refused, so there is no remedy to name."""
    following = procedure.turn(Duty.APPLICANT)
    told = applicant(case, "returned", missing=[no.text], due=str(following.due))
    return Change(
        case=case,
        action=Action.COMPUTE,
        target=State.IN_CORRECTION,
        next=following,
        outcome="sent_back",
        reason_code=no.code,
        reason=no.text,
        clause=no.clause,
        sets={"corrections": case.corrections + 1},
        tell=(told,),
    )


def _grant(
    batch: ComputationBatch,
    case: CaseView,
    procedure: Procedure,
    award: awards.Award,
    content: str,
    values: Mapping[str, Value],
    prior: tuple[awards.Prior, ...],
) -> None:
    """Money: what 就高不重复 leaves of it, from the unit's fund of the year."""
    context = batch.context
    assert award.amount is not None
    settled = batch.basis.settle(case, award, procedure)
    _note_comparisons(batch, case, batch.basis.compared_with.get(case.number, ()))
    if settled.payable == 0 and settled.to_return:
        wait(context, case, procedure.turn(Duty.CERTIFIER), f"{settled.reason}：{'、'.join(settled.to_return)}")
        return
    if settled.payable == 0:
        told = f"就高不重复：{settled.reason}（{settled.beaten_by or settled.winner}）"
        batch.changes.append(_refusal(case, "F2", told, procedure.policy.validity_clause))
        return
    amount = int(settled.payable)
    batch.basis.awarded(case, award, amount)
    batch.claims.append(Claim(case, procedure, award, amount, content, values, prior, settled.lines))


def _without_money(
    batch: ComputationBatch,
    case: CaseView,
    procedure: Procedure,
    award: awards.Award,
    facts: Any,
    content: str,
    values: Mapping[str, Value],
    prior: tuple[awards.Prior, ...],
) -> None:
    """0 yuan with its reason: a quota, a price, a place on a list, or a programme that begins."""
    if procedure.item.chain is Chain.PROGRAMME and (no := batch.stopped.get(case.id)):
        wait(batch.context, case, procedure.turn(Duty.HEAD), no.zh, no.en)
        return
    write_award(batch, case, procedure, award, 0, None, content, values, prior, ())
    programme = procedure.item.chain is Chain.PROGRAMME
    following = procedure.turn(Duty.DECIDER)
    if programme:
        following = programme_progress.begin(batch.context.work, case, procedure)
    batch.wholes.begin(procedure, case, facts)
    change = Change(
        case=case,
        action=Action.COMPUTE,
        target=State.IN_PROGRESS if programme else State.COMPUTED,
        next=following,
        outcome="computed",
        reason=award.note,
        sets={"amount_fen": 0},
        tell=(applicant(case, "begun", note=award.note),) if programme else (unit(following.unit, "decider", "turn"),),
    )
    batch.changes.append(change)
