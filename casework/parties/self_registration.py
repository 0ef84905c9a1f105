"""A firm asks for an account of its own; an officer who enters parties accepts, and only then party, account and password exist.

Natural persons do not register: a clerk enters them. `now` is real time, as everywhere in signing in.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, not_, or_, select, update
from sqlmodel import col

from casework.forms.form_fields import Fault, WrongForm
from casework.parties import party_register
from casework.parties.party_register import CODED, WRITERS, NewParty, checked_code
from casework.shared import tries_in_vain
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.shared.register_writes import Actor, filled, writer, writing
from casework.staff import person_accounts, sign_in, unit_register
from casework.staff.password_rules import refuse_weak
from casework.staff.person_accounts import NewPerson
from models import Duty, Party, PartyKind, Person, Registration, RegistrationState
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.forms import Text

TRIES, TRIES_OF_ALL = (
    10,
    200,
)  # requests within a quarter of an hour: of one source, and where sources are not told apart
_TRIED = "registration"
KEPT = timedelta(days=31)  # a request: refused, so that its sender can read why, or waiting for so long
MOST_WAITING = 200  # that are shown at once
READERS = (*WRITERS, Duty.AUDITOR)  # who sees the requests that wait
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}")
_EMPTIED = {
    "password_hash": "",
    "person_name": "",
    "contact": "",
}  # once decided: what was accepted stands in party and account
_ROWS: Select[Any] = select(Registration.__table__)  # type: ignore[attr-defined]
_LABELS = {
    "kind": Text("主体类别", "kind"),
    "code": Text("统一社会信用代码", "credit code"),
    "name": Text("名称", "name"),
    "town": Text("镇（街道）", "town"),
    "person": Text("经办人姓名", "name of the person"),
    "contact": Text("手机或邮箱", "phone or e-mail"),
    "login": Text("登录名", "login name"),
    "password": Text("密码", "password"),
}


@dataclass(frozen=True, kw_only=True)
class NewRegistration:
    """What a firm says of itself and of the person who acts for it."""

    kind: str
    code: str
    name: str
    person: str
    contact: str
    login: str
    password: str
    town: str = ""
    language: str = "zh"


@dataclass(frozen=True, kw_only=True)
class RegistrationRow:
    """A request as an officer sees it, and, by its receipt, its sender."""

    id: UUID
    kind: str
    code: str
    name: str
    town: str
    person: str
    contact: str
    login: str
    state: str
    made_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class WaitingRegistrations:
    """The oldest requests that wait, one code's together. `total` and `of_code` count all that wait; `decides`: the reader may."""

    rows: tuple[RegistrationRow, ...]
    total: int
    of_code: Mapping[str, int]
    decides: bool


def ask(store: Store, new: NewRegistration, *, source: str, now: datetime) -> str:
    """Keeps a request; the receipt with which its sender asks what became of it. WrongForm with every fault of the form.

    `source`: where the request comes from, which is held to so many requests in a quarter of an hour; "" where nobody knows.
    """
    fault = _faults(store, new)
    if fault:
        raise WrongForm(fault)
    with store.read() as work:
        tries_in_vain.refuse_blocked(work, _TRIED, source, now, field="code")
    tries_in_vain.failed(
        store, _TRIED, source, now, free=TRIES if source else TRIES_OF_ALL
    )  # each request counts, in vain or not
    hashed = sign_in.hashed_password(new.password)  # takes long: before the write begins, after the limit
    receipt, code, login = secrets.token_urlsafe(18), checked_code(PartyKind(new.kind), new.code), new.login.strip()
    with writing(store) as work:
        _refuse_known(work, code, login)
        _end_old(work, now)
        made = work.new_id()
        work.add(
            Registration,
            id=made,
            receipt=_hash(receipt),
            kind=new.kind,
            code=code,
            name=new.name.strip(),
            town=new.town,
            person_name=new.person.strip(),
            contact=new.contact.strip(),
            login=login,
            password_hash=hashed,
            language=new.language,
            made_at=now,
        )
        work.audit(actor="visitor", action="registration.ask", subject=str(made), content={"code": code})
    return receipt


