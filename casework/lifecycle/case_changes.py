"""A case as acts and steps see it, and the one way to move it: state, decision, audit row and messages together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Select, bindparam, or_, select
from sqlmodel import col

from casework.lifecycle.case_writes import day_of, move, pass_turn
from casework.lifecycle.commands import Action
from casework.lifecycle.decision_record import DecisionValues, write_decision
from casework.lifecycle.procedure import Next
from casework.shared.problem_translations import in_english
from models import Case, Duty, Party, State
from models.statements import Prepared, given
from models.unit_of_work import UnitOfWork, content_hash
from notifications.outbox import Tell, queue, queue_once


class CaseView(NamedTuple):
    """A stored case with what every step needs of its applicant."""

    id: UUID
    number: str
    policy: str
    measure: str
    item: str
    party_id: UUID
    state: str
    version: int
    next_duty: str | None
    next_unit: str | None
    next_due: datetime | None
    due_provisional: bool
    due_from: str
    due_setting: str
    rule_version: str
    rule_digest: str
    filed_at: datetime | None
    opened_at: datetime
    changed_at: datetime
    corrections: int
    amount_fen: int | None
    held: bool
    contested: bool
    review_on: str
    problem: str
    town: str | None
    party_kind: str
    party_name: str
    party_code: str


_COLUMNS = [
    *(getattr(Case, name) for name in CaseView._fields[:-4]),
    col(Party.town),
    col(Party.kind),
    col(Party.name),
    col(Party.code),
]
_VIEW = select(*_COLUMNS).join(Party, col(Party.id) == col(Case.party_id))
BY_ID = Prepared(_VIEW.where(col(Case.id) == bindparam("wanted")).with_for_update(of=Case))


@dataclass(frozen=True, kw_only=True)
class Change(DecisionValues):
    """One move of one case by one actor. `sets` are columns of the case beside state and next action."""

    case: CaseView
    action: Action
    next: Next
    sets: Mapping[str, Any] = field(default_factory=dict)
    tell: tuple[Tell, ...] = ()

    @property
    def version(self) -> int:
        """The case's version after this move."""
        return self.case.version + 1


STATES_STOPPED_WITH_HEAD = frozenset(
    {State.FILED, State.CERTIFIED, State.DECIDED, State.ON_NOTICE}
)  # in which the system stops a case and gives it to the head


def load(work: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, CaseView]:
    """The cases of these ids; unknown ids are absent. On PostgreSQL they are locked, in the order of ids."""
    if len(ids) == 1:
        return keyed(work.rows(BY_ID, wanted=ids[0]))
    found = list(work.execute(_VIEW.where(col(Case.id).in_(ids)).order_by(col(Case.id)).with_for_update(of=Case)))
    return keyed(found)


def keyed(rows: Iterable[Any]) -> dict[UUID, CaseView]:
    """Rows of the select behind CaseView, by the case's id."""
    return {row.id: CaseView._make(row) for row in rows}


def ready(
    work: UnitOfWork, *, measure: str | None, states: Iterable[State], limit: int, policy: str | None = None
) -> list[CaseView]:
    """Up to `limit` cases whose next action is the system's and due, oldest first; on PostgreSQL locked, others skipped."""
    which = {name: value for name, value in (("measure", measure), ("policy", policy)) if value is not None}
    found = work.rows(_ready(frozenset(states), frozenset(which)), now=work.now, most=limit, **which)
    return [CaseView._make(row) for row in found]


@cache
def _ready(states: frozenset[State], narrowed: frozenset[str]) -> Prepared:
    """The select behind `ready`; its states are spelled out, for a prepared statement holds no IN list."""
    query = _VIEW.where(
        col(Case.next_duty) == Duty.SYSTEM.value,
        col(Case.next_due) <= given("now", Case.next_due),
        col(Case.held).is_(False),
        or_(*(col(Case.state) == state.value for state in sorted(states))),
        *(getattr(Case, name) == bindparam(name) for name in sorted(narrowed)),
    )
    ordered = query.order_by(col(Case.filed_at), col(Case.number)).limit(bindparam("most", type_=Integer))
    return Prepared(ordered.with_for_update(of=Case, skip_locked=True))


