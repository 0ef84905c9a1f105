"""Passkeys: added after a proof, signed in with, shown before weighty acts, removed; what is false, old or copied is refused."""

import json
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.operations.message_delivery import links_of
from casework.shared.errors import Refused
from casework.staff import passkeys, recovery, sign_in
from casework.staff.passkeys import Site
from casework.views.factor_duties import without_factor
from models import AuditEntry, Duty, Message, Passkey, PasskeyChallenge, Person, State, WebSession
from models.clock import real_now
from support.linked_mail import LinkedMail
from support.passkey_device import PRESENT, PasskeyDevice
from support.portal import PASSWORD, Portal, Shown, Visitor, stale
from support.stage import Stage, applicant, named, officer
from support.walk import Walk, with_one_case
from web.application import create_app
from web.portal_settings import WebSettings

PERSON, LOGIN = officer(Duty.DECIDER), "decider-0"
DECIDE = "/desk/cases/XZ2023-M16-000001/do/decide"
SITE = Site(host="localhost", origin="http://localhost:8023")


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """A case that waits for its decision."""
    return with_one_case(stage, State.COMPUTED, Duty.DECIDER)


def asked(visitor: Visitor, page: Shown, form: str, **typed: str) -> Any:
    """What the portal asks the device, as the page's script asks for it."""
    (field,) = page.tree.xpath(f"//main//form[@action='{form}']//input[@data-passkey]")
    token = field.xpath("ancestor::form//input[@name='_token']")[0].get("value")
    fields, sender = {"_token": token, **typed}, {"referer": page.url}
    answer = visitor.client.post(field.get("data-challenge"), data=fields, headers=sender, follow_redirects=False)
    return json.loads(answer.text) if "json" in answer.headers.get("content-type", "") else answer


def add(visitor: Visitor, device: PasskeyDevice, name: str = "办公电脑", **typed: str) -> Shown:
    """Adds the device's passkey under /account."""
    page = visitor.get("/account/passkeys")
    made = device.make(asked(visitor, page, "/account/passkeys", **{"key-proof": PASSWORD, **typed}))
    (form,) = page.tree.xpath("//main//form[@action='/account/passkeys']")
    return visitor.post("/account/passkeys", {**dict(form.form_values()), "name": name, "credential": made})


def with_passkey(portal: Portal, person: Any = PERSON) -> tuple[Visitor, PasskeyDevice]:
    """Somebody who has one, signed in where it was added."""
    visitor, device = portal.as_(person), PasskeyDevice()
    assert "通行密钥已添加" in add(visitor, device).words()
    return visitor, device


def signed_in(portal: Portal, device: PasskeyDevice, **changed: Any) -> tuple[Visitor, Shown]:
    """A fresh browser that signs in with a passkey."""
    visitor = portal.visitor()
    page = visitor.get("/sign-in")
    answer = device.sign(asked(visitor, page, "/sign-in/passkey"), **changed)
    return visitor, visitor.submit(page, action="/sign-in/passkey", credential=answer)


def audited(portal: Portal, action: str) -> int:
    with portal.store.read() as work:
        return len(work.execute(select(col(AuditEntry.seq)).where(col(AuditEntry.action) == action)).all())


def test_a_passkey_signs_in_as_both_factors(portal: Portal, walk: Walk) -> None:
    _, device = with_passkey(portal)
    visitor, home = signed_in(portal, device)
    assert home.url.endswith("/desk")
    act = visitor.get(DECIDE)
    assert act.form(action=DECIDE) is not None, "it was shown just now"
    rows = visitor.get("/account/passkeys").words()
    assert "办公电脑" in rows and audited(portal, "passkey.added") == 1 and audited(portal, "sign_in") == 2
    with portal.store.read() as work:
        told = select(col(Message.recipient)).where(col(Message.kind) == "passkey_added")
        assert work.execute(told).scalars().all() == [f"person:{PERSON}"]


def test_adding_one_asks_for_the_password_first(portal: Portal) -> None:
    visitor = portal.as_(PERSON)
    page = visitor.get("/account/passkeys")
    for typed in ({"key-proof": "wrong-password-1"}, {}):
        assert asked(visitor, page, "/account/passkeys", **typed) == {"refused": "密码不正确"}
    with portal.store.read() as work:
        assert not work.execute(select(col(PasskeyChallenge.hash))).all()


def test_adding_one_asks_who_has_an_authenticator_for_its_code(portal: Portal) -> None:
    visitor, clock = stale(portal, PERSON)
    page = visitor.get("/account/passkeys")
    answer = asked(visitor, page, "/account/passkeys", **{"key-proof": PASSWORD})
    assert answer.status_code == 303 and "/account/step-up" in answer.headers["location"]
    step = visitor.get(answer.headers["location"])
    back = visitor.submit(step, action="/account/step-up", code=clock.at(real_now()))
    assert "/account/passkeys" in back.url and "通行密钥已添加" in add(visitor, PasskeyDevice()).words()


