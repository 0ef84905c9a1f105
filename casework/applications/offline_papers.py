"""Papers that are never uploaded: an officer looks at them off line, and what was found is recorded."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.conditions.condition_rechecks import again
from casework.lifecycle.act_context import snapshot
from casework.lifecycle.authorization import parts, separate, stranger
from casework.lifecycle.case_changes import CaseView, load
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.resume import wake_for_conditions
from casework.shared.errors import Refused
from casework.shared.reference import PersonView, Reference, person, reference
from models import Case, Duty, PaperCheck
from models.cases import TERMINAL
from models.store import Store
from models.unit_of_work import UnitOfWork

_LOOKERS = (Duty.ACCEPTOR, Duty.SCREENER, Duty.CERTIFIER)


def see(store: Store, *, case: UUID, slot: str, good: bool, note: str, by: UUID) -> None:
    """Records what an officer of the case found in a paper that is checked off line; the newest look counts."""
    with store.write() as work:
        found = load(work, [case]).get(case)
        if found is None or found.state in TERMINAL:
            raise Refused("case", "没有这个案件，或案件已办结", "there is no such case, or it is closed", field="case")
        facts = reference(store, work)
        procedure, who = procedure_of(facts, found, work.today), person(work, facts, by)
        known = {paper_slot.id: paper_slot for paper_slot in procedure.item.slots(snapshot(work, found, "claim") or {})}
        if slot not in known or known[slot].upload:
            among = "、".join(paper_slot.id for paper_slot in known.values() if not paper_slot.upload) or "无"
            zh = f"{procedure.item.id} 没有线下核验的材料项 {slot}；现有：{among}"
            raise Refused("slot", zh, f"{slot} is not checked off line in {procedure.item.id}", field="slot")
        if not note.strip():
            zh = "请写明核验说明（看到什么、何时何地）"
            raise Refused("note", zh, "say what was seen, when and where", field="note")
        if not _may(work, facts, procedure, found, who) or facts.only_looks_on(who.natural_key, work.now):
            zh = f"{who.name} 不是本案的受理、初审或认定人员，不能记录线下核验"
            raise Refused("no_duty", zh, f"{who.name} neither accepts, screens nor certifies this case", field="by")
        result = "ok" if good else "fail"
        before = select(func.count()).where(col(PaperCheck.case_id) == case)
        place = {"sequence": work.execute(before).scalar_one() + 1, "version": found.version}
        said = {"slot": slot, "found": result, "note": note.strip(), "checked_by": by, "checked_at": work.now}
        work.add(PaperCheck, case_id=case, **place, **said)
        content = {"slot": slot, "found": result}
        work.audit(actor=str(by), action="evidence.seen", subject=found.number, content=content)
        wake_for_conditions(work, col(Case.id) == case)
        work.flush()
        again(work, facts, col(Case.id) == case)


def _may(work: UnitOfWork, facts: Reference, procedure: Procedure, case: CaseView, who: PersonView) -> bool:
    """Whether somebody accepts, screens or certifies this case, and has had no part in it that bars them from that."""
    held, barred = parts(work, [case.id])[case.id], None
    for duty in _LOOKERS:
        unit = procedure.unit_of(duty, case.town)
        stands = facts.holding(who.id, duty, unit, work.now) if unit else None
        if stands is None:
            continue
        try:
            separate(case, who, duty, held, stands.principal_key or who.natural_key, stands.principal)
            stranger(work, facts, case, who, duty, stands.principal_key or who.natural_key)
        except Refused as no:
            barred = no
            continue
        return True
    if barred is not None:
        raise barred
    return False
