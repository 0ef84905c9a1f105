"""Signing in with a browser: a password, where an account has one a second factor, and a session that the server keeps.

What is refused says nothing about whether an account exists, and takes as long. `now` is real time, in rehearsals too.
"""

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, exists, select, update
from sqlmodel import col

from casework.privacy import identity_numbers
from casework.shared.errors import Refused, Retryable
from casework.shared.register_writes import Actor, writer, writing
from casework.shared.tries_in_vain import TriesInVain, failed, forget, refuse_blocked
from casework.staff import logins
from casework.staff.password_rules import LONGEST, refuse_weak, words_of
from models import ChatAccount, Duty, Enrolment, Passkey, Password, Person, SecondFactor, WebSession
from models.sealing import unwrap, wrap
from models.store import Store
from models.unit_of_work import UnitOfWork

IDLE, ABSOLUTE = timedelta(minutes=60), timedelta(hours=12)
STEPPED_UP = timedelta(minutes=10)  # how long a second factor counts for what needs it fresh
ENROLMENT_DAYS = 7
SIGN_IN, SECOND, OWN, CHAT = "sign-in", "second-factor", "own-session", "chat-session"  # what is counted in vain
_TOUCH = timedelta(seconds=60)  # a session's last sight is written at most this often
_STEP, _DIGITS = 30, 6  # of the second factor (RFC 6238)
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # what OWASP gives as the least
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True, kw_only=True)
class Session:
    """Who is signed in. `hash` names the session; `factor`: the account has a second factor, an `authenticator` or a passkey."""

    hash: str
    person: UUID
    login: str
    name: str
    party: UUID | None
    language: str
    ends_at: datetime
    stepped_up_at: datetime | None
    factor: bool
    authenticator: bool = False
    passkeys: bool = False
    reads_only: bool = False  # begun by a chat app, and no password given since

    def stepped_up(self, now: datetime) -> bool:
        """Whether a second factor was shown lately; an account that has none needs none here, but for its password once."""
        if self.reads_only:
            return False
        return not self.factor or self.shown_within(STEPPED_UP, now)

    def shown_within(self, span: timedelta, now: datetime) -> bool:
        """Whether a code, or the password where an account has no second factor, was shown in it within a span."""
        return self.stepped_up_at is not None and now - self.stepped_up_at < span


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One of a person's own sessions, as listed."""

    hash: str
    made_at: datetime
    seen_at: datetime
    agent: str


def sign_in(
    store: Store, login: str, password: str, *, now: datetime, agent: str = "", code: str = "", source: str = ""
) -> str:
    """The secret of a new session (for the cookie); Refused with one and the same text for every wrong pair.

    `source`: the address that the request came from, "" where it is not known: tries in vain are counted for both together.
    """
    name = login.strip()[:64]
    tries = TriesInVain(kind=SIGN_IN, name=name, source=source)
    with store.read() as work:
        tries.refuse(work, now, field="login")
        found = work.execute(
            select(col(Person.id), col(Password.hash))
            .join(Password, col(Password.person_id) == col(Person.id))
            .where(col(Person.login) == name, col(Person.active))
        ).first()
    if not _right(found.hash if found else _NOBODY, password) or found is None:
        tries.failed(store, now)
        raise _wrong()
    authenticator, passkeys = _factors(store, found.id)
    if passkeys and not authenticator:  # the password was right, and is not enough: recovering one opens nothing
        raise _passkey_needed("login")
    if authenticator and not code.strip():
        zh, en = (
            "此账号已绑定动态验证码，请输入验证器上的 6 位数字",
            "enter the six digits that your authenticator shows",
        )
        raise Refused("second_factor", zh, en, field="code")
    if authenticator:
        _code_taken(store, found.id, code, SECOND, str(found.id), now)
    with writing(store) as work:
        tries.forget(work)
        secret = begin_session(work, found.id, now=now, agent=agent, factor=authenticator)
        work.audit(actor=str(found.id), action="sign_in", subject=str(found.id), content={"factor": authenticator})
    return secret


