"""What a person may do now: cases whose next action is theirs, in their own right, as a delegate, or as a joint unit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import col

from casework.applications.filing_admission import RETURNED_BEFORE, not_now
from casework.calendar_jobs.deadline_watch import light_of
from casework.conditions.condition_gates import stopped
from casework.conditions.condition_wordings import recorded, warned
from casework.lifecycle.authorization import CONFLICT, RECUSED, Interests, PriorDuty, admitted, parts
from casework.lifecycle.case_changes import CaseView, stopped_with_head, view
from casework.lifecycle.commands import Action
from casework.lifecycle.eligible_officers import eligible, who_may
from casework.lifecycle.findings import Findings
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.rule_binding import OWNER, missing
from casework.lifecycle.second_signature import Confirms, waiting
from casework.lifecycle.transitions import TABLE
from casework.lifecycle.wordings import action_zh
from casework.shared.errors import Refused
from casework.shared.people_names import names_of
from casework.shared.reference import NOT_HERE, PersonView, Reference, is_installed, person, reference
from casework.views.case_lists import CaseRow, in_both, row_of
from casework.views.late_benefit_questions import Question, questions
from casework.views.values_awaited import Settable, ToConfirm, awaits_them, concerned, settable, to_confirm, values_of
from models import Case, Duty, Grant, JointOpinion, State
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.measures import Chain, Item
from policies.stacking import Reason

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
_BY_FACTS = frozenset({"event", "subject"})
REGISTERS = {
    Duty.PARAMETER_AUTHOR: ("set_parameter", "设定参数"),
    Duty.FUND_OFFICER: ("add_budget", "安排资金"),
}
SET_RETURNED = ("set_returned", "登记退回")
MOST, COUNTED = 500, 1000  # cases a page holds at most; cases that are counted at most


def waits_for_return(case: Any) -> bool:
    """Whether a case waits until an earlier, lower sum is given back and its return is entered."""
    return bool(case.next_duty == Duty.CERTIFIER and case.problem.startswith(Reason.AWAITS_RETURN.value))


@dataclass(frozen=True, kw_only=True)
class InboxTask:
    """One case in an inbox: what may be done, how urgent it is, and for whom where the person stands in for somebody."""

    case: CaseRow
    actions: tuple[str, ...]
    actions_zh: tuple[str, ...]
    on_behalf_of: str | None = None
    light: str = ""
    confirms: Confirms | None = None  # a first signature that waits for this person's
    warnings: tuple[tuple[str, str], ...] = ()  # what the check list has against the case, in two languages
    values: tuple[str, ...] = ()  # of `set_parameter`: the values of the policy that the case waits for
    stopped: tuple["StoppedAct", ...] = ()  # acts of this turn that would be refused as things stand


@dataclass(frozen=True)
class InboxPlace:
    """A place in an inbox: behind the case of this number and deadline. Written as it stands in an address."""

    due: datetime
    number: str

    def __str__(self) -> str:
        return f"{self.due.isoformat()}~{self.number}"

    @classmethod
    def read(cls, text: str) -> Self:
        """From its writing; Refused where it is none."""
        due, _, number = text.partition("~")
        try:
            when = datetime.fromisoformat(due)
        except ValueError:
            when = None
        if when is None or when.tzinfo is None or not number:
            raise Refused("place", f"没有这一页：{text}", f"there is no such page: {text}", field="after")
        return cls(when, number)


@dataclass(frozen=True, kw_only=True)
class StoppedAct:
    """An act that is the person's but would be refused just now: what stops it and what to do, in two languages."""

    action: str
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Barred:
    """Cases whose turn the person holds, but which separation of duties or a tie bars to them: why, and who may instead."""

    duty: str
    unit: str | None
    cases: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """What a person may do now, what they are kept from, and what came to light of cases that are paid: all of it or a page.

    Of a page that is not all, `waiting` and `overdue` count the cases at the person's duties, those that are barred to them
    included, up to `COUNTED` + 1.
    """

    tasks: tuple[InboxTask, ...]
    barred: tuple[Barred, ...]
    questions: tuple[Question, ...] = ()  # these two on the first page
    proposals: tuple[ToConfirm, ...] = ()  # values that wait for this person's confirmation
    further: str = ""  # the place after which the next page begins; "" where this one is the last
    whole: bool = True  # one page holds everything
    waiting: int = 0
    overdue: int = 0


def inbox(store: Store, who: UUID) -> tuple[InboxTask, ...]:
    """All of the person's tasks, the most urgent first; what the separation of duties bars is not among them."""
    tasks: list[InboxTask] = []
    for page in pages(store, who):
        tasks += page.tasks
    return tuple(tasks)


def pages(store: Store, who: UUID, *, limit: int = MOST) -> Iterator[Inbox]:
    """The person's inbox from its first page to its last, for whoever looks for something in it."""
    page = whole_inbox(store, who, limit=limit)
    yield page
    while page.further:
        page = whole_inbox(store, who, after=page.further, limit=limit)
        yield page


