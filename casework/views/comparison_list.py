"""Comparisons as listed: of one case, of a unit, or all that wait for a word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy import case as case_when
from sqlmodel import col

from casework.lifecycle.procedure import procedure_on
from casework.lifecycle.read_access import Reader, refuse_case, seen
from casework.shared.reference import is_installed, policy_of, reference
from casework.stacking.subject_wordings import Sides, Typed, benefit_words, sides, typed, words_of
from casework.views.case_lists import MOST, find_case
from casework.views.other_applicants import party_of, unnumbered
from models import BenefitRecord, Case, Comparison, Duty, Person, Verdict
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.benefits import Level
from policies.forms import Text

# likeness: (Chinese, English)
LIKENESS: Mapping[str, tuple[str, str]] = {
    "same_key": ("依据相同", "the same basis"),
    "enterprise_alone": ("只知受益企业，期间相合", "known by the firm alone, in the same time"),
    "part_of_name": ("依据的一部分相同", "a part of the basis is the same"),
    "other_recipient": ("依据相同，对象不同", "the same basis, another recipient"),
    "other_period": ("依据相同，期间不同", "the same basis, another time"),
    "other_kind": ("依据相同，登记类别不同", "the same basis, entered as another kind"),
    "alike": ("依据相近", "much alike"),
}
VERDICTS: Mapping[str, tuple[str, str]] = {
    "open": ("待比对", "open"),
    "same": ("同一补助", "the same"),
    "different": ("不同补助", "another"),
}


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """A comparison as listed; sums in whole fen, None where the other is a case whose sum is its own page's."""

    case: str
    sequence: int
    policy: str
    other: str
    why: str
    why_zh: str
    own_basis: str  # as it was typed
    own_basis_en: str
    other_basis: str
    other_basis_en: str
    compared: str  # the form in which both are the same, where they were typed otherwise
    level: str
    amount_fen: int | None
    period: str
    verdict: str
    verdict_zh: str
    reason: str
    decided_by: str
    decided_at: datetime | None
    found_at: datetime
    owner_unit: str
    owner_duty: str


@dataclass(frozen=True, kw_only=True)
class ComparisonPage:
    """Some of the comparisons found, and how many there are."""

    rows: tuple[ComparisonRow, ...]
    total: int
    offset: int


def comparisons(
    store: Store,
    *,
    case: str | None = None,
    open_only: bool = False,
    limit: int = 200,
    offset: int = 0,
    reader: Reader = None,
) -> ComparisonPage:
    """Comparisons of the cases that the reader may see, the open ones first, then by case and number."""
    with store.read() as work:
        mine = seen(store, work, reader)
        compared = find_case(work, case) if case else None
        if compared is not None:
            refuse_case(store, work, compared, reader)
        which = [mine, *([col(Comparison.verdict) == Verdict.OPEN] if open_only else [])]
        query = _query(compared.id if compared else None).where(*which)
        total = int(work.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one())
        decided = case_when((col(Comparison.verdict) == Verdict.OPEN, 0), else_=1)
        query = query.order_by(None).order_by(decided, col(Case.number), col(Comparison.sequence))
        rows = work.execute(query.limit(min(limit, MOST)).offset(offset)).all()
        found = _for_reader(store, work, reader, _worded(store, work, rows))
    return ComparisonPage(rows=found, total=total, offset=offset)


def _for_reader(
    store: Store, work: UnitOfWork, reader: Reader, rows: tuple[ComparisonRow, ...]
) -> tuple[ComparisonRow, ...]:
    """As the reader may see them: an applicant's people read nothing of others."""
    party = party_of(store, work, reader)
    if party is None:
        return rows
    numbers = select(col(Case.id)).where(col(Case.number).in_({row.case for row in rows}))
    return unnumbered(work, party, rows, cases=list(work.execute(numbers).scalars()))


def rows_of(store: Store, work: UnitOfWork, case: UUID) -> tuple[ComparisonRow, ...]:
    """The comparisons of a case by number; each with the unit whose certifier has the word."""
    return _worded(store, work, work.execute(_query(case)).all())


def _worded(store: Store, work: UnitOfWork, rows: Sequence[Any]) -> tuple[ComparisonRow, ...]:
    facts = reference(store, work)
    deciders = {row.decided_by for row in rows if row.decided_by is not None}
    names = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(deciders))
    people = {row.id: row.name for row in work.execute(names)} if deciders else {}
    said = typed(work, {case_id for row in rows for case_id in (row.case_id, row.other_case_id) if case_id is not None})
    found = []
    for row in rows:
        if not is_installed(row.case_policy):
            continue
        procedure = procedure_on(facts, policy_of(row.case_policy), row.item, work.today)
        found.append(_row(row, people, procedure.lead, said))
    return tuple(found)


def _query(case: UUID | None) -> Select[Any]:
    table = Comparison.__table__  # type: ignore[attr-defined]
    known: tuple[Any, ...] = (
        col(BenefitRecord.level),
        col(BenefitRecord.amount_fen),
        col(BenefitRecord.period),
        col(BenefitRecord.basis).label("entered"),
    )
    query = (
        select(table, col(Case.number), col(Case.item), col(Case.policy).label("case_policy"), *known)
        .join(Case, col(Case.id) == table.c.case_id)
        .join(BenefitRecord, col(BenefitRecord.id) == table.c.benefit_id, isouter=True)
        .order_by(col(Case.number), table.c.sequence)
    )
    return query.where(table.c.case_id == case) if case else query


def _sides(row: Any, said: Typed) -> Sides:
    """What each side typed; "" where nothing of it is known."""
    none = Text("", "")
    own = words_of(said.get(row.case_id, ()), row.own_key) if row.own_key else none
    if row.benefit_id is not None:
        other = benefit_words(row.other_key, row.entered or "")
    else:
        other = words_of(said.get(row.other_case_id, ()), row.other_key) if row.other_key else none
    return sides(own, other, row.own_key, row.other_key) if row.own_key and row.other_key else Sides(own, other)


def _row(row: Any, people: Mapping[UUID, str], unit: str, said: Typed) -> ComparisonRow:
    both = _sides(row, said)
    return ComparisonRow(
        case=row.number,
        sequence=row.sequence,
        policy=row.policy,
        other=row.other,
        why=row.why,
        why_zh=LIKENESS[row.why][0],
        own_basis=both.own.zh,
        own_basis_en=both.own.en,
        other_basis=both.other.zh,
        other_basis_en=both.other.en,
        compared=both.same,
        level=next((level.zh for level in Level if level == row.level), ""),
        amount_fen=row.amount_fen,
        period=row.period or "",
        verdict=row.verdict,
        verdict_zh=VERDICTS[row.verdict][0],
        reason=row.reason,
        decided_by=people.get(row.decided_by, ""),
        decided_at=row.decided_at,
        found_at=row.found_at,
        owner_unit=unit if row.verdict == Verdict.OPEN else "",
        owner_duty=Duty.CERTIFIER.value if row.verdict == Verdict.OPEN else "",
    )
