"""Passkeys (WebAuthn): registered by their owners, and good for signing in and for what asks for the second factor again.

A passkey counts as both factors, as its device asks for a PIN, a finger or a face each time, and it answers this portal's address
only. What it signs is made for one browser and one purpose, is good once, and ends. `now` is real time, in rehearsals too.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlmodel import col
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from casework.shared.errors import Refused
from casework.shared.register_writes import filled, writing
from casework.shared.tries_in_vain import TriesOfVisitor
from casework.staff.sign_in import STEPPED_UP, Session, begin_session, refuse_wrong_password, renew_session
from models import Passkey, PasskeyChallenge, Person, WebSession
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.outbox import Tell, queue_once

log = logging.getLogger("duixian.web")
MOST = 10  # of one person
GOOD_FOR = timedelta(minutes=5)  # a challenge
LONGEST = 20_000  # an answer of a device
ADD, SIGN_IN, STEP_UP = "add", "sign-in", "step-up"
VISITOR = "passkey-visitor"  # whose answers in vain are counted
_VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where browsers find the portal: passkeys are made for its host, and answer its origin alone."""

    host: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class PasskeyRow:
    """A passkey as its owner sees it."""

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None


def listed(store: Store, person: UUID) -> list[PasskeyRow]:
    """Somebody's passkeys, the oldest first."""
    columns = (col(Passkey.id), col(Passkey.name), col(Passkey.made_at), col(Passkey.used_at))
    with store.read() as work:
        rows = work.execute(select(*columns).where(col(Passkey.person_id) == person).order_by(col(Passkey.made_at)))
        return [PasskeyRow(id=row.id, name=row.name, made_at=row.made_at, used_at=row.used_at) for row in rows]


def begin_adding(store: Store, session: Session, site: Site, password: str, *, now: datetime) -> str:
    """What the device is asked to make a passkey from (JSON): for who just showed the second factor, or the password."""
    if session.reads_only or (session.factor and not session.shown_within(STEPPED_UP, now)):
        zh = "请先再次验证，再添加通行密钥"
        raise Refused("not_shown", zh, "show your second factor again first, then add a passkey", field="proof")
    if not session.factor:
        refuse_wrong_password(store, session, password, now, field="proof")
    with writing(store) as work:
        options = generate_registration_options(
            rp_id=site.host,
            rp_name="Duixian",
            user_id=session.person.bytes,
            user_name=session.login,
            user_display_name=session.name,
            challenge=_new_challenge(work, session.hash, ADD, now),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=_known(work, session.person),
        )
    return options_to_json(options)


