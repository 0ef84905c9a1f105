"""What the API is asked with: a token with scopes, bound to a person, and which scope an act on a case needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from casework.lifecycle.commands import Act
from casework.lifecycle.transitions import TABLE
from casework.shared.errors import Refused
from casework.shared.register_writes import writing
from casework.shared.tries_in_vain import TriesOfVisitor, forget, refuse_blocked
from casework.shared.tries_in_vain import failed as failed_try
from casework.staff import sign_in
from casework.staff.tokens import TokenScope, hash_of
from models import BankResult, Decision, Duty, Evidence, Passkey, Person, SecondFactor, Token
from models.store import Store
from models.unit_of_work import UnitOfWork

TRIES = "api-token"  # what is counted in vain by the visitor's address
_CODE = "api-code"
_OF_CASES = frozenset({Decision, Evidence, BankResult})
_APPLICANTS = frozenset(move.action for move in TABLE if move.duty is Duty.APPLICANT)


@dataclass(frozen=True, kw_only=True)
class ApiToken:
    """A token of the API in force: whose it is, and what it is good for. `authenticator`, `passkey`: what they sign in with."""

    id: UUID
    person: UUID
    party: UUID | None
    scopes: frozenset[str]
    authenticator: bool
    passkey: bool


def api_token(store: Store, secret: str, *, source: str, now: datetime) -> ApiToken:
    """The token behind a secret; an unknown or ended one, one of a closed account and one without scopes are refused alike.

    `source`: the visitor's address, "" where it is not known; who tries too often in vain waits. `now` is real time.
    """
    tries = TriesOfVisitor(kind=TRIES, source=source)
    query = (
        select(
            col(Token.id),
            col(Token.person_id),
            col(Person.party_id),
            col(Token.scopes),
            col(SecondFactor.confirmed_at),
            select(col(Passkey.id)).where(col(Passkey.person_id) == col(Person.id)).exists().label("passkey"),
        )
        .join(Person, col(Person.id) == col(Token.person_id))
        .join(SecondFactor, col(SecondFactor.person_id) == col(Person.id), isouter=True)
        .where(col(Token.hash) == hash_of(secret), col(Token.scopes) != "", col(Person.active))
    )
    with store.read() as work:
        tries.refuse(work, now, field="token")
        row = work.execute(query.where(or_(col(Token.ends_at).is_(None), col(Token.ends_at) > work.now))).first()
    if row is None:
        tries.failed(store, now)
        zh = "令牌无效、已过期或不是接口令牌，请重新申请（duixian tokens make --scope）"
        raise Refused("token", zh, "the token is not valid, or not one of the API: ask for a new one", field="token")
    return ApiToken(
        id=row.id,
        person=row.person_id,
        party=row.party_id,
        scopes=frozenset(row.scopes.split()),
        authenticator=row.confirmed_at is not None,
        passkey=bool(row.passkey),
    )


def refuse_beyond(token: ApiToken, scope: TokenScope) -> None:
    """Refuses what the token was not made for."""
    if scope not in token.scopes:
        zh = f"令牌没有权限范围“{scope.value}”（{scope.zh}）；请申请包含它的令牌"
        raise Refused("scope", zh, f"the token lacks the scope {scope.value}: ask for one that has it", field="token")


def scope_of(act: type[Act]) -> TokenScope:
    """What an act on a case needs: acts that ask for a code again are apart, and so are the applicant's."""
    if act.second_factor:
        return TokenScope.DECIDE
    return TokenScope.FILE if act.action in _APPLICANTS else TokenScope.ACT


def refuse_without_code(store: Store, token: ApiToken, code: str, *, required: bool, now: datetime) -> None:
    """For acts that ask for it: takes the authenticator's code of who has one, each once; wrong ones count for the account.

    `required`: who has none may not do it, nor who has a passkey alone, which signs nothing here.
    """
    if not token.authenticator and not token.passkey and not required:
        return
    if not token.authenticator:
        zh = "通过接口办理此操作需要动态验证码：请先在网站“我的账号”绑定验证器"
        en = "by the API this act needs an authenticator's code: set one up under /account first"
        raise Refused("second_factor", zh, en, field="code")
    name = str(token.person)
    if not code:
        zh = "此操作需要动态验证码，请在 Authenticator-Code 头中提供"
        raise Refused("second_factor", zh, "this act needs a code: send it as Authenticator-Code", field="code")
    with store.read() as work:
        refuse_blocked(work, _CODE, name, now, field="code")
    if not sign_in.take_code(store, token.person, code, now=now):
        failed_try(store, _CODE, name, now)
        zh = "动态验证码不正确或已用过，请等下一个"
        raise Refused("second_factor", zh, "this code is wrong or was used: wait for the next one", field="code")
    with writing(store) as work:
        forget(work, _CODE, name)


def noting(store: Store, token: ApiToken, **subject: Any) -> Store:
    """The store, where whatever is written of cases is noted in the audit chain as sent with this token, in its transaction."""

    def note(work: UnitOfWork) -> None:
        if any(record in _OF_CASES for record, _ in work.written or ()):
            work.audit(actor=str(token.person), action="api", subject=str(token.id), content=subject)

    return store.watched(note)