def whole_inbox(store: Store, who: UUID, *, after: str = "", limit: int = MOST) -> Inbox:
    """The person's tasks, the most urgent first, and beside them what is barred to them: at most `limit` cases after a place.

    Raises Refused for a place that is none.
    """
    begins = InboxPlace.read(after) if after else None
    with store.read() as work:
        facts = reference(store, work)
        account = person(work, facts, who)
        authors = [unit for duty, unit in _held(work, facts, account) if duty == Duty.PARAMETER_AUTHOR]
        known = settable(work, facts, authors)
        mine = _waiting(work, facts, account, known)
        rows, ends = _page(work, mine, begins, limit)
        found = [case for case in rows if awaits_them(case, authors, known)]
        held = parts(work, [case.id for case in found])
        officers = select(
            col(Grant.person_id)
        ).distinct()  # whoever asks, proposes or is stood in for holds or held a duty
        names = names_of(work, work.execute(officers).scalars())
        tasks = []
        kept: dict[tuple[str, str, str, str | None], list[CaseView]] = {}
        theirs = [case.id for case in found if case.next_duty == Duty.APPLICANT]
        said = warned(work, [case.id for case in found if case.next_duty != Duty.APPLICANT])
        said |= warned(work, theirs, applicant=True) if theirs else {}
        lists = recorded(work, _items(work, facts, found))
        interests: Interests = {}
        for case in found:
            task, no = _task(work, facts, account, case, held[case.id], names, lists.get(case.id, ()), interests)
            if task is not None:
                values = values_of(case, known) if case.next_duty == Duty.PARAMETER_AUTHOR else ()
                tasks.append(replace(task, warnings=said.get(case.id, ()), values=values))
            elif no is not None:
                kept.setdefault((no.zh, no.en, str(case.next_duty), case.next_unit), []).append(case)
        heads = [unit for duty, unit in _held(work, facts, account) if duty == Duty.HEAD]
        tasks = _with_second(tasks, list(waiting(work, facts, account, heads, names)), work.now, first=begins is None)
        shown = in_both(work, [task.case for task in tasks])
        tasks = [replace(task, case=row) for task, row in zip(tasks, shown, strict=True)]
        barred = tuple(_barred(work, facts, why, cases, held) for why, cases in kept.items())
        whole = begins is None and not ends
        return Inbox(
            tasks=tuple(tasks),
            barred=barred,
            questions=() if begins else questions(work, facts, account),
            proposals=() if begins else to_confirm(store, work, who, names),
            further=ends,
            whole=whole,
            waiting=len(tasks) if whole else _counted(work, mine),
            overdue=0 if whole else _counted(work, and_(mine, col(Case.next_due) <= work.now)),
        )


def _with_second(
    tasks: Sequence[InboxTask], asked: Sequence[tuple[CaseView, Confirms]], now: datetime, *, first: bool
) -> list[InboxTask]:
    """The tasks, and first among those of the first page what waits for the person's signature as the second."""
    known = {task.case.id: task for task in tasks}
    signed = []
    for case, request in asked:
        task = known.pop(case.id, None) or InboxTask(case=row_of(case, now), actions=(), actions_zh=())
        others = [action for action in task.actions if action != request.action]
        words = tuple(action_zh(Action(action)) for action in others)
        signed.append(
            replace(task, actions=(request.action, *others), actions_zh=(f"确认{request.zh}", *words), confirms=request)
        )
    return [*(signed if first else ()), *known.values()]


def _barred(
    work: UnitOfWork,
    facts: Reference,
    why: tuple[str, str, str, str | None],
    cases: Sequence[CaseView],
    held: Mapping[UUID, Sequence[PriorDuty]],
) -> Barred:
    zh, en, duty, unit = why
    others = eligible(work, facts, Duty(duty), unit, cases, held)
    help_zh, help_en = who_may(others, Duty(duty), unit)
    listed = tuple(case.number for case in cases)
    return Barred(
        duty=duty, unit=unit, cases=listed, zh=f"{zh.removesuffix('，请换人办理')}；{help_zh}", en=f"{en}; {help_en}"
    )


def _waiting(work: UnitOfWork, facts: Reference, who: PersonView, known: Settable) -> ColumnElement[bool]:
    """Of cases: the next action lies with a duty and unit that the person holds now, and nothing holds the case."""
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
            if (
                duty == Duty.PARAMETER_AUTHOR and known
            ):  # also by the units that pay or lead another item that it concerns
                here = or_(here, concerned(known))
            mine.append(and_(col(Case.next_duty) == duty, here))
    nothing = col(Case.number).is_(None)
    return and_(col(Case.held).is_(False), or_(nothing, *mine))