def end_old(store: Store, *, now: datetime) -> int:
    """Takes away the requests that were refused, or that nobody decided, 31 days after they were made; how many. The portal does
    so when it starts, and with each new request; nobody is shown one that ended."""
    with writing(store) as work:
        return _end_old(work, now)


def asked(store: Store, receipt: str, *, now: datetime) -> RegistrationRow | None:
    """What became of a request, for whoever holds its receipt; None once it ended."""
    with store.read() as work:
        row = work.execute(_ROWS.where(col(Registration.receipt) == _hash(receipt), not_(_ended(now)))).first()
    return _row(row) if row else None


def waiting(store: Store, actor: Actor, *, now: datetime) -> WaitingRegistrations:
    """The requests that wait, the oldest `MOST_WAITING` of them in full, for who enters parties and for auditors."""
    with store.read() as work:
        who = writer(store, work, actor, *READERS, in_person=True)
        facts = reference(store, work)
        is_open = and_(col(Registration.state) == RegistrationState.WAITING, not_(_ended(now)))
        oldest = _ROWS.where(is_open).order_by(col(Registration.made_at), col(Registration.id)).limit(MOST_WAITING)
        rows = [_row(row) for row in work.execute(oldest)]
        counted = select(col(Registration.code), func.count()).where(is_open).group_by(col(Registration.code))
        of_code = {row[0]: row[1] for row in work.execute(counted)}
        decides = who.id is not None and any(facts.holding(who.id, duty, None, work.now) for duty in WRITERS)
    first = {row.code: row.made_at for row in reversed(rows)}
    return WaitingRegistrations(
        rows=tuple(sorted(rows, key=lambda row: (first[row.code], row.code, row.made_at))),
        total=sum(of_code.values()),
        of_code=of_code,
        decides=decides,
    )


def accept(store: Store, actor: Actor, registration: UUID, *, now: datetime) -> str:
    """Enters the party, its person's account and the password, in one transaction; the firm's name. Again is harmless."""
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS, in_person=True)
        row = _open(work, registration, RegistrationState.ACCEPTED)
        if row.state == RegistrationState.ACCEPTED:
            return str(row.name)
        _refuse_taken(work, row.login)
        new = NewParty(kind=row.kind, name=row.name, code=row.code, town=row.town, contact=row.contact)
        party = party_register.enter_in(store, work, who, new)
        account = NewPerson(
            login=row.login, name=row.person_name, party=party, contact=row.contact, language=row.language
        )
        person, _ = person_accounts.enter_in(store, work, who, account)
        work.flush()
        sign_in.keep_password(work, person, row.password_hash, now)
        _decide(work, row, who.id, state=RegistrationState.ACCEPTED, party_id=party)
        content = {"party": str(party), "person": str(person)}
        work.audit(actor=who.text, action="registration.accept", subject=str(row.id), content=content)
    return str(row.name)


def refuse(store: Store, actor: Actor, registration: UUID, *, reason: str) -> str:
    """Refuses a request with its reason, which its sender reads; the firm's name. The same again is harmless."""
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS, in_person=True)
        said = filled(reason, "reason", "不予通过的理由", "the reason", most=500)
        row = _open(work, registration, RegistrationState.REFUSED)
        if row.state == RegistrationState.REFUSED:
            return str(row.name)
        _decide(work, row, who.id, state=RegistrationState.REFUSED, reason=said)
        work.audit(actor=who.text, action="registration.refuse", subject=str(row.id), content={"reason": said})
    return str(row.name)


def towns(store: Store) -> tuple[str, ...]:
    """The towns and zones that a firm may name."""
    return tuple(unit.name for unit in unit_register.listed(store) if unit.kind in ("town", "zone"))


def _end_old(work: UnitOfWork, now: datetime) -> int:
    decided, kept = (
        col(Registration.state) != RegistrationState.WAITING,
        (col(Registration.person_name), col(Registration.contact)),
    )
    work.execute(update(Registration).where(decided, or_(*(text != "" for text in kept))).values(**_EMPTIED))
    return int(work.execute(delete(Registration).where(_ended(now))).rowcount)


