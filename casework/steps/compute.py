"""核算: price each certified case by its rule and settle 就高不重复; or say what it waits for."""

from collections.abc import Mapping, Sequence
from json import loads
from typing import Any
from uuid import UUID

from casework import comparisons, forms, programmes
from casework.cases import CaseView, Change, record
from casework.conditions import Findings, keep, look, resting, stopped
from casework.desk import applicant, snapshots, unit
from casework.ledger import transfer
from casework.outcome import Outcome
from casework.procedure import ENDED, Procedure
from casework.reference import Reference, in_force
from casework.rules import stop_unbound
from casework.stacking import gather
from casework.steps.engine import Bench, over
from casework.steps.funding import (
    Claim,
    Collected,
    count_documents,
    fund_claims,
    let_follow,
    sequences,
    wait,
    write_award,
)
from casework.transitions import Action
from casework.wholes import Wholes, papers
from models import Duty, Likeness, State
from models.clock import business_date
from models.store import Store
from models.work import PRICING
from policies import awards
from policies.conditions import Gate
from policies.forms import labels
from policies.measures import Chain
from policies.parameters import Value


def compute(store: Store, **which: object) -> Outcome:
    """Computes every certified case; a case that lacks a parameter or money waits, with the name of what it lacks.

    One set after the other, whatever their measures: what a case is priced beside (awards on its subject, earlier years, other
    plans of its whole, the queue for a fund) is read and written in one turn.
    """
    return over(store, _compute, states=frozenset({State.CERTIFIED}), turn=PRICING, **which)  # type: ignore[arg-type]


def _compute(bench: Bench, due: Sequence[CaseView]) -> None:
    cases = _without_open(bench, stop_unbound(bench, due))
    ids = [case.id for case in cases]
    collected = Collected(bench, gather(bench.work, cases), snapshots(bench.work, ids, "facts"), sequences(bench, ids))
    collected.wholes, collected.papers = Wholes(bench.work), papers(bench.work, ids)
    lists = _bound_cases(bench, cases)
    no = {
        case.id: stopped(lists[case.id], _by_rule(bench.way(case)), Gate.DECIDE) for case in cases if case.id in lists
    }
    collected.stopped = {identity: refusal.zh for identity, refusal in no.items() if refusal is not None}
    for case in cases:
        _price(collected, case)
    comparisons.settled(bench.work, collected.compared)
    fund_claims(collected)
    let_follow(collected, due)
    transfer(bench.work, collected.transfers)
    count_documents(collected)
    record(bench.work, resting(collected.changes, lists))
    for change in collected.changes:
        if change.target is State.REFUSED:
            bench.outcome.refused.append((change.case.number, change.reason))
        else:
            bench.outcome.moved.append((change.case.number, change.target))


def _without_open(bench: Bench, cases: Sequence[CaseView]) -> list[CaseView]:
    """The cases of which nothing waits for a comparison; the others go to their certifier."""
    listed = {case.id: bench.way(case) for case in cases}
    paid = [identity for identity, way in listed.items() if way.item.pays]
    comparisons.find(bench.work, paid, inside=lambda identity: bool(listed[identity].setting("P-stack-scope")))
    waiting = comparisons.open_among(bench.work, paid)
    for case in cases:
        if case.id in waiting:
            comparisons.stop(bench.work, listed[case.id], case, waiting[case.id])
            bench.outcome.waiting.append((case.number, comparisons.problem(waiting[case.id], case.number)))
    return [case for case in cases if case.id not in waiting]


def _beside(collected: Collected, case: CaseView, group: Sequence[str]) -> None:
    """Notes what a case was settled beside."""
    basis = collected.basis
    for name in group:
        origin = basis.origin.get(name)
        if name != case.number and origin is not None:
            own, other = basis.shared(case, name)
            met = {"benefit": origin.benefit, "other_case": origin.case}
            found = comparisons.Found(case.id, case.policy, Likeness.SAME_KEY, own, other, name, **met)
            collected.compared.append(found)


def _bound_cases(bench: Bench, cases: Sequence[CaseView]) -> dict[UUID, Findings]:
    """What is found now of the cases that the rule itself would decide or begin."""
    by_rule = [c for c in cases if bench.way(c).decided_by_rule or bench.way(c).item.chain is Chain.PROGRAMME]
    if not by_rule:
        return {}
    found = look(bench.work, bench.reference, bench.way, by_rule)
    keep(bench.work, {case.id: (case, found[case.id]) for case in by_rule})
    return found


