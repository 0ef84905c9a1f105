"""Benefits received elsewhere as a page lists them: by party, a page at a time, natural persons masked."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.lifecycle.read_access import refuse_all_but_office
from casework.parties import party_register
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.stacking.subject_wordings import benefit_words
from models import BenefitRecord, Party, PartyKind
from models.store import Store
from policies.benefits import Level

_WHAT = ("其他补助", "benefits received elsewhere")


@dataclass(frozen=True, kw_only=True)
class ListedBenefit:
    """One benefit; `amount_fen` in whole fen, `period` as "2023-01-01/2023-12-31" or nothing."""

    id: UUID
    party: str
    code: str
    basis: tuple[str, str]
    source: str
    level: tuple[str, str]
    reference: str
    period: str
    amount_fen: int
    paid: bool
    returned: bool


@dataclass(frozen=True, kw_only=True)
class BenefitPage:
    """Some of the benefits found, and how many there are."""

    rows: tuple[ListedBenefit, ...]
    total: int


def benefit_page(store: Store, *, party: str = "", offset: int = 0, limit: int = 50, reader: UUID) -> BenefitPage:
    """The benefits of a party, by code or name; of all where none is named. None where there is no such party."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
        where = []
        if party.strip():
            try:
                where.append(col(BenefitRecord.party_id) == party_register.named(store, work, party))
            except Refused:
                return BenefitPage(rows=(), total=0)
        total = work.execute(select(func.count()).select_from(BenefitRecord).where(*where)).scalar_one()
        names: tuple[Any, ...] = (
            col(Party.name).label("party"),
            col(Party.kind).label("party_kind"),
            col(Party.code).label("code"),
        )
        query = (
            select(BenefitRecord.__table__, *names)  # type: ignore[attr-defined]
            .join(Party, col(Party.id) == col(BenefitRecord.party_id))
            .where(*where)
            .order_by(col(BenefitRecord.entered_at).desc(), col(BenefitRecord.id))
        )
        rows = work.execute(query.limit(limit).offset(offset)).all()
    return BenefitPage(rows=tuple(_row(row) for row in rows), total=int(total))


def _row(row: Any) -> ListedBenefit:
    basis = benefit_words(row.subject, row.basis)
    level = next(known for known in Level if known == row.level)
    return ListedBenefit(
        id=row.id,
        party=party_name(row.party_kind, row.party),
        code="" if row.party_kind == PartyKind.PERSON else row.code,
        basis=(basis.zh, basis.en),
        source=row.source,
        level=(level.zh, level.en),
        reference=row.reference,
        period=row.period or "",
        amount_fen=row.amount_fen,
        paid=row.paid,
        returned=row.returned,
    )