def add(store: Store, session: Session, site: Site, answer: str, name: str, *, now: datetime) -> None:
    """Keeps the passkey that a device made, under a name; its owner is told."""
    named = filled(name, "name", "通行密钥的名称", "a name for the passkey", most=60)
    with _doubting():
        made = parse_registration_credential_json(_sent(answer))
        challenge = parse_client_data_json(made.response.client_data_json).challenge
    _take_challenge(store, session.hash, ADD, challenge, now)
    with _doubting():
        verified = verify_registration_response(
            credential=made,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    who, credential = str(session.person), bytes_to_base64url(verified.credential_id)
    with writing(store) as work:
        mine = select(func.count()).where(col(Passkey.person_id) == session.person)
        if work.execute(mine).scalar_one() >= MOST:
            zh = f"最多 {MOST} 个通行密钥，请先删除不用的"
            raise Refused("passkey", zh, f"{MOST} passkeys at most: remove one first", field="name")
        if work.execute(select(col(Passkey.id)).where(col(Passkey.credential) == credential)).first() is not None:
            raise Refused("passkey", "这个通行密钥已添加过", "this passkey was added already", field="name")
        made_id = work.new_id()
        work.add(
            Passkey,
            id=made_id,
            person_id=session.person,
            credential=credential,
            public_key=bytes_to_base64url(verified.credential_public_key),
            sign_count=verified.sign_count,
            name=named,
            made_at=now,
        )
        here = col(WebSession.hash) == session.hash
        work.execute(update(WebSession).where(here).values(stepped_up_at=now))
        work.audit(actor=who, action="passkey.added", subject=who, content={"passkey": str(made_id)})
        told = Tell(kind="passkey_added", to=f"person:{who}", content={"login": session.login})
        queue_once(work, told, once=f"passkey/{made_id}")


def remove(store: Store, session: Session, passkey: UUID) -> None:
    """Takes one of one's own passkeys off; one that is none any more stays so."""
    mine = (col(Passkey.person_id) == session.person, col(Passkey.id) == passkey)
    with writing(store) as work:
        if work.execute(delete(Passkey).where(*mine)).rowcount:
            who = str(session.person)
            work.audit(actor=who, action="passkey.removed", subject=who, content={"passkey": str(passkey)})


def begin_signing_in(store: Store, visitor: str, site: Site, *, now: datetime) -> str:
    """What a device is asked to sign so that its owner signs in (JSON); the device says who that is."""
    with writing(store) as work:
        challenge = _new_challenge(work, visitor, SIGN_IN, now)
    options = generate_authentication_options(rp_id=site.host, challenge=challenge, user_verification=_VERIFIED)
    return options_to_json(options)


def sign_in(
    store: Store, visitor: str, site: Site, answer: str, *, now: datetime, agent: str = "", source: str = ""
) -> str:
    """The secret of a new session for the owner of the passkey that signed; both factors are shown with it."""
    of_visitor = TriesOfVisitor(kind=VISITOR, source=source)
    with store.read() as work:
        of_visitor.refuse(work, now, field="passkey")
    try:
        found = _signed(store, visitor, SIGN_IN, site, answer, now)
    except Refused:
        of_visitor.failed(store, now)
        raise
    with writing(store) as work:
        secret = begin_session(work, found.person_id, now=now, agent=agent, factor=True)
        who, content = str(found.person_id), {"factor": True, "passkey": str(found.id)}
        work.audit(actor=who, action="sign_in", subject=who, content=content)
    return secret


def begin_step_up(store: Store, session: Session, site: Site, *, now: datetime) -> str:
    """What a device of who is signed in is asked to sign before a sensitive act (JSON)."""
    with writing(store) as work:
        options = generate_authentication_options(
            rp_id=site.host,
            challenge=_new_challenge(work, session.hash, STEP_UP, now),
            allow_credentials=_known(work, session.person),
            user_verification=_VERIFIED,
        )
    return options_to_json(options)


def step_up(store: Store, session: Session, site: Site, answer: str, *, now: datetime) -> str:
    """Takes what a passkey of who is signed in has signed, and gives the session a new secret."""
    found = _signed(store, session.hash, STEP_UP, site, answer, now, person=session.person)
    with writing(store) as work:
        secret = renew_session(work, session, now=now, factor=True)
        who = str(session.person)
        work.audit(actor=who, action="passkey.used", subject=who, content={"passkey": str(found.id)})
    return secret


def _signed(
    store: Store, owner: str, purpose: str, site: Site, answer: str, now: datetime, *, person: UUID | None = None
) -> Any:
    """The passkey that signed, of an open account (that of `person`, where one is signed in); Refused for all others alike."""
    with _doubting():
        given = parse_authentication_credential_json(_sent(answer))
        challenge = parse_client_data_json(given.response.client_data_json).challenge
    _take_challenge(store, owner, purpose, challenge, now)
    found, handle = _passkey(store, given.id), given.response.user_handle
    if found is None or found.person_id != (person or found.person_id):
        raise _wrong()
    if handle is not None and not hmac.compare_digest(handle, found.person_id.bytes):
        raise _wrong()
    with _doubting():
        verified = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(found.public_key),
            credential_current_sign_count=0,  # compared below, where it is kept
            require_user_verification=True,
        )
    _count(store, found, verified.new_sign_count, now)
    return found


