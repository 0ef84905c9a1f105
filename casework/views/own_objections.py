"""异议 as an applicant sees them: what was objected to its own cases on notice, how that stands, and its notices that run.

Not what the objection says: it may tell who objected. Whose an objection is is not recorded either (an officer enters it), so that
what an applicant objected to others' cases is in no list.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.awards.objections import DISMISSED, MOOT, OPEN, UPHELD
from casework.shared.reference import is_installed, policy_of
from casework.views.own_cases import own_party
from models import Case, Notice, NoticeLine, Objection
from models.clock import end_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.forms import Text

_STANDS = {
    OPEN: Text("待答复，本案暂停", "waits for its answer; the case waits too"),
    DISMISSED: Text("不成立，本案继续办理", "dismissed; the case goes on"),
    UPHELD: Text("成立，本案不予支持", "upheld; the case is refused"),
    MOOT: Text("终止，不再答复", "ended without an answer"),
}


@dataclass(frozen=True, kw_only=True)
class OwnObjection:
    """One objection to a case of the applicant's. `answer` is what was said of it."""

    case: str
    item: Text
    notice: str
    position: int
    raised_at: datetime
    open: bool
    stands: Text
    answer_due: datetime
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OwnNotice:
    """A notice that runs, with a case of the applicant's on it."""

    number: str
    case: str
    item: Text
    closes_on: str
    over_at: datetime
    contested: bool


@dataclass(frozen=True, kw_only=True)
class OwnObjections:
    """Open objections first, then the newest; and where others could object now."""

    objections: tuple[OwnObjection, ...]
    running: tuple[OwnNotice, ...]


def own_objections(store: Store, reader: UUID) -> OwnObjections:
    """Of the reader's party; Refused for who acts for none."""
    party = own_party(store, reader).id
    with store.read() as work:
        today = work.today.isoformat()
        lines = _lines(work, party)
        columns = (Objection.__table__, col(Case.number), col(Case.policy), col(Case.item))  # type: ignore[attr-defined]
        query = select(*columns).join(Case, col(Case.id) == col(Objection.case_id))
        rows = work.execute(query.where(col(Case.party_id) == party).order_by(col(Objection.raised_at).desc())).all()
    found = [
        OwnObjection(
            case=row.number,
            item=_title(row.policy, row.item),
            notice=next(
                (line.number for line in lines if line.case == row.case_id and line.made_at <= row.raised_at), ""
            ),
            position=row.position,
            raised_at=row.raised_at,
            open=row.outcome == OPEN,
            stands=_STANDS[row.outcome],
            answer_due=row.answer_due,
            answer=row.answer,
            answered_at=row.answered_at,
        )
        for row in rows
    ]
    running = [line for line in lines if line.opens_on <= today <= line.closes_on]
    return OwnObjections(
        objections=tuple(sorted(found, key=lambda objection: not objection.open)),
        running=tuple(
            OwnNotice(
                number=line.number,
                case=line.case_number,
                item=_title(line.policy, line.item),
                closes_on=line.closes_on,
                over_at=end_of(date.fromisoformat(line.closes_on)),
                contested=line.contested,
            )
            for line in running
        ),
    )


def _lines(work: UnitOfWork, party: UUID) -> list[Any]:
    """Where the cases of a party stand or stood on notice, the newest first."""
    columns: tuple[Any, ...] = (
        col(NoticeLine.case_id).label("case"), col(Case.number).label("case_number"), col(Case.policy), col(Case.item),
        col(Case.contested), col(Notice.number), col(Notice.opens_on), col(Notice.closes_on), col(Notice.made_at),
    )  # fmt: skip
    query = (
        select(*columns)
        .join(Notice, col(Notice.id) == col(NoticeLine.notice_id))
        .join(Case, col(Case.id) == col(NoticeLine.case_id))
        .where(col(Case.party_id) == party)
        .order_by(col(Notice.made_at).desc())
    )
    return list(work.execute(query))


def _title(policy: str, item: str) -> Text:
    found = policy_of(policy).item(item).title if is_installed(policy) else None
    return Text(found.zh, found.en) if found else Text(item, item)
