"""Signing in: one text for every wrong pair, a pause after too many, a session that ends, a factor that counts once."""

import hashlib
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.shared import tries_in_vain
from casework.shared.errors import Refused
from casework.staff import sign_in
from models import Duty, SignInThrottle, database
from models.clock import real_now
from models.store import Store
from support.portal import PASSWORD, Portal
from support.stage import Stage, officer

NOW = real_now()


@pytest.fixture(autouse=True)
def _now() -> None:
    """The portal's pages use the machine's time: each test begins with it, however long ago its file was read."""
    global NOW
    NOW = real_now()


def test_who_gives_the_right_password_is_led_on_and_back_out(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    page = visitor.get("/sign-in")
    assert "退出" in page.words()
    visitor.submit(page, action="/sign-in", login="x", password="y")
    out = visitor.client.post(
        "/sign-out", data={"_token": page.tree.xpath("//header//input[@name='_token']")[0].get("value")}
    )
    assert "登录" in out.text and "退出" not in visitor.get("/sign-in").words()


def test_unknown_names_and_wrong_passwords_meet_the_same_words(portal: Portal) -> None:
    sign_in.set_password(portal.store, officer(Duty.ACCEPTOR), PASSWORD, now=NOW)
    words = []
    for login, password in (("nobody-of-this-name", PASSWORD), ("acceptor-0", "wrong-password-1")):
        with pytest.raises(Refused) as no:
            sign_in.sign_in(portal.store, login, password, now=NOW)
        words.append(no.value.zh)
    assert words[0] == words[1]


def test_after_five_tries_in_vain_the_right_password_waits_a_quarter_of_an_hour(portal: Portal, stage: Stage) -> None:
    sign_in.set_password(portal.store, officer(Duty.ACCEPTOR), PASSWORD, now=NOW)
    for _ in range(5):
        with pytest.raises(Refused, match="不正确"):
            sign_in.sign_in(portal.store, "acceptor-0", "wrong-password-1", now=NOW)
    with pytest.raises(Refused, match="次数过多"):
        sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW)
    assert sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW + timedelta(minutes=16))


def test_a_session_ends_when_idle_at_its_end_and_when_the_password_changes(portal: Portal) -> None:
    sign_in.set_password(portal.store, officer(Duty.ACCEPTOR), PASSWORD, now=NOW)
    secret = sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW)
    assert sign_in.session_of(portal.store, secret, now=NOW + timedelta(minutes=59)) is not None
    assert sign_in.session_of(portal.store, secret, now=NOW + timedelta(minutes=121)) is None
    kept = sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW)
    for hour in range(1, 24):
        found = sign_in.session_of(portal.store, kept, now=NOW + timedelta(minutes=30 * hour))
        assert (found is not None) == (hour < 24)
    assert sign_in.session_of(portal.store, kept, now=NOW + timedelta(hours=12)) is None
    third = sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW)
    sign_in.set_password(portal.store, officer(Duty.ACCEPTOR), "another-password-2", now=NOW)
    assert sign_in.session_of(portal.store, third, now=NOW) is None


def test_a_code_of_the_authenticator_counts_once(portal: Portal) -> None:
    person = officer(Duty.ACCEPTOR)
    sign_in.set_password(portal.store, person, PASSWORD, now=NOW)
    first = sign_in.session_of(portal.store, sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW), now=NOW)
    assert first is not None and first.stepped_up(NOW)
    clock = pyotp.TOTP(sign_in.begin_factor(portal.store, first, PASSWORD, now=NOW))
    sign_in.confirm_factor(portal.store, first, clock.at(NOW), now=NOW)
    with pytest.raises(Refused, match="验证码"):
        sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW)
    with pytest.raises(Refused, match="已用过"):
        sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW, code=clock.at(NOW))
    later = NOW + timedelta(seconds=60)
    secret = sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=later, code=clock.at(later))
    session = sign_in.session_of(portal.store, secret, now=later)
    assert session is not None and session.stepped_up(later) and not session.stepped_up(later + timedelta(minutes=11))


def test_an_enrolment_code_sets_a_password_once(portal: Portal) -> None:
    code = sign_in.enrol(portal.store, "system", "acceptor-0", now=NOW)
    sign_in.use_enrolment(portal.store, code, PASSWORD, now=NOW)
    with pytest.raises(Refused, match="已用过"):
        sign_in.use_enrolment(portal.store, code, "another-password-2", now=NOW)
    assert sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW)
    late = sign_in.enrol(portal.store, "system", "acceptor-0", now=NOW)
    with pytest.raises(Refused, match="过期"):
        sign_in.use_enrolment(portal.store, late, PASSWORD, now=NOW + timedelta(days=8))


