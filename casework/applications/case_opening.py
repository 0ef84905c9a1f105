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

from casework.applications.evidence_vault import Paper, Vault, checked_slot
from casework.forms import typed_forms
from casework.lifecycle.case_writes import new_case
from casework.lifecycle.commands import Action
from casework.lifecycle.decision_record import DecisionValues, write_decision
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import procedure_on
from casework.lifecycle.receipts import other_content
from casework.privacy.personal_keys import Seal, seal_of
from casework.shared.errors import Refused
from casework.shared.merged_parties import merged, refusal
from casework.shared.reference import PolicyNotInstalled, Reference, policy_of, reference
from casework.shared.register_writes import Actor, Writer, writer, writing
from models import Case, Decision, Duty, Evidence, Party, Snapshot, State
from models.clock import business_date
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
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
class OpenedCase:
    """A case as opened. `repeated`: it had been before."""

    act_id: UUID
    case: UUID
    number: str
    repeated: bool = False


def open_case(store: Store, actor: Actor, new: NewCase, *, vault: Vault | None = None) -> OpenedCase:
    """Opens one draft, by the applicant or by a clerk on their behalf."""
    return open_cases(store, actor, [new], vault=vault)[0]


def open_cases(store: Store, actor: Actor, new: Sequence[NewCase], *, vault: Vault | None = None) -> list[OpenedCase]:
    """Opens drafts in transactions of 500, in their order; one that is wrong refuses its transaction."""
    _keep_papers(store, new, vault)
    opened: list[OpenedCase] = []
    for start in range(0, len(new), CHUNK):
        with writing(store) as work:
            opened += _open_all(store, work, actor, new[start : start + CHUNK])
    return opened


def number_of(policy: str, measure: str, count: int) -> str:
    """XZ2023-M04-000123."""
    return f"{policy}-{measure[0]}{measure[1:]:0>2}-{count:06d}"


def _keep_papers(store: Store, new: Sequence[NewCase], vault: Vault | None) -> None:
    """Papers go to the disk before any row names them."""
    if not any(draft.papers for draft in new):
        return
    with store.read() as work:
        today = work.today
    for draft in new:
        for slot, papers in draft.papers.items():
            checked_slot(policy_of(draft.policy).item_on(draft.item, today), slot, draft.claim)
            for paper in papers:
                if vault is None:
                    raise Refused("vault", "未指定材料库，不能接收材料", "papers need a vault", field="papers")
                vault.keep(paper)


def _open_all(store: Store, work: UnitOfWork, actor: Actor, new: Sequence[NewCase]) -> list[OpenedCase]:
    facts = reference(store, work)
    who = writer(store, work, actor)
    known = _known(work, new)
    fresh = {draft.act_id: draft for draft in new if draft.act_id not in known}
    kinds = _kinds(work, {draft.party for draft in fresh.values()})
    for heir in merged(work, kinds.keys()).values():
        raise refusal(heir, "申报", "file")
    duties = {draft.party: _duty(facts, work, who, draft.party) for draft in fresh.values()}
    numbers = _numbers(work, list(fresh.values()))
    for draft, number in zip(fresh.values(), numbers, strict=True):
        seal = seal_of(work, draft.party, kinds[draft.party])
        known[draft.act_id] = _open(work, facts, who, duties[draft.party], draft, number, seal)
    return [known[draft.act_id] for draft in new]


def _known(work: UnitOfWork, new: Sequence[NewCase]) -> dict[UUID, OpenedCase]:
    """The cases that these very acts opened before, by act id; an id that was used for anything else is refused."""
    given = {draft.act_id: draft for draft in new}
    stored = (col(Case.number), col(Case.policy), col(Case.item), col(Case.party_id), col(Case.opened_at))
    query = (
        select(col(Decision.act_id), col(Decision.case_id), col(Decision.action), col(Decision.content), *stored)
        .join(Case, col(Case.id) == col(Decision.case_id))
        .where(col(Decision.act_id).in_(given))
    )
    known = {}
    for row in work.execute(query):
        draft = given[row.act_id]
        wanted = (Action.OPEN, draft.policy, draft.item, draft.party)
        if (row.action, row.policy, row.item, row.party_id) != wanted or not _says(draft, row):
            raise other_content()
        known[row.act_id] = OpenedCase(act_id=row.act_id, case=row.case_id, number=row.number, repeated=True)
    return known