def _by_rule(way: Procedure) -> Action:
    """What the rule would do by itself: begin a programme, or decide."""
    return Action.COMPUTE if way.item.chain is Chain.PROGRAMME else Action.DECIDE


def _price(collected: Collected, case: CaseView) -> None:
    """One case: its award, and what follows from it."""
    bench = collected.bench
    way = bench.way(case)
    content = collected.facts.get(case.id, "{}")
    facts: Any = forms.parse(way.item.facts, loads(content))
    values = bound_values(bench.reference, way, case, facts)
    prior = collected.basis.prior(case)
    known, rests_on = collected.wholes.known(way, case, facts), collected.papers.get(case.id, ())
    collected.known[case.id] = known
    award = way.item.award(facts, values, prior, dict.fromkeys(labels(way.item.facts), rests_on), known)
    if award.missing:
        wait(bench, case, way.turn(Duty.PARAMETER_AUTHOR), award.text)
    elif award.refused and way.item.chain is Chain.PROGRAMME:
        collected.changes.append(_sent_back(bench, case, way, award.refused))
    elif award.refused:
        collected.changes.append(_refusal(case, award.refused.code, award.refused.text, award.refused.clause))
    elif way.item.chain is Chain.CASH_GRANT:
        _grant(collected, case, way, award, content, values, prior)
    else:
        _without_money(collected, case, way, award, facts, content, values, prior)


def bound_values(reference: Reference, way: Procedure, case: CaseView, facts: Any) -> Mapping[str, Value]:
    """The values that bind: those in force on the event's day, or on the day of filing where only that counts."""
    now = in_force(reference, way.policy.code, way.today, way.item.id)
    filed = business_date(case.filed_at) if case.filed_at else way.today
    day = way.item.event_date(facts, now) or filed
    then = in_force(reference, way.policy.code, day, way.item.id)
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


def _sent_back(bench: Bench, case: CaseView, way: Procedure, no: awards.Refusal) -> Change:
    """A unit's plan that does not do goes back to it: nobody's right is refused, so there is no remedy to name."""
    following = way.turn(Duty.APPLICANT)
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
    collected: Collected,
    case: CaseView,
    way: Procedure,
    award: awards.Award,
    content: str,
    values: Mapping[str, Value],
    prior: tuple[awards.Prior, ...],
) -> None:
    """Money: what 就高不重复 leaves of it, from the unit's fund of the year."""
    bench = collected.bench
    assert award.amount is not None
    settled = collected.basis.settle(case, award, way)
    _beside(collected, case, collected.basis.beside.get(case.number, ()))
    if settled.payable == 0 and settled.to_return:
        wait(bench, case, way.turn(Duty.CERTIFIER), f"{settled.reason}：{'、'.join(settled.to_return)}")
        return
    if settled.payable == 0:
        told = f"就高不重复：{settled.reason}（{settled.beaten_by or settled.winner}）"
        collected.changes.append(_refusal(case, "F2", told, way.policy.validity_clause))
        return
    amount = int(settled.payable)
    collected.basis.awarded(case, award, amount)
    collected.claims.append(Claim(case, way, award, amount, content, values, prior, settled.lines))


def _without_money(
    collected: Collected,
    case: CaseView,
    way: Procedure,
    award: awards.Award,
    facts: Any,
    content: str,
    values: Mapping[str, Value],
    prior: tuple[awards.Prior, ...],
) -> None:
    """0 yuan with its reason: a quota, a price, a place on a list, or a programme that begins."""
    if programme_stopped := way.item.chain is Chain.PROGRAMME and collected.stopped.get(case.id):
        wait(collected.bench, case, way.turn(Duty.HEAD), programme_stopped)
        return
    write_award(collected, case, way, award, 0, None, content, values, prior, ())
    programme = way.item.chain is Chain.PROGRAMME
    following = way.turn(Duty.DECIDER)
    if programme:
        following = programmes.begin(collected.bench.work, case, way)
    collected.wholes.begin(way, case, facts)
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
    collected.changes.append(change)
