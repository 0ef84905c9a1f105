"""Freezes what was stated or certified: canonical JSON with its hash, never changed afterwards."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from casework.lifecycle.case_changes import CaseView
from casework.privacy.personal_keys import seal_of
from models import Snapshot
from models.columns import canonical_json
from models.unit_of_work import UnitOfWork, content_hash


def freeze(
    work: UnitOfWork, case: CaseView, kind: str, content: Mapping[str, Any], *, by: UUID | None, version: int
) -> str:
    """Queues the snapshot that belongs to the case's version; returns its hash."""
    text = canonical_json(content)
    digest = content_hash(text)
    work.add(
        Snapshot,
        case_id=case.id,
        kind=kind,
        version=version,
        content=seal_of(work, case.party_id, case.party_kind)(text),
        hash=digest,
        made_at=work.now,
        made_by=by,
    )
    return digest