def test_foreign_hosts_sites_and_forms_without_their_token_are_refused(portal: Portal) -> None:
    client = portal.visitor().client
    assert client.get("/sign-in", headers={"host": "evil.example"}).status_code == 400
    fields = {"login": "acceptor-0", "password": PASSWORD}
    assert client.post("/sign-in", data=fields, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post("/sign-in", data=fields, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/sign-in", data=fields).status_code == 403


@pytest.mark.parametrize(
    "leads", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_the_way_back_stays_inside(portal: Portal, leads: str) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    page = visitor.get("/sign-in")
    fields = {"_token": page.form().find(".//input[@name='_token']").get("value"), "next": leads}
    sent = visitor.client.post(
        "/sign-in", data={**fields, "login": "acceptor-0", "password": PASSWORD}, follow_redirects=False
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/home")


def test_a_store_that_is_busy_fails_no_page(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in.set_password(portal.store, officer(Duty.ACCEPTOR), PASSWORD, now=NOW)
    secret = sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW)
    monkeypatch.setattr(database, "BUSY_MS", 200)
    other = Store.open(portal.store.url)
    with portal.store.write() as work:
        work.audit(actor="system", action="beside", subject="x", content={})
        assert sign_in.session_of(other, secret, now=NOW + timedelta(minutes=5)) is not None
    other.close()


def test_only_forms_that_take_a_file_carry_one_and_only_for_who_is_signed_in(portal: Portal) -> None:
    stranger, officer_ = portal.visitor(), portal.as_(officer(Duty.ACCEPTOR))
    small, large = {"file": ("a.txt", b"x", "text/plain")}, {"file": ("a.txt", b"x" * (3 * 1024**2), "text/plain")}
    for visitor in (stranger, officer_):
        token = visitor.get("/enrol").form().find(".//input[@name='_token']").get("value")
        for address in ("/sign-in", "/register", "/track", "/enrol"):
            assert visitor.client.post(address, data={"_token": token}, files=large).status_code == 413
            assert visitor.client.post(address, data={"_token": token}, files=small).status_code == 400
    for address in ("/pay/import", "/apply/XZ2023-M04-000001/evidence"):
        assert stranger.client.post(address, data={"_token": "x"}, files=large).status_code == 403
        assert stranger.client.post(address, data={"_token": "x"}, files=large).text.startswith("请先登录")
        assert officer_.client.post(address, data={"_token": "x"}, files=large).status_code == 403
        assert "页面已失效" in officer_.client.post(address, data={"_token": "x"}, files=large).text
    stranger.client.cookies.set("duixian-session", "made-up")
    sent = stranger.client.post("/pay/import", data={"_token": "x"}, files=large, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2F")


def test_a_stranger_locks_nobody_out_at_another_address(portal: Portal) -> None:
    sign_in.set_password(portal.store, officer(Duty.ACCEPTOR), PASSWORD, now=NOW)
    stranger = portal.visitor("192.0.2.1")
    for _ in range(6):
        last = stranger.sign_in("acceptor-0", "wrong-password-1")
    assert "次数过多" in last.words() and "次数过多" in stranger.sign_in("acceptor-0").words()
    assert portal.visitor("192.0.2.2").sign_in("acceptor-0").status == 200


def test_a_name_that_is_tried_from_everywhere_rests_after_a_hundred_tries(portal: Portal) -> None:
    for number in range(tries_in_vain.NAME_TRIES):
        tries = tries_in_vain.TriesInVain(kind=sign_in.SIGN_IN, name="acceptor-0", source=f"192.0.2.{number}")
        tries.failed(portal.store, NOW)
    with pytest.raises(Refused, match="次数过多"):
        sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW, source="198.51.100.1")


def test_a_visitor_rests_after_thirty_tries_of_whatever_and_nobody_where_no_address_is_known(portal: Portal) -> None:
    known = tries_in_vain.TriesOfVisitor(kind="case-visitor", source="192.0.2.1")
    unknown = tries_in_vain.TriesOfVisitor(kind="case-visitor", source="")

    def try_once() -> None:
        for tries in (known, unknown):
            with portal.store.read() as work:
                tries.refuse(work, NOW, field="number")
            tries.failed(portal.store, NOW)

    for _ in range(tries_in_vain.VISITOR_TRIES):
        try_once()
    with pytest.raises(Refused, match="次数过多"):
        try_once()
    with portal.store.read() as work:
        unknown.refuse(work, NOW, field="number")
        kept = work.execute(select(col(SignInThrottle.key))).scalars().all()
    assert kept == [hashlib.sha256(b"case-visitor:192.0.2.1").hexdigest()]


def test_codes_in_vain_count_for_the_account_and_only_after_its_password(portal: Portal) -> None:
    person = officer(Duty.ACCEPTOR)
    sign_in.set_password(portal.store, person, PASSWORD, now=NOW)
    first = sign_in.session_of(portal.store, sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=NOW), now=NOW)
    assert first is not None
    clock = pyotp.TOTP(sign_in.begin_factor(portal.store, first, PASSWORD, now=NOW))
    sign_in.confirm_factor(portal.store, first, clock.at(NOW), now=NOW)
    later = NOW + timedelta(seconds=60)
    for number in range(6):
        with pytest.raises(Refused, match="次数过多" if number == 5 else "验证码不正确"):
            sign_in.sign_in(portal.store, "acceptor-0", PASSWORD, now=later, code="x", source=f"192.0.2.{number}")
