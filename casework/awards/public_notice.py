"""公示: decided cases go on notice, and at its end go on to payment or delivery."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from casework.awards.funding import wait
from casework.conditions.condition_gates import evaluate_conditions, stopped, store_findings, with_check_lists
from casework.lifecycle.act_context import applicant, unit
from casework.lifecycle.case_changes import CaseView, Change, record, set_waiting
from casework.lifecycle.commands import Action
from casework.lifecycle.findings import Findings
from casework.lifecycle.procedure import Next, Procedure, system
from casework.lifecycle.step_runner import StepContext, over
from casework.shared.notify_once import Note, operators, tell_in
from casework.shared.run_summary import RunSummary
from casework.stacking import late_benefits
from models import Duty, Notice, NoticeLine, State
from models.clock import end_of
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import content_hash
from notifications.outbox import Tell
from policies.conditions import Gate
from policies.measures import Chain
from policies.workdays import CalendarUnknown

A_DAY = timedelta(days=1)


def announce(store: Store, **which: object) -> RunSummary:
    """Publishes the decided cases of a measure as one notice; without notice days they go on at once."""
    return over(store, _announce, states=frozenset({State.DECIDED}), **which)  # type: ignore[arg-type]


def end_notice(store: Store, **which: object) -> RunSummary:
    """Moves the uncontested cases whose notice is over."""
    return over(store, _end, states=frozenset({State.ON_NOTICE}), **which)  # type: ignore[arg-type]


def _announce(context: StepContext, cases: Sequence[CaseView]) -> None:
    changes: list[Change] = []
    free, lists = _bound(context, [case for case in cases if not _stopped(context, case)], Action.ANNOUNCE)
    ordered = sorted(free, key=lambda case: (case.policy, case.measure, context.procedure(case).notice_days))
    for (_, _, days), group in groupby(ordered, key=lambda c: (c.policy, c.measure, context.procedure(c).notice_days)):
        listed = list(group)
        if not days:
            changes += [_unpublished(context, case) for case in listed]
        elif (closes := _closes(context, listed, days)) is not None:
            changes += _published(context, listed, closes)
    record(context.work, with_check_lists(changes, lists))
    context.outcome.moved += [(change.case.number, change.target) for change in changes]


def _stopped(context: StepContext, case: CaseView) -> bool:
    """Whether another benefit came to light meanwhile: its comparison comes first."""
    stopped = late_benefits.stopped(context.work, context.procedure(case), case)
    if stopped:
        context.outcome.waiting.append((case.number, "待认定单位比对可能相同的补助"))
    return stopped


def _bound(
    context: StepContext, cases: Sequence[CaseView], action: Action
) -> tuple[list[CaseView], dict[UUID, Findings]]:
    """The cases that no condition stops, with what was found of each; the others wait with the head, told why."""
    if not cases:
        return [], {}
    found = evaluate_conditions(context.work, context.reference, context.procedure, cases)
    store_findings(context.work, {case.id: (case, found[case.id]) for case in cases})
    free = []
    for case in cases:
        no = stopped(found[case.id], action, Gate.DECIDE)
        if no is None:
            free.append(case)
        else:
            wait(context, case, context.procedure(case).turn(Duty.HEAD), no.zh, no.en)
    return free, found


def _closes(context: StepContext, cases: list[CaseView], days: int) -> date | None:
    """The last day of a notice of today; None where it lies in a year whose working days nobody entered yet.

    The cases then wait for the calendar, which wakes them; they are looked at once a day beside that.
    """
    work = context.work
    try:
        return context.reference.calendar.nth(work.today, days)
    except CalendarUnknown as unknown:
        year, words = unknown.year, f"{unknown.year} 年的工作日安排尚未录入，无法确定公示期满日；录入后自动公示"
    for case in cases:
        set_waiting(work, case, Next(Duty.SYSTEM, None, work.now + A_DAY), words)
        context.outcome.waiting.append((case.number, words))
    due, content = f"{year}-01-01", {"year": year, "count": len(cases)}
    stage = f"publication {work.today}"
    asked = [
        Note(kind="holidays_missing", subject=str(year), due=due, stage=stage, to=to, content=content)
        for to in operators(work)
    ]
    tell_in(work, asked)
    return None


def _published(context: StepContext, cases: list[CaseView], closes: date) -> list[Change]:
    """One notice for the cases: the first day counts, and nothing moves before the last is over."""
    work, first = context.work, cases[0]
    identity = work.new_id()
    number = f"{first.policy}-GS-{work.number(f'{first.policy}-GS'):04d}"
    lines = [[case.number, case.amount_fen] for case in cases]
    work.add(
        Notice,
        id=identity,
        number=number,
        policy=first.policy,
        measure=first.measure,
        opens_on=work.today.isoformat(),
        closes_on=closes.isoformat(),
        lines=len(cases),
        list_hash=content_hash(canonical_json(lines)),
        made_at=work.now,
    )
    for case in cases:
        work.add(NoticeLine, notice_id=identity, case_id=case.id)
    return [_on_notice(case, number, closes) for case in cases]


def _on_notice(case: CaseView, number: str, closes: date) -> Change:
    return Change(
        case=case,
        action=Action.ANNOUNCE,
        target=State.ON_NOTICE,
        next=system(end_of(closes)),
        outcome="published",
        content={"notice": number, "closes_on": closes.isoformat()},
        tell=(applicant(case, "on_notice", notice=number, closes_on=closes.isoformat()),),
    )


def _unpublished(context: StepContext, case: CaseView) -> Change:
    procedure = context.procedure(case)
    target = State.PAYABLE if procedure.item.chain is Chain.CASH_GRANT else State.DECIDED
    return Change(
        case=case,
        action=Action.ANNOUNCE,
        target=target,
        next=_fulfilment(procedure),
        outcome="not_published",
        tell=_turn(_fulfilment(procedure)),
    )


def _end(context: StepContext, cases: Sequence[CaseView]) -> None:
    changes = []
    free, lists = _bound(context, [case for case in cases if not _stopped(context, case)], Action.END_NOTICE)
    for case in free:
        procedure = context.procedure(case)
        target = State.PAYABLE if procedure.item.chain is Chain.CASH_GRANT else State.ON_NOTICE
        following = _fulfilment(procedure)
        changes.append(
            Change(
                case=case,
                action=Action.END_NOTICE,
                target=target,
                next=following,
                outcome="uncontested",
                tell=_turn(following),
            )
        )
    record(context.work, with_check_lists(changes, lists))
    context.outcome.moved += [(change.case.number, change.target) for change in changes]


def _fulfilment(procedure: Procedure) -> Next:
    return procedure.turn(Duty.ALLOCATOR if procedure.item.chain is Chain.CASH_GRANT else Duty.DELIVERER)


def _turn(following: Next) -> tuple[Tell, ...]:
    return (unit(following.unit, str(following.duty), "turn"),)
