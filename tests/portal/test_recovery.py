"""A forgotten password: asking tells nothing, the code is good once and for a short time, every session ends, a factor stays."""

import re
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlmodel import col

from casework.operations.message_delivery import links_of
from casework.shared import tries_in_vain
from casework.shared.errors import Refused
from casework.staff import recovery, sign_in
from models import Contact, ContactStatus, Duty, Enrolment, Message, Person
from models.clock import real_now
from support.linked_mail import LinkedMail, dump
from support.portal import Portal, Shown, stale
from support.stage import officer

NOW, NEW = real_now(), "another-password-2"
ACCEPTOR = officer(Duty.ACCEPTOR)


@pytest.fixture(autouse=True)
def _now() -> None:
    """The portal's pages use the machine's time: each test begins with it, however long ago its file was read."""
    global NOW
    NOW = real_now()


@pytest.fixture
def mail(portal: Portal) -> LinkedMail:
    """Everybody has a verified mailbox."""
    return LinkedMail(portal.store).give_mailboxes()


def codes(mail: LinkedMail, login: str) -> list[str]:
    """The codes in somebody's mails, the newest last."""
    mail.send(links_of(mail.store, {}))
    mine = [one.text for one in mail.box.got if one.address == f"{login}@example.com"]
    return [found for text in mine for found in re.findall(r"验证码：([0-9A-Z]{8})，", text)]


def code(mail: LinkedMail, who: str = "acceptor-0", login: str = "acceptor-0", *, now: datetime | None = None) -> str:
    """A code that was asked for just now."""
    recovery.ask(mail.store, who, now=now or NOW)
    return codes(mail, login)[-1]


def plain(page: Shown, typed: str) -> str:
    """A page without what was typed and without its token."""
    return re.sub(r'name="_token" value="\w+"', "", page.text).replace(typed, "")


def test_who_forgot_their_password_sets_another_by_a_code_and_is_signed_out_everywhere(
    portal: Portal, mail: LinkedMail
) -> None:
    earlier, visitor = portal.as_(ACCEPTOR), portal.visitor()
    ask = visitor.get(next(one for one in visitor.get("/sign-in").links() if one == "/recover"))
    page = visitor.submit(ask, action="/recover", who="acceptor-0")
    assert page.status == 200 and "验证码已经发出" in page.words()
    (sent,) = codes(mail, "acceptor-0")
    wrong = visitor.submit(page, action="/recover/code", code=sent, password=NEW, again="not-the-same")
    assert wrong.status == 422 and "不一致" in wrong.words() and f'value="{sent}"' in wrong.text
    done = visitor.submit(wrong, action="/recover/code", password=NEW, again=NEW)
    assert "密码已设置" in done.words() and "done=password" in done.url
    assert "/sign-in" in earlier.get("/desk").url
    assert visitor.sign_in("acceptor-0").status == 403 and visitor.sign_in("acceptor-0", NEW).status == 200
    codes(mail, "acceptor-0")
    assert "密码已重设" in mail.box.got[-1].subject


@pytest.mark.parametrize("who", ["acceptor-0@example.com", "  acceptor-0@example.com "])
def test_an_address_on_record_does_as_well_as_the_login(portal: Portal, mail: LinkedMail, who: str) -> None:
    recovery.use(portal.store, who, code(mail, who), NEW, now=NOW)
    assert sign_in.sign_in(portal.store, "acceptor-0", NEW, now=NOW)


def test_the_answer_is_the_same_for_the_known_and_the_unknown(portal: Portal, mail: LinkedMail) -> None:
    with portal.store.write() as work:
        closed = update(Person).where(col(Person.id) == officer(Duty.ACCEPTOR, 1))
        work.execute(closed.values(active=False))
        bare = update(Contact).where(col(Contact.holder) == f"person:{officer(Duty.ACCEPTOR, 2)}")
        work.execute(bare.values(status=ContactStatus.BOUNCING))
    asked, used = set(), set()
    for who in ("acceptor-0", "acceptor-1", "acceptor-2", "nobody-at-all", "acceptor-0@example.com", "x@example.com"):
        visitor = portal.visitor()
        page = visitor.submit(visitor.get("/recover"), action="/recover", who=who)
        asked.add((page.status, plain(page, who)))
        page = visitor.submit(page, action="/recover/code", code="00000000", password=NEW, again=NEW)
        used.add((page.status, plain(page, who)))
    assert len(asked) == 1 and len(used) == 1 and "不正确、已用过或已过期" in used.pop()[1]
    assert len(codes(mail, "acceptor-0")) == 2, "by its login and by its address"
    assert not codes(mail, "acceptor-1") and not codes(mail, "acceptor-2")


