"""The acts that a case allows as it stands: which of them are a person's, what stops them, and who may where they are not."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.act_forms import PAYMENT_FORMS
from casework.conditions.condition_wordings import recorded
from casework.lifecycle.authorization import PriorDuty, admitted, parts
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.lifecycle.eligible_officers import PERSONAL, eligible, who_may
from casework.lifecycle.findings import Findings
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.rule_binding import missing
from casework.lifecycle.second_signature import Confirms, asked_on, confirms, wanted
from casework.lifecycle.transitions import TABLE, Move
from casework.lifecycle.wordings import action_zh
from casework.shared.errors import Refused
from casework.shared.reference import PersonView, Reference, person, reference
from casework.views.inbox import against
from models import Comparison, Duty, JointOpinion, Objection, Person, Verdict
from models.duty_names import DUTIES
from models.store import Store
from models.unit_of_work import UnitOfWork

PAYING = frozenset(
    {*(form.command.action for form in PAYMENT_FORMS.values()), Action.SETTLE, Action.FAIL, Action.TAKE_BACK}
)
"""Acts on many cases at once: they have pages of their own."""

_BACK = frozenset({Action.RETURN, Action.REFUSE})  # named last: the way on comes first


@dataclass(frozen=True, kw_only=True)
class PossibleAct:
    """An act that the case's state allows. `mine`: the person may do it now; else `why` not, and `who` may, in two languages."""

    action: str
    zh: str
    en: str
    turn: bool  # it is what the case waits for
    mine: bool
    many: bool = False  # an act on many cases at once, done on a page of its own
    on_behalf_of: str | None = None
    why: tuple[str, str] | None = None
    who: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class FirstSignature:
    """An act that one person asked for and a second one has to confirm; `mine` where that may be the reader."""

    action: str
    zh: str
    en: str
    reason: str
    asked_by: str
    asked_at: datetime
    unit: str
    duty: tuple[str, str]
    who: tuple[str, str]
    mine: bool


@dataclass(frozen=True, kw_only=True)
class CaseActs:
    """All acts of a case for one person, those whose turn it is first. `in_hand`: one of these is theirs."""

    acts: tuple[PossibleAct, ...]
    second: FirstSignature | None
    in_hand: bool


def acts_of(store: Store, work: UnitOfWork, case: CaseView, who: UUID) -> CaseActs:
    """What may be done with a case now, and by whom."""
    facts = reference(store, work)
    procedure, account = procedure_of(facts, case, work.today), person(work, facts, who)
    held = parts(work, [case.id])[case.id]
    desk = _Desk(work, facts, procedure, case, account, held)
    findings = () if missing(case) else recorded(work, {case.id: procedure.item}).get(case.id, ())
    found = [desk.possible(moves, findings) for moves in _by_act(case) if desk.makes_sense(moves[0].action, findings)]
    found.sort(key=lambda act: (not act.turn, act.action in _BACK))
    second = desk.second()
    mine = any(act.mine and act.turn for act in found) or (second is not None and second.mine)
    return CaseActs(acts=tuple(found), second=second, in_hand=mine)


def _by_act(case: CaseView) -> Iterator[tuple[Move, ...]]:
    """The rows that apply as the case stands, act by act; a turn of somebody else's does not."""
    found: dict[Action, list[Move]] = {}
    for move in TABLE:
        if (
            move.source == case.state
            and move.duty is not Duty.SYSTEM
            and (not move.turn or move.duty == case.next_duty)
        ):
            found.setdefault(move.action, []).append(move)
    yield from (tuple(moves) for moves in found.values())


