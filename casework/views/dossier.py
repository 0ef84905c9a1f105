"""One case with everything about it: claim and facts side by side, awards with their trace, history, papers, orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import SQLModel, col

from casework.conditions.check_inputs import required_papers
from casework.conditions.condition_wordings import checks, waivers
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.read_access import Reader, refuse_case
from casework.lifecycle.wordings import action_zh, step_words
from casework.privacy.masking import masked_account, names_in, party_name, without
from casework.shared.people_names import names_of
from casework.shared.reference import policy_of, reference
from casework.stacking.benefit_keys import CaseKey, compared
from casework.stacking.same_subject import Twin, twins
from casework.stacking.subject_wordings import typed
from casework.views.case_lists import CaseRow, find_case, in_both, row_of
from casework.views.comparison_list import ComparisonRow, rows_of
from casework.views.other_applicants import party_of, unnumbered
from models import (
    AwardRecord,
    CostLineRecord,
    Decision,
    Duty,
    Evidence,
    JointOpinion,
    MilestoneRecord,
    Objection,
    PaymentOrder,
    QuotaRecord,
    Snapshot,
    SubjectKey,
)
from models.duty_names import duty_zh
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.forms import Text
from policies.measures import Item

_PAPER = ("slot", "name", "sha256", "size", "media_type", "added_at")


@dataclass(frozen=True, kw_only=True)
class HistoryStep:
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
class PricedCase:
    """A case with its awards and the papers on which they rest."""

    case: CaseRow
    awards: tuple[AwardRow, ...]
    evidence: tuple[Mapping[str, Any], ...]


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
    history: tuple[HistoryStep, ...]
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
    same_subject_en: tuple[str, ...]
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
        named = () if clear else _masked(case, item, claim, facts)
        papers = _rows(work, Evidence, case, _PAPER)
        slots = {paper["slot"] for paper in papers}
        asked = required_papers(reference(store, work), policy.code, item, case.filed_at, work.today)
        required = {slot.id for slot in asked}
        same = same_subject(work, case)
        file = Dossier(
            case=in_both(work, [row_of(case, work.now)])[0],
            title=item.title.zh,
            measure_title=policy.measure(case.measure).title.zh,
            clause=item.clause,
            demo=work.demo,
            masked=not clear,
            claim=without(claim, named),
            facts=without(facts, named),
            awards=tuple(_award(row, named) for row in _all(work, AwardRecord, case, "sequence")),
            history=_history(work, case, named),
            opinions=_rows(work, JointOpinion, case, ("unit", "round", "opinion", "reason", "given_at")),
            cost_lines=_rows(
                work,
                CostLineRecord,
                case,
                ("document", "description", "claimed_fen", "recognised_fen", "reason", "live"),
            ),
            evidence=papers,
            missing_evidence=tuple(
                slot.id for slot in item.slots(claim or {}) if slot.upload and slot.id in required - slots
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
            milestones=_rows(work, MilestoneRecord, case, ("position", "title", "due_on", "state", "report")),
            subjects=without(_subjects(work, case), named),
            comparisons=rows_of(store, work, case.id),
            same_subject=tuple(other_claim.zh for other_claim in same),
            same_subject_en=tuple(other_claim.told(officer=True)[1] for other_claim in same),
            checks=checks(work, case.id),
            waivers=tuple(waivers(work, [case.id]).get(case.id, ())),
            quotas=_rows(
                work, QuotaRecord, case, ("kind", "unit_of_measure", "granted_milli", "used_milli", "valid_to")
            ),
        )
        return _for_reader(store, work, case, reader, file)


def priced_case(store: Store, number: str, *, reader: Reader = None) -> PricedCase:
    """What of the dossier a figure and its law need, masked."""
    with store.read() as work:
        case = find_case(work, number)
        refuse_case(store, work, case, reader)
        item = policy_of(case.policy).item_as(case.item, case.rule_version, work.today)
        named = _masked(case, item, _newest(work, case, "claim"), _newest(work, case, "facts"))
        file = PricedCase(
            case=in_both(work, [row_of(case, work.now)])[0],
            awards=tuple(_award(row, named) for row in _all(work, AwardRecord, case, "sequence")),
            evidence=_rows(work, Evidence, case, _PAPER),
        )
        party = party_of(store, work, reader)
        return file if party is None else unnumbered(work, party, file, cases=[case.id])


def _masked(
    case: CaseView, item: Item, claim: Mapping[str, Any] | None, facts: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """The natural persons' names that are not shown in clear."""
    named = names_in(item, claim, facts)
    return named if party_name(case.party_kind, case.party_name) == case.party_name else (*named, case.party_name)