def test_several_have_names_and_each_is_removed_by_itself(portal: Portal) -> None:
    visitor, first = with_passkey(portal)
    second = PasskeyDevice(counts=False)
    add(visitor, second, name="安全密钥")
    page = visitor.get("/account/passkeys")
    assert "办公电脑" in page.words() and "安全密钥" in page.words()
    again = add(visitor, second, name="又一次")
    assert again.status == 422 and "已添加过" in again.words() and 'value="又一次"' in again.text
    nameless = add(visitor, PasskeyDevice(), name=" ")
    assert nameless.status == 422 and "必填" in nameless.words()
    for _ in range(2):
        assert signed_in(portal, second)[1].url.endswith("/desk"), "a device that does not count"
    page = visitor.get("/account/passkeys")
    end = next(form.get("action") for form in page.tree.xpath("//main//form") if form.get("action").endswith("/end"))
    left = visitor.submit(page, action=end)
    assert (
        "通行密钥已删除" in left.words() and "办公电脑" not in left.words() and audited(portal, "passkey.removed") == 1
    )
    assert "未通过验证" in signed_in(portal, first)[1].words()
    assert signed_in(portal, second)[1].url.endswith("/desk")


def test_weighty_acts_ask_for_the_passkey_again_and_keep_what_was_typed(portal: Portal, walk: Walk) -> None:
    visitor, device = with_passkey(portal)
    page = visitor.get(DECIDE)
    with portal.store.write() as work:
        work.execute(update(WebSession).values(stepped_up_at=real_now() - timedelta(minutes=30)))
    step = visitor.submit(page, action=DECIDE, reason_text="逐项核对，与认定一致")
    assert step.status == 403 and "请用通行密钥验证" in step.words() and "已保留" in step.words()
    assert not step.tree.xpath("//main//input[@name='code' or @name='password']")
    coded = visitor.submit(step, action="/account/step-up/passkey", credential="")
    assert coded.status == 422 and "JavaScript" in coded.words()
    answer = device.sign(asked(visitor, coded, "/account/step-up/passkey"))
    old = visitor.client.cookies.get("duixian-session")
    right = visitor.submit(coded, action="/account/step-up/passkey", credential=answer)
    assert right.status == 200 and "尚未提交" in right.words()
    assert sign_in.session_of(portal.store, str(old), now=real_now()) is None, "the session has a new secret"
    effects = visitor.submit(right, action=DECIDE)
    assert dict(effects.form(action=DECIDE).form_values())["reason_text"] == "逐项核对，与认定一致"
    assert audited(portal, "passkey.used") == 1


def test_a_code_or_a_password_does_not_stand_in_for_a_passkey(portal: Portal) -> None:
    visitor, _ = with_passkey(portal)
    with pytest.raises(Refused, match="须用通行密钥验证"):
        sign_in.sign_in(portal.store, LOGIN, PASSWORD, now=real_now())
    with pytest.raises(Refused, match="须用通行密钥验证"):
        sign_in.sign_in(portal.store, LOGIN, PASSWORD, now=real_now(), code="123456")
    session = sign_in.session_of(portal.store, str(visitor.client.cookies.get("duixian-session")), now=real_now())
    assert session is not None and session.factor and not session.authenticator
    with pytest.raises(Refused, match="须用通行密钥验证"):
        sign_in.step_up(portal.store, session, "123456", now=real_now(), password=PASSWORD)
    assert "密码不正确" in portal.visitor().sign_in(LOGIN, "wrong-password-1").words(), (
        "who has no password learns nothing"
    )


def test_with_both_the_way_without_javascript_stays(portal: Portal) -> None:
    visitor, _ = with_passkey(portal)
    page = visitor.submit(visitor.get("/account"), action="/account/factor", proof=PASSWORD)
    clock = pyotp.TOTP(page.tree.xpath("//main//code/text()")[0])
    visitor.submit(page, action="/account/factor/confirm", code=clock.at(real_now() - timedelta(seconds=30)))
    assert sign_in.sign_in(portal.store, LOGIN, PASSWORD, now=real_now(), code=clock.at(real_now()))


def test_recovering_the_password_goes_past_no_passkey(portal: Portal) -> None:
    _, device = with_passkey(portal)
    mail = LinkedMail(portal.store).give_mailboxes()
    recovery.ask(portal.store, LOGIN, now=real_now())
    mail.send(links_of(mail.store, {}))
    code = next(sent.text.split("验证码：")[1][:8] for sent in reversed(mail.box.got) if "验证码：" in sent.text)
    recovery.use(portal.store, LOGIN, code, "another-password-2", now=real_now())
    with pytest.raises(Refused, match="须用通行密钥验证"):
        sign_in.sign_in(portal.store, LOGIN, "another-password-2", now=real_now())
    assert signed_in(portal, device)[1].url.endswith("/desk")


