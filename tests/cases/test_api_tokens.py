"""Tokens of the API, on both databases: found while they are in force, good for their scopes, noted with what was done."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import delete, select
from sqlmodel import col

from casework.act_forms import CASE_FORMS
from casework.command_handler import act
from casework.lifecycle import commands
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.shared.tries_in_vain import Throttled
from casework.staff import api_tokens, person_accounts, sign_in, tokens
from casework.staff.api_tokens import ApiToken, api_token
from casework.staff.tokens import TokenScope
from models import AuditEntry, Duty, Passkey, State
from models.clock import real_now
from models.store import Store
from support.stage import NOON, Stage, named, officer
from support.walk import Walk

LAST = date(2023, 9, 30)
REAL = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def stage(store: Store) -> Stage:
    """Staff of every duty, firms and money."""
    store.set_clock(NOON, frozen=True)
    return Stage(store).furnish()


def found(store: Store, secret: str, source: str = "") -> ApiToken:
    """The token behind a secret."""
    return api_token(store, secret, source=source, now=REAL)


def test_a_token_is_found_while_it_is_in_force_and_names_its_person(stage: Stage) -> None:
    store = stage.store
    secret = tokens.make(store, SYSTEM, person="acceptor-0", last=LAST, scopes=["lists", "act"])
    token = found(store, secret)
    assert (token.person, token.party, token.scopes) == (officer(Duty.ACCEPTOR), None, {"lists", "act"})
    for other in (secret + "x", tokens.make(store, SYSTEM, person="acceptor-0")):
        with pytest.raises(Refused, match="令牌无效"):
            found(store, other)
    store.set_clock(NOON + timedelta(days=30), frozen=True)
    with pytest.raises(Refused, match="令牌无效"):
        found(store, secret)
    store.set_clock(NOON, frozen=True)
    person_accounts.close(store, SYSTEM, "acceptor-0")
    with pytest.raises(Refused, match="令牌无效"):
        found(store, secret)


def test_guesses_from_one_address_make_it_wait_and_no_other(stage: Stage) -> None:
    secret = tokens.make(stage.store, SYSTEM, person="acceptor-0", last=LAST, scopes=["lists"])
    for _ in range(30):
        with pytest.raises(Refused, match="令牌无效"):
            found(stage.store, "dx_guess", "203.0.113.9")
    with pytest.raises(Throttled) as wait:
        found(stage.store, secret, "203.0.113.9")
    assert wait.value.seconds == 901 and found(stage.store, secret, "203.0.113.10").person


def test_each_act_has_its_scope(stage: Stage) -> None:
    scopes = {word: api_tokens.scope_of(form.command) for word, form in CASE_FORMS.items()}
    assert {word for word, scope in scopes.items() if scope is TokenScope.FILE} == {"file", "report", "withdraw"}
    assert {word for word, scope in scopes.items() if scope is TokenScope.DECIDE} == {
        "decide", "undo", "waive", "reopen", "rebind",
    }  # fmt: skip
    token = found(stage.store, tokens.make(stage.store, SYSTEM, person="head-0", last=LAST, scopes=["act"]))
    api_tokens.refuse_beyond(token, scopes["hold"])
    with pytest.raises(Refused, match="没有权限范围"):
        api_tokens.refuse_beyond(token, scopes["undo"])


def test_an_act_is_noted_with_its_token_in_the_same_transaction_and_only_once(stage: Stage) -> None:
    walk = Walk(stage)
    walk.open("M16", 1, 1)
    case = walk.to(named("case-1"), State.FILED, Duty.ACCEPTOR)
    token = found(stage.store, tokens.make(stage.store, SYSTEM, person="acceptor-0", last=LAST, scopes=["act"]))
    store, asked = api_tokens.noting(stage.store, token, act="accept"), uuid4()
    accept = commands.Accept(case=case.id, by=token.person, act_id=asked, seen=case.version)
    assert [act(store, accept).repeated for _ in range(2)] == [False, True]
    with stage.store.read() as work:
        rows = work.execute(select(col(AuditEntry.subject)).where(col(AuditEntry.action) == "api")).scalars().all()
    assert rows == [str(token.id)]


def test_a_code_is_asked_of_who_has_one_and_who_needs_one_cannot_go_without(stage: Stage) -> None:
    store, now = stage.store, real_now()
    secret = tokens.make(store, SYSTEM, person="decider-0", last=LAST, scopes=["decide"])
    token = found(store, secret)
    api_tokens.refuse_without_code(store, token, "", required=False, now=now)
    with pytest.raises(Refused, match="绑定验证器"):
        api_tokens.refuse_without_code(store, token, "123456", required=True, now=now)
    with store.write() as work:
        passkey = {"credential": "sample", "public_key": "sample", "sign_count": 0, "name": "sample", "made_at": now}
        work.add(Passkey, person_id=token.person, **passkey)
    with pytest.raises(Refused, match="绑定验证器"):
        api_tokens.refuse_without_code(store, found(store, secret), "123456", required=False, now=now)
    with store.write() as work:
        work.execute(delete(Passkey))
    sign_in.set_password(store, token.person, "a-long-sample-1", now=now)
    session = sign_in.session_of(store, sign_in.sign_in(store, "decider-0", "a-long-sample-1", now=now), now=now)
    assert session is not None
    clock = pyotp.TOTP(sign_in.begin_factor(store, session, "a-long-sample-1", now=now))
    sign_in.confirm_factor(store, session, clock.at(now - timedelta(seconds=30)), now=now)
    token = found(store, secret)
    for code in ("", "000000"):
        with pytest.raises(Refused) as no:
            api_tokens.refuse_without_code(store, token, code, required=False, now=now)
        assert no.value.code == "second_factor"
    api_tokens.refuse_without_code(store, token, clock.at(now), required=False, now=now)
    with pytest.raises(Refused, match="已用过"):
        api_tokens.refuse_without_code(store, token, clock.at(now), required=False, now=now)
    for _ in range(4):  # a right one ended the count
        with pytest.raises(Refused, match="已用过"):
            api_tokens.refuse_without_code(store, token, "000000", required=False, now=now)
    with pytest.raises(Throttled):
        api_tokens.refuse_without_code(store, token, clock.at(now + timedelta(seconds=30)), required=False, now=now)
