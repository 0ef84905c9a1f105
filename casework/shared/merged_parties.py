"""What a party became that was merged into another: it files, opens and enters nothing any more; its successor does."""

from collections.abc import Collection
from json import loads
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.shared.errors import Refused
from models import AuditEntry, Party
from models.statements import Prepared
from models.unit_of_work import UnitOfWork

MERGED = "parties.merged"  # the row of the audit chain by which a party is merged; nothing takes it back
_INTO = Prepared(
    select(col(AuditEntry.content)).where(
        col(AuditEntry.subject) == bindparam("party"), col(AuditEntry.action) == MERGED
    )
)


class Successor(NamedTuple):
    """Who stands in a merged party's place now."""

    id: UUID
    name: str


def successor(work: UnitOfWork, party: UUID) -> Successor | None:
    """The party into which this one was merged, and that one in turn; None where it was not."""
    now, seen = party, {party}
    while (rows := work.rows(_INTO, party=str(now))) and (into := UUID(loads(rows[0].content)["into"])) not in seen:
        now = into
        seen.add(into)
    if now == party:
        return None
    return Successor(now, str(work.execute(select(col(Party.name)).where(col(Party.id) == now)).scalar_one()))


def merged(work: UnitOfWork, parties: Collection[UUID]) -> dict[UUID, Successor]:
    """Of several parties those that were merged, each with its successor."""
    rows = select(col(AuditEntry.subject)).where(
        col(AuditEntry.subject).in_({str(party) for party in parties}), col(AuditEntry.action) == MERGED
    )
    found = {UUID(subject) for subject in work.execute(rows).scalars()} if parties else set()
    return {party: heir for party in found if (heir := successor(work, party)) is not None}


def refuse_merged(work: UnitOfWork, party: UUID, zh: str, en: str, *, field: str = "party") -> None:
    """Refuses what only a party in being may do, with who does it now; `zh` and `en` say what."""
    heir = successor(work, party)
    if heir is not None:
        raise refusal(heir, zh, en, field=field)


def refusal(heir: Successor, zh: str, en: str, *, field: str = "party") -> Refused:
    """The same for a successor that is known."""
    says = f"该主体已并入“{heir.name}”，不能{zh}；请以“{heir.name}”的名义办理"
    return Refused("merged", says, f'merged into "{heir.name}": it may not {en}; let "{heir.name}" do it', field=field)
