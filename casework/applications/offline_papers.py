"""Papers that are never uploaded: an officer looks at them off line, and what was found is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
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
from policies.measures import Slot

_LOOKERS = (Duty.ACCEPTOR, Duty.SCREENER, Duty.CERTIFIER)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What an officer had before them: the case's version, and how many looks at papers of it were recorded by then."""

    version: int
    looks: int


def see(store: Store, *, case: UUID, slot: str, good: bool, note: str, by: UUID, looked: Looked | None = None) -> None:
    """Records what an officer of the case found in a paper that is checked off line; the newest look counts.

    `looked`: what the officer had before them; the same look sent again is recorded once, and anything else that came between is
    refused. None binds to what is stored.
    """
    with store.write() as work:
        found = load(work, [case]).get(case)
        if found is None or found.state in TERMINAL:
            raise Refused("case", "没有这个案件，或案件已办结", "there is no such case, or it is closed", field="case")
        facts = reference(store, work)
        procedure, who = procedure_of(facts, found, work.today), person(work, facts, by)
        known = {paper_slot.id: paper_slot for paper_slot in slots_of(work, procedure, found)}
        if slot not in known or known[slot].upload:
            among = "、".join(paper_slot.id for paper_slot in known.values() if not paper_slot.upload) or "无"
            zh = f"{procedure.item.id} 没有线下核验的材料项 {slot}；现有：{among}"
            raise Refused("slot", zh, f"{slot} is not checked off line in {procedure.item.id}", field="slot")
        if not note.strip():
            zh = "请写明核验说明（看到什么、何时何地）"
            raise Refused("note", zh, "say what was seen, when and where", field="note")
        refuse_looker(work, facts, procedure, found, who)
        result, before = "ok" if good else "fail", looks(work, case)
        said = {"slot": slot, "found": result, "note": note.strip(), "checked_by": by}
        if looked is not None and _repeated(work, found, said, looked, before):
            return
        place = {"sequence": before + 1, "version": found.version, "checked_at": work.now}
        work.add(PaperCheck, case_id=case, **place, **said)
        content = {"slot": slot, "found": result}
        work.audit(actor=str(by), action="evidence.seen", subject=found.number, content=content)
        wake_for_conditions(work, col(Case.id) == case)
        work.flush()
        again(work, facts, col(Case.id) == case)


def slots_of(work: UnitOfWork, procedure: Procedure, case: CaseView) -> tuple[Slot, ...]:
    """The places for papers of a case, as its claim has them."""
    return procedure.item.slots(snapshot(work, case, "claim") or {})


def looks(work: UnitOfWork, case: UUID) -> int:
    """How many looks at papers of a case are recorded."""
    return int(work.execute(select(func.count()).where(col(PaperCheck.case_id) == case)).scalar_one())


def _repeated(work: UnitOfWork, case: CaseView, said: Mapping[str, Any], looked: Looked, before: int) -> bool:
    """Whether this very look is recorded already; Refused where it is another than what the officer had before them."""
    if before == looked.looks + 1:
        newest = select(*(getattr(PaperCheck, name) for name in said)).where(
            col(PaperCheck.case_id) == case.id, col(PaperCheck.sequence) == before
        )
        if dict(work.execute(newest).one()._mapping) == said:
            return True
    if before != looked.looks or case.version != looked.version:
        zh = "案件或其核验记录在您查看后已有变化，未作记录；请看过现在的内容后再提交"
        raise Refused("stale", zh, "the case or its checks changed meanwhile, nothing was recorded: look again first")
    return False


def refuse_looker(work: UnitOfWork, facts: Reference, procedure: Procedure, case: CaseView, who: PersonView) -> None:
    """Refuses whoever may not record a look at a paper of this case."""
    if not _may(work, facts, procedure, case, who) or facts.only_looks_on(who.natural_key, work.now):
        zh = f"{who.name} 不是本案的受理、初审或认定人员，不能记录线下核验"
        raise Refused("no_duty", zh, f"{who.name} neither accepts, screens nor certifies this case", field="by")


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
