"""The end of retention: a natural person whose cases are all over is anonymised by destroying the key that sealed their data.

One person proposes, another confirms. With the confirmation the key is gone, in the same transaction; the papers' bytes follow
(`clear`), which may be cut off anywhere and is taken up again by the daily job. Decisions, ledger and audit stay as they are.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from json import loads
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy import case as when
from sqlmodel import col

from casework.privacy.personal_keys import anonymised_key
from casework.shared.errors import Refused
from casework.shared.people_names import names_of
from casework.shared.policies_in_use import of_work
from casework.shared.reference import Reference, reference, touch
from casework.shared.register_writes import Actor, Writer, filled, one_side, refuse_own, writer, writing
from models import (
    TERMINAL,
    Anonymisation,
    Case,
    Contact,
    ContactStatus,
    Duty,
    Erasure,
    Evidence,
    OrderState,
    Party,
    PartyKind,
    PaymentOrder,
    Person,
    PersonalKey,
    SubjectKey,
)
from models.clock import business_date, months_later
from models.columns import canonical_json
from models.payments import ENDED_ORDERS
from models.sealing import GONE, RING
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash

SETTING = "P-retention-months"
PROPOSERS = (Duty.ADMINISTRATOR,)
CONFIRMERS = (Duty.ADMINISTRATOR, Duty.AUDITOR, Duty.HEAD)
_OPEN = (Erasure.PROPOSED, Erasure.CONFIRMED)
_ROWS: Select[Any] = select(Anonymisation.__table__)  # type: ignore[attr-defined]


class Papers(Protocol):
    """Where papers are kept under their hash."""

    def remove(self, sha256: str) -> bool:
        """Removes a paper; whether there was one."""
        ...


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A natural person before the end of retention. `due_on` is None while a period is unset or a case is open."""

    party: UUID
    name: str
    cases: int
    open_cases: int
    ended_on: str
    due_on: date | None
    basis: str
    basis_en: str
    status: str  # none, or where the anonymisation stands
    anonymisation: UUID | None


@dataclass(frozen=True, kw_only=True)
class Extent:
    """What is destroyed of a person: how many cases, accounts and addresses lose what is personal in them, and which papers go."""

    cases: int
    logins: int
    contacts: int
    papers: int
    shared_papers_kept: int

    @property
    def digest(self) -> str:
        """Names what was looked at."""
        return content_hash(canonical_json(asdict(self)))


def extent(work: UnitOfWork, party: UUID) -> Extent:
    """What confirming would destroy of a person; nothing is written."""
    mine = set(_papers(work, party))
    kept = set(_others(work, party, mine))
    addresses = select(func.count()).select_from(Contact).where(col(Contact.holder).in_(_holders(work, party)))
    contacts = int(work.execute(addresses.where(col(Contact.address) != "")).scalar_one())
    return Extent(**_counts(work, party), contacts=contacts, papers=len(mine - kept), shared_papers_kept=len(kept))


def subjects(store: Store, work: UnitOfWork, *, party: UUID | None = None) -> list[Subject]:
    """Every natural person with a key that is not destroyed yet (or the one asked for), as they were entered."""
    facts = reference(store, work)
    standing = {row.party_id: row for row in work.execute(_ROWS.order_by(col(Anonymisation.proposed_at)))}
    months, paying, mine = _months(work, facts, party), _paying(work, party), []
    for row in work.execute(_of(_people(), Party.id, party)).all():
        period = months.get(row.id, months[None])
        mine.append(_subject(row, period, row.id in paying, standing.get(row.id)))
    return mine


def due(store: Store, work: UnitOfWork, day: date) -> list[Subject]:
    """Those whose retention is over on a day and who are not proposed yet."""
    return [
        subject
        for subject in subjects(store, work)
        if subject.due_on and subject.due_on <= day and subject.status not in _OPEN
    ]


