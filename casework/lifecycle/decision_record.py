"""The one place that writes decisions: the row, and the audit row with its hash, which proves the words without repeating them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models import Decision, Duty, State
from models.columns import canonical_json
from models.unit_of_work import UnitOfWork, content_hash


@dataclass(frozen=True, kw_only=True)
class DecisionValues:
    """What is decided on a case, by whom and why; what an actor does not say stays empty."""

    action: str
    target: State
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
    content: Mapping[str, Any] = field(default_factory=dict)


def write_decision(
    work: UnitOfWork, values: DecisionValues, *, case: UUID, number: str, version: int, source: str
) -> None:
    """The decision and its audit row; `version` is the case's after it, `source` its state before.

    Without an act's id (the system's own) the decision's is its act id too.
    """
    content = canonical_json(dict(values.content))
    decision = work.new_id()
    work.add(
        Decision,
        id=decision,
        act_id=values.act_id or decision,
        case_id=case,
        version=version,
        action=values.action,
        duty=values.duty,
        from_state=source,
        to_state=values.target,
        person_id=values.person,
        natural_key=values.natural_key,
        on_behalf_of=values.on_behalf_of,
        unit=values.unit,
        outcome=values.outcome,
        reason_code=values.reason_code,
        reason=values.reason,
        clause=values.clause,
        content=content,
        decided_at=work.now,
    )
    said = "\n".join((values.outcome, values.reason_code, values.reason, values.clause, content))
    work.audit(
        actor=str(values.person or Duty.SYSTEM),
        action=values.action,
        subject=number,
        version=version,
        content={
            "decision": str(decision),
            "duty": values.duty,
            "from": source,
            "to": values.target,
            "hash": content_hash(said),
        },
    )
