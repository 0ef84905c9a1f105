"""Papers that are never uploaded: an officer looks at them off line, and what was found is recorded."""

from uuid import UUID

from sqlmodel import col

from casework.cases import CaseView, load
from casework.desk import snapshot
from casework.errors import Refused
from casework.guards import belongs_to, parts, person, separate
from casework.procedure import Procedure, procedure_of
from casework.reference import PersonView, Reference, reference
from casework.waiting import wake_for_conditions
from models import Case, Duty, PaperCheck
from models.cases import TERMINAL
from models.store import Store
from models.work import Work

_LOOKERS = (Duty.ACCEPTOR, Duty.SCREENER, Duty.CERTIFIER)


def see(store: Store, *, case: UUID, slot: str, good: bool, note: str, by: UUID) -> None:
    """Records what an officer of the case found in a paper that is checked off line; the newest look counts."""
    with store.write() as work:
        found = load(work, [case]).get(case)
        if found is None or found.state in TERMINAL:
            raise Refused("case", "没有这个案件，或案件已办结", "there is no such case, or it is closed", field="case")
        facts = reference(store, work)
        way, who = procedure_of(facts, found, work.today), person(work, facts, by)
        known = {one.id: one for one in way.item.slots(snapshot(work, found, "claim") or {})}
        if slot not in known or known[slot].upload:
            among = "、".join(one.id for one in known.values() if not one.upload) or "无"
            zh = f"{way.item.id} 没有线下核验的材料项 {slot}；现有：{among}"
            raise Refused("slot", zh, f"{slot} is not checked off line in {way.item.id}", field="slot")
        if not note.strip():
            zh = "请写明核验说明（看到什么、何时何地）"
            raise Refused("note", zh, "say what was seen, when and where", field="note")
        stranger = not belongs_to(work, who.natural_key, found.party_id)
        if not stranger or not _may(work, facts, way, found, who) or facts.only_looks_on(who.natural_key, work.now):
            zh = f"{who.name} 不是本案的受理、初审或认定人员，不能记录线下核验"
            raise Refused("no_duty", zh, f"{who.name} neither accepts, screens nor certifies this case", field="by")
        result = "ok" if good else "fail"
        work.add(
            PaperCheck, case_id=case, slot=slot, found=result, note=note.strip(), checked_by=by, checked_at=work.now
        )
        content = {"slot": slot, "found": result}
        work.audit(actor=str(by), action="evidence.seen", subject=found.number, content=content)
        wake_for_conditions(work, col(Case.id) == case)


def _may(work: Work, facts: Reference, way: Procedure, case: CaseView, who: PersonView) -> bool:
    """Whether somebody accepts, screens or certifies this case, and has had no part in it that bars them from that."""
    held, barred = parts(work, [case.id])[case.id], None
    for duty in _LOOKERS:
        unit = way.unit_of(duty, case.town)
        stands = facts.holding(who.id, duty, unit, work.now) if unit else None
        if stands is None:
            continue
        try:
            separate(case, who, duty, held, stands.principal_key or who.natural_key, stands.principal)
        except Refused as no:
            barred = no
            continue
        return True
    if barred is not None:
        raise barred
    return False
