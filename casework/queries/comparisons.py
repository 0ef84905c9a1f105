"""Comparisons as listed: of one case, of a unit, or all that wait for a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import col

from casework.procedure import procedure
from casework.queries.lists import find_case
from casework.queries.others import party_of, unnumbered
from casework.readers import Reader, refuse_case, seen
from casework.reference import policy_of, reference
from casework.subjects import shown
from models import Benefit, Case, Comparison, Duty, Person, Verdict
from models.store import Store
from models.work import Work
from policies.benefits import Level

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
    own_basis: str
    other_basis: str
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


def comparisons(
    store: Store, *, case: str | None = None, open_only: bool = False, reader: Reader = None
) -> tuple[ComparisonRow, ...]:
    """Comparisons of the cases that the reader may see, the open ones first, then by case and number."""
    with store.read() as work:
        mine = seen(store, work, reader)
        one = find_case(work, case) if case else None
        if one is not None:
            refuse_case(store, work, one, reader)
        which = [mine, *([col(Comparison.verdict) == Verdict.OPEN] if open_only else [])]
        found = _for_reader(store, work, reader, rows_of(store, work, one.id if one else None, *which))
    return tuple(sorted(found, key=lambda one: (one.verdict != Verdict.OPEN, one.case, one.sequence)))


def _for_reader(store: Store, work: Work, reader: Reader, rows: tuple[ComparisonRow, ...]) -> tuple[ComparisonRow, ...]:
    """As the reader may see them: an applicant's people read nothing of others."""
    party = party_of(store, work, reader)
    if party is None:
        return rows
    numbers = select(col(Case.id)).where(col(Case.number).in_({row.case for row in rows}))
    return unnumbered(work, party, rows, cases=list(work.execute(numbers).scalars()))


def rows_of(
    store: Store, work: Work, case: UUID | None = None, *which: ColumnElement[bool]
) -> tuple[ComparisonRow, ...]:
    """The comparisons of a case, or of all, by case and number; each with the unit whose certifier has the word."""
    facts = reference(store, work)
    rows = work.execute(_query(case).where(*which)).all()
    deciders = {row.decided_by for row in rows if row.decided_by is not None}
    names = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(deciders))
    people = {row.id: row.name for row in work.execute(names)} if deciders else {}
    found = []
    for row in rows:
        way = procedure(facts, policy_of(row.case_policy), row.item, work.today)
        found.append(_row(row, people, way.lead))
    return tuple(found)


def _query(case: UUID | None) -> Select[Any]:
    table = Comparison.__table__  # type: ignore[attr-defined]
    known = (col(Benefit.level), col(Benefit.amount_fen), col(Benefit.period))
    query = (
        select(table, col(Case.number), col(Case.item), col(Case.policy).label("case_policy"), *known)
        .join(Case, col(Case.id) == table.c.case_id)
        .join(Benefit, col(Benefit.id) == table.c.benefit_id, isouter=True)
        .order_by(col(Case.number), table.c.sequence)
    )
    return query.where(table.c.case_id == case) if case else query


def _row(row: Any, people: Mapping[UUID, str], unit: str) -> ComparisonRow:
    return ComparisonRow(
        case=row.number,
        sequence=row.sequence,
        policy=row.policy,
        other=row.other,
        why=row.why,
        why_zh=LIKENESS[row.why][0],
        own_basis=shown(row.own_key) if row.own_key else "",
        other_basis=shown(row.other_key) if row.other_key else "",
        level=next((one.zh for one in Level if one == row.level), ""),
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
