"""Opens cases: drafts with their frozen claim and papers, numbered by measure. Filing one is an act of its own.

The act id is made by the client (or follows from file and row), so that opening twice opens once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework import forms
from casework.errors import Refused
from casework.evidence import Paper, Vault, checked_slot
from casework.filing import window
from casework.procedure import procedure
from casework.reference import Reference, policy_of, reference
from casework.registers.desk import Actor, Writer, writer, writing
from casework.registers.personal import Seal, seal_of
from casework.registers.successors import merged, refusal
from casework.requests import other_content
from casework.transitions import Action
from models import Case, Decision, Duty, Evidence, Party, Snapshot, State
from models.clock import business_date
from models.columns import canonical_json
from models.store import Store
from models.work import Work, content_hash
from policies.measures import Item

CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class NewCase:
    """A draft to be opened for a party; the claim as JSON, the papers examined, by slot.

    `unfinished`: the claim may lack what is required; it is asked for at filing.
    """

    act_id: UUID
    policy: str
    item: str
    party: UUID
    claim: Mapping[str, Any]
    papers: Mapping[str, Sequence[Paper]] = field(default_factory=dict)
    unfinished: bool = False


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A case as opened. `repeated`: it had been before."""

    act_id: UUID
    case: UUID
    number: str
    repeated: bool = False


def open_case(store: Store, actor: Actor, new: NewCase, *, vault: Vault | None = None) -> Opened:
    """Opens one draft, by the applicant or by a clerk on their behalf."""
    return open_cases(store, actor, [new], vault=vault)[0]


def open_cases(store: Store, actor: Actor, new: Sequence[NewCase], *, vault: Vault | None = None) -> list[Opened]:
    """Opens drafts in transactions of 500, in their order; one that is wrong refuses its transaction."""
    _keep_papers(store, new, vault)
    opened: list[Opened] = []
    for start in range(0, len(new), CHUNK):
        with writing(store) as work:
            opened += _open_all(store, work, actor, new[start : start + CHUNK])
    return opened


def number_of(policy: str, measure: str, count: int) -> str:
    """XZ2023-M04-000123."""
    return f"{policy}-{measure[0]}{measure[1:]:0>2}-{count:06d}"


def _keep_papers(store: Store, new: Sequence[NewCase], vault: Vault | None) -> None:
    """Papers go to the disk before any row names them."""
    if not any(one.papers for one in new):
        return
    with store.read() as work:
        today = work.today
    for one in new:
        for slot, papers in one.papers.items():
            checked_slot(policy_of(one.policy).item_on(one.item, today), slot, one.claim)
            for paper in papers:
                if vault is None:
                    raise Refused("vault", "未指定材料库，不能接收材料", "papers need a vault", field="papers")
                vault.keep(paper)


def _open_all(store: Store, work: Work, actor: Actor, new: Sequence[NewCase]) -> list[Opened]:
    facts = reference(store, work)
    who = writer(store, work, actor)
    known = _known(work, new)
    fresh = {one.act_id: one for one in new if one.act_id not in known}
    kinds = _kinds(work, {one.party for one in fresh.values()})
    for heir in merged(work, kinds.keys()).values():
        raise refusal(heir, "申报", "file")
    duties = {one.party: _duty(facts, work, who, one.party) for one in fresh.values()}
    numbers = _numbers(work, list(fresh.values()))
    for one, number in zip(fresh.values(), numbers, strict=True):
        seal = seal_of(work, one.party, kinds[one.party])
        known[one.act_id] = _open(work, facts, who, duties[one.party], one, number, seal)
    return [known[one.act_id] for one in new]


def _known(work: Work, new: Sequence[NewCase]) -> dict[UUID, Opened]:
    """The cases that these very acts opened before, by act id; an id that was used for anything else is refused."""
    given = {one.act_id: one for one in new}
    stored = (col(Case.number), col(Case.policy), col(Case.item), col(Case.party_id), col(Case.opened_at))
    query = (
        select(col(Decision.act_id), col(Decision.case_id), col(Decision.action), col(Decision.content), *stored)
        .join(Case, col(Case.id) == col(Decision.case_id))
        .where(col(Decision.act_id).in_(given))
    )
    known = {}
    for row in work.execute(query):
        one = given[row.act_id]
        wanted = (Action.OPEN, one.policy, one.item, one.party)
        if (row.action, row.policy, row.item, row.party_id) != wanted or not _says(one, row):
            raise other_content()
        known[row.act_id] = Opened(act_id=row.act_id, case=row.case_id, number=row.number, repeated=True)
    return known


def _says(one: NewCase, row: Any) -> bool:
    """Whether the claim is the one with which the case was opened, read as it was read on that day."""
    day = business_date(row.opened_at)
    claim = _claim(policy_of(one.policy).item_on(one.item, day), one, day)
    return bool(loads(row.content)["claim"] == content_hash(claim))