def locked(work: UnitOfWork, query: Select[Any]) -> list[CaseView]:
    """The cases of a query, locked for this transaction where rows can be locked; others' locked rows are skipped."""
    return [CaseView._make(row) for row in work.execute(query.with_for_update(of=Case, skip_locked=True))]


def view() -> Select[Any]:
    """The select behind CaseView, to be narrowed."""
    return _VIEW


def record(work: UnitOfWork, changes: Sequence[Change]) -> None:
    """Moves the cases: compare-and-set on the version, one decision, one audit row and the messages each; or Retryable."""
    move(work, [(change.case.id, change.case.version, _columns(change)) for change in changes])
    for change in changes:
        case = change.case
        write_decision(work, change, case=case.id, number=case.number, version=change.version, source=case.state)
        for tell in change.tell:
            queue(work, tell, case_id=change.case.id, number=change.case.number, version=change.version)


def set_waiting(work: UnitOfWork, case: CaseView, following: Next, problem: str, english: str = "") -> None:
    """The case waits where it stands, for somebody, with the reason, and its English where that is no sentence of its own
    (`problem_translations`); its version stays."""
    again = following.duty == Duty.SYSTEM and following.due != case.next_due  # what is put off once more is written
    if not again and (case.next_duty, case.next_unit, case.problem) == (following.duty, following.unit, problem):
        return
    pass_turn(work, case.id, case.version, following, problem)
    content = {"waits_for": following.duty, "unit": following.unit, "problem": problem}
    content |= {"problem_en": english} if english else {}
    work.audit(actor=Duty.SYSTEM, action="park", subject=case.number, version=case.version, content=content)


def put_off(case: CaseView, until: datetime) -> Next:
    """The system's turn again, at an instant. Who waits for a unit's money keeps its place and its first day in that queue."""
    since = date.fromisoformat(case.due_from) if case.next_unit and case.due_from else None
    return Next(Duty.SYSTEM, case.next_unit, until, False, since, case.due_setting if since else "")


def stopped_with_head(case: CaseView) -> bool:
    """Whether the system stopped the case and gave it to the head: by a condition, or for want of its rule."""
    return case.next_duty == Duty.HEAD and case.state in STATES_STOPPED_WITH_HEAD


def set_waiting_and_notify(work: UnitOfWork, case: CaseView, following: Next, problem: str, english: str = "") -> None:
    """The case is parked, and the unit whose turn it is now is told why, once a day for one reason."""
    set_waiting(work, case, following, problem, english)
    once = f"stopped:{case.number}:{case.version}:{work.today}:{content_hash(problem)[:16]}"
    told = Tell(kind="stopped", to=f"unit:{following.unit or ''}:{following.duty}", content={
        "case": case.number, "reason": problem, "reason_en": english or in_english(problem),
    })  # fmt: skip
    queue_once(work, told, once=once, case_id=case.id, version=case.version)


def _columns(change: Change) -> dict[str, Any]:
    """The case's columns after the move."""
    case, following = change.case, change.next
    return {
        "state": change.target,
        "next_duty": following.duty,
        "next_unit": following.unit,
        "next_due": following.due,
        "due_provisional": following.provisional,
        "due_from": day_of(following),
        "due_setting": following.setting,
        "rule_version": case.rule_version,
        "rule_digest": case.rule_digest,
        "filed_at": case.filed_at,
        "corrections": case.corrections,
        "amount_fen": case.amount_fen,
        "held": case.held,
        "contested": case.contested,
        "review_on": case.review_on,
        "problem": "",
        **change.sets,
    }
