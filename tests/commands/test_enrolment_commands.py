"""`people enrol` prints a code that sets a password, `people unfactor` takes an authenticator off, `tokens` gives scopes."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest

from casework.shared.errors import Refused
from casework.staff import sign_in
from models.clock import real_now

PASSWORD = "sample-password-1"


def test_a_printed_code_sets_a_password_and_a_second_one_ends_it(office: Any) -> None:
    first = office.json("people", "enrol", "acceptor-0")["code"]
    said = office("people", "enrol", "acceptor-0")
    assert "7 天内" in said and first not in said
    with pytest.raises(Refused, match="已用过"):
        sign_in.use_enrolment(office.store, first, PASSWORD, now=real_now())
    sign_in.use_enrolment(office.store, said.splitlines()[0], PASSWORD, now=real_now())
    assert sign_in.sign_in(office.store, "acceptor-0", PASSWORD, now=real_now())


def test_a_lost_authenticator_is_taken_off(office: Any) -> None:
    now = real_now()
    sign_in.use_enrolment(office.store, office.json("people", "enrol", "acceptor-0")["code"], PASSWORD, now=now)
    session = sign_in.session_of(office.store, sign_in.sign_in(office.store, "acceptor-0", PASSWORD, now=now), now=now)
    assert session is not None
    key = sign_in.begin_factor(office.store, session, PASSWORD, now=now)
    sign_in.confirm_factor(office.store, session, pyotp.TOTP(key).at(now), now=now)
    with pytest.raises(Refused, match="验证码"):
        sign_in.sign_in(office.store, "acceptor-0", PASSWORD, now=now)
    assert "已解除" in office("people", "unfactor", "acceptor-0")
    assert sign_in.sign_in(office.store, "acceptor-0", PASSWORD, now=now)


def test_a_name_that_nobody_has_is_refused_in_words(office: Any) -> None:
    for command in ("enrol", "unfactor"):
        assert "没有人员" in office("people", command, "nobody", code=1)


def test_a_token_of_the_api_is_made_with_scopes_listed_and_ended_by_its_id(office: Any) -> None:
    scopes = ("--scope", "read:cases", "--scope", "lists")
    assert "须写明截止日" in office("tokens", "make", "acceptor-0", *scopes, code=1)
    said = office("tokens", "make", "acceptor-0", *scopes, "--to", _in_a_month(office))
    assert said.startswith("dx_") and "Authorization: Bearer" in said
    office("tokens", "make", "acceptor-0")
    (of_api,) = [row for row in office.json("tokens", "list")["tokens"] if row["scopes"]]
    assert of_api["scopes"] == ["read:cases", "lists"] and "read:cases lists" in office("tokens", "list")
    assert "没有权限范围" in office("tokens", "make", "acceptor-0", "--scope", "all", code=1)
    assert "1" in office("tokens", "revoke", "acceptor-0", "--id", of_api["id"])
    assert [row["scopes"] for row in office.json("tokens", "list")["tokens"]] == [[]]


def _in_a_month(office: Any) -> str:
    with office.store.read() as work:
        return str((work.today + timedelta(days=30)).isoformat())