def _claim(item: Item, one: NewCase, day: date) -> str:
    """The claim as it is kept."""
    if one.unfinished:
        return canonical_json(forms.draft_of(item, one.claim, today=day))
    return canonical_json(forms.content(forms.claim_of(item, one.claim, today=day)))


def _kinds(work: Work, wanted: set[UUID]) -> dict[UUID, str]:
    """What each applicant is; one that is not entered is refused."""
    rows = work.execute(select(col(Party.id), col(Party.kind)).where(col(Party.id).in_(wanted)))
    found = {row.id: row.kind for row in rows}
    if wanted - found.keys():
        raise Refused("party", "申报主体未登记", "the applicant is not entered", field="party")
    return found


def _duty(facts: Reference, work: Work, who: Writer, party: UUID) -> Duty:
    """In what duty the case is opened: the applicant's own, a clerk's on behalf, or the system's (a draft for later)."""
    if who.id is None:
        return Duty.SYSTEM
    if who.party_id == party:
        return Duty.APPLICANT
    if facts.holding(who.id, Duty.CLERK, None, work.now) is None:
        raise Refused(
            "no_duty",
            f"{who.name} 不是该申报主体的人员，也不是代录人，不能代为申报",
            f"{who.name} neither belongs to the applicant nor enters on behalf",
            field="by",
        )
    if facts.only_looks_on(who.natural_key, work.now):
        raise Refused("onlooker", "审计人员和系统管理员不得办理案件", "auditors decide nothing", field="by")
    return Duty.CLERK


def _numbers(work: Work, new: Sequence[NewCase]) -> list[str]:
    """One number each, in the order given; a series a measure."""
    measures = [(one.policy, _measure(one)) for one in new]
    next_ = {key: work.number("-".join(key), measures.count(key)) for key in dict.fromkeys(measures)}
    numbers = []
    for key in measures:
        numbers.append(number_of(*key, next_[key]))
        next_[key] += 1
    return numbers


def _measure(one: NewCase) -> str:
    try:
        return policy_of(one.policy).measure_of(one.item).code
    except LookupError as unknown:
        raise Refused("item", str(unknown), f"no item {one.item} in {one.policy}", field="item") from unknown


def _open(work: Work, facts: Reference, who: Writer, duty: Duty, one: NewCase, number: str, seal: Seal) -> Opened:
    way = procedure(facts, policy_of(one.policy), one.item, work.today)
    closes = window(way).closes_at
    if work.now >= closes:
        last = window(way).last_filing_day
        raise Refused("outside_window", f"申报已于 {last} 24:00 截止", f"filing closed on {last}", field="item")
    claim = _claim(way.item, one, work.today)
    case = work.new_id()
    work.add(
        Case,
        id=case,
        number=number,
        policy=one.policy,
        measure=way.measure.code,
        item=one.item,
        party_id=one.party,
        next_duty=Duty.APPLICANT,
        next_due=closes,
        opened_at=work.now,
        changed_at=work.now,
    )
    work.add(
        Snapshot,
        case_id=case,
        kind="claim",
        version=1,
        content=seal(claim),
        hash=content_hash(claim),
        made_at=work.now,
        made_by=who.id,
    )
    papers = _papers(work, way.item, who, case, one, seal)
    _decide(work, who, duty, one, case, number, {"claim": content_hash(claim), "papers": papers})
    return Opened(act_id=one.act_id, case=case, number=number)


def _papers(work: Work, item: Item, who: Writer, case: UUID, one: NewCase, seal: Seal) -> list[str]:
    """Rows of the papers; the same paper twice in a slot is one. Returns slot:hash for the audit."""
    kept = {(slot, paper.sha256): paper for slot, papers in one.papers.items() for paper in papers}
    for (slot, sha256), paper in kept.items():
        work.add(
            Evidence,
            case_id=case,
            slot=checked_slot(item, slot, one.claim),
            name=seal(paper.name),
            sha256=sha256,
            size=paper.size,
            media_type=paper.media_type,
            added_by=who.id,
            added_at=work.now,
        )
    return [f"{slot}:{sha256}" for slot, sha256 in kept]


def _decide(
    work: Work, who: Writer, duty: Duty, one: NewCase, case: UUID, number: str, content: Mapping[str, Any]
) -> None:
    """The first decision of a case, and its audit row in the form that every decision's has."""
    text, decision = canonical_json(content), work.new_id()
    work.add(
        Decision,
        id=decision,
        act_id=one.act_id,
        case_id=case,
        version=1,
        action=Action.OPEN,
        duty=duty,
        from_state=State.DRAFT,
        to_state=State.DRAFT,
        person_id=who.id,
        natural_key=who.natural_key,
        content=text,
        decided_at=work.now,
    )
    stated = {
        "decision": str(decision),
        "duty": duty,
        "from": State.DRAFT,
        "to": State.DRAFT,
        "hash": content_hash("\n".join(("", "", "", "", text))),
    }
    work.audit(actor=who.text, action=Action.OPEN, subject=number, version=1, content=stated)
