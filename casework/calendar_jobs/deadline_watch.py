"""Watches every step that waits for somebody: one message at amber and one at red to whose turn it is, and at red to the head.

The time of a step is in the case's row (`next_due`). The clock of a unit stands still while a case is with its applicant: that
turn has a deadline of its own, the unit's begins anew when the case comes back, and the promise of 限时即享 (so many working days
from filing to the end) leaves those days out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.provisional_deadlines import recompute_provisional
from casework.lifecycle.service_time_limit import promised_day, stops
from casework.lifecycle.stuck_cases import Stuck, stuck_in
from casework.lifecycle.wordings import DUTIES
from casework.shared.notify_once import Note, operators, tell
from casework.shared.reference import Reference, is_installed, reference
from casework.shared.run_summary import RunSummary
from models import Case, Duty, JointOpinion, State
from models.cases import TERMINAL
from models.clock import business_date, week_start
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.lights import Light, light
from policies.measures import Access
from policies.workdays import CalendarUnknown

CHUNK = 500
_STAGES = {Light.AMBER: "deadline_near", Light.RED: "deadline_over"}
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Watched:
    """A case whose step has a deadline, with who has it in hand: recipients, and the units whose heads hear at red."""

    case: CaseView
    procedure: Procedure
    owners: tuple[str, ...]
    units: tuple[str, ...]


def watch_deadlines(store: Store, _day: date) -> RunSummary:
    """Settles provisional deadlines that can be counted now, then looks at every live case."""
    settled, told, after = recompute_provisional(store), 0, UUID(int=0)
    while True:
        with store.read() as work:
            facts = reference(store, work)
            cases = _chunk(work, after)
            notes = [note for watched in _watched(work, facts, cases) for note in _notes(watched, facts, work.today)]
            notes += _promises(work, facts, cases)
        told += tell(store, notes)
        if len(cases) < CHUNK:
            break
        after = cases[-1].id
    with store.read() as work:
        notes = [note for stuck in stuck_in(work, reference(store, work)) for note in _nobody(work, stuck)]
    told += tell(store, notes)
    lines = [("期限", f"已提示 {told}")] if told else []
    return RunSummary(moved=lines + ([("暂定期限", f"已重新计算 {settled}")] if settled else []))


def _nobody(work: UnitOfWork, stuck: Stuck) -> Iterator[Note]:
    """A duty that nobody can do on some cases: the head of the unit and the operators hear of it, every week anew."""
    monday = week_start(work.today)
    content = {
        "unit": stuck.unit or "", "count": len(stuck.cases), "case": stuck.cases[0], "late_duty": DUTIES[stuck.duty][0],
        "late_duty_en": DUTIES[stuck.duty][1], "holders": stuck.holders,
    }  # fmt: skip
    heads = [f"unit:{stuck.unit}:{Duty.HEAD}"] if stuck.unit and stuck.duty is not Duty.HEAD else []
    for to in (*heads, *operators(work)):
        yield Note(
            kind="nobody_may_act", subject=f"{stuck.unit or ''}/{stuck.duty}", due=monday.isoformat(),
            stage="barred" if stuck.holders else "vacant", to=to, content=content,
        )  # fmt: skip


def light_of(procedure: Procedure, case: CaseView, facts: Reference, today: date) -> Light:
    """The light of a step: of the days that it was given when it began, how many are left."""
    assert case.next_due is not None
    last, percent = business_date(case.next_due - _MOMENT), int(procedure.setting("P-amber-percent"))
    return light(last, today, facts.calendar, days=_days_given(procedure, case, facts), percent=percent)


def _days_given(procedure: Procedure, case: CaseView, facts: Reference) -> int:
    """The working days of a step, by the setting under which it began; where a day was given (a draft, a milestone), the
    warning comes as it does for a correction."""
    if not case.due_setting:
        return int(procedure.setting("P-correction-days"))
    start = procedure_of(facts, case, date.fromisoformat(case.due_from))
    return int(start.setting(case.due_setting))


def _chunk(work: UnitOfWork, after: UUID) -> list[CaseView]:
    over = [state.value for state in (*TERMINAL, State.DRAFT)]
    query = view().where(col(Case.state).not_in(over), col(Case.held).is_(False), col(Case.id) > after)
    return [CaseView._make(row) for row in work.execute(query.order_by(col(Case.id)).limit(CHUNK))]


def _watched(work: UnitOfWork, facts: Reference, cases: Sequence[CaseView]) -> Iterator[Watched]:
    """Those that wait for a person."""
    here = [case for case in cases if is_installed(case.policy)]
    waiting = [case for case in here if case.next_duty not in (None, Duty.SYSTEM) and case.next_due is not None]
    silent = _silent_units(work, [case.id for case in waiting if case.next_duty == Duty.JOINT_REVIEWER])
    for case in waiting:
        procedure = procedure_of(facts, case, work.today)
        duty = Duty(str(case.next_duty))
        if duty is Duty.APPLICANT:
            inner = case.state != State.IN_CORRECTION  # an officer's own report, not a firm's correction
            yield Watched(case, procedure, (f"party:{case.party_id}",), (procedure.lead,) if inner else ())
            continue
        units = silent.get(case.id) or (case.next_unit or procedure.lead,)
        yield Watched(case, procedure, tuple(f"unit:{unit}:{duty}" for unit in units), units)


def _silent_units(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The joint units that have not given their opinion yet, by case."""
    found: dict[UUID, tuple[str, ...]] = {}
    if cases:
        asked = select(col(JointOpinion.case_id), col(JointOpinion.unit)).where(
            col(JointOpinion.case_id).in_(cases), col(JointOpinion.opinion) == "pending"
        )
        for row in work.execute(asked.order_by(col(JointOpinion.unit))):
            found[row.case_id] = (*found.get(row.case_id, ()), row.unit)
    return found


