"""Public notices as they are published: the list of a notice, natural persons masked."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.errors import Refused
from casework.queries.conditions import titles, waivers
from casework.queries.masking import party_name
from models import Case, Notice, NoticeLine, Party
from models.store import Store
from policies import get


@dataclass(frozen=True, kw_only=True)
class NoticeRow:
    """A notice in the list of notices; both days included."""

    number: str
    policy: str
    measure: str
    opens_on: str
    closes_on: str
    lines: int
    open: bool


@dataclass(frozen=True, kw_only=True)
class NoticeEntry:
    """One line of a published list."""

    number: str
    item: str
    title: str
    applicant: str
    amount_fen: int | None
    contested: bool
    waived: tuple[str, ...] = ()  # conditions that were overridden, by name


@dataclass(frozen=True, kw_only=True)
class NoticeSheet:
    """A notice as printed."""

    notice: NoticeRow
    policy_title: str
    measure_title: str
    list_hash: str
    demo: bool
    entries: tuple[NoticeEntry, ...]
    total_fen: int


def notices(store: Store, *, measure: str | None = None, open_only: bool = False) -> tuple[NoticeRow, ...]:
    """Notices, the newest first."""
    query = select(Notice.__table__).order_by(col(Notice.opens_on).desc(), col(Notice.number).desc())  # type: ignore[attr-defined]
    if measure:
        query = query.where(col(Notice.measure) == measure)
    with store.read() as work:
        today = work.today.isoformat()
        found = tuple(_row(row, today) for row in work.execute(query))
    return tuple(one for one in found if one.open or not open_only)


def notice_sheet(store: Store, number: str) -> NoticeSheet:
    """One notice with its lines, for printing; an unknown one is refused."""
    with store.read() as work:
        row = work.execute(select(Notice.__table__).where(col(Notice.number) == number.strip().upper())).first()  # type: ignore[attr-defined]
        if row is None:
            zh, en = f"没有公示 {number}，请用 notices 查看编号", f"there is no notice {number}: see notices"
            raise Refused("notice", zh, en, field="number")
        policy = get(row.policy)
        query = (
            select(
                col(Case.id),
                col(Case.number),
                col(Case.item),
                col(Case.rule_version),
                col(Case.amount_fen),
                col(Case.contested),
                col(Party.kind),
                col(Party.name),
            )
            .join(NoticeLine, col(NoticeLine.case_id) == col(Case.id))
            .join(Party, col(Party.id) == col(Case.party_id))
            .where(col(NoticeLine.notice_id) == row.id)
            .order_by(col(Case.number))
        )
        listed = work.execute(query).all()
        given = waivers(work, [one.id for one in listed])
        items = {one.id: policy.item_as(one.item, one.rule_version, work.today) for one in listed}
        entries = tuple(
            NoticeEntry(
                number=one.number,
                item=one.item,
                title=items[one.id].title.zh,
                applicant=party_name(one.kind, one.name),
                amount_fen=one.amount_fen,
                contested=one.contested,
                waived=titles(items[one.id], given.get(one.id, ())),
            )
            for one in listed
        )
        return NoticeSheet(
            notice=_row(row, work.today.isoformat()),
            policy_title=policy.title.zh,
            measure_title=policy.measure(row.measure).title.zh,
            list_hash=row.list_hash,
            demo=work.demo,
            entries=entries,
            total_fen=sum(one.amount_fen or 0 for one in entries),
        )


def _row(row: Any, today: str) -> NoticeRow:
    return NoticeRow(
        number=row.number,
        policy=row.policy,
        measure=row.measure,
        opens_on=row.opens_on,
        closes_on=row.closes_on,
        lines=row.lines,
        open=row.opens_on <= today <= row.closes_on,
    )