def test_as_many_passwords_are_looked_at_for_the_unknown(
    portal: Portal, mail: LinkedMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    for kind in ("hash", "verify"):
        real = getattr(PasswordHasher, kind)

        def counted(*given: Any, kind: str = kind, real: Any = real, **more: Any) -> Any:
            looked.append(kind)
            return real(*given, **more)

        monkeypatch.setattr(PasswordHasher, kind, counted)
    asked, used = [], []
    for who in ("acceptor-0", "acceptor-0@example.com", "nobody-at-all", "x@example.com"):
        looked.clear()
        recovery.ask(portal.store, who, now=NOW)
        asked.append(tuple(looked))
        looked.clear()
        with pytest.raises(Refused, match="不正确、已用过或已过期"):
            recovery.use(portal.store, who, "00000000", NEW, now=NOW)
        used.append(tuple(looked))
    assert set(asked) == {("verify",)} and set(used) == {("hash",)}
    assert len(codes(mail, "acceptor-0")) == 2, "the known were told nevertheless"


def test_a_code_is_good_once_and_for_a_quarter_of_an_hour(portal: Portal, mail: LinkedMail) -> None:
    first, second = code(mail), code(mail)
    assert first != second
    with pytest.raises(Refused, match="已过期"):
        recovery.use(portal.store, "acceptor-0", second, NEW, now=NOW + timedelta(minutes=16))
    recovery.use(portal.store, "acceptor-0", second.lower(), NEW, now=NOW + timedelta(minutes=14))
    for spent in (first, second):
        with pytest.raises(Refused, match="已用过"):
            recovery.use(portal.store, "acceptor-0", spent, "third-password-3", now=NOW)
    assert sign_in.sign_in(portal.store, "acceptor-0", NEW, now=NOW)


def test_a_code_of_one_account_opens_no_other_and_sets_no_weak_password(portal: Portal, mail: LinkedMail) -> None:
    mine = code(mail)
    with pytest.raises(Refused, match="不正确"):
        recovery.use(portal.store, "acceptor-1", mine, NEW, now=NOW)
    with pytest.raises(Refused, match="10 至 128"):
        recovery.use(portal.store, "acceptor-0", mine, "short", now=NOW)
    with pytest.raises(Refused, match="启用码无效"):
        sign_in.use_enrolment(portal.store, mine, NEW, now=NOW)
    recovery.use(portal.store, "acceptor-0", mine, NEW, now=NOW)


def test_after_five_wrong_codes_the_right_one_is_refused_wherever_they_came_from(
    portal: Portal, mail: LinkedMail
) -> None:
    right = code(mail)
    for number in range(5):
        with pytest.raises(Refused, match="不正确"):
            recovery.use(portal.store, "acceptor-0", f"0000000{number}", NEW, now=NOW, source=f"192.0.2.{number}")
    with pytest.raises(Refused, match="不正确"):
        recovery.use(portal.store, "acceptor-0", right, NEW, now=NOW, source="192.0.2.9")
    with pytest.raises(Refused, match="不正确"):
        recovery.use(portal.store, "acceptor-0@example.com", right, NEW, now=NOW, source="192.0.2.10")


def test_requests_are_limited_alike_and_nobodys_mailbox_is_filled(portal: Portal, mail: LinkedMail) -> None:
    for who in ("acceptor-0", "nobody-at-all"):
        for _ in range(5):
            recovery.ask(portal.store, who, now=NOW, source="192.0.2.1")
        with pytest.raises(Refused, match="次数过多"):
            recovery.ask(portal.store, who, now=NOW, source="192.0.2.1")
    for number in range(20):
        recovery.ask(portal.store, "acceptor-0", now=NOW, source=f"198.51.100.{number}")
    assert len(codes(mail, "acceptor-0")) == recovery.MOST_AN_HOUR
    for number in range(40):
        try:
            recovery.ask(portal.store, f"guess-{number}", now=NOW, source="203.0.113.1")
        except Refused as no:
            assert no.code == "throttled" and number == tries_in_vain.VISITOR_TRIES
            break
    else:
        raise AssertionError("one visitor may ask for any number of names")


def test_an_authenticator_is_asked_for_afterwards_as_before(portal: Portal, mail: LinkedMail) -> None:
    _, clock = stale(portal, ACCEPTOR)
    recovery.use(portal.store, "acceptor-0", code(mail), NEW, now=NOW)
    with pytest.raises(Refused, match="验证码"):
        sign_in.sign_in(portal.store, "acceptor-0", NEW, now=real_now())
    assert isinstance(clock, pyotp.TOTP)
    assert sign_in.sign_in(portal.store, "acceptor-0", NEW, now=real_now(), code=clock.at(real_now()))


def test_the_store_holds_no_code_and_the_mail_goes_to_the_person_alone(portal: Portal, mail: LinkedMail) -> None:
    sent = code(mail)
    assert sent not in "\n".join(dump(portal.store))
    with portal.store.read() as work:
        to = work.execute(select(col(Message.recipient)).where(col(Message.kind) == "recovery_code")).scalars().all()
        kept = work.execute(select(col(Enrolment.hash))).scalars().all()
    assert to == [f"person:{ACCEPTOR}"] and len(kept) == 1 and kept[0].startswith("recovery:")


def test_without_a_name_nothing_is_asked(portal: Portal, mail: LinkedMail) -> None:
    visitor = portal.visitor()
    page = visitor.submit(visitor.get("/recover"), action="/recover", who=" ")
    assert page.status == 422 and "请填写登录名" in page.words()