def begin_session(
    work: UnitOfWork, person: UUID, *, now: datetime, agent: str, factor: bool = False, reads_only: bool = False
) -> str:
    """A new session within an open transaction; its secret. Sessions that have ended go."""
    secret = secrets.token_urlsafe(32)
    work.execute(delete(WebSession).where(col(WebSession.ends_at) <= now))
    work.add(
        WebSession,
        hash=_hash(secret),
        person_id=person,
        made_at=now,
        seen_at=now,
        ends_at=now + ABSOLUTE,
        stepped_up_at=now if factor else None,
        agent=agent[:200],
        reads_only=reads_only,
    )
    return secret


def session_of(store: Store, secret: str, *, now: datetime, seen: bool = True) -> Session | None:
    """The session behind a cookie, or None where it ended, was idle too long, or the account is closed.

    `seen`: that it was used is written, so that it is not idle; without, nothing is.
    """
    key = _hash(secret)
    with store.read() as work:
        row = work.execute(
            select(
                col(WebSession.person_id),
                col(WebSession.seen_at),
                col(WebSession.ends_at),
                col(WebSession.stepped_up_at),
                col(WebSession.reads_only),
                col(Person.login),
                col(Person.name),
                col(Person.party_id),
                col(Person.language),
                col(SecondFactor.confirmed_at),
                exists().where(col(Passkey.person_id) == col(WebSession.person_id)).label("passkeys"),
            )
            .join(Person, col(Person.id) == col(WebSession.person_id))
            .join(SecondFactor, col(SecondFactor.person_id) == col(Person.id), isouter=True)
            .where(col(WebSession.hash) == key, col(Person.active))
        ).first()
    if row is None or row.ends_at <= now or now - row.seen_at > IDLE:
        return None
    if seen and now - row.seen_at > _TOUCH:
        with suppress(Retryable), writing(store) as work:  # a busy store fails no page: the next request writes it
            work.execute(update(WebSession).where(col(WebSession.hash) == key).values(seen_at=now))
    return Session(
        hash=key,
        person=row.person_id,
        login=row.login,
        name=row.name,
        party=row.party_id,
        language=row.language,
        ends_at=row.ends_at,
        stepped_up_at=row.stepped_up_at,
        factor=row.confirmed_at is not None or bool(row.passkeys),
        authenticator=row.confirmed_at is not None,
        passkeys=bool(row.passkeys),
        reads_only=row.reads_only,
    )


def step_up(store: Store, session: Session, code: str, *, now: datetime, password: str = "") -> str:
    """Takes a code of the second factor and gives the session a new secret; Refused where the code is wrong or was used.

    A session that only reads is asked for the password first, and for the code where the account has a second factor; what is
    wrong counts for the account then, as who holds the chat app begins as many such sessions as they like.
    """
    if session.reads_only:
        refuse_wrong_password(store, session, password, now, field="password")
    if session.factor and not session.authenticator:
        raise _passkey_needed("code")
    if session.authenticator or not session.reads_only:
        kind, name = (SECOND, str(session.person)) if session.reads_only else (OWN, session.hash)
        _code_taken(store, session.person, code, kind, name, now)
    with writing(store) as work:
        return renew_session(work, session, now=now, factor=session.factor)


def renew_session(work: UnitOfWork, session: Session, *, now: datetime, factor: bool) -> str:
    """A new secret for a session in which its owner has proven who they are once more, within an open transaction."""
    secret = secrets.token_urlsafe(32)
    renewed = {"hash": _hash(secret), "stepped_up_at": now if factor else None, "seen_at": now}
    changed = update(WebSession).where(col(WebSession.hash) == session.hash)
    work.execute(changed.values(**renewed, reads_only=False))
    if session.reads_only:
        forget(work, CHAT, str(session.person))
        who, content = str(session.person), {"chat": True, "factor": factor}
        work.audit(actor=who, action="sign_in.password", subject=who, content=content)
    return secret


