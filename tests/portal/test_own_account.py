"""A person's own account in the portal: sessions, password, authenticator; a password set with an enrolment code."""

from datetime import date, timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.staff import sign_in, tokens
from models import Duty, SecondFactor
from models.clock import real_now
from models.store import Store
from support.portal import PASSWORD, Portal
from support.stage import applicant, officer

NEW = "another-password-2"


def test_other_sessions_are_listed_and_ended(portal: Portal) -> None:
    sign_in.set_password(portal.store, applicant(0), PASSWORD, now=real_now())
    here, there = portal.visitor(), portal.visitor()
    for one in (here, there):
        one.sign_in("applicant-0-0")
    page = here.get("/account")
    assert page.words().count("testclient") == 2
    ended = here.submit(page, action="/account/sessions")
    assert "其他设备上的登录已结束" in ended.words() and ended.words().count("testclient") == 1
    assert there.get("/account").url.startswith("http://localhost:8023/sign-in")


def test_the_password_is_changed_with_the_old_one_only(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    page = visitor.get("/account")
    wrong = visitor.submit(page, action="/account/password", old="wrong-password-1", password=NEW, again=NEW)
    assert wrong.status == 422 and "原密码不正确" in wrong.words()
    other = visitor.submit(page, action="/account/password", old=PASSWORD, password=NEW, again=NEW + "x")
    assert other.status == 422 and "不一致" in other.words()
    short = visitor.submit(page, action="/account/password", old=PASSWORD, password="short", again="short")
    assert short.status == 422 and "10 至 128" in short.words()
    done = visitor.submit(page, action="/account/password", old=PASSWORD, password=NEW, again=NEW)
    assert "/sign-in" in done.url and "请用新密码登录" in done.words()
    with pytest.raises(Refused):
        sign_in.sign_in(portal.store, "applicant-0-0", PASSWORD, now=real_now())
    assert "/my" in visitor.sign_in("applicant-0-0", NEW).url


def test_old_passwords_in_vain_count_for_the_session_and_lock_nobody_out(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    page = visitor.get("/account")
    for _ in range(6):
        last = visitor.submit(page, action="/account/password", old="wrong-password-1", password=NEW, again=NEW)
    assert "次数过多" in last.words()
    assert "/my" in portal.visitor().sign_in("applicant-0-0").url


def test_an_authenticator_is_bound_with_its_first_code(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    page = visitor.submit(visitor.get("/account"), action="/account/factor", proof=PASSWORD)
    assert page.tree.xpath("//img[starts-with(@src,'data:image/svg+xml')]")
    key = page.tree.xpath("//main//code/text()")[0]
    wrong = visitor.submit(page, action="/account/factor/confirm", code="000000")
    assert wrong.status == 422 and confirmed(portal.store) == [None]
    done = visitor.submit(page, action="/account/factor/confirm", code=pyotp.TOTP(key).at(real_now()))
    assert "验证器已绑定" in done.words() and key not in done.text
    assert confirmed(portal.store) != [None]


def confirmed(store: Store) -> list[object]:
    with store.read() as work:
        return list(work.execute(select(col(SecondFactor.confirmed_at))).scalars())


def test_a_code_enrols_once_and_an_ended_one_is_refused(portal: Portal) -> None:
    code = sign_in.enrol(portal.store, "system", "acceptor-0", now=real_now())
    visitor = portal.visitor()
    page = visitor.submit(visitor.get("/enrol"), action="/enrol", code=code, password=NEW, again=NEW)
    assert "请用新密码登录" in page.words()
    again = visitor.submit(visitor.get("/enrol"), action="/enrol", code=code, password=NEW, again=NEW)
    assert again.status == 422 and "已用过" in again.words()
    late = sign_in.enrol(portal.store, "system", "acceptor-0", now=real_now() - timedelta(days=8))
    ended = visitor.submit(visitor.get("/enrol"), action="/enrol", code=late, password=NEW, again=NEW)
    assert ended.status == 422 and "过期" in ended.words()


def test_the_pages_ask_for_an_account(portal: Portal) -> None:
    visitor = portal.visitor()
    for path in ("/account", "/my", "/apply/new?policy=XZ2023&item=M4a", "/my/cases/XZ2023-M04-000001"):
        assert "/sign-in" in visitor.get(path).url


def test_ones_own_tokens_are_listed_and_ended_and_nobody_elses(portal: Portal) -> None:
    store, mine, last = portal.store, officer(Duty.ACCEPTOR), date(2024, 1, 31)
    tokens.make(store, SYSTEM, person="acceptor-0", last=last, scopes=["lists"])
    tokens.make(store, SYSTEM, person="acceptor-1")
    visitor = portal.as_(mine)
    page = visitor.get("/account")
    assert "接口：lists" in page.words() and "2024-01-31" in page.words()
    other = tokens.listed(store, person=officer(Duty.ACCEPTOR, 1))[0].id
    visitor.submit(page, action="/account/tokens", token=str(other))
    assert len(tokens.listed(store)) == 2
    ended = visitor.submit(page, action="/account/tokens")
    assert "您没有有效的令牌了" in ended.words() and [row.login for row in tokens.listed(store)] == ["acceptor-1"]
