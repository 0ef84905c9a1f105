"""What would be said of a claim if it were filed just now: papers that lack, checks that stop it, what is to be minded."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.applications.evidence_vault import Listed, papers_of
from casework.conditions.check_inputs import required_papers
from casework.conditions.condition_gates import evaluate_conditions, stopped, warnings
from casework.forms.form_fields import WrongForm, content
from casework.forms.typed_forms import claim_of
from casework.lifecycle.act_context import snapshot
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.shared.reference import reference
from casework.views.own_cases import mine
from models import AuditEntry, State
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.conditions import PAPER
from policies.measures import Slot


@dataclass(frozen=True, kw_only=True)
class PaperSlot:
    """A place for papers with what lies there; `asked`: the list in force requires it."""

    slot: Slot
    asked: bool
    papers: tuple[Listed, ...]

    @property
    def lacking(self) -> bool:
        """Whether it must be filled and is not."""
        return self.asked and self.slot.upload and not self.papers


@dataclass(frozen=True, kw_only=True)
class FilingPreview:
    """What filing would meet: the slots, why it would be refused, and what is said of it all the same, in two languages."""

    slots: tuple[PaperSlot, ...]
    refused: tuple[str, str] | None
    warnings: tuple[tuple[str, str], ...]
    unchanged: bool = (
        False  # a correction that corrects nothing: the claim as filed before, and no paper since it came back
    )


def paper_slots(store: Store, reader: UUID, number: str, claim: Mapping[str, Any]) -> tuple[PaperSlot, ...]:
    """The slots of a case of the reader's party under a claim, each with its papers."""
    with store.read() as work:
        case = mine(store, work, reader, number)
        return _slots(store, work, case, procedure_of(reference(store, work), case, work.today), claim)


def filing_preview(store: Store, reader: UUID, number: str, claim: Mapping[str, Any]) -> FilingPreview:
    """The same with what the checks say of the claim; a claim that is not whole yet is not checked."""
    with store.read() as work:
        case = mine(store, work, reader, number)
        facts = reference(store, work)
        procedure = procedure_of(facts, case, work.today)
        slots = _slots(store, work, case, procedure, claim)
        try:
            stated = content(claim_of(procedure.item, claim, today=work.today))
        except WrongForm:
            return FilingPreview(slots=slots, refused=None, warnings=())
        found = evaluate_conditions(work, facts, lambda _: procedure, [case], claims={case.id: stated})[case.id]
        no = stopped(found, Action.FILE)
        others = tuple(
            finding for finding in found if not finding.result.id.startswith(PAPER)
        )  # the slots say what lacks
        return FilingPreview(
            slots=slots,
            refused=(no.zh, no.en) if no else None,
            warnings=warnings(others, applicant=True),
            unchanged=_unchanged(work, case, stated),
        )


def _unchanged(work: UnitOfWork, case: CaseView, stated: Mapping[str, Any]) -> bool:
    """What came first is told by the audit chain: the clock may have been set back."""
    if case.state != State.IN_CORRECTION or snapshot(work, case, "claim") != loads(canonical_json(dict(stated))):
        return False
    seq, mine = func.max(col(AuditEntry.seq)), col(AuditEntry.subject) == case.number
    back = select(seq).where(mine, col(AuditEntry.action).in_([Action.RETURN, Action.REFUSE])).scalar_subquery()
    added = (col(AuditEntry.subject) == str(case.id), col(AuditEntry.action) == "evidence.add")
    papers = select(col(AuditEntry.seq)).where(*added, col(AuditEntry.seq) > back)
    return work.execute(papers.limit(1)).first() is None


def _slots(
    store: Store, work: UnitOfWork, case: CaseView, procedure: Procedure, claim: Mapping[str, Any]
) -> tuple[PaperSlot, ...]:
    needed = required_papers(reference(store, work), procedure.policy.code, procedure.item, case.filed_at, work.today)
    asked = {slot.id for slot in needed}
    papers = papers_of(work, case.id)
    return tuple(
        PaperSlot(slot=slot, asked=slot.id in asked, papers=tuple(each for each in papers if each.slot == slot.id))
        for slot in procedure.item.slots(claim)
    )
