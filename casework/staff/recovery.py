"""A forgotten password: a code that is good once and for a quarter of an hour goes to an account's own verified address.

Asking tells nothing: the same words after about the same time, whether there is such an account or not, and a wrong code is
refused like one of an unknown account. The code is not stored: it follows from the request's id and the installation's key, and
its keyed hash is kept. `now` is real time, in rehearsals too.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlmodel import col

from casework.privacy.message_keys import message_key
from casework.shared.errors import Refused
from casework.shared.register_writes import writing
from casework.shared.tries_in_vain import TriesInVain, TriesOfVisitor, failed, refuse_blocked
from casework.staff.password_rules import refuse_weak, words_of
from casework.staff.sign_in import hashed_password, keep_password, take_as_long
from models import Contact, ContactStatus, Enrolment, Person
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications import addresses
from notifications.delivery.links import MessageLinks
from notifications.outbox import Tell, queue_once

MINUTES = 15
MOST_AN_HOUR = 3  # codes for one account: nobody's mailbox is filled by others
ASKED, VISITOR, CODE, ACCOUNT = "recover", "recover-visitor", "recovery-code", "recovery-account"  # what is counted
_MARK = "recovery:"  # before the hash, so that no code of this kind passes for one that enrols


def ask(store: Store, who: str, *, now: datetime, source: str = "") -> None:
    """Sends a code to every account that has this login, or this verified address; whether there was any, nobody is told.

    Refused after too many requests, known or unknown, and where this installation has no key to make codes from.
    """
    name = _named(who)
    tries = TriesInVain(kind=ASKED, name=name, source=source)
    of_visitor = TriesOfVisitor(kind=VISITOR, source=source)
    with store.read() as work:
        of_visitor.refuse(work, now, field="who")
        tries.refuse(work, now, field="who")
        key = _key(store, work)
    take_as_long()
    tries.failed(store, now)  # each request counts, also one that finds somebody
    of_visitor.failed(store, now)
    with writing(store) as work:
        for owner in _owners(work, name):
            _send(work, key, owner, now)


def use(store: Store, who: str, code: str, password: str, *, now: datetime, source: str = "") -> None:
    """Sets a new password with a code and ends every session of the account; an authenticator stays and is asked for as ever."""
    hashed, name = hashed_password(password), _named(who)
    tries = TriesInVain(kind=CODE, name=name, source=source)
    with store.read() as work:
        tries.refuse(work, now, field="code")
        key = _key(store, work)
    typed = code.strip().upper().replace("-", "").replace(" ", "")[:64]
    with writing(store) as work:
        owners = _owners(work, name)
        if any(_taken(work, key, owner, typed, password, hashed, now) for owner in owners):
            tries.forget(work)
            return
    tries.failed(store, now)
    for counted in [str(owner.id) for owner in owners] or [name]:
        failed(store, ACCOUNT, counted, now)
    zh, en = (
        "验证码不正确、已用过或已过期，请核对或重新获取",
        "this code is wrong, used or ended: look again, or ask for a new one",
    )
    raise Refused("recovery", zh, en, field="code")


def _named(who: str) -> str:
    """A login, or an address in its one spelling."""
    typed = who.strip()[:140]
    if not typed:
        raise Refused(
            "who", "请填写登录名，或登记过的邮箱或手机号码", "your login name, or your e-mail or telephone", field="who"
        )
    return addresses.mail(typed) or addresses.mobile(typed) or typed


def _key(store: Store, work: UnitOfWork) -> bytes:
    key = message_key(store, work)
    if not key:
        zh = "本系统未设置找回密码所需的密钥，请向系统管理员申请启用码"
        raise Refused(
            "no_key", zh, "codes cannot be made here: ask an administrator for an enrolment code", field="who"
        )
    return key


def _owners(work: UnitOfWork, name: str) -> Sequence[Any]:
    """The open accounts of this login or this address, each with a verified address of its own to which a code can go."""
    verified = select(col(Contact.holder)).where(
        col(Contact.status) == ContactStatus.VERIFIED, col(Contact.holder).startswith("person:")
    )
    named = work.execute(select(col(Person.id)).where(col(Person.login) == name)).scalars().all()
    reached = work.execute(verified.where(col(Contact.address) == name)).scalars().all()
    wanted = {f"person:{named_id}" for named_id in named} | set(reached)
    held = set(work.execute(verified.where(col(Contact.holder).in_(wanted))).scalars())
    people = [UUID(reached_id.removeprefix("person:")) for reached_id in held]
    query = select(col(Person.id), col(Person.login)).where(col(Person.id).in_(people), col(Person.active))
    return work.execute(query.order_by(col(Person.id)).limit(MOST_AN_HOUR)).all()


def _send(work: UnitOfWork, key: bytes, owner: Any, now: datetime) -> None:
    """A code on its way, unless the account had enough of late."""
    lately = (
        col(Enrolment.person_id) == owner.id,
        col(Enrolment.hash).startswith(_MARK),
        col(Enrolment.made_at) > now - timedelta(hours=1),
    )
    if int(work.execute(select(func.count()).where(*lately)).scalar_one()) >= MOST_AN_HOUR:
        return
    request = uuid4()  # never from the store's own ids: those of a rehearsal repeat
    kept = _hash(key, owner, MessageLinks(key=key).code(str(request)))
    work.add(Enrolment, hash=kept, person_id=owner.id, made_at=now, ends_at=now + timedelta(minutes=MINUTES))
    content = {"code_of": str(request), "login": owner.login, "span": MINUTES}
    queue_once(work, Tell(kind="recovery_code", to=f"person:{owner.id}", content=content), once=f"recovery/{request}")
    work.audit(actor=str(owner.id), action="password.recovery_asked", subject=str(owner.id), content={})


def _taken(work: UnitOfWork, key: bytes, owner: Any, code: str, password: str, hashed: str, now: datetime) -> bool:
    """Whether it was the account's code; then it is used up, with every other one, and the password is set."""
    try:
        refuse_blocked(
            work, ACCOUNT, str(owner.id), now
        )  # too many wrong ones: its codes have ended by the time that is over
    except Refused:
        return False
    mine = (
        col(Enrolment.person_id) == owner.id,
        col(Enrolment.used_at).is_(None),
        col(Enrolment.hash).startswith(_MARK),
    )
    this = (*mine, col(Enrolment.hash) == _hash(key, owner, code), col(Enrolment.ends_at) > now)
    if not work.execute(update(Enrolment).where(*this).values(used_at=now)).rowcount:
        return False
    refuse_weak(password, words_of(work, owner.id))  # only who has the code learns of it, and the code stays good
    work.execute(update(Enrolment).where(*mine).values(used_at=now))
    keep_password(work, owner.id, hashed, now)
    work.audit(actor=str(owner.id), action="password.recovered", subject=str(owner.id), content={})
    told = Tell(kind="password_recovered", to=f"person:{owner.id}", content={"login": owner.login})
    queue_once(work, told, once=f"recovered/{owner.id}/{now.isoformat()}")
    return True


def _hash(key: bytes, owner: Any, code: str) -> str:
    return _MARK + hmac.new(key, f"{owner.id}/{code}".encode(), hashlib.sha256).hexdigest()