def _says(draft: NewCase, row: Any) -> bool:
    """Whether the claim is the one with which the case was opened, read as it was read on that day."""
    day = business_date(row.opened_at)
    claim = _claim(policy_of(draft.policy).item_on(draft.item, day), draft, day)
    return bool(loads(row.content)["claim"] == content_hash(claim))


def _claim(item: Item, draft: NewCase, day: date) -> str:
    """The claim as it is kept."""
    if draft.unfinished:
        return canonical_json(typed_forms.draft_of(item, draft.claim, today=day))
    return canonical_json(typed_forms.content(typed_forms.claim_of(item, draft.claim, today=day)))


def _kinds(work: UnitOfWork, wanted: set[UUID]) -> dict[UUID, str]:
    """What each applicant is; one that is not entered is refused."""
    rows = work.execute(select(col(Party.id), col(Party.kind)).where(col(Party.id).in_(wanted)))
    found = {row.id: row.kind for row in rows}
    if wanted - found.keys():
        raise Refused("party", "申报主体未登记", "the applicant is not entered", field="party")
    return found


def _duty(facts: Reference, work: UnitOfWork, who: Writer, party: UUID) -> Duty:
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


def _numbers(work: UnitOfWork, new: Sequence[NewCase]) -> list[str]:
    """One number each, in the order given; a series a measure."""
    measures = [(draft.policy, _measure(draft)) for draft in new]
    next_ = {key: work.number("-".join(key), measures.count(key)) for key in dict.fromkeys(measures)}
    numbers = []
    for key in measures:
        numbers.append(number_of(*key, next_[key]))
        next_[key] += 1
    return numbers


def _measure(draft: NewCase) -> str:
    try:
        return policy_of(draft.policy).measure_of(draft.item).code
    except PolicyNotInstalled:
        raise
    except LookupError as unknown:
        raise Refused("item", str(unknown), f"no item {draft.item} in {draft.policy}", field="item") from unknown


def _open(
    work: UnitOfWork, facts: Reference, who: Writer, duty: Duty, draft: NewCase, number: str, seal: Seal
) -> OpenedCase:
    procedure = procedure_on(facts, policy_of(draft.policy), draft.item, work.today)
    closes = window(procedure).closes_at
    if work.now >= closes:
        last = window(procedure).last_filing_day
        raise Refused("outside_window", f"申报已于 {last} 24:00 截止", f"filing closed on {last}", field="item")
    claim = _claim(procedure.item, draft, work.today)
    case = new_case(
        work,
        number=number,
        policy=draft.policy,
        measure=procedure.measure.code,
        item=draft.item,
        party_id=draft.party,
        next_due=closes,
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
    papers = _papers(work, procedure.item, who, case, draft, seal)
    _decide(work, who, duty, draft, case, number, {"claim": content_hash(claim), "papers": papers})
    return OpenedCase(act_id=draft.act_id, case=case, number=number)


def _papers(work: UnitOfWork, item: Item, who: Writer, case: UUID, draft: NewCase, seal: Seal) -> list[str]:
    """Rows of the papers; the same paper twice in a slot is one. Returns slot:hash for the audit."""
    kept = {(slot, paper.sha256): paper for slot, papers in draft.papers.items() for paper in papers}
    for (slot, sha256), paper in kept.items():
        work.add(
            Evidence,
            case_id=case,
            slot=checked_slot(item, slot, draft.claim),
            name=seal(paper.name),
            sha256=sha256,
            size=paper.size,
            media_type=paper.media_type,
            added_by=who.id,
            added_at=work.now,
        )
    return [f"{slot}:{sha256}" for slot, sha256 in kept]


def _decide(
    work: UnitOfWork, who: Writer, duty: Duty, draft: NewCase, case: UUID, number: str, content: Mapping[str, Any]
) -> None:
    """The first decision of a case."""
    opened = DecisionValues(
        action=Action.OPEN,
        target=State.DRAFT,
        duty=duty,
        act_id=draft.act_id,
        person=who.id,
        natural_key=who.natural_key,
        content=content,
    )
    write_decision(work, opened, case=case, number=number, version=1, source=State.DRAFT)