def _for_reader(store: Store, work: UnitOfWork, case: CaseView, reader: Reader, file: Dossier) -> Dossier:
    """As the reader may see it: to the applicant's people no number and no benefit of another applicant."""
    party = party_of(store, work, reader)
    if party is None:
        return file
    told = list(dict.fromkeys(words.told(officer=False) for words in same_subject(work, case)))
    zh, en = tuple(words[0] for words in told), tuple(words[1] for words in told)
    return replace(unnumbered(work, party, file, cases=[case.id]), same_subject=zh, same_subject_en=en)


def _subjects(work: UnitOfWork, case: CaseView) -> tuple[Mapping[str, Any], ...]:
    """By what the case is known outside, as it was typed, each with the keys under which it is compared, and whether a hit
    is certain. People show as people only."""
    rows = {str(row["key"]): row for row in _rows(work, SubjectKey, case, ("key", "certain", "inside", "period"))}
    found = []
    for typed_row in typed(work, [case.id]).get(case.id, ()):
        mine = [rows.pop(key) for key in typed_row.keys if key in rows]
        if mine:
            found.append(_subject(typed_row.words, mine))
    return (*found, *(_subject(compared(key), [row]) for key, row in rows.items()))


def _subject(words: Text, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {
        "basis": words.zh,
        "basis_en": words.en,
        "keys": tuple(str(row["key"]) for row in rows),
        "certain": any(row["certain"] for row in rows),
        "inside": any(row["inside"] for row in rows),
        "period": rows[0]["period"],
    }


def same_subject(work: UnitOfWork, case: CaseView) -> tuple[Twin, ...]:
    """What else names the same subject."""
    rows = _rows(work, SubjectKey, case, ("key", "certain", "inside", "period"))
    found = [CaseKey(str(row["key"]), bool(row["certain"]), bool(row["inside"])) for row in rows]
    return twins(work, case, found)


def _newest(work: UnitOfWork, case: CaseView, kind: str) -> dict[str, Any] | None:
    query = select(col(Snapshot.content)).where(col(Snapshot.case_id) == case.id, col(Snapshot.kind) == kind)
    text = work.execute(query.order_by(col(Snapshot.version).desc()).limit(1)).scalars().first()
    found: dict[str, Any] | None = loads(text) if text else None
    return found


def _all(work: UnitOfWork, record: type[SQLModel], case: CaseView, order: str) -> Sequence[Any]:
    table = record.__table__  # type: ignore[attr-defined]
    query: Select[Any] = select(table).where(table.c.case_id == case.id).order_by(table.c[order], table.c.id)
    return work.execute(query).all()


def _rows(
    work: UnitOfWork, record: type[SQLModel], case: CaseView, columns: tuple[str, ...]
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


def _history(work: UnitOfWork, case: CaseView, named: tuple[str, ...]) -> tuple[HistoryStep, ...]:
    decided = _all(work, Decision, case, "version")
    people = names_of(work, [person for row in decided for person in (row.person_id, row.on_behalf_of)])
    return tuple(_step(row, people, named) for row in decided)


def _step(row: Any, people: Mapping[UUID, str], named: tuple[str, ...]) -> HistoryStep:
    who = people.get(row.person_id, "")
    applicant = row.duty == Duty.APPLICANT
    return HistoryStep(
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


def _orders(work: UnitOfWork, case: CaseView, named: tuple[str, ...]) -> tuple[Mapping[str, Any], ...]:
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
