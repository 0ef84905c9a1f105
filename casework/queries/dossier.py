"""One case with everything about it: claim and facts side by side, awards with their trace, history, papers, orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import SQLModel, col

from casework.cases import CaseView
from casework.queries.comparisons import ComparisonRow, rows_of
from casework.queries.conditions import checks, waivers
from casework.queries.lists import CaseRow, find_case, row_of
from casework.queries.masking import masked_account, names_in, party_name, without
from casework.queries.others import party_of, unnumbered
from casework.readers import Reader, refuse_case
from casework.reference import policy_of
from casework.subjects import Tie, Twin, shown, twins
from casework.words import action_zh, duty_zh, step_words
from models import (
    Award,
    CostLine,
    Decision,
    Duty,
    Evidence,
    JointOpinion,
    Milestone,
    Objection,
    PaymentOrder,
    Person,
    Quota,
    Snapshot,
    SubjectKey,
)
from models.store import Store
from models.work import Work


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a case's history."""

    version: int
    at: datetime
    action: str
    action_zh: str
    duty: str
    duty_zh: str
    who: str
    on_behalf_of: str | None
    unit: str | None
    from_state: str
    to_state: str
    outcome: str
    reason_code: str
    reason: str
    clause: str
    content: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class AwardRow:
    """A computed award with its trace; amounts in whole fen."""

    sequence: int
    gross_fen: int
    ceiling_fen: int | None
    amount_fen: int
    rule_digest: str
    inputs: Mapping[str, Any]
    trace: Mapping[str, Any]
    computed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """A case file."""

    case: CaseRow
    title: str
    measure_title: str
    clause: str
    demo: bool
    masked: bool
    claim: Mapping[str, Any] | None
    facts: Mapping[str, Any] | None
    awards: tuple[AwardRow, ...]
    history: tuple[Step, ...]
    opinions: tuple[Mapping[str, Any], ...]
    cost_lines: tuple[Mapping[str, Any], ...]
    evidence: tuple[Mapping[str, Any], ...]
    missing_evidence: tuple[str, ...]
    orders: tuple[Mapping[str, Any], ...]
    objections: tuple[Mapping[str, Any], ...]
    milestones: tuple[Mapping[str, Any], ...]
    quotas: tuple[Mapping[str, Any], ...]
    subjects: tuple[Mapping[str, Any], ...]
    comparisons: tuple[ComparisonRow, ...]
    same_subject: tuple[str, ...]  # other cases and benefits that name a subject of this case for certain
    checks: tuple[Mapping[str, Any], ...]
    waivers: tuple[Mapping[str, Any], ...]


def dossier(store: Store, number: str, *, clear: bool = False, reader: Reader = None) -> Dossier:
    """Everything about a case; `clear` shows natural persons' names, for those who have the case in hand."""
    with store.read() as work:
        case = find_case(work, number)
        refuse_case(store, work, case, reader)
        policy = policy_of(case.policy)
        item = policy.item_as(case.item, case.rule_version, work.today)
        claim, facts = _newest(work, case, "claim"), _newest(work, case, "facts")
        named = () if clear else names_in(item, claim, facts)
        if not clear and party_name(case.party_kind, case.party_name) != case.party_name:
            named = (*named, case.party_name)
        papers = _rows(work, Evidence, case, ("slot", "name", "sha256", "size", "media_type", "added_at"))
        slots = {one["slot"] for one in papers}
        file = Dossier(
            case=row_of(case, work.now),
            title=item.title.zh,
            measure_title=policy.measure(case.measure).title.zh,
            clause=item.clause,
            demo=work.demo,
            masked=not clear,
            claim=without(claim, named),
            facts=without(facts, named),
            awards=tuple(_award(row, named) for row in _all(work, Award, case, "sequence")),
            history=_history(work, case, named),
            opinions=_rows(work, JointOpinion, case, ("unit", "round", "opinion", "reason", "given_at")),
            cost_lines=_rows(
                work, CostLine, case, ("document", "description", "claimed_fen", "recognised_fen", "reason", "live")
            ),
            evidence=papers,
            missing_evidence=tuple(
                slot.id for slot in item.evidence if slot.required and slot.upload and slot.id not in slots
            ),
            orders=_orders(work, case, named),
            objections=without(
                _rows(
                    work,
                    Objection,
                    case,
                    ("position", "claim", "outcome", "answer", "raised_at", "answer_due", "answered_at"),
                ),
                named,
            ),
            milestones=_rows(work, Milestone, case, ("position", "title", "due_on", "state", "report")),
            subjects=_subjects(work, case),
            comparisons=rows_of(store, work, case.id),
            same_subject=tuple(one.zh for one in same_subject(work, case)),
            checks=checks(work, case.id),
            waivers=tuple(waivers(work, [case.id]).get(case.id, ())),
            quotas=_rows(work, Quota, case, ("kind", "unit_of_measure", "granted_milli", "used_milli", "valid_to")),
        )
        return _for_reader(store, work, case, reader, file)


