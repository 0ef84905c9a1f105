"""公示: decided cases go on notice, and at its end go on to payment or delivery."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from casework import late
from casework.cases import CaseView, Change, park, record
from casework.conditions import Findings, keep, look, resting, stopped
from casework.desk import applicant, unit
from casework.jobs.telling import Note, operators, tell_in
from casework.outcome import Outcome
from casework.procedure import Next, Procedure, system
from casework.steps.engine import Bench, over
from casework.steps.funding import wait
from casework.transitions import Action
from models import Duty, Notice, NoticeLine, State
from models.clock import end_of
from models.columns import canonical_json
from models.store import Store
from models.work import content_hash
from notifications.outbox import Tell
from policies.conditions import Gate
from policies.measures import Chain
from policies.workdays import CalendarUnknown

A_DAY = timedelta(days=1)


def announce(store: Store, **which: object) -> Outcome:
    """Publishes the decided cases of a measure as one notice; without notice days they go on at once."""
    return over(store, _announce, states=frozenset({State.DECIDED}), **which)  # type: ignore[arg-type]


def end_notice(store: Store, **which: object) -> Outcome:
    """Moves the uncontested cases whose notice is over."""
    return over(store, _end, states=frozenset({State.ON_NOTICE}), **which)  # type: ignore[arg-type]


def _announce(bench: Bench, cases: Sequence[CaseView]) -> None:
    changes: list[Change] = []
    free, lists = _bound(bench, [case for case in cases if not _stopped(bench, case)], Action.ANNOUNCE)
    ordered = sorted(free, key=lambda case: (case.policy, case.measure, bench.way(case).notice_days))
    for (_, _, days), group in groupby(ordered, key=lambda c: (c.policy, c.measure, bench.way(c).notice_days)):
        listed = list(group)
        if not days:
            changes += [_unpublished(bench, case) for case in listed]
        elif (closes := _closes(bench, listed, days)) is not None:
            changes += _published(bench, listed, closes)
    record(bench.work, resting(changes, lists))
    bench.outcome.moved += [(change.case.number, change.target) for change in changes]


def _stopped(bench: Bench, case: CaseView) -> bool:
    """Whether another benefit came to light meanwhile: its comparison comes first."""
    stopped = late.stopped(bench.work, bench.way(case), case)
    if stopped:
        bench.outcome.waiting.append((case.number, "待认定单位比对可能相同的补助"))
    return stopped


def _bound(bench: Bench, cases: Sequence[CaseView], action: Action) -> tuple[list[CaseView], dict[UUID, Findings]]:
    """The cases that no condition stops, with what was found of each; the others wait with the head, told why."""
    if not cases:
        return [], {}
    found = look(bench.work, bench.reference, bench.way, cases)
    keep(bench.work, {case.id: (case, found[case.id]) for case in cases})
    free = []
    for case in cases:
        no = stopped(found[case.id], action, Gate.DECIDE)
        if no is None:
            free.append(case)
        else:
            wait(bench, case, bench.way(case).turn(Duty.HEAD), no.zh)
    return free, found


def _closes(bench: Bench, cases: list[CaseView], days: int) -> date | None:
    """The last day of a notice of today; None where it lies in a year whose working days nobody entered yet.

    The cases then wait for the calendar, which wakes them; they are looked at once a day beside that.
    """
    work = bench.work
    try:
        return bench.reference.calendar.nth(work.today, days)
    except CalendarUnknown as unknown:
        year, words = unknown.year, f"{unknown.year} 年的工作日安排尚未录入，无法确定公示期满日；录入后自动公示"
    for case in cases:
        park(work, case, Next(Duty.SYSTEM, None, work.now + A_DAY), words)
        bench.outcome.waiting.append((case.number, words))
    due, content = f"{year}-01-01", {"year": year, "count": len(cases)}
    stage = f"publication {work.today}"
    asked = [
        Note(kind="holidays_missing", subject=str(year), due=due, stage=stage, to=to, content=content)
        for to in operators(work)
    ]
    tell_in(work, asked)
    return None


def _published(bench: Bench, cases: list[CaseView], closes: date) -> list[Change]:
    """One notice for the cases: the first day counts, and nothing moves before the last is over."""
    work, first = bench.work, cases[0]
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


def _unpublished(bench: Bench, case: CaseView) -> Change:
    way = bench.way(case)
    target = State.PAYABLE if way.item.chain is Chain.CASH_GRANT else State.DECIDED
    return Change(
        case=case,
        action=Action.ANNOUNCE,
        target=target,
        next=_fulfilment(way),
        outcome="not_published",
        tell=_turn(_fulfilment(way)),
    )


def _end(bench: Bench, cases: Sequence[CaseView]) -> None:
    changes = []
    free, lists = _bound(bench, [case for case in cases if not _stopped(bench, case)], Action.END_NOTICE)
    for case in free:
        way = bench.way(case)
        target = State.PAYABLE if way.item.chain is Chain.CASH_GRANT else State.ON_NOTICE
        following = _fulfilment(way)
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
    record(bench.work, resting(changes, lists))
    bench.outcome.moved += [(change.case.number, change.target) for change in changes]


def _fulfilment(way: Procedure) -> Next:
    return way.turn(Duty.ALLOCATOR if way.item.chain is Chain.CASH_GRANT else Duty.DELIVERER)


def _turn(following: Next) -> tuple[Tell, ...]:
    return (unit(following.unit, str(following.duty), "turn"),)