def propose(store: Store, actor: Actor, party: UUID) -> UUID:
    """Proposes that a person be anonymised; nothing happens until somebody else confirms it."""
    with writing(store) as work:
        who = writer(store, work, actor, *PROPOSERS, in_person=True)
        refuse_own(store, work, who, [party], PROPOSERS, "提议其匿名化", "propose its anonymisation")
        # whoever proposes the same person at the same moment waits here, and finds this proposal
        work.execute(select(col(PersonalKey.id)).where(col(PersonalKey.party_id) == party).with_for_update())
        subject = next(iter(subjects(store, work, party=party)), None)
        if subject is None:
            raise Refused(
                "party", "没有这个自然人，或其个人信息已匿名", "no such natural person is kept", field="party"
            )
        if subject.status in _OPEN and subject.anonymisation is not None:
            return subject.anonymisation
        if subject.due_on is None or subject.due_on > work.today:
            raise Refused(
                "not_due", f"尚未到期，不能匿名化：{subject.basis}", f"not due: {subject.basis_en}", field="party"
            )
        made = work.new_id()
        values = {
            "party_id": party,
            "ended_on": subject.ended_on,
            "due_on": subject.due_on.isoformat(),
            "basis": subject.basis,
        }
        work.add(Anonymisation, id=made, proposed_by=who.id, proposed_at=work.now, **values)
        content = {**values, "party_id": str(party)}
        work.audit(actor=who.text, action="retention.propose", subject=str(made), content=content)
    return made


def reject(store: Store, actor: Actor, anonymisation: UUID, *, reason: str) -> None:
    """Somebody else says no; the person may be proposed again."""
    why = filled(reason, "reason", "理由", "the reason")
    with writing(store) as work:
        who, _ = _second(store, work, actor, anonymisation)
        settled = {"status": Erasure.REJECTED, "confirmed_by": who.id, "confirmed_at": work.now}
        work.execute(update(Anonymisation).where(col(Anonymisation.id) == anonymisation).values(**settled))
        work.audit(actor=who.text, action="retention.reject", subject=str(anonymisation), content={"reason": why})


def confirm(store: Store, vault: Papers, actor: Actor, anonymisation: UUID, *, seen: str = "") -> dict[str, Any]:
    """A second person confirms: the key is destroyed at once, the papers after it. Returns what was cleared.

    `seen`: the digest of what was said to be destroyed (`extent`); where that has changed since, nothing is.
    """
    with writing(store) as work:
        if not work.postgres:
            work.execute(text("PRAGMA secure_delete=ON"))  # the wrapped key does not linger in a free page
        who, row = _second(store, work, actor, anonymisation)
        subject = next(iter(subjects(store, work, party=row.party_id)), None)
        if subject is None or subject.due_on is None or subject.due_on > work.today:
            why, english = (subject.basis, subject.basis_en) if subject else ("已匿名", "anonymised already")
            raise Refused("not_due", f"情况有变，不能匿名化：{why}；请驳回", f"not due any more: {english}", field="id")
        if seen and seen != extent(work, row.party_id).digest:
            zh = "查看之后，将被清除的内容已有变化，尚未清除：请重新核对"
            raise Refused("stale", zh, "what would be destroyed changed since you looked: look again", field="seen")
        settled = {"status": Erasure.CONFIRMED, "confirmed_by": who.id, "confirmed_at": work.now}
        work.execute(update(Anonymisation).where(col(Anonymisation.id) == anonymisation).values(**settled))
        key = _destroy(work, row.party_id)
        content = {"party": str(row.party_id), "key": str(key)}
        work.audit(actor=who.text, action="retention.confirm", subject=str(anonymisation), content=content)
    RING.keep(key, None)
    _settle(store)
    return clear(store, vault, anonymisation)


def clear(store: Store, vault: Papers, anonymisation: UUID) -> dict[str, Any]:
    """Removes the papers that belong to nobody else, and writes down what is gone; repeating it is harmless."""
    with store.read() as work:
        row = work.execute(_ROWS.where(col(Anonymisation.id) == anonymisation)).one()
        if row.status == Erasure.CLEARED:
            done: dict[str, Any] = loads(row.cleared)
            return done
        mine = set(_papers(work, row.party_id))
        kept = set(_others(work, row.party_id, mine))
    removed = sum(vault.remove(sha256) for sha256 in sorted(mine - kept))
    with writing(store) as work:
        content = {**_counts(work, row.party_id), "papers": len(mine - kept), "shared_papers_kept": len(kept)}
        values = {"status": Erasure.CLEARED, "cleared_at": work.now, "cleared": canonical_json(content)}
        this = update(Anonymisation).where(
            col(Anonymisation.id) == anonymisation, col(Anonymisation.status) == Erasure.CONFIRMED
        )
        if work.execute(this.values(**values)).rowcount:
            stated = {**content, "removed_now": removed}
            work.audit(actor="system", action="retention.clear", subject=str(anonymisation), content=stated)
    return content


