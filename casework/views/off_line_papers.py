"""Papers of a case that are never uploaded: what was found off line, and whether the reader may record it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.applications.offline_papers import Looked, looks, refuse_looker, slots_of
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.procedure import Procedure
from casework.shared.errors import Refused
from casework.shared.reference import person, reference
from models import PaperCheck, Person
from models.cases import TERMINAL
from models.store import Store
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class OffLinePaper:
    """A place for such a paper with the newest look at it: `found` is ok, fail, or "" where nobody looked yet."""

    slot: str
    found: str = ""
    note: str = ""
    checked_by: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OffLinePapers:
    """All of them. `why_not`: why the reader may not record a look, None where they may; `looked`: what recording binds to."""

    papers: tuple[OffLinePaper, ...]
    why_not: tuple[str, str] | None
    looked: Looked


def off_line_papers(
    store: Store, work: UnitOfWork, procedure: Procedure, case: CaseView, reader: UUID
) -> OffLinePapers:
    """The papers of a case that are checked off line; none where its claim has none."""
    wanted = [slot.id for slot in slots_of(work, procedure, case) if not slot.upload]
    newest = _newest(work, case.id) if wanted else {}
    return OffLinePapers(
        papers=tuple(newest.get(slot, OffLinePaper(slot=slot)) for slot in wanted),
        why_not=_why_not(store, work, procedure, case, reader) if wanted else None,
        looked=Looked(version=case.version, looks=looks(work, case.id) if wanted else 0),
    )


def _newest(work: UnitOfWork, case: UUID) -> dict[str, OffLinePaper]:
    query: Any = (
        select(
            col(PaperCheck.slot),
            col(PaperCheck.found),
            col(PaperCheck.note),
            col(PaperCheck.checked_at),
            col(Person.name).label("name"),
        )
        .join(Person, col(Person.id) == col(PaperCheck.checked_by))
        .where(col(PaperCheck.case_id) == case)
        .order_by(col(PaperCheck.sequence))
    )
    return {
        row.slot: OffLinePaper(
            slot=row.slot, found=row.found, note=row.note, checked_by=row.name, checked_at=row.checked_at
        )
        for row in work.execute(query)
    }


def _why_not(
    store: Store, work: UnitOfWork, procedure: Procedure, case: CaseView, reader: UUID
) -> tuple[str, str] | None:
    if case.state in TERMINAL:
        return "案件已办结，不再记录", "the case is closed: nothing is recorded any more"
    facts = reference(store, work)
    try:
        refuse_looker(work, facts, procedure, case, person(work, facts, reader))
    except Refused as no:
        return no.zh, no.en
    return None
