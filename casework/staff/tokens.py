"""Tokens bind a command line to a person, and with scopes another system. The secret is shown once; only its hash is kept.

A token without scopes is good at the command line alone, one with scopes at the API alone (`api_tokens.py`).
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
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
LONGEST = timedelta(days=366)  # a token of the API


class TokenScope(StrEnum):
    """What a token of the API may be used for; whether its person may do it is asked besides."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str = "", en: str = "") -> "TokenScope":
        member = str.__new__(cls, value)
        member._value_, member.zh, member.en = value, zh, en
        return member

    READ_CASES = "read:cases", "查看案件", "read cases"
    FILE = "file", "申报人的操作：填写、申报、撤回、报告", "the applicant's acts: draft, file, withdraw, report"
    ACT = "act", "办理人的操作：受理、初审、认定等", "officers' acts: accept, screen, certify and so on"
    DECIDE = (
        "decide",
        "需再次验证的操作：审定、撤销、核准例外等",
        "acts that ask for a code again: decide, undo, waive and so on",
    )
    LISTS = "lists", "待办、待拨付、公示、兑付清单", "inbox, payable cases, notices, payments"
    RESULTS = "payments:results", "导入银行回单", "read in the bank's results"


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """A token as listed; nothing of its secret. `scopes`: of a token of the API."""

    id: UUID
    login: str
    made_at: datetime
    ends_at: datetime | None
    scopes: tuple[str, ...] = ()


def make(store: Store, actor: Actor, *, person: str, last: date | None = None, scopes: Collection[str] = ()) -> str:
    """A new secret for a person, good to the last day (open; a token of the API has one); shown now and never again."""
    wanted = _known(scopes)
    secret = _PREFIX + secrets.token_urlsafe(32)
    with writing(store) as work:
        owner = logins.find_open(work, person)
        who = writer(store, work, actor) if owner.id == actor else writer(store, work, actor, Duty.ADMINISTRATOR)
        if last and end_of(last) <= work.now:
            raise Refused("span", f"截止日 {last} 已过", "the last day is over", field="last")
        if wanted and (last is None or end_of(last) > work.now + LONGEST):
            zh = f"接口令牌须写明截止日，最长 {LONGEST.days} 天"
            raise Refused(
                "span", zh, f"a token of the API has a last day, {LONGEST.days} days off at most", field="last"
            )
        made = work.new_id()
        ends = end_of(last) if last else None
        kept = {"made_at": work.now, "ends_at": ends, "scopes": " ".join(wanted)}
        work.add(Token, id=made, person_id=owner.id, hash=hash_of(secret), **kept)
        content = {"person": str(owner.id), "to": last, **({"scopes": list(wanted)} if wanted else {})}
        work.audit(actor=who.text, action="tokens.make", subject=str(made), content=content)
    return secret


def _known(scopes: Collection[str]) -> tuple[str, ...]:
    """The scopes in their order; one that there is not is refused."""
    for scope in scopes:
        if scope not in set(TokenScope):
            among = "、".join(f"{known.value}（{known.zh}）" for known in TokenScope)
            zh = f"没有权限范围“{scope[:40]}”；可用：{among}"
            raise Refused("scope", zh, f"no scope {scope[:40]!r}; there are {', '.join(TokenScope)}", field="scope")
    return tuple(scope.value for scope in TokenScope if scope in scopes)


def revoke(store: Store, actor: Actor, *, person: str, token: UUID | None = None) -> int:
    """Ends every token of a person now, or one of them; how many."""
    with writing(store) as work:
        owner = logins.find(work, person)
        who = writer(store, work, actor) if owner.id == actor else writer(store, work, actor, Duty.ADMINISTRATOR)
        live = or_(col(Token.ends_at).is_(None), col(Token.ends_at) > work.now)
        mine = [col(Token.person_id) == owner.id, *([col(Token.id) == token] if token else [])]
        ended = int(work.execute(update(Token).where(*mine, live).values(ends_at=work.now)).rowcount)
        content = {"ended": ended, **({"token": str(token)} if token else {})}
        work.audit(actor=who.text, action="tokens.revoke", subject=str(owner.id), content=content)
    return ended


def person_of(work: UnitOfWork, secret: str) -> UUID:
    """Whose token of the command line this is; an unknown or ended one, and one of the API, are refused alike."""
    query = (
        select(col(Token.person_id))
        .join(Person, col(Person.id) == col(Token.person_id))
        .where(
            col(Token.hash) == hash_of(secret),
            col(Token.scopes) == "",
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


def listed(store: Store, *, person: UUID | None = None) -> list[TokenRow]:
    """The tokens in force, of one account where it is named."""
    columns = (col(Token.id), col(Person.login), col(Token.made_at), col(Token.ends_at), col(Token.scopes))
    query = select(*columns).join(Person, col(Person.id) == col(Token.person_id))
    if person is not None:
        query = query.where(col(Token.person_id) == person)
    with store.read() as work:
        live = or_(col(Token.ends_at).is_(None), col(Token.ends_at) > work.now)
        return [
            TokenRow(
                id=row.id,
                login=row.login,
                made_at=row.made_at,
                ends_at=row.ends_at,
                scopes=tuple(row.scopes.split()),
            )
            for row in work.execute(query.where(live).order_by(col(Person.login), col(Token.made_at)))
        ]


def hash_of(secret: str) -> str:
    """Under which a secret is known."""
    return hashlib.sha256(secret.encode()).hexdigest()
