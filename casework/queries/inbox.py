"""What a person may do now: cases whose next action is theirs, in their own right, as a delegate, or as a joint unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlmodel import col

from casework.cases import CaseView, parked, view
from casework.eligible import eligible, who_may
from casework.errors import Refused
from casework.guards import Part, parts, person, principal_key, separate, standing
from casework.jobs.deadlines import light_of
from casework.procedure import procedure_of
from casework.queries.conditions import warned
from casework.queries.late import Question, questions
from casework.queries.lists import CaseRow, row_of
from casework.reference import PersonView, Reference, reference
from casework.rules import OWNER, missing
from casework.second import Confirms, waiting
from casework.transitions import TABLE, Action
from casework.words import action_zh
from models import Case, Duty, JointOpinion, Person, State
from models.store import Store
from models.work import Work

# Next actions that some row of the table gives to the duty whose turn it is.
_TURNS: dict[tuple[State, Duty], tuple[Action, ...]] = {}
for _move in TABLE:
    if _move.turn and _move.duty is not Duty.SYSTEM:
        _TURNS[_move.source, _move.duty] = (*_TURNS.get((_move.source, _move.duty), ()), _move.action)
# Belongs to no row's turn, but to what a contested case, or one with an open comparison, waits for.
_ANSWERS = {Duty.INVESTIGATOR: Action.ANSWER, Duty.CERTIFIER: Action.COMPARE}
# A head's ways out of what a condition stopped; at payment time the decision may be taken back instead.
_STOPPED_BY_CONDITION = {
    State.CERTIFIED: (Action.WAIVE,),
    State.DECIDED: (Action.WAIVE, Action.UNDO),
    State.ON_NOTICE: (Action.WAIVE, Action.UNDO),
}
# What waits for these is done in a register, by list; the entry itself wakes the case.
REGISTERS = {
    Duty.PARAMETER_AUTHOR: ("set_parameter", "设定参数"),
    Duty.FUND_OFFICER: ("add_budget", "安排资金"),
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One case in an inbox: what may be done, how urgent it is, and for whom where the person stands in for somebody."""

    case: CaseRow
    actions: tuple[str, ...]
    actions_zh: tuple[str, ...]
    on_behalf_of: str | None = None
    light: str = ""
    confirms: Confirms | None = None  # a first signature that waits for this person's
    warnings: tuple[tuple[str, str], ...] = ()  # what the check list has against the case, in two languages


@dataclass(frozen=True, kw_only=True)
class Barred:
    """Cases whose turn the person holds, but which the separation of duties bars to them: why, and who may instead."""

    duty: str
    unit: str | None
    cases: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """What a person may do now, what they are kept from, and what came to light of cases that are paid."""

    tasks: tuple[Task, ...]
    barred: tuple[Barred, ...]
    questions: tuple[Question, ...] = ()


def inbox(store: Store, who: UUID, *, limit: int = 500) -> tuple[Task, ...]:
    """The person's tasks, the most urgent first; what the separation of duties bars is not among them."""
    return whole_inbox(store, who, limit=limit).tasks


def whole_inbox(store: Store, who: UUID, *, limit: int = 500) -> Inbox:
    """The person's tasks, the most urgent first, and beside them what is barred to them."""
    with store.read() as work:
        facts = reference(store, work)
        account = person(work, facts, who)
        found = [CaseView._make(row) for row in work.execute(_waiting(work, facts, account, limit))]
        held = parts(work, [case.id for case in found])
        names = {row.id: row.name for row in work.execute(select(col(Person.id), col(Person.name)))}
        tasks = []
        kept: dict[tuple[str, str, str, str | None], list[CaseView]] = {}
        said = warned(work, [case.id for case in found])
        for case in found:
            task, no = _task(work, facts, account, case, held[case.id], names)
            if task is not None:
                tasks.append(replace(task, warnings=said.get(case.id, ())))
            elif no is not None:
                kept.setdefault((no.zh, no.en, str(case.next_duty), case.next_unit), []).append(case)
        heads = [unit for duty, unit in _held(work, facts, account) if duty == Duty.HEAD]
        tasks = _with_second(tasks, list(waiting(work, facts, account, heads, names)), work.now)
        barred = tuple(_barred(facts, why, cases, held, work.now) for why, cases in kept.items())
        return Inbox(tasks=tuple(tasks), barred=barred, questions=questions(work, facts, account))


