"""Papers that are never uploaded: an officer looks at them off line, and what was found is recorded."""

from uuid import UUID

from sqlmodel import col

from casework.cases import load
from casework.desk import snapshot
from casework.errors import Refused
from casework.guards import person
from casework.procedure import procedure_of
from casework.reference import reference
from casework.waiting import wake_for_conditions
from models import Case, Duty, PaperCheck
from models.cases import TERMINAL
from models.store import Store

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
        held = [
            facts.holding(who.id, duty, way.unit_of(duty, found.town), work.now)
            for duty in _LOOKERS
            if way.unit_of(duty, found.town)
        ]
        if who.party_id == found.party_id or not any(held) or facts.only_looks_on(who.natural_key, work.now):
            zh = f"{who.name} 不是本案的受理、初审或认定人员，不能记录线下核验"
            raise Refused("no_duty", zh, f"{who.name} neither accepts, screens nor certifies this case", field="by")
        result = "ok" if good else "fail"
        work.add(
            PaperCheck, case_id=case, slot=slot, found=result, note=note.strip(), checked_by=by, checked_at=work.now
        )
        content = {"slot": slot, "found": result}
        work.audit(actor=str(by), action="evidence.seen", subject=found.number, content=content)
        wake_for_conditions(work, col(Case.id) == case)
