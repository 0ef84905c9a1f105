"""What a handler has on its desk: the act, the case, the person's standing, and how the item's cases go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.lifecycle.authorization import Standing, one_side
from casework.lifecycle.case_changes import CaseView, Change, stopped_with_head
from casework.lifecycle.commands import Act
from casework.lifecycle.findings import Findings
from casework.lifecycle.procedure import Next, Procedure, system
from casework.shared.errors import Broken, Refused
from casework.shared.reference import PersonView, Reference
from models import AwardRecord, Decision, Entitlement, Snapshot, State
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
from notifications.outbox import Tell

_SNAPSHOT = Prepared(
    select(col(Snapshot.content))
    .where(col(Snapshot.case_id) == bindparam("wanted"), col(Snapshot.kind) == bindparam("kind"))
    .order_by(col(Snapshot.version).desc())
    .limit(1)
)
_SNAPSHOTS = (
    select(col(Snapshot.case_id), col(Snapshot.content))
    .where(col(Snapshot.case_id).in_(bindparam("cases", expanding=True)), col(Snapshot.kind) == bindparam("kind"))
    .order_by(col(Snapshot.version))
)
_AWARD = Prepared(
    select(col(AwardRecord.id), col(AwardRecord.sequence), col(AwardRecord.amount_fen), col(AwardRecord.fund_id))
    .where(col(AwardRecord.case_id) == bindparam("wanted"))
    .order_by(col(AwardRecord.sequence).desc())
    .limit(1)
)
_ENTITLEMENT = Prepared(
    select(
        col(Entitlement.id), col(Entitlement.fund_id), col(Entitlement.approved_fen), col(Entitlement.paid_fen)
    ).where(col(Entitlement.case_id) == bindparam("wanted"), col(Entitlement.ended).is_(False))
)
_LAST = Prepared(
    select(col(Decision.action), col(Decision.outcome), col(Decision.natural_key), col(Decision.on_behalf_of)).where(
        col(Decision.case_id) == bindparam("wanted"), col(Decision.version) == bindparam("seen")
    )
)


@dataclass(frozen=True)
class ActContext:
    """One act about to be carried out; guards have passed."""

    work: UnitOfWork
    reference: Reference
    procedure: Procedure
    case: CaseView
    act: Act
    who: PersonView
    standing: Standing
    findings: Findings = ()  # what the conditions said just now, where the act looks at them
    check_list: str = ""  # their hash, kept by the decision of an act that they may stop

    def move(
        self,
        target: State,
        following: Next,
        *,
        outcome: str = "",
        sets: Mapping[str, Any] | None = None,
        content: Mapping[str, Any] | None = None,
        tell: tuple[Tell, ...] = (),
        reason: str | None = None,
    ) -> Change:
        """The change that this act makes; who, why and on whose behalf are filled in."""
        allowed, said = self.standing.move.targets, self.act.digest
        if target not in allowed:
            raise Broken(
                "target", f"“{self.act.action}”不能到达 {target}", f"{self.act.action} does not lead to {target}"
            )
        return Change(
            case=self.case,
            action=self.act.action,
            target=target,
            next=following,
            duty=self.standing.duty,
            act_id=self.act.act_id,
            person=self.who.id,
            natural_key=self.who.natural_key,
            on_behalf_of=self.standing.principal,
            unit=self.standing.unit,
            outcome=outcome,
            reason_code=getattr(self.act, "reason_code", ""),
            reason=self.act.reason if reason is None else reason,
            clause=getattr(self.act, "clause", "") or self.procedure.item.clause,
            content={
                **self.act.content,
                **(content or {}),
                **({"request": said} if said else {}),
                **({"check_list": self.check_list} if self.check_list else {}),
            },
            sets={**self._stands_still(target, following), **(sets or {})},
            tell=tell,
        )

    def _stands_still(self, target: State, following: Next) -> dict[str, str]:
        """What the case waits for stays on it while the same duty has it in hand in the same state."""
        same = (target, following.duty) == (self.case.state, self.case.next_duty)
        return {"problem": self.case.problem} if same else {}

    def stay(self, *, outcome: str = "", sets: Mapping[str, Any] | None = None, tell: tuple[Tell, ...] = ()) -> Change:
        """A change that leaves the case where it is, with the same next action."""
        return self.move(State(self.case.state), same_next(self.case), outcome=outcome, sets=sets, tell=tell)

    def tell_applicant(self, kind: str, **content: Any) -> Tell:
        """A message to the applicant."""
        return applicant(self.case, kind, **content)

    def reason_needed(self) -> str:
        """The act's reason; an act that means nothing without one is refused."""
        if not self.act.reason.strip():
            raise Refused("reason", "请写明理由", "say why", field="reason")
        return self.act.reason.strip()

    def confirmed_by_second(self) -> bool:
        """Whether another person asked for the same, and nothing happened since; the same side twice is refused."""
        last = self.work.rows(_LAST, wanted=self.case.id, seen=self.case.version)
        if not last or (last[0].action, last[0].outcome) != (self.act.action, "requested"):
            return False
        self.refuse_same_side(last[0])
        return True

    def refuse_same_side(self, asked: Any) -> None:
        """Neither who asked, nor somebody who stands in for them or for the same principal, confirms."""
        if one_side(self.work, self.reference, asked, self.who, self.standing):
            zh = "须由提出人以外的另一人确认；提出人的其他账号、提出人及其委托人的代理人（AB 岗）都不行"
            en = "somebody else must confirm this: no other account of theirs, nobody who stands in for them or for whom they did"
            raise Refused("second_person", zh, en, field="by")


