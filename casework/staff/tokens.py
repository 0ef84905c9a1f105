"""Tokens bind a command line to a person. The secret is shown once; the store keeps its hash only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.register_writes import Actor, writer, writing
from casework.staff import logins
from models import Duty, Person, Token
from models.clock import end_of
from models.store import Store
from models.unit_of_work import UnitOfWork

_PREFIX = "dx_"


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """A token as listed; nothing of its secret."""

    id: UUID
    login: str
    made_at: datetime
    ends_at: datetime | None


def make(store: Store, actor: Actor, *, person: str, last: date | None = None) -> str:
    """A new secret for a person, good to the last day (open); shown now and never again."""
    secret = _PREFIX + secrets.token_urlsafe(32)
    with writing(store) as work:
        owner = logins.find_open(work, person)
        who = writer(store, work, actor) if owner.id == actor else writer(store, work, actor, Duty.ADMINISTRATOR)
        if last and end_of(last) <= work.now:
            raise Refused("span", f"截止日 {last} 已过", "the last day is over", field="last")
        made = work.new_id()
        ends = end_of(last) if last else None
        work.add(Token, id=made, person_id=owner.id, hash=_hash(secret), made_at=work.now, ends_at=ends)
        content = {"person": str(owner.id), "to": last}
        work.audit(actor=who.text, action="tokens.make", subject=str(made), content=content)
    return secret


def revoke(store: Store, actor: Actor, *, person: str) -> int:
    """Ends every token of a person now; how many."""
    with writing(store) as work:
        owner = logins.find(work, person)
        who = writer(store, work, actor) if owner.id == actor else writer(store, work, actor, Duty.ADMINISTRATOR)
        live = or_(col(Token.ends_at).is_(None), col(Token.ends_at) > work.now)
        mine = col(Token.person_id) == owner.id
        ended = int(work.execute(update(Token).where(mine, live).values(ends_at=work.now)).rowcount)
        content = {"ended": ended}
        work.audit(actor=who.text, action="tokens.revoke", subject=str(owner.id), content=content)
    return ended


def person_of(work: UnitOfWork, secret: str) -> UUID:
    """Whose token this is; an unknown or ended one is refused, and the message does not say which."""
    query = (
        select(col(Token.person_id))
        .join(Person, col(Person.id) == col(Token.person_id))
        .where(
            col(Token.hash) == _hash(secret),
            or_(col(Token.ends_at).is_(None), col(Token.ends_at) > work.now),
            col(Person.active),
        )
    )
    found: UUID | None = work.execute(query).scalars().first()
    if found is None:
        raise Refused(
            "token", "令牌无效或已失效，请重新申请", "the token is not valid: ask for a new one", field="token"
        )
    return found


def listed(store: Store) -> list[TokenRow]:
    """The tokens in force."""
    query = select(col(Token.id), col(Person.login), col(Token.made_at), col(Token.ends_at)).join(
        Person, col(Person.id) == col(Token.person_id)
    )
    with store.read() as work:
        live = or_(col(Token.ends_at).is_(None), col(Token.ends_at) > work.now)
        return [
            TokenRow(id=row.id, login=row.login, made_at=row.made_at, ends_at=row.ends_at)
            for row in work.execute(query.where(live).order_by(col(Person.login), col(Token.made_at)))
        ]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