def _page(
    work: UnitOfWork, mine: ColumnElement[bool], begins: InboxPlace | None, limit: int
) -> tuple[list[CaseView], str]:
    """At most `limit` of the cases, by their deadlines and then their numbers; and where more begin."""
    due, number = col(Case.next_due), col(Case.number)  # whoever's turn it is, the turn has a deadline
    query = view().where(mine)
    if begins is not None:
        query = query.where(or_(due > begins.due, and_(due == begins.due, number > begins.number)))
    found = [CaseView._make(row) for row in work.execute(query.order_by(due, number).limit(limit + 1))]
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], str(InboxPlace(_dated(last), last.number)) if last else ""


def _dated(case: CaseView) -> datetime:
    assert case.next_due is not None
    return case.next_due


def _counted(work: UnitOfWork, which: ColumnElement[bool]) -> int:
    some = select(col(Case.id)).where(which).limit(COUNTED + 1).subquery()
    return int(work.execute(select(func.count()).select_from(some)).scalar_one())


def _held(work: UnitOfWork, facts: Reference, who: PersonView) -> Iterable[tuple[str, str]]:
    """Duties and units in force now, delegated ones included."""
    found = set()
    for holdings in (facts.own, facts.delegated):
        for (owner, duty), listed in holdings.items():
            if owner == who.id:
                found |= {
                    (duty, unit_row.unit)
                    for unit_row in listed
                    if facts.holding(owner, duty, unit_row.unit, work.now) is not None
                }
    return sorted(found)


def _wanted(case: CaseView, duty: Duty) -> tuple[Action, ...]:
    """What the duty whose turn it is could do with a case."""
    state = State(case.state)
    if duty is OWNER and stopped_with_head(case) and missing(case):
        return (Action.REBIND,)  # its rule is not here
    turn = _TURNS.get((state, duty), ())
    if duty is Duty.HEAD:
        return (*_STOPPED_BY_CONDITION.get(state, ()), *turn)
    return turn or ((_ANSWERS[duty],) if duty in _ANSWERS else ())


def _task(
    work: UnitOfWork,
    facts: Reference,
    who: PersonView,
    case: CaseView,
    held: Sequence[PriorDuty],
    names: dict[UUID, str],
    findings: Findings,
    interests: Interests,
) -> tuple[InboxTask | None, Refused | None]:
    """What may be done on a case, and what would be refused as it stands; or, where nothing may for the separation of
    duties or a tie alone, why."""
    duty = Duty(str(case.next_duty))
    if not is_installed(case.policy):
        turn = next(iter(_TURNS.get((State(case.state), duty), ())), Action.HOLD)
        stops_all = StoppedAct(action=turn.value, zh=NOT_HERE[0], en=NOT_HERE[1])
        return InboxTask(case=row_of(case, work.now), actions=(), actions_zh=(), stopped=(stops_all,)), None
    procedure = procedure_of(facts, case, work.today)
    shown = light_of(procedure, case, facts, work.today).value if case.next_due else ""
    if duty in REGISTERS or waits_for_return(case):
        action, words = REGISTERS.get(duty, SET_RETURNED)
        return InboxTask(case=row_of(case, work.now), actions=(action,), actions_zh=(words,), light=shown), None
    wanted = _wanted(case, duty)
    allowed: list[Action] = []
    stops: list[StoppedAct] = []
    principal, barred = None, None
    for action in wanted:
        try:
            stands = admitted(work, facts, procedure, case, who, action, held, None, interests)
        except Refused as no:
            barred = no if no.code in ("separation_of_duties", RECUSED, CONFLICT) else barred
            continue
        principal = principal or stands.principal
        stop = against(work, procedure, case, action, findings)
        if stop is None:
            allowed.append(action)
        else:
            stops.append(StoppedAct(action=action.value, zh=stop.zh, en=stop.en))
    if not (allowed or stops):
        return None, barred
    task = InboxTask(
        case=row_of(case, work.now),
        actions=tuple(possible.value for possible in allowed),
        actions_zh=tuple(action_zh(possible) for possible in allowed),
        on_behalf_of=names.get(principal) if principal else None,
        light=shown,
        stopped=tuple(stops),
    )
    return task, None


def _items(work: UnitOfWork, facts: Reference, cases: Sequence[CaseView]) -> dict[UUID, Item]:
    """Each case's item in the version that binds it; cases whose rule is not installed are absent."""
    return {case.id: procedure_of(facts, case, work.today).item for case in cases if not missing(case)}


def against(
    work: UnitOfWork, procedure: Procedure, case: CaseView, action: Action, findings: Findings
) -> Refused | None:
    """Why an act would be refused whatever is said with it; None where it may succeed."""
    if action is Action.FILE and (no := not_now(work, procedure, case)) is not None:
        return no
    if action is Action.RETURN and case.corrections and procedure.item.chain is not Chain.PROGRAMME:
        return Refused("once", *RETURNED_BEFORE)
    if action is Action.CERTIFY:  # these are judged by the facts that are certified
        findings = tuple(finding for finding in findings if finding.result.id not in _BY_FACTS)
    return stopped(findings, action)
