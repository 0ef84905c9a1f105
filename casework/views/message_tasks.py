"""What the link of a message leads its reader to: the task, or who did it and when. It names a task and never a person.

A link is good for the reader to whom its message went, as long as the case is theirs to see; for anybody else there is none.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.act_forms import CASE_FORMS
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.commands import Action
from casework.lifecycle.read_access import refuse_case
from casework.lifecycle.transitions import TABLE
from casework.lifecycle.wordings import DUTIES, step_words
from casework.shared.errors import Refused
from casework.views.case_acts import acts_of
from models import TERMINAL, Case, Decision, Duty, Message, MessageLink, Person, State
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.delivery.links import hash_of
from notifications.wording import WORDINGS

# Acts that do what a message of this kind asks for; for every other kind: the acts of the duty whose turn it was.
_ASKED = {
    "opinion_asked": {Action.OPINE},
    "waiver_asked": {Action.WAIVE},
    "comparison": {Action.COMPARE},
    "comparison_after_payment": {Action.COMPARE},
    "objection": {Action.ANSWER},
}
_BESIDE_THE_TURN = {
    Duty.HEAD: {Action.WAIVE, Action.UNDO},
    Duty.CERTIFIER: {Action.COMPARE},
    Duty.INVESTIGATOR: {Action.ANSWER},
}
_APPLICANTS = {Action.FILE, Action.WITHDRAW, Action.LAPSE, Action.REPORT}
_DECISIONS = select(
    col(Decision.version),
    col(Decision.action),
    col(Decision.duty),
    col(Decision.unit),
    col(Decision.outcome),
    col(Decision.to_state),
    col(Decision.person_id),
    col(Decision.decided_at),
).order_by(col(Decision.version))
_IN_APPLICANTS_HANDS = (State.DRAFT, State.IN_CORRECTION, State.IN_PROGRESS)


@dataclass(frozen=True, kw_only=True)
class TaskDone:
    """The act by which a task was done, by duty and unit; two languages."""

    act: tuple[str, str]
    duty: tuple[str, str]
    unit: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class MessageTask:
    """Where a link leads. `action`: the act that is to be done, where it is one; `paying`: it is one on many cases at once.

    `done`: the task is over; then the link leads to nothing but this.
    """

    case: str
    applicant: bool
    action: str = ""
    paying: bool = False
    done: TaskDone | None = None


def message_task(store: Store, token: str, reader: UUID) -> MessageTask | None:
    """The task behind a token for somebody who is signed in; None where it is not theirs, or where there is no such token."""
    with store.read() as work:
        row = work.execute(
            select(
                col(MessageLink.reader),
                col(Message.kind),
                col(Message.recipient),
                col(Message.case_id),
                col(Message.case_version),
            )
            .join(Message, col(Message.id) == col(MessageLink.message_id))
            .where(col(MessageLink.hash) == hash_of(token))
        ).first()
        who = work.execute(select(col(Person.party_id)).where(col(Person.id) == reader, col(Person.active))).first()
        if row is None or who is None or row.reader not in (f"person:{reader}", f"party:{who.party_id}"):
            return None
        case = CaseView._make(work.execute(view().where(col(Case.id) == row.case_id)).one())
        try:
            refuse_case(store, work, case, reader)
        except Refused:
            return None
        applicant = who.party_id == case.party_id
        if done := _done(work, case, row):
            return MessageTask(case=case.number, applicant=applicant, done=done)
        if applicant:
            return MessageTask(case=case.number, applicant=True)
        return _in_hand(store, work, case, reader)


def _in_hand(store: Store, work: UnitOfWork, case: CaseView, reader: UUID) -> MessageTask:
    """What the officer may do now, where it is one thing; else the case with all that may be done."""
    mine: list[str] = []
    paying = False
    with suppress(Refused):  # a case whose policy is not installed is shown, and nothing done with it
        can = acts_of(store, work, case, reader)
        mine = [act.action for act in can.acts if act.turn and act.mine]
        paying = any(act.turn and act.mine and act.many for act in can.acts)
        if can.second is not None and can.second.mine:
            mine = [can.second.action]
    action = mine[0] if len(mine) == 1 and mine[0] in CASE_FORMS else ""
    return MessageTask(case=case.number, applicant=False, action=action, paying=paying and not action)


def _done(work: UnitOfWork, case: CaseView, message: Any) -> TaskDone | None:
    """Who did what the message asked for; None where it asked for nothing, or that is still to be done."""
    if not message.case_version:
        return None
    decided = work.execute(_DECISIONS.where(col(Decision.case_id) == case.id)).all()
    later = [row for row in decided if row.version > message.case_version and row.outcome != "requested"]
    ended = State(case.state) in TERMINAL
    if message.recipient.startswith("party:"):
        then = [row.to_state for row in decided if row.version <= message.case_version]
        if (then[-1] if then else State.DRAFT) not in _IN_APPLICANTS_HANDS:
            return None
        closing = [row for row in later if row.action in _APPLICANTS]
        return _first(closing, later, ended or case.next_duty != Duty.APPLICANT)
    unit, _, duty = message.recipient.removeprefix("unit:").rpartition(":")
    if duty not in set(Duty) or not WORDINGS[message.kind].zh.officer_do:
        return None
    asked = _ASKED.get(message.kind)
    theirs = [row for row in later if row.duty == duty and row.unit in (unit or row.unit, None)]
    closing = [row for row in theirs if row.action in (asked or _acts_of(Duty(duty)))]
    elsewhere = case.next_duty != duty or (bool(unit) and case.next_unit not in (unit, None))
    if asked:  # it waits beside the turn, or with several units at once
        elsewhere = Action.OPINE in asked and case.next_duty != duty
    return _first(closing, later, ended or elsewhere)


def _acts_of(duty: Duty) -> set[Action]:
    return {move.action for move in TABLE if move.turn and move.duty is duty} | _BESIDE_THE_TURN.get(duty, set())


def _first(closing: Sequence[Any], later: Sequence[Any], gone: bool) -> TaskDone | None:
    """The first act that did it; where something else took the case out of those hands, that, people's acts before the system's."""
    by_people = [row for row in later if row.person_id is not None]
    found = closing or ((by_people or later) if gone else ())
    if not found:
        return None
    row = found[0]
    zh, en = step_words(row.action, row.outcome, Action(row.action).zh, row.action.replace("_", " "))
    return TaskDone(act=(zh, en), duty=DUTIES[Duty(row.duty)], unit=row.unit or "", at=row.decided_at)