def unfinished(work: UnitOfWork) -> list[UUID]:
    """Confirmed, but the papers are not all gone: something was cut off."""
    mine = select(col(Anonymisation.id)).where(col(Anonymisation.status) == Erasure.CONFIRMED)
    return list(work.execute(mine).scalars())


def listed(work: UnitOfWork) -> list[Any]:
    """Every anonymisation with its two people, the newest last."""
    rows = work.execute(_ROWS.order_by(col(Anonymisation.proposed_at))).all()
    people = names_of(work, [person for row in rows for person in (row.proposed_by, row.confirmed_by)])
    names = ("id", "party_id", "status", "ended_on", "due_on", "basis", "proposed_at", "confirmed_at", "cleared_at")
    return [
        {name: getattr(row, name) for name in names}
        | {"proposed_by": people.get(row.proposed_by, ""), "confirmed_by": people.get(row.confirmed_by, "")}
        | {"cleared": loads(row.cleared) if row.cleared else None}
        for row in rows
    ]


def _people() -> Select[Any]:
    over = when((col(Case.state).in_(sorted(TERMINAL)), 0), (col(Case.id).is_(None), 0), else_=1)
    return (
        select(
            col(Party.id), col(Party.name), col(Party.created_at), func.count(Case.id).label("cases"),  # type: ignore[arg-type]
            func.sum(over).label("open"), func.max(Case.changed_at).label("last"),
        )
        .join(PersonalKey, (col(PersonalKey.party_id) == col(Party.id)) & col(PersonalKey.destroyed_at).is_(None))
        .join(Case, col(Case.party_id) == col(Party.id), isouter=True)
        .where(col(Party.kind) == PartyKind.PERSON)
        .group_by(col(Party.id), col(Party.name), col(Party.created_at))
        .order_by(col(Party.created_at), col(Party.id))
    )  # fmt: skip


def _subject(row: Any, months: int | None, paying: bool, standing: Any | None) -> Subject:
    ended = business_date(row.last or row.created_at)
    due_on = None
    if row.open:
        basis, english = f"还有 {row.open} 件未办结", f"{row.open} cases are still open"
    elif paying:
        basis, english = "还有拨付指令没有结果", "a payment order has no result yet"
    elif months is None:
        basis, english = f"未设定保存期限（{SETTING}），不作匿名化", f"{SETTING} is unset: not anonymised"
    else:
        due_on = months_later(ended, months)
        basis = f"{ended} 办结，保存 {months} 个月，{due_on} 到期"
        english = f"ended on {ended}, kept for {months} months, due on {due_on}"
    return Subject(
        party=row.id,
        name=row.name,
        cases=int(row.cases),
        open_cases=int(row.open or 0),
        ended_on=ended.isoformat(),
        due_on=due_on,
        basis=basis,
        basis_en=english,
        status=str(standing.status) if standing and standing.status in _OPEN else "",
        anonymisation=standing.id if standing and standing.status in _OPEN else None,
    )


def _months(work: UnitOfWork, facts: Reference, party: UUID | None) -> dict[UUID | None, int | None]:
    """Each applicant's period: the longest of the policies applied under, None while one of them says none.

    Under None: the period of somebody who never applied, by all policies of the store.
    """
    known = {policy.code: facts.setting(policy, SETTING, work.today) for policy in of_work(work)}
    applied: dict[UUID | None, set[str]] = {None: set(known)}
    for row in work.execute(_of(select(col(Case.party_id), col(Case.policy)).distinct(), Case.party_id, party)):
        applied.setdefault(row.party_id, set()).add(row.policy)
    periods = {person: [known[code] for code in codes if code in known] for person, codes in applied.items()}
    return {person: None if not found or None in found else max(found) for person, found in periods.items()}


def _paying(work: UnitOfWork, party: UUID | None) -> set[UUID]:
    """Those of whom a payment is still under way."""
    over = [*ENDED_ORDERS, OrderState.SETTLED]
    query = select(col(Case.party_id)).distinct().join(PaymentOrder, col(PaymentOrder.case_id) == col(Case.id))
    return set(work.execute(_of(query.where(col(PaymentOrder.state).not_in(over)), Case.party_id, party)).scalars())


def _of(query: Select[Any], column: Any, party: UUID | None) -> Select[Any]:
    """The query, narrowed to one party where one is asked for."""
    return query if party is None else query.where(col(column) == party)