def test_an_administrator_takes_all_of_them_off(portal: Portal) -> None:
    visitor, device = with_passkey(portal)
    sign_in.remove_factor(portal.store, "system", LOGIN)
    assert "/sign-in" in visitor.get("/desk").url
    assert "未通过验证" in signed_in(portal, device)[1].words()
    assert sign_in.sign_in(portal.store, LOGIN, PASSWORD, now=real_now())


@pytest.mark.parametrize(
    "false",
    [
        {"origin": "http://localhost.example:8023"},
        {"host": "example.com"},
        {"flags": PRESENT},
        {"owner": named("acceptor-0").bytes},
    ],
    ids=["another origin", "another site", "nobody verified", "another's account"],
)
def test_what_a_false_site_or_a_careless_device_signs_opens_nothing(portal: Portal, false: dict[str, Any]) -> None:
    _, device = with_passkey(portal)
    for name, value in false.items():
        setattr(device, name, value)
    visitor, page = signed_in(portal, device)
    assert page.status == 403 and "未通过验证" in page.words() and "/sign-in" in visitor.get("/desk").url


@pytest.mark.parametrize("false", [{"origin": "http://evil.example"}, {"host": "evil.example"}, {"flags": PRESENT}])
def test_no_passkey_is_kept_that_was_made_elsewhere_or_for_nobody(portal: Portal, false: dict[str, Any]) -> None:
    page = add(portal.as_(PERSON), PasskeyDevice(**false))
    assert page.status == 422 and "未通过验证" in page.words() and "还没有通行密钥" in page.words()


def test_another_signature_or_what_is_no_answer_at_all_is_refused(portal: Portal) -> None:
    _, device = with_passkey(portal)
    assert "未通过验证" in signed_in(portal, device, signature=b"no signature")[1].words()
    visitor = portal.visitor()
    page = visitor.get("/sign-in")
    for answer in ("{}", "[]", "x", json.dumps({"id": 1}), "[" * 10_000, '{"id":"a","rawId":"a","type":"public-key","response":'
                   '{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}', "x" * 30_000):  # fmt: skip
        refused = visitor.submit(page, action="/sign-in/passkey", credential=answer)
        assert refused.status == 403 and ("未通过验证" in refused.words() or "没有收到" in refused.words()), answer[:50]


def test_a_challenge_is_good_once_in_its_browser_for_its_purpose_and_for_minutes(portal: Portal) -> None:
    mine, device = with_passkey(portal)
    now, store = real_now(), portal.store
    session = sign_in.session_of(store, str(mine.client.cookies.get("duixian-session")), now=now)
    assert session is not None

    def begun() -> Any:
        return json.loads(passkeys.begin_signing_in(store, "a browser", SITE, now=now))

    answer = device.sign(begun())
    assert passkeys.sign_in(store, "a browser", SITE, answer, now=now)
    for browser, given, later in (
        ("a browser", answer, timedelta()),
        ("another browser", device.sign(begun()), timedelta()),
        ("a browser", device.sign(begun()), passkeys.GOOD_FOR + timedelta(seconds=1)),
        ("a browser", device.sign({"challenge": "AAAA"}), timedelta()),
    ):
        with pytest.raises(Refused, match="已过期或不是从本页面开始"):
            passkeys.sign_in(store, browser, SITE, given, now=now + later)
    to_sign_in = json.loads(passkeys.begin_signing_in(store, session.hash, SITE, now=now))
    with pytest.raises(Refused, match="已过期或不是从本页面开始"):
        passkeys.step_up(store, session, SITE, device.sign(to_sign_in), now=now)
    wrong = begun()
    with pytest.raises(Refused, match="未通过验证"):
        passkeys.sign_in(store, "a browser", SITE, device.sign(wrong, signature=b"x"), now=now)
    with pytest.raises(Refused, match="已过期或不是从本页面开始"):
        passkeys.sign_in(store, "a browser", SITE, device.sign(wrong), now=now)


def test_a_session_of_a_chat_app_becomes_a_whole_one_by_the_passkey_and_by_nothing_less(portal: Portal) -> None:
    _, device = with_passkey(portal)
    with portal.store.write() as work:
        secret = sign_in.begin_session(work, PERSON, now=real_now(), agent="chat", reads_only=True)
    visitor = portal.visitor()
    visitor.client.cookies.set("duixian-session", secret)
    page = visitor.get("/account/step-up?next=/desk")
    bare = visitor.submit(page, action="/account/step-up/passkey", credential="")
    session = sign_in.session_of(portal.store, secret, now=real_now())
    assert bare.status == 422 and session is not None and session.reads_only
    answer = device.sign(asked(visitor, bare, "/account/step-up/passkey"))
    assert visitor.submit(bare, action="/account/step-up/passkey", credential=answer).url.endswith("/desk")
    assert sign_in.session_of(portal.store, secret, now=real_now()) is None
    assert audited(portal, "sign_in.password") == 1