def sign_out(store: Store, session_hash: str) -> None:
    """Ends a session."""
    with writing(store) as work:
        work.execute(delete(WebSession).where(col(WebSession.hash) == session_hash))


def sessions(store: Store, person: UUID, *, now: datetime) -> list[SessionRow]:
    """A person's sessions that have not ended, the latest first."""
    columns = (col(WebSession.hash), col(WebSession.made_at), col(WebSession.seen_at), col(WebSession.agent))
    live = (col(WebSession.person_id) == person, col(WebSession.ends_at) > now)
    with store.read() as work:
        rows = work.execute(select(*columns).where(*live).order_by(col(WebSession.seen_at).desc()))
        return [SessionRow(hash=row.hash, made_at=row.made_at, seen_at=row.seen_at, agent=row.agent) for row in rows]


def end_others(store: Store, session: Session) -> int:
    """Ends all sessions of a person but this one; how many."""
    others = (col(WebSession.person_id) == session.person, col(WebSession.hash) != session.hash)
    with writing(store) as work:
        return int(work.execute(delete(WebSession).where(*others)).rowcount)


# passwords and codes that enrol


def set_password(store: Store, person: UUID, password: str, *, now: datetime) -> None:
    """Sets a password and ends every session of the account; one that is too easy to guess is refused."""
    with store.read() as work:
        words = words_of(work, person)
    hashed = hashed_password(password, words)
    with writing(store) as work:
        keep_password(work, person, hashed, now)


def change_password(store: Store, session: Session, old: str, new: str, *, now: datetime) -> None:
    """A person changes their own password; the old one is asked, and every session ends."""
    refuse_wrong_password(store, session, old, now, field="old")
    set_password(store, session.person, new, now=now)


def refuse_wrong_password(store: Store, session: Session, password: str, now: datetime, *, field: str) -> None:
    """Refuses a wrong password of who is signed in, and counts it: for the session, or the account where no password began it."""
    kind, name = (CHAT, str(session.person)) if session.reads_only else (OWN, session.hash)
    with store.read() as work:
        refuse_blocked(work, kind, name, now, field=field)
        known = work.execute(select(col(Password.hash)).where(col(Password.person_id) == session.person)).scalar()
    if not _right(known or _NOBODY, password):
        failed(store, kind, name, now)
        zh, en = (
            ("原密码不正确", "the old password is wrong") if field == "old" else ("密码不正确", "the password is wrong")
        )
        raise Refused("password", zh, en, field=field)


def enrol(store: Store, actor: Actor, login: str, *, now: datetime) -> str:
    """A code with which the person sets a password: shown once, usable once, good for seven days. Earlier codes end."""
    code = secrets.token_urlsafe(18)
    with writing(store) as work:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        owner = logins.find_open(work, login)
        open_codes = (col(Enrolment.person_id) == owner.id, col(Enrolment.used_at).is_(None))
        work.execute(update(Enrolment).where(*open_codes).values(used_at=now))
        ends = now + timedelta(days=ENROLMENT_DAYS)
        work.add(Enrolment, hash=_hash(code), person_id=owner.id, made_at=now, ends_at=ends)
        work.audit(actor=who.text, action="people.enrol", subject=str(owner.id), content={})
    return code


def use_enrolment(store: Store, code: str, password: str, *, now: datetime) -> None:
    """Sets the password of the account that a code was made for; an unknown, used or ended code is refused alike."""
    hashed = hashed_password(password)
    with writing(store) as work:
        good = (
            col(Enrolment.hash) == _hash(code.strip()),
            col(Enrolment.used_at).is_(None),
            col(Enrolment.ends_at) > now,
        )
        owner = work.execute(select(col(Enrolment.person_id)).where(*good)).scalar()
        if owner is None or not work.execute(update(Enrolment).where(*good).values(used_at=now)).rowcount:
            zh = "启用码无效、已用过或已过期；请向系统管理员重新申请"
            raise Refused("enrolment", zh, "this code is unknown, used or ended: ask for a new one", field="code")
        refuse_weak(password, words_of(work, owner))  # the code stays good then: nothing of this is written
        keep_password(work, owner, hashed, now)
        work.audit(actor=str(owner), action="people.enrolled", subject=str(owner), content={})