def _second(store: Store, work: UnitOfWork, actor: Actor, anonymisation: UUID) -> tuple[Writer, Any]:
    """The person who settles a proposal: never the natural person who made it, under whatever account."""
    who = writer(store, work, actor, *CONFIRMERS, in_person=True)
    row = work.execute(_ROWS.where(col(Anonymisation.id) == anonymisation).with_for_update()).first()
    if row is None or row.status != Erasure.PROPOSED:
        raise Refused("proposal", "没有待确认的匿名化提议", "there is no such proposal to settle", field="id")
    _refuse_first(store, work, who, row)
    return who, row


def _refuse_first(store: Store, work: UnitOfWork, who: Writer, row: Any) -> None:
    if one_side(store, work, who, CONFIRMERS, row.proposed_by, row.proposed_at, PROPOSERS):
        raise Refused("second_person", "须由提议人以外的另一人确认", "a second person must settle this", field="by")
    refuse_own(store, work, who, [row.party_id], CONFIRMERS, "确认或驳回其匿名化", "settle its anonymisation")


def hinders(store: Store, work: UnitOfWork, actor: Actor, row: Any) -> Refused | None:
    """Why somebody may not settle a proposal; None where they may."""
    try:
        _refuse_first(store, work, writer(store, work, actor, *CONFIRMERS, in_person=True), row)
    except Refused as no:
        return no
    return None


def _destroy(work: UnitOfWork, party: UUID) -> UUID:
    """Empties the key and everything personal that it did not seal: the blind index, masked numbers, accounts, subjects."""
    key = work.execute(select(col(PersonalKey.id)).where(col(PersonalKey.party_id) == party)).scalar_one()
    ended = {"wrapped": "", "destroyed_at": work.now}
    work.execute(update(PersonalKey).where(col(PersonalKey.id) == key).values(**ended))
    blank = {"code": f"anonymised:{key.hex}", "code_masked": "", "registered_on": "", "contact": ""}
    work.execute(update(Party).where(col(Party.id) == party).values(**blank))
    holders = _holders(work, party)
    for (account,) in work.execute(select(col(Person.id)).where(col(Person.party_id) == party)).all():
        closed = {"login": f"anonymised-{account.hex}", "name": GONE, "contact": "", "active": False}
        work.execute(update(Person).where(col(Person.id) == account).values(**closed))
    mine = select(col(Case.id)).where(col(Case.party_id) == party)
    for (subject,) in work.execute(select(col(SubjectKey.id)).where(col(SubjectKey.case_id).in_(mine))).all():
        blank_key = update(SubjectKey).where(col(SubjectKey.id) == subject)
        work.execute(blank_key.values(key=anonymised_key(subject)))
    erased = {"address": "", "status": ContactStatus.REPLACED, "changed_at": work.now, "reason": "匿名化"}
    work.execute(update(Contact).where(col(Contact.holder).in_(holders)).values(**erased))
    touch(work)
    return UUID(str(key))


def _holders(work: UnitOfWork, party: UUID) -> list[str]:
    """Whose addresses are the person's: the party's and its accounts'."""
    accounts = work.execute(select(col(Person.id)).where(col(Person.party_id) == party)).scalars()
    return [f"party:{party}", *(f"person:{account}" for account in accounts)]


def _settle(store: Store) -> None:
    """On SQLite the old pages also leave the write-ahead log; PostgreSQL's vacuum and log are the operators' (see docs)."""
    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _papers(work: UnitOfWork, party: UUID) -> Iterator[str]:
    mine = select(col(Evidence.sha256)).join(Case, col(Case.id) == col(Evidence.case_id))
    yield from work.execute(mine.where(col(Case.party_id) == party).distinct()).scalars()


def _others(work: UnitOfWork, party: UUID, papers: set[str]) -> Iterator[str]:
    """Papers of these that a case of somebody else shows too: they stay."""
    gone = select(col(PersonalKey.party_id)).where(col(PersonalKey.destroyed_at).is_not(None))
    theirs = select(col(Evidence.sha256)).join(Case, col(Case.id) == col(Evidence.case_id))
    theirs = theirs.where(col(Case.party_id) != party, col(Case.party_id).not_in(gone))
    for sha256 in work.execute(theirs.distinct()).scalars():
        if sha256 in papers:
            yield sha256


def _counts(work: UnitOfWork, party: UUID) -> dict[str, int]:
    """How many cases and accounts the key had sealed."""
    cases = select(func.count()).select_from(Case).where(col(Case.party_id) == party)
    accounts = select(func.count()).select_from(Person).where(col(Person.party_id) == party)
    return {"cases": int(work.execute(cases).scalar_one()), "logins": int(work.execute(accounts).scalar_one())}