def _for_reader(store: Store, work: Work, case: CaseView, reader: Reader, file: Dossier) -> Dossier:
    """As the reader may see it: to the applicant's people no number and no benefit of another applicant."""
    party = party_of(store, work, reader)
    if party is None:
        return file
    told = tuple(dict.fromkeys(one.told(officer=False)[0] for one in same_subject(work, case)))
    return replace(unnumbered(work, party, file, cases=[case.id]), same_subject=told)


def _subjects(work: Work, case: CaseView) -> tuple[Mapping[str, Any], ...]:
    """By what the case is known outside: each key in words, and whether a hit is certain. People show as people only."""
    rows = _rows(work, SubjectKey, case, ("key", "certain", "inside", "period"))
    return tuple({**row, "basis": shown(str(row["key"]))} for row in rows)


def same_subject(work: Work, case: CaseView) -> tuple[Twin, ...]:
    """What else names the same subject."""
    rows = _rows(work, SubjectKey, case, ("key", "certain", "inside", "period"))
    found = [Tie(str(row["key"]), bool(row["certain"]), bool(row["inside"])) for row in rows]
    return twins(work, case, found)


def _newest(work: Work, case: CaseView, kind: str) -> dict[str, Any] | None:
    query = select(col(Snapshot.content)).where(col(Snapshot.case_id) == case.id, col(Snapshot.kind) == kind)
    text = work.execute(query.order_by(col(Snapshot.version).desc()).limit(1)).scalars().first()
    found: dict[str, Any] | None = loads(text) if text else None
    return found


def _all(work: Work, record: type[SQLModel], case: CaseView, order: str) -> Sequence[Any]:
    table = record.__table__  # type: ignore[attr-defined]
    query: Select[Any] = select(table).where(table.c.case_id == case.id).order_by(table.c[order], table.c.id)
    return work.execute(query).all()


def _rows(
    work: Work, record: type[SQLModel], case: CaseView, columns: tuple[str, ...]
) -> tuple[Mapping[str, Any], ...]:
    """Some columns of a record's rows of this case, in the order of the first."""
    return tuple({name: getattr(row, name) for name in columns} for row in _all(work, record, case, columns[0]))


def _award(row: Any, named: tuple[str, ...]) -> AwardRow:
    return AwardRow(
        sequence=row.sequence,
        gross_fen=row.gross_fen,
        ceiling_fen=row.ceiling_fen,
        amount_fen=row.amount_fen,
        rule_digest=row.rule_digest,
        inputs=without(loads(row.inputs), named),
        trace=without(loads(row.trace), named),
        computed_at=row.computed_at,
    )


def _history(work: Work, case: CaseView, named: tuple[str, ...]) -> tuple[Step, ...]:
    people: dict[UUID | None, str] = {
        row.id: row.name for row in work.execute(select(col(Person.id), col(Person.name)))
    }
    return tuple(_step(row, people, named) for row in _all(work, Decision, case, "version"))


def _step(row: Any, people: Mapping[UUID | None, str], named: tuple[str, ...]) -> Step:
    who = people.get(row.person_id, "")
    applicant = row.duty == Duty.APPLICANT
    return Step(
        version=row.version,
        at=row.decided_at,
        action=row.action,
        action_zh=step_words(row.action, row.outcome, action_zh(row.action), "")[0],
        duty=row.duty,
        duty_zh=duty_zh(Duty(row.duty)),
        who=party_name("person", who) if applicant else who,
        on_behalf_of=people.get(row.on_behalf_of) if row.on_behalf_of else None,
        unit=row.unit,
        from_state=row.from_state,
        to_state=row.to_state,
        outcome=row.outcome,
        reason_code=row.reason_code,
        reason=without(row.reason, named),
        clause=row.clause,
        content=without(loads(row.content), named),
    )


def _orders(work: Work, case: CaseView, named: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
    shown = []
    for row in _all(work, PaymentOrder, case, "attempt"):
        shown.append(
            {
                "number": row.number,
                "attempt": row.attempt,
                "channel": row.channel,
                "state": row.state,
                "amount_fen": row.amount_fen,
                "payee": without(row.payee_name, named),
                "account": masked_account(row.payee_account),
                "reason": row.reason,
                "made_at": row.made_at,
                "ended_at": row.ended_at,
            }
        )
    return tuple(shown)