def hashed_password(password: str, words: Iterable[str] = ()) -> str:
    """The hash of a password that may be used; `words`: what others know about its owner."""
    refuse_weak(password, words)
    return _HASHER.hash(password)


def take_as_long() -> None:
    """The time that looking at a password takes, where there is none to look at."""
    _right(_NOBODY, "")


def keep_password(work: UnitOfWork, person: UUID, hashed: str, now: datetime) -> None:
    """Sets a password that is hashed already, within an open transaction; every other way into the account ends."""
    end_ways_in(work, person)
    known = update(Password).where(col(Password.person_id) == person).values(hash=hashed, changed_at=now)
    if not work.execute(known).rowcount:
        work.add(Password, person_id=person, hash=hashed, changed_at=now)
    work.audit(actor=str(person), action="password.set", subject=str(person), content={})


def end_ways_in(work: UnitOfWork, person: UUID | None) -> int:
    """Ends every session of an account, and what would begin one without its password: its chat accounts; how many they were."""
    ended = (
        delete(table).where(mine)
        for table, mine in (
            (WebSession, col(WebSession.person_id) == person),
            (ChatAccount, col(ChatAccount.person_id) == person),
        )
    )
    return sum(int(work.execute(statement).rowcount) for statement in ended)


# the second factor


def begin_factor(store: Store, session: Session, password: str, *, now: datetime) -> str:
    """A new secret for an authenticator, not in force until a code of it was shown; one in force is not replaced here.

    The password is asked for: a session that was left open would bind somebody else's device for good otherwise.
    """
    if session.authenticator:
        raise Refused(
            "second_factor", "已绑定验证器；须先解除", "an authenticator is set up: remove it first", field="code"
        )
    refuse_wrong_password(store, session, password, now, field="proof")
    secret, key = pyotp.random_base32(), uuid4()
    with writing(store) as work:
        work.execute(delete(SecondFactor).where(col(SecondFactor.person_id) == session.person))
        wrapped = wrap(identity_numbers.master(store, work), key, secret.encode())
        work.add(SecondFactor, person_id=session.person, key_id=key, wrapped=wrapped, made_at=now, last_step=0)
    return secret


def pending_factor(store: Store, session: Session) -> str | None:
    """The secret that waits for its first code, to be shown again while it does."""
    with store.read() as work:
        row = work.execute(select(SecondFactor.__table__).where(col(SecondFactor.person_id) == session.person)).first()  # type: ignore[attr-defined]
        if row is None or row.confirmed_at is not None:
            return None
        return unwrap(identity_numbers.master(store, work), row.key_id, row.wrapped).decode()


def factor_address(session: Session, secret: str) -> str:
    """The address that an authenticator reads from a QR code (`otpauth:`)."""
    clock = pyotp.TOTP(secret, digits=_DIGITS, interval=_STEP)
    return clock.provisioning_uri(name=session.login, issuer_name="Duixian")


def confirm_factor(store: Store, session: Session, code: str, *, now: datetime) -> None:
    """Puts the authenticator into force with its first code."""
    if not take_code(store, session.person, code, now=now, confirmed=False):
        zh, en = "动态验证码不正确，请核对手机时间后重试", "this code is wrong: check the clock of the device"
        raise Refused("second_factor", zh, en, field="code")
    with writing(store) as work:
        mine = col(SecondFactor.person_id) == session.person
        work.execute(update(SecondFactor).where(mine).values(confirmed_at=now))
        here = col(WebSession.hash) == session.hash
        work.execute(update(WebSession).where(here).values(stepped_up_at=now))
        work.audit(actor=str(session.person), action="second_factor.set", subject=str(session.person), content={})