def _ended(now: datetime) -> ColumnElement[bool]:
    return and_(col(Registration.state) != RegistrationState.ACCEPTED, col(Registration.made_at) < now - KEPT)


def _open(work: UnitOfWork, registration: UUID, wanted: RegistrationState) -> Any:
    """A request that waits, or was decided in the same way; one that was decided otherwise is refused."""
    row = work.execute(_ROWS.where(col(Registration.id) == registration).with_for_update()).first()
    if row is None:
        raise Refused("registration", "没有这个注册申请", "there is no such request", field="registration")
    if row.state not in (RegistrationState.WAITING, wanted):
        raise Refused("decided", "这个注册申请已由他人办理", "this request was decided already", field="registration")
    return row


def _decide(work: UnitOfWork, row: Any, by: UUID | None, **values: Any) -> None:
    decided = {**_EMPTIED, "decided_at": work.now, "decided_by": by, **values}
    work.execute(update(Registration).where(col(Registration.id) == row.id).values(**decided))


def _refuse_known(work: UnitOfWork, code: str, login: str) -> None:
    """What is entered already cannot be asked for again, nor a login that waits; a code can: who was first need not be the firm."""
    open_ones = col(Registration.state) == RegistrationState.WAITING
    if work.execute(select(col(Party.id)).where(col(Party.code) == code)).first() is not None:
        raise party_register.known(code)
    _refuse_taken(work, login)
    if (
        work.execute(select(col(Registration.id)).where(open_ones, col(Registration.login) == login)).first()
        is not None
    ):
        raise _taken(login)


def _refuse_taken(work: UnitOfWork, login: str) -> None:
    if work.execute(select(col(Person.id)).where(col(Person.login) == login)).first() is not None:
        raise _taken(login)


def _taken(login: str) -> Refused:
    return Refused("login", f"登录名 {login} 已被使用，请换一个", f"the login {login} is taken", field="login")


def _faults(store: Store, new: NewRegistration) -> list[Fault]:
    """Everything that is wrong with the form, all at once."""
    found: list[Fault] = []
    known = towns(store)
    _try(found, "kind", lambda: _kind(new.kind))
    _try(found, "code", lambda: checked_code(PartyKind.ENTERPRISE, new.code))
    _try(found, "name", lambda: filled(new.name, "name", "名称", "the name", most=140))
    _try(found, "town", lambda: _town(new.town, known))
    _try(found, "person", lambda: filled(new.person, "person", "经办人姓名", "the person's name", most=140))
    _try(found, "contact", lambda: filled(new.contact, "contact", "手机或邮箱", "a phone or e-mail", most=140))
    _try(found, "login", lambda: _login(new.login))
    words = (new.login, new.person, new.name, new.code, new.contact)
    _try(found, "password", lambda: refuse_weak(new.password, words))
    return found


def _try(found: list[Fault], field: str, check: Callable[[], Any]) -> None:
    try:
        check()
    except Refused as no:
        found.append(Fault(field, _LABELS[field], no.zh, no.en))


def _kind(kind: str) -> None:
    if kind not in CODED:
        raise Refused("kind", "请选择主体类别", "choose the kind", field="kind")


def _town(town: str, known: tuple[str, ...]) -> None:
    if known and town not in known:
        raise Refused("town", "请选择所在镇（街道）", "choose the town", field="town")


def _login(login: str) -> None:
    if not _LOGIN.fullmatch(login.strip()):
        zh = "登录名应为 4 至 64 个字母、数字或 . _ -，以字母或数字开头"
        en = "a login has 4 to 64 letters, digits or . _ -, and begins with a letter or digit"
        raise Refused("login", zh, en, field="login")


def _row(row: Any) -> RegistrationRow:
    return RegistrationRow(
        id=row.id,
        kind=row.kind,
        code=row.code,
        name=row.name,
        town=row.town,
        person=row.person_name,
        contact=row.contact,
        login=row.login,
        state=row.state,
        made_at=row.made_at,
        reason=row.reason,
    )


def _hash(receipt: str) -> str:
    return hashlib.sha256(receipt.encode()).hexdigest()