def test_anothers_passkey_confirms_nothing(portal: Portal) -> None:
    mine, _ = with_passkey(portal)
    _, theirs = with_passkey(portal, officer(Duty.RELEASER))
    with portal.store.write() as work:
        work.execute(update(WebSession).values(stepped_up_at=real_now() - timedelta(minutes=30)))
    page = mine.get("/account/step-up?next=/desk")
    options = asked(mine, page, "/account/step-up/passkey")
    assert len(options["allowCredentials"]) == 1
    refused = mine.submit(page, action="/account/step-up/passkey", credential=theirs.sign(options))
    assert refused.status == 422 and "未通过验证" in refused.words()


def test_a_count_that_does_not_rise_is_refused_and_told(portal: Portal) -> None:
    _, device = with_passkey(portal)
    for _ in range(2):
        assert signed_in(portal, device)[1].url.endswith("/desk")
    device.signed -= 1  # a copy, made before the last signature
    visitor, page = signed_in(portal, device)
    assert page.status == 403 and "可能已被复制" in page.words() and "/sign-in" in visitor.get("/desk").url
    with portal.store.read() as work:
        told = select(col(Message.recipient)).where(col(Message.kind) == "passkey_refused")
        assert work.execute(told).scalars().all() == [f"person:{PERSON}"]
        assert work.execute(select(col(Passkey.sign_count))).scalars().all() == [2]
    assert audited(portal, "passkey.refused") == 1
    assert signed_in(portal, device)[1].url.endswith("/desk"), "the device that counts on is not kept out"


def test_a_closed_account_has_no_passkey(portal: Portal) -> None:
    _, device = with_passkey(portal)
    with portal.store.write() as work:
        work.execute(update(Person).where(col(Person.id) == PERSON).values(active=False))
    assert "未通过验证" in signed_in(portal, device)[1].words()


def test_one_address_tries_so_often_and_no_more(portal: Portal) -> None:
    visitor = portal.visitor("192.0.2.7")
    page = visitor.get("/sign-in")
    for _ in range(31):
        last = visitor.submit(page, action="/sign-in/passkey", credential="{}")
    assert last.status == 403 and "次数过多" in last.words()


def test_a_first_passkey_is_set_up_on_the_way_to_an_act(portal: Portal, walk: Walk) -> None:
    visitor, device = portal.as_(PERSON), PasskeyDevice()
    page = visitor.get(DECIDE)
    portal.app.state.settings = WebSettings(second_factor="required")
    first = visitor.submit(page, action=DECIDE, reason_text="逐项核对，与认定一致")
    assert first.status == 403 and "或通行密钥" in first.words()
    bare = visitor.submit(first, action="/account/passkeys", name="办公电脑", credential="")
    assert bare.status == 422 and "JavaScript" in bare.words() and 'value="办公电脑"' in bare.text
    made = device.make(asked(visitor, bare, "/account/passkeys", **{"key-proof": PASSWORD}))
    right = visitor.submit(bare, action="/account/passkeys", credential=made)
    assert "尚未提交" in right.words()
    effects = visitor.submit(right, action=DECIDE)
    assert dict(effects.form(action=DECIDE).form_values())["reason_text"] == "逐项核对，与认定一致"
    assert LOGIN not in [lacking.login for lacking in without_factor(portal.store)]


@pytest.mark.parametrize(
    ("address", "made"),
    [
        ("https://portal.example.gov.cn", True),
        ("http://localhost:8023", True),
        ("http://portal.example.gov.cn", False),
        ("https://192.0.2.1", False),
        ("http://127.0.0.1:8023", False),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(portal: Portal, address: str, made: bool) -> None:
    portal.app = create_app(portal.home, portal.store, WebSettings(address=address))
    visitor = portal.visitor()
    assert ("用通行密钥登录" in visitor.get("/sign-in").words()) is made
    settings = WebSettings(address=address)
    assert settings.passkeys is made


def test_firms_may_have_them_too_and_pages_are_in_english(portal: Portal) -> None:
    visitor, device = with_passkey(portal, applicant(0))
    assert "The device" not in visitor.get("/account/passkeys").words()
    page = visitor.get("/account/passkeys?lang=en")
    assert "answers this site alone" in page.words()
    assert signed_in(portal, device)[1].url.endswith("/my")