def _with_second(tasks: Sequence[Task], asked: Sequence[tuple[CaseView, Confirms]], now: datetime) -> list[Task]:
    """The tasks, and first among them what waits for the person's signature as the second."""
    known = {task.case.id: task for task in tasks}
    signed = []
    for case, one in asked:
        task = known.pop(case.id, None) or Task(case=row_of(case, now), actions=(), actions_zh=())
        others = [action for action in task.actions if action != one.action]
        words = tuple(action_zh(Action(action)) for action in others)
        signed.append(replace(task, actions=(one.action, *others), actions_zh=(f"确认{one.zh}", *words), confirms=one))
    return [*signed, *known.values()]


def _barred(
    facts: Reference,
    why: tuple[str, str, str, str | None],
    cases: Sequence[CaseView],
    held: Mapping[UUID, Sequence[Part]],
    now: datetime,
) -> Barred:
    zh, en, duty, unit = why
    others = eligible(facts, Duty(duty), unit, [held[case.id] for case in cases], now)
    help_zh, help_en = who_may(others, Duty(duty), unit)
    listed = tuple(case.number for case in cases)
    return Barred(
        duty=duty, unit=unit, cases=listed, zh=f"{zh.removesuffix('，请换人办理')}；{help_zh}", en=f"{en}; {help_en}"
    )


def _waiting(work: Work, facts: Reference, who: PersonView, limit: int) -> Select[Any]:
    """Cases whose next action lies with a duty and unit that the person holds now."""
    mine: list[ColumnElement[bool]] = []
    if who.party_id is not None:
        mine.append(and_(col(Case.next_duty) == Duty.APPLICANT, col(Case.party_id) == who.party_id))
    for duty, unit in _held(work, facts, who):
        if duty == Duty.JOINT_REVIEWER:
            asked = select(col(JointOpinion.case_id)).where(
                col(JointOpinion.unit) == unit, col(JointOpinion.opinion) == "pending"
            )
            mine.append(and_(col(Case.next_duty) == duty, col(Case.id).in_(asked)))
        else:
            here = or_(col(Case.next_unit) == unit, col(Case.next_unit).is_(None))
            mine.append(and_(col(Case.next_duty) == duty, here))
    nothing = col(Case.number).is_(None)
    query = view().where(col(Case.held).is_(False), or_(nothing, *mine))
    return query.order_by(col(Case.next_due), col(Case.number)).limit(limit)


def _held(work: Work, facts: Reference, who: PersonView) -> Iterable[tuple[str, str]]:
    """Duties and units in force now, delegated ones included."""
    found = set()
    for holdings in (facts.own, facts.delegated):
        for (owner, duty), listed in holdings.items():
            if owner == who.id:
                found |= {
                    (duty, one.unit) for one in listed if facts.holding(owner, duty, one.unit, work.now) is not None
                }
    return sorted(found)


def _wanted(case: CaseView, duty: Duty) -> tuple[Action, ...]:
    """What the duty whose turn it is could do with a case."""
    state = State(case.state)
    if duty is OWNER and parked(case) and missing(case):
        return (Action.REBIND,)  # its rule is not here
    turn = _TURNS.get((state, duty), ())
    if duty is Duty.HEAD:
        return (*_STOPPED_BY_CONDITION.get(state, ()), *turn)
    return turn or ((_ANSWERS[duty],) if duty in _ANSWERS else ())


def _task(
    work: Work,
    facts: Reference,
    who: PersonView,
    case: CaseView,
    held: Sequence[Part],
    names: dict[UUID, str],
) -> tuple[Task | None, Refused | None]:
    """What may be done on a case; or, where nothing may for the separation of duties alone, why."""
    duty = Duty(str(case.next_duty))
    way = procedure_of(facts, case, work.today)
    shown = light_of(way, case, facts, work.today).value if case.next_due else ""
    if duty in REGISTERS:
        action, words = REGISTERS[duty]
        return Task(case=row_of(case, work.now), actions=(action,), actions_zh=(words,), light=shown), None
    wanted = _wanted(case, duty)
    allowed, principal, barred = [], None, None
    for action in wanted:
        try:
            stands = standing(work, facts, way, case, who, action)
            key = principal_key(facts, who, stands.duty, stands.principal) if stands.principal else who.natural_key
            separate(case, who, stands.duty, held, key, stands.principal)
        except Refused as no:
            barred = no if no.code == "separation_of_duties" else barred
            continue
        allowed.append(action)
        principal = principal or stands.principal
    if not allowed:
        return None, barred
    task = Task(
        case=row_of(case, work.now),
        actions=tuple(one.value for one in allowed),
        actions_zh=tuple(action_zh(one) for one in allowed),
        on_behalf_of=names.get(principal) if principal else None,
        light=shown,
    )
    return task, None
