"""Public notices as they are published: the list of a notice, natural persons masked."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.conditions.condition_wordings import titles, waivers
from casework.lifecycle.procedure import procedure_on
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.shared.reference import is_installed, policy_of, reference
from casework.views.offered_items import instead_of_money, unit_named
from models import Case, Notice, NoticeLine, Party
from models.clock import end_of
from models.store import Store
from policies.forms import Text


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
    measure_title: str = ""  # both empty where its policy is not here
    measure_title_en: str = ""

    @property
    def over_at(self) -> datetime:
        """The first instant after its last day."""
        return end_of(date.fromisoformat(self.closes_on))


@dataclass(frozen=True, kw_only=True)
class NoticeEntry:
    """One line of a published list."""

    number: str
    item: str
    title: str
    title_en: str
    applicant: str
    amount_fen: int | None
    contested: bool
    gives: Text | None = None  # what is given instead of an amount; None where money is
    waived: tuple[str, ...] = ()  # conditions that were overridden, by name


@dataclass(frozen=True, kw_only=True)
class PublishedNotice:
    """A notice as printed."""

    notice: NoticeRow
    policy_title: str
    policy_title_en: str
    measure_title: str
    measure_title_en: str
    lead: str
    lead_en: str
    list_hash: str
    demo: bool
    entries: tuple[NoticeEntry, ...]
    total_fen: int | None  # None where nothing of it is money


def notices(store: Store, *, measure: str | None = None, open_only: bool = False) -> tuple[NoticeRow, ...]:
    """Notices, the newest first."""
    query = select(Notice.__table__).order_by(col(Notice.opens_on).desc(), col(Notice.number).desc())  # type: ignore[attr-defined]
    if measure:
        query = query.where(col(Notice.measure) == measure)
    with store.read() as work:
        today = work.today.isoformat()
        found = tuple(_row(row, today) for row in work.execute(query))
    return tuple(notice for notice in found if notice.open or not open_only)


def published_notice(store: Store, number: str) -> PublishedNotice:
    """One notice with its lines, for printing; an unknown one is refused."""
    with store.read() as work:
        row = work.execute(select(Notice.__table__).where(col(Notice.number) == number.strip().upper())).first()  # type: ignore[attr-defined]
        if row is None:
            zh, en = f"没有公示 {number}，请用 notices 查看编号", f"there is no notice {number}: see notices"
            raise Refused("notice", zh, en, field="number")
        policy = policy_of(row.policy)
        measure = policy.measure(row.measure)
        lead = procedure_on(reference(store, work), policy, measure.items[0].id, work.today).lead
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
        given = waivers(work, [notice_line.id for notice_line in listed])
        items = {
            notice_line.id: policy.item_as(notice_line.item, notice_line.rule_version, work.today)
            for notice_line in listed
        }
        entries = tuple(
            NoticeEntry(
                number=notice_line.number,
                item=notice_line.item,
                title=items[notice_line.id].title.zh,
                title_en=items[notice_line.id].title.en,
                applicant=party_name(notice_line.kind, notice_line.name),
                amount_fen=notice_line.amount_fen if items[notice_line.id].pays else None,
                gives=None if items[notice_line.id].pays else instead_of_money(items[notice_line.id]),
                contested=notice_line.contested,
                waived=titles(items[notice_line.id], given.get(notice_line.id, ())),
            )
            for notice_line in listed
        )
        return PublishedNotice(
            notice=_row(row, work.today.isoformat()),
            policy_title=policy.title.zh,
            policy_title_en=policy.title.en,
            measure_title=measure.title.zh,
            measure_title_en=measure.title.en,
            lead=lead,
            lead_en=unit_named(policy, lead).en,
            list_hash=row.list_hash,
            demo=work.demo,
            entries=entries,
            total_fen=_total(entries),
        )


def _total(entries: tuple[NoticeEntry, ...]) -> int | None:
    amounts = [entry.amount_fen or 0 for entry in entries if entry.gives is None]
    return sum(amounts) if amounts or not entries else None


def _row(row: Any, today: str) -> NoticeRow:
    title = policy_of(row.policy).measure(row.measure).title if is_installed(row.policy) else Text("", "")
    return NoticeRow(
        number=row.number,
        policy=row.policy,
        measure=row.measure,
        opens_on=row.opens_on,
        closes_on=row.closes_on,
        lines=row.lines,
        open=row.opens_on <= today <= row.closes_on,
        measure_title=title.zh,
        measure_title_en=title.en,
    )