def remove_factor(store: Store, actor: Actor, login: str) -> None:
    """An administrator takes a lost authenticator and every passkey off; all sessions and bindings of a chat app end."""
    with writing(store) as work:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        owner = logins.find(work, login)
        work.execute(delete(SecondFactor).where(col(SecondFactor.person_id) == owner.id))
        work.execute(delete(Passkey).where(col(Passkey.person_id) == owner.id))
        end_ways_in(work, owner.id)
        work.audit(actor=who.text, action="second_factor.removed", subject=str(owner.id), content={})


def take_code(store: Store, person: UUID, code: str, *, now: datetime, confirmed: bool = True) -> bool:
    """Whether the code is the authenticator's of this half minute or the one before, and was not taken before."""
    typed = "".join(code.split())
    with store.read() as work:
        row = work.execute(select(SecondFactor.__table__).where(col(SecondFactor.person_id) == person)).first()  # type: ignore[attr-defined]
        if row is None or (row.confirmed_at is not None) != confirmed:
            return False
        secret = unwrap(identity_numbers.master(store, work), row.key_id, row.wrapped).decode()
    clock, current = pyotp.TOTP(secret, digits=_DIGITS, interval=_STEP), int(now.timestamp()) // _STEP
    fits = [
        step
        for step in (current, current - 1)
        if secrets.compare_digest(clock.at(step * _STEP).encode(), typed.encode())
    ]
    step = next(iter(fits), None)
    if step is None:
        return False
    with store.write() as work:
        later = (col(SecondFactor.person_id) == person, col(SecondFactor.last_step) < step)
        return bool(work.execute(update(SecondFactor).where(*later).values(last_step=step)).rowcount)


def _code_taken(store: Store, person: UUID, code: str, kind: str, name: str, now: datetime) -> None:
    """Takes a code, or refuses it and counts that; only who has the password, or the session, comes so far."""
    with store.read() as work:
        refuse_blocked(work, kind, name, now, field="code")
    if not take_code(store, person, code, now=now):
        failed(store, kind, name, now)
        zh, en = "动态验证码不正确或已用过，请等下一个", "this code is wrong or was used: wait for the next one"
        raise Refused("second_factor", zh, en, field="code")
    with writing(store) as work:
        forget(work, kind, name)


def _factors(store: Store, person: UUID) -> tuple[bool, bool]:
    """Whether an account has an authenticator, and whether it has passkeys."""
    query = select(col(SecondFactor.confirmed_at)).where(col(SecondFactor.person_id) == person)
    with store.read() as work:
        passkey = select(col(Passkey.id)).where(col(Passkey.person_id) == person)
        return work.execute(query).scalar() is not None, work.execute(passkey).first() is not None


def _passkey_needed(field: str) -> Refused:
    zh = "此账号须用通行密钥验证，请点“用通行密钥”；设备丢失的，请系统管理员解除后重新设置"
    en = "this account needs one of its passkeys: press the button for it; an administrator takes lost ones off"
    return Refused("passkey", zh, en, field=field)


def _right(hashed: str, password: str) -> bool:
    """Whether a password is the one, as it was typed; one longer than any can be is not cut, and takes no longer to refuse."""
    known, typed = (hashed, password) if len(password) <= LONGEST else (_NOBODY, "")
    try:
        return _HASHER.verify(known, typed)
    except (VerificationError, InvalidHashError):
        return False


def _wrong() -> Refused:
    zh = "登录名或密码不正确；没有账号的企业请先注册，忘记密码可“找回密码”，或向系统管理员申请启用码"
    en = "wrong name or password; firms without an account register first; a forgotten password can be recovered or enrolled anew"
    return Refused("sign_in", zh, en, field="login")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
