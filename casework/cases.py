"""A case as acts and steps see it, and the one way to move it: state, decision, audit row and messages together."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Select, bindparam, or_, select, update
from sqlmodel import col

from casework.errors import Retryable
from casework.procedure import Next
from casework.transitions import Action
from models import Case, Decision, Duty, Party, State
from models.columns import canonical_json
from models.statements import Prepared, given
from models.work import Work, content_hash
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
_MOVED = (
    "state", "next_duty", "next_unit", "next_due", "due_provisional", "due_from", "due_setting", "rule_version", "rule_digest",
    "filed_at", "corrections", "amount_fen", "held", "contested", "review_on", "problem",
)  # fmt: skip
_MOVE = Prepared(
    update(Case)
    .where(col(Case.id) == bindparam("wanted"), col(Case.version) == bindparam("seen"))
    .values(
        version=bindparam("seen") + 1,
        changed_at=bindparam("now"),
        **{name: given(f"new_{name}", getattr(Case, name)) for name in _MOVED},
    )
)
_PARK = Prepared(
    update(Case)
    .where(col(Case.id) == bindparam("wanted"), col(Case.version) == bindparam("seen"))
    .values(
        next_duty=bindparam("new_duty"),
        next_unit=bindparam("new_unit"),
        next_due=given("new_due", Case.next_due),
        due_provisional=bindparam("new_provisional"),
        due_from=bindparam("new_from"),
        due_setting=bindparam("new_setting"),
        problem=bindparam("new_problem"),
    )
)


class Change(NamedTuple):
    """One move of one case by one actor. `sets` are columns of the case beside state and next action."""

    case: CaseView
    action: Action
    target: State
    next: Next
    duty: Duty = Duty.SYSTEM
    act_id: UUID | None = None
    person: UUID | None = None
    natural_key: str = ""
    on_behalf_of: UUID | None = None
    unit: str | None = None
    outcome: str = ""
    reason_code: str = ""
    reason: str = ""
    clause: str = ""
    content: Mapping[str, Any] = MappingProxyType({})
    sets: Mapping[str, Any] = MappingProxyType({})
    tell: tuple[Tell, ...] = ()

    @property
    def version(self) -> int:
        """The case's version after this move."""
        return self.case.version + 1


PARKED = frozenset(
    {State.FILED, State.CERTIFIED, State.DECIDED, State.ON_NOTICE}
)  # where the system parks with the head


def load(work: Work, ids: Sequence[UUID]) -> dict[UUID, CaseView]:
    """The cases of these ids; unknown ids are absent. On PostgreSQL they are locked, in the order of ids."""
    if len(ids) == 1:
        return keyed(work.rows(BY_ID, wanted=ids[0]))
    found = list(work.execute(_VIEW.where(col(Case.id).in_(ids)).order_by(col(Case.id)).with_for_update(of=Case)))
    return keyed(found)


def keyed(rows: Iterable[Any]) -> dict[UUID, CaseView]:
    """Rows of the select behind CaseView, by the case's id."""
    return {row.id: CaseView._make(row) for row in rows}


def ready(
    work: Work, *, measure: str | None, states: Iterable[State], limit: int, policy: str | None = None
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


def locked(work: Work, query: Select[Any]) -> list[CaseView]:
    """The cases of a query, locked for this transaction where rows can be locked; others' locked rows are skipped."""
    return [CaseView._make(row) for row in work.execute(query.with_for_update(of=Case, skip_locked=True))]


def view() -> Select[Any]:
    """The select behind CaseView, to be narrowed."""
    return _VIEW


def record(work: Work, changes: Sequence[Change]) -> None:
    """Moves the cases: compare-and-set on the version, one decision, one audit row and the messages each; or Retryable."""
    touched = work.run_many(_MOVE, [_arguments(work, change) for change in changes])
    if touched != len(changes):
        raise Retryable("stale", "案件已被他人更新，请重新查看后再试", "the case was changed meanwhile: look again")
    for change in changes:
        _decide(work, change)


def day_of(following: Next) -> str:
    """The day that a next action's deadline counts from, as the case keeps it."""
    return following.since.isoformat() if following.since else ""


def park(work: Work, case: CaseView, following: Next, problem: str) -> None:
    """The case waits where it stands, for somebody, with the reason; its version stays."""
    again = following.duty == Duty.SYSTEM and following.due != case.next_due  # what is put off once more is written
    if not again and (case.next_duty, case.next_unit, case.problem) == (following.duty, following.unit, problem):
        return
    touched = work.run(
        _PARK,
        wanted=case.id,
        seen=case.version,
        new_duty=following.duty,
        new_unit=following.unit,
        new_due=following.due,
        new_provisional=following.provisional,
        new_from=day_of(following),
        new_setting=following.setting,
        new_problem=problem,
    )
    if touched != 1:
        raise Retryable("stale", "案件已被他人更新，请重新查看后再试", "the case was changed meanwhile: look again")
    content = {"waits_for": following.duty, "unit": following.unit, "problem": problem}
    work.audit(actor=Duty.SYSTEM, action="park", subject=case.number, version=case.version, content=content)


def parked(case: CaseView) -> bool:
    """Whether the system stopped the case and gave it to the head: by a condition, or for want of its rule."""
    return case.next_duty == Duty.HEAD and case.state in PARKED


def stand_still(work: Work, case: CaseView, following: Next, problem: str) -> None:
    """The case is parked, and the unit whose turn it is now is told why, once a day for one reason."""
    park(work, case, following, problem)
    once = f"stopped:{case.number}:{case.version}:{work.today}:{content_hash(problem)[:16]}"
    told = Tell(kind="stopped", to=f"unit:{following.unit or ''}:{following.duty}", content={
        "case": case.number, "reason": problem,
    })  # fmt: skip
    queue_once(work, told, once=once, case_id=case.id)


def _arguments(work: Work, change: Change) -> dict[str, Any]:
    case, following = change.case, change.next
    values = {
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
    return {"wanted": case.id, "seen": case.version, "now": work.now} | {f"new_{k}": v for k, v in values.items()}


def _decide(work: Work, change: Change) -> None:
    """The decision row, its audit row (which carries the decision's hash, not its words) and the messages."""
    case = change.case
    content = canonical_json(dict(change.content))
    decision = work.new_id()
    work.add(
        Decision,
        id=decision,
        act_id=change.act_id or decision,
        case_id=case.id,
        version=change.version,
        action=change.action,
        duty=change.duty,
        from_state=case.state,
        to_state=change.target,
        person_id=change.person,
        natural_key=change.natural_key,
        on_behalf_of=change.on_behalf_of,
        unit=change.unit,
        outcome=change.outcome,
        reason_code=change.reason_code,
        reason=change.reason,
        clause=change.clause,
        content=content,
        decided_at=work.now,
    )
    work.audit(
        actor=str(change.person or Duty.SYSTEM),
        action=change.action,
        subject=case.number,
        version=change.version,
        content={
            "decision": str(decision),
            "duty": change.duty,
            "from": case.state,
            "to": change.target,
            "hash": content_hash(
                "\n".join((change.outcome, change.reason_code, change.reason, change.clause, content))
            ),
        },
    )
    for tell in change.tell:
        queue(work, tell, case_id=case.id, number=case.number, version=change.version)