def _notes(watched: Watched, facts: Reference, today: date) -> Iterator[Note]:
    case, duty = watched.case, Duty(str(watched.case.next_duty))
    assert case.next_due is not None
    shown = light_of(watched.procedure, case, facts, today)
    if shown is Light.GREEN:
        return
    content = {"case": case.number, "due": str(case.next_due), "provisional": case.due_provisional}
    due = business_date(case.next_due - _MOMENT).isoformat()
    for to in watched.owners:
        yield _note(case, _STAGES[shown], due, shown, to, content)
    if shown is Light.RED:
        for unit in watched.units:
            told = {**content, "late_unit": unit, "late_duty": DUTIES[duty][0], "late_duty_en": DUTIES[duty][1]}
            yield _note(case, "deadline_escalated", due, shown, f"unit:{unit}:{Duty.HEAD}", told)


def _promises(work: UnitOfWork, facts: Reference, cases: Sequence[CaseView]) -> Iterator[Note]:
    """限时即享: the whole way from filing, without the days that the case was with its applicant."""
    here = [case for case in cases if case.state != State.IN_CORRECTION and is_installed(case.policy)]
    standing = stops(work, [case.id for case in here if case.corrections])
    for case in here:
        procedure = procedure_of(facts, case, work.today)
        if case.filed_at is None or procedure.access is not Access.WITHIN_TIME_LIMIT or not procedure.item.pays:
            continue
        days = int(procedure.setting("P-promised-days"))
        try:
            last = promised_day(facts.calendar, case.filed_at, days, standing.get(case.id, ()))
        except CalendarUnknown:
            continue  # looked at again when that year's calendar is entered
        shown = light(last, work.today, facts.calendar, days=days, percent=int(procedure.setting("P-amber-percent")))
        if shown is not Light.GREEN:
            yield from _promise_notes(case, procedure, last, days, shown)


def _promise_notes(case: CaseView, procedure: Procedure, last: date, days: int, shown: Light) -> Iterator[Note]:
    kind = "promise_near" if shown is Light.AMBER else "promise_over"
    content = {"case": case.number, "due": last.isoformat(), "days": days}
    yield _note(case, kind, last.isoformat(), shown, f"unit:{procedure.lead}:{Duty.HEAD}", content)


def _note(case: CaseView, kind: str, due: str, stage: str, to: str, content: dict[str, Any]) -> Note:
    return Note(kind=kind, subject=case.number, due=due, stage=str(stage), to=to, case=case.id, content=content)
