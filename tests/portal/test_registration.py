"""A firm registers itself, an officer accepts or refuses, and only then does an account exist; what is refused on the way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from casework.parties import self_registration
from casework.shared import tries_in_vain
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.staff import sign_in
from models import AuditEntry, Duty, Party, Password, Person, Registration
from models.clock import real_now
from models.store import Store
from support.office import code
from support.portal import Portal, Shown, Visitor
from support.stage import TOWN, officer
from web import portal_server

PASSWORD = "sample-password-9"
FORM = {
    "kind": "enterprise", "code": code(777), "name": "算例自注册企业", "town": TOWN, "person": "算例经办人",
    "contact": "13800000777", "login": "self-777", "password": PASSWORD, "again": PASSWORD,
}  # fmt: skip


def ask(visitor: Visitor, **changed: str) -> Shown:
    return visitor.submit(visitor.get("/register"), action="/register", **{**FORM, **changed})


def one(store: Store, what: Any) -> Any:
    with store.read() as work:
        return work.execute(select(what)).scalars().all()


def test_a_firm_registers_is_accepted_and_signs_in(portal: Portal) -> None:
    visitor = portal.visitor()
    parties = one(portal.store, func.count(col(Party.id)))
    sent = ask(visitor)
    assert sent.status == 200 and "待审核" in sent.words() and one(portal.store, func.count(col(Party.id))) == parties
    with pytest.raises(Refused, match="不正确"):
        sign_in.sign_in(portal.store, "self-777", PASSWORD, now=real_now())
    desk = portal.as_(officer(Duty.CLERK))
    page = desk.get("/desk/registrations")
    assert "算例自注册企业" in page.words() and FORM["code"] in page.words()
    done = desk.submit(page, action="/desk/registrations/")
    assert "可以登录" in done.words() and "没有待审核" in done.words()
    assert "已通过" in visitor.get(sent.url).words()
    mine = visitor.sign_in("self-777", PASSWORD)
    assert mine.url.endswith("/my") and "算例自注册企业" in mine.words()
    for kept_elsewhere in (Registration.password_hash, Registration.person_name, Registration.contact):
        assert one(portal.store, col(kept_elsewhere)) == [""]
    trail = [row for row in one(portal.store, col(AuditEntry.action)) if row.startswith("registration.")]
    assert trail == ["registration.ask", "registration.accept"]


def test_a_refusal_names_its_reason_to_the_sender_and_leaves_nothing(portal: Portal) -> None:
    visitor = portal.visitor()
    sent = ask(visitor)
    before = (one(portal.store, func.count(col(Party.id))), one(portal.store, func.count(col(Person.id))))
    desk = portal.as_(officer(Duty.CLERK))
    page = desk.get("/desk/registrations")
    address = page.form(action="/desk/registrations/").get("action").replace("/accept", "/refuse")
    bare = desk.submit(page, action=address, reason=" ")
    assert bare.status == 422 and "必填" in bare.words()
    desk.submit(page, action=address, reason="算例：名称与执照不符")
    assert "算例：名称与执照不符" in visitor.get(sent.url).words()
    assert before == (one(portal.store, func.count(col(Party.id))), one(portal.store, func.count(col(Person.id))))
    assert one(portal.store, col(Registration.password_hash)) == [""]
    assert "待审核" in ask(visitor).words()  # mended, it may be sent again


def test_every_fault_is_said_at_once_and_what_was_typed_stays_but_for_the_password(portal: Portal) -> None:
    visitor = portal.visitor()
    page = ask(visitor, code="91330411000000000X", name="", town="", login="x", password="short", again="short")
    assert page.status == 422
    leads = page.tree.xpath("//div[contains(@class,'govuk-error-summary')]//a/@href")
    assert leads == ["#f-code", "#f-name", "#f-town", "#f-login", "#f-password"]
    fields = page.form(action="/register").fields
    assert fields["person"] == FORM["person"] and not fields["password"]
    assert "两次输入的密码不一致" in ask(visitor, again=PASSWORD + "x").words()
    assert one(portal.store, func.count(col(Registration.id))) == [0]


def test_a_code_or_a_login_that_is_known_is_refused_in_words(portal: Portal) -> None:
    visitor = portal.visitor()
    assert "已登记" in ask(visitor, code=code(0)).words()
    assert "已被使用" in ask(visitor, login="acceptor-0").words()
    ask(visitor)
    assert "已被使用" in ask(visitor, code=code(778)).words()
    assert one(portal.store, func.count(col(Registration.id))) == [1]


def test_who_enters_no_parties_sees_and_decides_no_request(portal: Portal) -> None:
    ask(portal.visitor())
    (request,) = one(portal.store, col(Registration.id))
    for person in (officer(Duty.DECIDER), officer(Duty.AUDITOR)):
        visitor = portal.as_(person)
        shown = visitor.get("/desk/registrations")
        assert shown.status == (200 if person == officer(Duty.AUDITOR) else 404)
        assert not shown.tree.xpath("//main//form") and "通过并开通账号" not in shown.words()
        token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
        for what in ("accept", "refuse"):
            no = visitor.post(f"/desk/registrations/{request}/{what}", {"_token": token, "reason": "x"})
            assert no.status == (422 if person == officer(Duty.AUDITOR) else 404)
    assert one(portal.store, col(Registration.state)) == ["waiting"]


def test_a_request_is_decided_once(portal: Portal) -> None:
    ask(portal.visitor())
    (request,) = one(portal.store, col(Registration.id))
    clerk, other = officer(Duty.CLERK), officer(Duty.CLERK, 1)
    for _ in range(2):
        self_registration.accept(portal.store, clerk, request, now=real_now())
    with pytest.raises(Refused, match="已由他人办理"):
        self_registration.refuse(portal.store, other, request, reason="x")
    with pytest.raises(Refused, match="没有这个注册申请"):
        self_registration.accept(portal.store, clerk, UUID(int=5), now=real_now())
    assert one(portal.store, func.count(col(Password.person_id)).filter(col(Password.hash) == ""))[0] == 0


def test_one_source_asks_so_often_and_no_more(portal: Portal) -> None:
    visitor = portal.visitor()
    for number in range(self_registration.TRIES):
        ask(visitor, code=code(800 + number), login=f"self-{800 + number}")
    late = ask(visitor, code=code(899), login="self-899")
    assert late.status == 422 and "次数过多" in late.words()
    assert one(portal.store, func.count(col(Registration.id))) == [self_registration.TRIES]


def test_where_sources_are_not_told_apart_registration_stays_open_longer(portal: Portal) -> None:
    for _ in range(150):
        tries_in_vain.failed(portal.store, "registration", "", real_now(), free=self_registration.TRIES_OF_ALL)
    assert "待审核" in ask(portal.visitor("127.0.0.1")).words()
    for _ in range(self_registration.TRIES_OF_ALL - 151):
        tries_in_vain.failed(portal.store, "registration", "", real_now(), free=self_registration.TRIES_OF_ALL)
    assert "次数过多" in ask(portal.visitor("127.0.0.1"), code=code(778), login="self-778").words()


def test_passwords_are_hashed_once_after_the_limit_and_outside_the_write(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed, hash_, store = [], sign_in._HASHER.hash, portal.store

    def beside_a_writer(self: object, password: str) -> str:
        with store.write() as work:
            work.audit(actor="system", action="beside", subject="x", content={})
        hashed.append(password)
        return str(hash_(password))

    monkeypatch.setattr(type(sign_in._HASHER), "hash", beside_a_writer)
    for number in range(self_registration.TRIES + 1):
        ask(portal.visitor(), code=code(800 + number), login=f"self-{800 + number}")
    assert len(hashed) == self_registration.TRIES


def test_a_stranger_who_was_first_keeps_no_firm_out(portal: Portal) -> None:
    ask(portal.visitor(), login="stranger-1")
    ask(portal.visitor(), code=code(778), login="self-778")
    assert "待审核" in ask(portal.visitor()).words()
    rows = self_registration.waiting(portal.store, officer(Duty.CLERK), now=real_now()).rows
    assert [row.login for row in rows] == ["stranger-1", "self-777", "self-778"]  # those of one code together
    desk = portal.as_(officer(Duty.CLERK))
    assert desk.get("/desk/registrations").words().count("同一代码另有 1 个申请") == 2
    self_registration.accept(portal.store, officer(Duty.CLERK), rows[1].id, now=real_now())
    with pytest.raises(Refused, match="已登记"):
        self_registration.accept(portal.store, officer(Duty.CLERK), rows[0].id, now=real_now())


def test_a_list_that_is_cut_off_says_so_and_counts_all_that_wait(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, login in enumerate(("self-1", "self-2", "self-3"), start=1):
        ask(portal.visitor(), code=code(777 if number != 2 else 778), login=f"{login}-x")
    desk = portal.as_(officer(Duty.CLERK))
    assert "共 3 个申请" not in desk.get("/desk/registrations").words()
    monkeypatch.setattr(self_registration, "MOST_WAITING", 2)
    page = desk.get("/desk/registrations")
    assert "共 3 个申请待审核，这里列出最早的 2 个" in page.words() and "self-3-x" not in page.words()
    assert "同一代码另有 1 个申请" in page.words()  # the one that is not shown


def test_an_acceptance_that_fails_does_not_open_the_refusal(portal: Portal) -> None:
    ask(portal.visitor())
    desk = portal.as_(officer(Duty.CLERK))
    page = desk.get("/desk/registrations")
    with portal.store.write() as work:
        work.execute(update(Person).where(col(Person.login) == "clerk-1").values(login="self-777"))
    no = desk.submit(page, action="/desk/registrations/")
    assert no.status == 422 and "已被使用" in no.words() and not no.tree.xpath("//main//details[@open]")
    address = page.form(action="/desk/registrations/").get("action").replace("/accept", "/refuse")
    bare = desk.submit(page, action=address, reason=" ")
    (lead,) = bare.tree.xpath("//div[contains(@class,'govuk-error-summary')]//a/@href")
    assert bare.tree.xpath("//main//details[@open]") and bare.tree.xpath(f"//textarea[@id='{lead[1:]}']")


def test_a_request_that_nobody_decides_ends_after_a_month(portal: Portal) -> None:
    ask(portal.visitor())
    with portal.store.write() as work:
        work.execute(update(Registration).values(made_at=real_now() - timedelta(days=32)))
    ask(portal.visitor(), code=code(778), login="self-778")
    assert one(portal.store, col(Registration.login)) == ["self-778"]


def test_a_request_that_ended_is_shown_to_nobody_and_goes_when_the_portal_starts(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, desk = portal.visitor(), portal.as_(officer(Duty.CLERK))
    sent = ask(visitor)
    monkeypatch.setattr(Home, "from_environment", lambda: portal.home)
    monkeypatch.delenv("DUIXIAN_WEB_BIND")
    portal_server.application()
    assert "待审核" in visitor.get(sent.url).words() and FORM["code"] in desk.get("/desk/registrations").words()
    with portal.store.write() as work:
        work.execute(update(Registration).values(made_at=real_now() - timedelta(days=32)))
    assert visitor.get(sent.url).status == 404 and FORM["code"] not in desk.get("/desk/registrations").words()
    portal_server.application()
    assert one(portal.store, col(Registration.login)) == []


def test_what_was_accepted_before_an_upgrade_is_emptied_too(portal: Portal) -> None:
    ask(portal.visitor())
    (waiting,) = one(portal.store, col(Registration.id))
    self_registration.accept(portal.store, officer(Duty.CLERK), waiting, now=real_now())
    ask(portal.visitor(), code=code(778), login="self-778")
    with portal.store.write() as work:
        earlier = update(Registration).where(col(Registration.id) == waiting)
        work.execute(earlier.values(person_name="算例经办人", contact="13800000777"))
    assert self_registration.end_old(portal.store, now=real_now()) == 0
    assert sorted(one(portal.store, col(Registration.contact))) == ["", "13800000777"], (
        "one that waits keeps what it says"
    )
    assert sorted(one(portal.store, col(Registration.person_name))) == ["", "算例经办人"]
