"""The outbox: a message is a row in the transaction of what it tells, so it can be neither lost nor sent for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models.columns import canonical_json
from models.messages import Message
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Tell:
    """Something to be told: its kind (see `notifications.wording`), to whom, and the figures it mentions.

    `to` is `party:<id>`, `person:<id>` or `unit:<name>:<duty>`; people and addresses are looked up when it is sent. An empty name
    of a unit means whoever holds the duty anywhere.
    """

    kind: str
    to: str
    content: Mapping[str, Any] = field(default_factory=dict)


def queue(work: UnitOfWork, tell: Tell, *, case_id: UUID | None, number: str, version: int) -> None:
    """Writes the message once for this event (case, version, kind, recipient)."""
    once = f"{number}/{version}/{tell.kind}/{tell.to}"
    _write(work, tell, once, {"case": number, **tell.content}, case_id, version, work.now)


def queue_once(
    work: UnitOfWork,
    tell: Tell,
    *,
    once: str,
    case_id: UUID | None = None,
    version: int = 0,
    due_at: datetime | None = None,
) -> bool:
    """Writes the message unless one with this key was written before; whether it did. `version`: the case's."""
    work.flush()
    if work.execute(select(col(Message.id)).where(col(Message.once) == once)).first() is not None:
        return False
    _write(work, tell, once, tell.content, case_id, version, due_at or work.now)
    return True


def _write(
    work: UnitOfWork,
    tell: Tell,
    once: str,
    content: Mapping[str, Any],
    case_id: UUID | None,
    version: int,
    due_at: datetime,
) -> None:
    work.add(
        Message,
        once=once,
        kind=tell.kind,
        case_id=case_id,
        case_version=version,
        recipient=tell.to,
        content=canonical_json(content),
        due_at=due_at,
    )
