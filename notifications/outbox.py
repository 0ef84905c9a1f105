"""The outbox: a message is a row in the transaction of what it tells, so it can be neither lost nor sent for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.columns import canonical_json
from models.messages import Message
from models.work import Work


@dataclass(frozen=True, kw_only=True)
class Tell:
    """Something to be told: its kind (a wording in `notifications.wording`), to whom, and the figures it mentions.

    `to` is `party:<id>`, `person:<id>` or `unit:<name>:<duty>`; addresses are looked up when it is sent.
    """

    kind: str
    to: str
    content: Mapping[str, Any] = field(default_factory=dict)


def queue(work: Work, tell: Tell, *, case_id: UUID | None, number: str, version: int) -> None:
    """Writes the message once for this event (case, version, kind, recipient)."""
    work.add(
        Message,
        once=f"{number}/{version}/{tell.kind}/{tell.to}",
        kind=tell.kind,
        case_id=case_id,
        recipient=tell.to,
        content=canonical_json({"case": number, **tell.content}),
        due_at=work.now,
    )