def _count(store: Store, found: Any, signed: int, now: datetime) -> None:
    """Keeps how often the device says it signed; a number that did not rise is a copy's: refused, and told to the owner.

    Devices that do not count say 0 each time.
    """
    rises = col(Passkey.sign_count) < signed if signed else col(Passkey.sign_count) == 0
    this = (col(Passkey.id) == found.id, rises)
    with writing(store) as work:
        if work.execute(update(Passkey).where(*this).values(sign_count=signed, used_at=now)).rowcount:
            return
        who = str(found.person_id)
        content = {"passkey": str(found.id), "counted": signed}
        work.audit(actor=who, action="passkey.refused", subject=who, content=content)
        told = Tell(kind="passkey_refused", to=f"person:{who}", content={"login": found.login})
        queue_once(work, told, once=f"passkey-refused/{found.id}/{now.isoformat()}")
    log.warning("a passkey of %s was refused: its count did not rise", found.person_id)
    zh = "这个通行密钥被拒绝：设备给出的使用次数没有增加，可能已被复制；已通知账号本人，请用其他方式登录后删除它"
    en = "this passkey was refused: its count did not rise, so it may be a copy; its owner is told: sign in otherwise and remove it"
    raise Refused("passkey", zh, en, field="passkey")


def _passkey(store: Store, credential: str) -> Any:
    columns = (col(Passkey.id), col(Passkey.person_id), col(Passkey.public_key), col(Person.login))
    query = select(*columns).join(Person, col(Person.id) == col(Passkey.person_id))
    with store.read() as work:
        return work.execute(query.where(col(Passkey.credential) == credential, col(Person.active))).first()


def _known(work: UnitOfWork, person: UUID) -> list[PublicKeyCredentialDescriptor]:
    mine: Sequence[str] = (
        work.execute(select(col(Passkey.credential)).where(col(Passkey.person_id) == person)).scalars().all()
    )
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential)) for credential in mine]


def _new_challenge(work: UnitOfWork, owner: str, purpose: str, now: datetime) -> bytes:
    """What is to be signed: for a session, or the visitor of a browser, and one purpose. Those that have ended go."""
    challenge = secrets.token_bytes(32)
    work.execute(delete(PasskeyChallenge).where(col(PasskeyChallenge.ends_at) <= now))
    work.add(
        PasskeyChallenge,
        hash=hashlib.sha256(challenge).hexdigest(),
        owner=_owner(owner),
        purpose=purpose,
        ends_at=now + GOOD_FOR,
    )
    return challenge


def _take_challenge(store: Store, owner: str, purpose: str, challenge: bytes, now: datetime) -> None:
    """Uses a challenge up, whatever becomes of its answer; refuses one of another browser or purpose, used, or ended."""
    this = (
        col(PasskeyChallenge.hash) == hashlib.sha256(challenge).hexdigest(),
        col(PasskeyChallenge.owner) == _owner(owner),
        col(PasskeyChallenge.purpose) == purpose,
        col(PasskeyChallenge.ends_at) > now,
    )
    with writing(store) as work:
        if work.execute(delete(PasskeyChallenge).where(*this)).rowcount:
            return
    zh = "通行密钥验证已过期或不是从本页面开始，请再试一次"
    raise Refused("passkey", zh, "this took too long, or did not begin on this page: try again", field="passkey")


def _owner(owner: str) -> str:
    return hashlib.sha256(f"passkey:{owner}".encode()).hexdigest()


@contextmanager
def _doubting() -> Iterator[None]:
    """Whatever a hostile answer breaks in its parsers is a passkey that is not accepted."""
    try:
        yield
    except Refused:
        raise
    except Exception as wrong:
        raise _wrong() from wrong


def _sent(answer: str) -> str:
    """What a browser sent of a device's answer; without JavaScript there is none."""
    if not answer or len(answer) > LONGEST:
        zh = "没有收到通行密钥：需要启用 JavaScript 且支持通行密钥的浏览器；也可以用密码和验证器"
        en = "no passkey came: this needs JavaScript and a browser that has passkeys; or use password and authenticator"
        raise Refused("passkey", zh, en, field="passkey")
    return answer


def _wrong() -> Refused:
    zh = "通行密钥未通过验证；请再试一次，或用其他方式登录"
    return Refused("passkey", zh, "this passkey was not accepted: try again, or sign in otherwise", field="passkey")
