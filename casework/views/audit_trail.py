"""The audit chain as auditors read it: filtered, in pages from the newest back, with its head and what the last proof found."""

from dataclasses import dataclass
from datetime import date, datetime
from json import loads
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import col

from casework.calendar_jobs.integrity_check import ALARM, VERIFY, prove_at_word
from casework.lifecycle.read_access import Reader, refuse_all_but_onlookers
from casework.operations.alarms import lasting
from casework.operations.heartbeat import last
from casework.shared.register_writes import Actor, writer, writing
from models import AuditEntry, Duty, Person
from models.clock import end_of, start_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from models.verify import Head, Report, export_audit, head

_NEWEST = 20_000  # rows whose words the filter offers; any other word may be typed
_WHAT = ("审计链", "the audit chain")


@dataclass(frozen=True, kw_only=True)
class TrailFilter:
    """ "" and None ask for nothing. `actor`: a login, or `system`; `action`: its beginning; `subject`: a case's number or an id."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, kw_only=True)
class TrailRow:
    """One row of the chain; `who`: the account's name, or the program itself."""

    seq: int
    at: datetime
    who: str
    action: str
    subject: str
    version: int
    content: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class TrailPage:
    """Rows from the newest back; `before`: where the next page goes on, 0 where there is none."""

    rows: tuple[TrailRow, ...]
    before: int


@dataclass(frozen=True, kw_only=True)
class LastProof:
    """When the invariants were proven last (real time), and what of them does not hold since; `checks` names it."""

    at: datetime | None
    broken: bool
    checks: str


def trail(store: Store, wanted: TrailFilter, *, before: int = 0, limit: int = 50, reader: Reader) -> TrailPage:
    """A page of the chain; for those who look on."""
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, _WHAT)
        query = _found(work, wanted)
        if before:
            query = query.where(col(AuditEntry.seq) < before)
        rows = work.execute(query.order_by(col(AuditEntry.seq).desc()).limit(limit + 1)).all()
        names = _names(work, {row.actor for row in rows[:limit]})
    shown = tuple(
        TrailRow(
            seq=row.seq,
            at=row.at,
            who=names.get(row.actor, row.actor),
            action=row.action,
            subject=row.subject,
            version=row.version,
            content=row.content,
            hash=row.hash,
        )
        for row in rows[:limit]
    )
    return TrailPage(rows=shown, before=shown[-1].seq if len(rows) > limit else 0)


def actions(store: Store, reader: Reader) -> tuple[str, ...]:
    """The words under which the newest rows were written, for the filter."""
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, _WHAT)
        newest = select(col(AuditEntry.action)).order_by(col(AuditEntry.seq).desc()).limit(_NEWEST).subquery()
        return tuple(sorted(work.execute(select(newest.c.action).distinct()).scalars()))


def chain_head(store: Store, reader: Reader) -> Head:
    """Where the chain ends now: to be kept elsewhere, as an anchor."""
    _refuse(store, reader)
    return head(store)


def written_chain(store: Store, path: Path, reader: Reader) -> Head:
    """Writes the whole chain as JSON lines, as `duixian audit export` does."""
    _refuse(store, reader)
    return export_audit(store, path)


def last_proof(store: Store, reader: Reader) -> LastProof:
    """What the newest run of `verify` found."""
    _refuse(store, reader)
    broken = ALARM in lasting(store)
    with store.read() as work:
        found = work.execute(
            select(col(AuditEntry.content))
            .where(col(AuditEntry.subject) == ALARM, col(AuditEntry.action) == "alarm.wrong")
            .order_by(col(AuditEntry.seq).desc())
            .limit(1)
        ).scalar()
    said: dict[str, Any] = loads(found) if found and broken else {}
    return LastProof(at=last(store, VERIFY), broken=broken, checks=str(said.get("checks", "")))


def begin_proof(store: Store, actor: Actor) -> None:
    """Notes in the chain who asked for a proof out of turn; auditors and administrators may."""
    with writing(store) as work:
        who = writer(store, work, actor, Duty.AUDITOR, Duty.ADMINISTRATOR)
        work.audit(actor=who.text, action="jobs.run", subject=VERIFY, content={"date": work.today.isoformat()})


def proof(store: Store) -> Report:
    """Every invariant over one consistent reading, as `duixian verify`; what does not hold sounds the alarm, as each hour."""
    return prove_at_word(store)


def _refuse(store: Store, reader: Reader) -> None:
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, _WHAT)


def _found(work: UnitOfWork, wanted: TrailFilter) -> Select[Any]:
    where: list[ColumnElement[bool]] = []
    if wanted.actor:
        owner = work.execute(select(col(Person.id)).where(col(Person.login) == wanted.actor)).scalar()
        where.append(col(AuditEntry.actor) == (str(owner) if owner else wanted.actor))
    if wanted.action:
        where.append(col(AuditEntry.action).startswith(wanted.action, autoescape=True))
    if wanted.subject:
        where.append(col(AuditEntry.subject).in_({wanted.subject, wanted.subject.upper(), wanted.subject.lower()}))
    if wanted.first:
        where.append(col(AuditEntry.at) >= start_of(wanted.first))
    if wanted.last:
        where.append(col(AuditEntry.at) < end_of(wanted.last))
    return select(AuditEntry.__table__).where(*where)  # type: ignore[attr-defined]


def _names(work: UnitOfWork, actors: set[str]) -> dict[str, str]:
    """Accounts by login; what is no account stays as it is."""
    ids = {}
    for actor in actors:
        try:
            ids[UUID(actor)] = actor
        except ValueError:
            continue
    rows = work.execute(select(col(Person.id), col(Person.login)).where(col(Person.id).in_(list(ids))))
    return {ids[row.id]: row.login for row in rows}