def same_next(case: CaseView) -> Next:
    """The next action as it stands."""
    from models import Duty

    duty = Duty(case.next_duty) if case.next_duty else None
    since = date.fromisoformat(case.due_from) if case.due_from else None
    return Next(duty, case.next_unit, case.next_due, case.due_provisional, since, case.due_setting)


def goes_on(case: CaseView, now: datetime) -> Next:
    """A case that the system parked with the head goes on by itself and is looked at anew; any other stays in whose hand it is."""
    return system(now) if stopped_with_head(case) else same_next(case)


def applicant(case: CaseView, kind: str, **content: Any) -> Tell:
    """A message to a case's applicant."""
    return Tell(kind=kind, to=f"party:{case.party_id}", content=content)


def unit(name: str | None, duty: str, kind: str, **content: Any) -> Tell:
    """A message to those who hold a duty in a unit."""
    return Tell(kind=kind, to=f"unit:{name or ''}:{duty}", content=content)


def snapshot(work: UnitOfWork, case: CaseView, kind: str) -> dict[str, Any] | None:
    """The newest frozen claim, facts, plan or report of a case."""
    rows = work.rows(_SNAPSHOT, wanted=case.id, kind=kind)
    found: dict[str, Any] | None = loads(rows[0].content) if rows else None
    return found


def snapshots(work: UnitOfWork, cases: Sequence[UUID], kind: str) -> dict[UUID, str]:
    """The newest frozen text of a kind, by case."""
    rows = work.execute(_SNAPSHOTS, {"cases": list(cases), "kind": kind}) if cases else ()
    return {row.case_id: row.content for row in rows}


def last_award(work: UnitOfWork, case: CaseView) -> Any | None:
    """The newest award (id, sequence, amount_fen, fund_id)."""
    rows = work.rows(_AWARD, wanted=case.id)
    return rows[0] if rows else None


def entitlement(work: UnitOfWork, case: CaseView) -> Any | None:
    """The entitlement in force (id, fund_id, approved_fen, paid_fen)."""
    rows = work.rows(_ENTITLEMENT, wanted=case.id)
    return rows[0] if rows else None