@dataclass(frozen=True)
class _Desk:
    work: UnitOfWork
    facts: Reference
    procedure: Procedure
    case: CaseView
    who: PersonView
    held: Sequence[PriorDuty]

    def makes_sense(self, action: Action, findings: Findings) -> bool:
        """Whether there is anything that the act could be about."""
        case = self.case
        if action in (Action.HOLD, Action.UNHOLD):
            return case.held is (action is Action.UNHOLD)
        if action is Action.ANSWER:
            return self._any(select(col(Objection.id)).where(col(Objection.case_id) == case.id, _OPEN_OBJECTION))
        if action is Action.COMPARE:
            return self._any(select(col(Comparison.id)).where(col(Comparison.case_id) == case.id, _OPEN_COMPARISON))
        if action is Action.WAIVE:
            return any(
                finding.condition.hard and finding.condition.override and not finding.waived and finding.warns
                for finding in findings
            )
        return True

    def _any(self, query: Any) -> bool:
        return self.work.execute(query).first() is not None

    def possible(self, moves: Sequence[Move], findings: Findings) -> PossibleAct:
        """One act: the person's, or stopped, or somebody else's."""
        action, no, stands = moves[0].action, None, None
        try:
            stands = admitted(self.work, self.facts, self.procedure, self.case, self.who, action, self.held)
            no = against(self.work, self.procedure, self.case, action, findings)
        except Refused as refused:
            no = refused
        personal = no is not None and no.code in PERSONAL
        principal = stands.principal if stands is not None and no is None else None
        return PossibleAct(
            action=action.value,
            zh=action.zh,
            en=action.value.replace("_", " "),
            turn=any(move.turn for move in moves),
            mine=no is None,
            many=action in PAYING,
            on_behalf_of=self._name(principal),
            why=None if no is None or no.code == "no_duty" else (no.zh.removesuffix("，请换人办理"), no.en),
            who=self._who(moves) if personal else None,
        )

    def _name(self, person: UUID | None) -> str | None:
        if person is None:
            return None
        return str(self.work.execute(select(col(Person.name)).where(col(Person.id) == person)).scalar_one())

    def _who(self, moves: Sequence[Move]) -> tuple[str, str]:
        """By whom an act can be done, each duty in its unit."""
        said = [self._holders(move.duty, unit) for move in moves for unit in self._units(move)]
        return "；".join(dict.fromkeys(zh for zh, _ in said)), "; ".join(dict.fromkeys(en for _, en in said))

    def _units(self, move: Move) -> Sequence[str | None]:
        if move.duty is Duty.JOINT_REVIEWER:
            asked = select(col(JointOpinion.unit)).where(col(JointOpinion.case_id) == self.case.id)
            return self.work.execute(asked.where(col(JointOpinion.opinion) == "pending")).scalars().all()
        return (self.case.next_unit if move.turn else self.procedure.unit_of(move.duty, self.case.town),)

    def _holders(self, duty: Duty, unit: str | None) -> tuple[str, str]:
        if duty is Duty.APPLICANT:
            return "由申报人办理", "it is the applicant's"
        return self._told(duty, unit, self._eligible(duty, unit))

    def _eligible(self, duty: Duty, unit: str | None) -> Sequence[PersonView]:
        return eligible(self.work, self.facts, duty, unit, [self.case], {self.case.id: self.held})

    def _told(self, duty: Duty, unit: str | None, people: Sequence[PersonView]) -> tuple[str, str]:
        zh, en = DUTIES[duty]
        by_zh, by_en = who_may(people, duty, unit)
        return f"{unit or ''}{zh}{by_zh}" if people else by_zh, f"{en}{f' of {unit}' if unit else ''}: {by_en}"

    def _confirms(self, who: PersonView, row: Any, names: Mapping[UUID, str]) -> Confirms | None:
        """The second signature where it may be this person's."""
        with suppress(Refused):
            return confirms(self.work, self.facts, who, self.case, row, names, self.held)
        return None

    def second(self) -> FirstSignature | None:
        """The first signature that waits, and for whom."""
        row = asked_on(self.work, self.case)
        if row is None:
            return None
        names = {row.person_id: self._name(row.person_id) or ""}
        confirm = self._confirms(self.who, row, names)
        action = Action(row.action)
        unit, duty = wanted(self.procedure, self.case, action, loads(row.content))
        others = [holder for holder in self._eligible(Duty(duty), unit or None) if self._confirms(holder, row, names)]
        return FirstSignature(
            action=action.value,
            zh=confirm.zh if confirm else action_zh(action),
            en=confirm.en if confirm else action.value.replace("_", " "),
            reason=row.reason,
            asked_by=names[row.person_id],
            asked_at=row.decided_at,
            unit=unit,
            duty=DUTIES[Duty(duty)],
            who=self._told(Duty(duty), unit or None, others),
            mine=confirm is not None,
        )


_OPEN_OBJECTION = col(Objection.outcome) == "open"
_OPEN_COMPARISON = col(Comparison.verdict) == Verdict.OPEN
