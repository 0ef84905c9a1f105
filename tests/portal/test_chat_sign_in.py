"""Signing in by DingTalk, WeCom and Feishu: their own exchange, a state bound to the browser, and a session that only reads."""

import hashlib
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pyotp
import pytest
from sqlalchemy import select, update
from sqlmodel import col
from test_recovery import NEW, code

from casework.operations.message_delivery import channels_of
from casework.shared import tries_in_vain
from casework.staff import person_accounts, recovery, sign_in
from deployments import doctor
from models import AuditEntry, ChatAccount, Duty, Message, Person, State, WebSession
from models.clock import real_now
from support.chat_apps import ChatAppServer, serving, set_up
from support.linked_mail import LinkedMail, dump
from support.portal import PASSWORD, Portal, Shown, Visitor, stale
from support.stage import Stage, applicant, named, officer
from support.walk import Walk
from web.visit import CALCULATORS, READS_ONLY_SENDS

KINDS = ("dingtalk", "wecom", "feishu")
ACCEPTOR, CASE = officer(Duty.ACCEPTOR), "XZ2023-M04-000001"


@pytest.fixture(params=KINDS)
def app(request: pytest.FixtureRequest, portal: Portal) -> Iterator[ChatAppServer]:
    """One app, running and set up."""
    with serving(request.param) as running:
        set_up(portal.home.directory, running)
        yield running


@pytest.fixture
def dingtalk(portal: Portal) -> Iterator[ChatAppServer]:
    """DingTalk alone."""
    with serving("dingtalk") as running:
        set_up(portal.home.directory, running)
        yield running


@pytest.fixture
def case(stage: Stage, portal: Portal) -> str:
    """A case that waits to be accepted."""
    walk = Walk(stage)
    walk.to(walk.open("M4a", 1, 1), State.FILED, Duty.ACCEPTOR)
    return CASE


def at_the_app(leads: str) -> str:
    """What the browser does at the app: it asks for the page and is sent back; the address there, within the portal."""
    back = httpx.get(leads, follow_redirects=False).headers["location"]
    assert back.startswith("http://localhost:8023/sign-in/with/")
    return back.removeprefix("http://localhost:8023")


def begun(visitor: Visitor, kind: str, next: str = "/") -> str:
    """From the sign-in page to the app; where the app sends the browser back to."""
    page = visitor.get(f"/sign-in?next={next}")
    (link,) = [link for link in page.links() if link.startswith(f"/sign-in/with/{kind}")]
    gone = visitor.client.get(link, follow_redirects=False)
    assert gone.status_code == 303 and gone.headers["referrer-policy"]
    return at_the_app(gone.headers["location"])


def bind(visitor: Visitor, kind: str) -> Shown:
    """As the account's page leads."""
    page = visitor.submit(visitor.get("/account"), action=f"/account/chat/{kind}", **{f"chat-{kind}": PASSWORD})
    (leads,) = [link for link in page.links() if "/authorize?" in link]
    return visitor.get(at_the_app(leads))


def by_chat(portal: Portal, kind: str, next: str = "/") -> tuple[Visitor, Shown]:
    """A browser that signed in by the app, and where it came to."""
    visitor = portal.visitor()
    return visitor, visitor.get(begun(visitor, kind, next))


def test_who_bound_the_app_signs_in_by_it_and_comes_back_to_their_page(
    portal: Portal, app: ChatAppServer, case: str
) -> None:
    assert "已绑定" in bind(portal.as_(ACCEPTOR), app.kind).words()
    _, page = by_chat(portal, app.kind, f"/desk/cases/{case}")
    assert page.status == 200 and f"/desk/cases/{case}" in page.url and "算例acceptor-0" in page.words()
    everything = "\n".join(dump(portal.store))
    assert "somebody-1" not in everything and not [token for token in app.tokens if token in everything]


def test_such_a_session_reads_and_does_nothing_before_the_password(
    portal: Portal, app: ChatAppServer, case: str
) -> None:
    bind(portal.as_(ACCEPTOR), app.kind)
    visitor, _ = by_chat(portal, app.kind)
    form = visitor.get(f"/desk/cases/{case}/do/accept")
    before = dump(portal.store)
    asked = visitor.submit(form, action=f"/desk/cases/{case}/do/accept")
    assert asked.status == 403 and "请输入密码" in asked.words() and dump(portal.store) == before
    wrong = visitor.submit(asked, action="/account/step-up", password="not-the-password")
    assert wrong.status == 422 and "密码不正确" in wrong.words()
    old = visitor.client.cookies.get("duixian-session")
    on = visitor.submit(wrong, action="/account/step-up", password=PASSWORD)
    assert visitor.client.cookies.get("duixian-session") != old
    effects = visitor.submit(on, action=f"/desk/cases/{case}/do/accept")
    assert effects.status == 200 and "确认" in effects.words()
    done = visitor.submit(effects, action=f"/desk/cases/{case}/do/accept")
    assert "done=accept" in done.url


def test_with_an_authenticator_password_and_code_are_asked(portal: Portal, dingtalk: ChatAppServer, case: str) -> None:
    first = portal.as_(ACCEPTOR)
    bind(first, "dingtalk")
    page = first.submit(first.get("/account"), action="/account/factor", proof=PASSWORD)
    clock = pyotp.TOTP(page.tree.xpath("//main//code/text()")[0])
    first.submit(page, action="/account/factor/confirm", code=clock.at(real_now().timestamp() - 30))
    visitor, _ = by_chat(portal, "dingtalk")
    asked = visitor.submit(visitor.get(f"/desk/cases/{case}/do/accept"), action=f"/desk/cases/{case}/do/accept")
    alone = visitor.submit(asked, action="/account/step-up", password=PASSWORD, code="")
    assert alone.status == 422 and "动态验证码不正确" in alone.words()
    on = visitor.submit(alone, action="/account/step-up", password=PASSWORD, code=clock.at(real_now()))
    assert on.status == 200 and "验证通过" in on.words()


@pytest.mark.parametrize("duty", [Duty.ACCEPTOR, Duty.ADMINISTRATOR])
def test_every_form_of_the_portal_asks_such_a_session_for_the_password(
    portal: Portal, dingtalk: ChatAppServer, case: str, duty: Duty
) -> None:
    from test_every_page import address, routes

    bind(portal.as_(officer(duty)), "dingtalk")
    visitor, page = by_chat(portal, "dingtalk")
    token = page.tree.xpath("//header//input[@name='_token']")[0].get("value")
    before, asked, missing = dump(portal.store), set(), set()
    allowed = {
        "/account/step-up", "/account/step-up/challenge", "/account/step-up/passkey", "/enrol", "/recover", "/recover/code",
        "/register", "/sign-in", "/sign-out", "/track", "/verify",
    }  # fmt: skip
    assert allowed == READS_ONLY_SENDS
    for route in routes("POST"):
        if route.path not in allowed and route.path != f"{CALCULATORS}{{policy}}/{{item}}":
            fields = {"_token": token, "act_id": str(named("x"))}
            shown = visitor.client.post(address(route, number=case), data=fields, follow_redirects=False)
            led = shown.headers.get("location", "").startswith("/account/step-up")
            stepped = led or (shown.status_code == 403 and "请输入密码" in shown.text)
            assert stepped or shown.status_code == 404, (route.path, shown.status_code)
            (asked if stepped else missing).add(route.path)
    theirs = ("/audit", "/ops") if duty is Duty.ACCEPTOR else ()  # every other form exists for them, and is asked for
    assert not [path for path in missing if not theirs or not path.startswith(theirs)] and len(asked) > 30
    assert dump(portal.store) == before


def test_nobody_signs_in_by_an_account_that_nobody_bound_whatever_its_e_mail(
    portal: Portal, app: ChatAppServer
) -> None:
    LinkedMail(portal.store).give_mailboxes()  # acceptor-0@example.com, which the app says too
    visitor, page = by_chat(portal, app.kind)
    assert page.status == 409 and "没有绑定" in page.words() and "/sign-in" in visitor.get("/desk").url


def test_only_the_browser_that_began_it_is_listened_to_and_a_code_is_good_once(
    portal: Portal, app: ChatAppServer
) -> None:
    bind(portal.as_(ACCEPTOR), app.kind)
    visitor, other = portal.visitor(), portal.visitor()
    back = begun(visitor, app.kind)
    begun(other, app.kind)
    for stranger in (portal.visitor(), other):  # without a state, and with another
        assert "与本浏览器不符" in stranger.get(back).words() and "/sign-in" in stranger.get("/desk").url
    asked = len(app.asked)
    assert "与本浏览器不符" in visitor.get(back.replace("state=", "state=0")).words() and len(app.asked) == asked
    assert visitor.get(back).url.endswith("/desk")
    visitor.client.cookies.clear()
    assert "与本浏览器不符" in visitor.get(back).words()


def test_a_state_for_one_app_is_none_for_another(portal: Portal) -> None:
    with serving("dingtalk") as first, serving("feishu") as second:
        set_up(portal.home.directory, first, second)
        visitor = portal.visitor()
        back = begun(visitor, "dingtalk")
        assert (
            "与本浏览器不符" in visitor.get(back.replace("/dingtalk/", "/feishu/").replace("authCode", "code")).words()
        )


def test_binding_takes_the_password_s_session_that_began_it_and_takes_nothing_from_others(
    portal: Portal, dingtalk: ChatAppServer
) -> None:
    first, second = portal.as_(ACCEPTOR), portal.as_(officer(Duty.ACCEPTOR, 1))
    bind(first, "dingtalk")
    assert "已绑定给他人" in bind(second, "dingtalk").words()
    dingtalk.who = "somebody-2"
    page = second.submit(second.get("/account"), action="/account/chat/dingtalk", **{"chat-dingtalk": PASSWORD})
    (leads,) = [link for link in page.links() if "/authorize?" in link]
    back = at_the_app(leads)
    second.sign_in("acceptor-1")  # another session meanwhile
    assert "登录状态已变化" in second.get(back).words()
    by, _ = by_chat(portal, "dingtalk")
    assert "/sign-in" in by.get("/desk").url, "somebody-2 is bound to nobody"
    ended = first.submit(first.get("/account"), action="/account/chat/dingtalk/end")
    assert "未绑定" in ended.words()


def test_a_session_that_only_reads_binds_nothing_and_a_firm_is_offered_nothing(
    portal: Portal, dingtalk: ChatAppServer
) -> None:
    bind(portal.as_(ACCEPTOR), "dingtalk")
    visitor, _ = by_chat(portal, "dingtalk")
    asked = visitor.submit(visitor.get("/account"), action="/account/chat/dingtalk/end")
    assert "/account/step-up" in asked.url
    firm = portal.as_(applicant(1))
    page = firm.get("/account")
    assert "钉钉" not in page.words()
    token = page.tree.xpath("//header//input[@name='_token']")[0].get("value")
    assert firm.post("/account/chat/dingtalk", {"_token": token}).status == 404


@pytest.mark.parametrize("who", ["", "outsider-1"])
def test_a_cancelled_page_and_who_is_not_of_the_organisation_open_nothing(portal: Portal, who: str) -> None:
    with serving("wecom") as app:
        set_up(portal.home.directory, app)
        app.who = who
        visitor, page = by_chat(portal, "wecom")
        assert page.status == 409 and "没有确认您的身份" in page.words() and "/sign-in" in visitor.get("/desk").url


def test_an_app_that_is_away_or_knows_another_key_opens_nothing_and_no_secret_is_shown(
    portal: Portal, app: ChatAppServer, caplog: pytest.LogCaptureFixture
) -> None:
    bind(portal.as_(ACCEPTOR), app.kind)
    app.broken = True
    _, page = by_chat(portal, app.kind)
    assert page.status == 503 and "暂时无法" in page.words()
    app.broken = False
    set_up(portal.home.directory, app, secret="another-secret")
    _, page = by_chat(portal, app.kind)
    assert page.status == 409 and "没有确认您的身份" in page.words()
    assert "another-secret" not in caplog.text + page.text and "-code-" not in caplog.text


def test_it_is_off_unless_it_is_set_up_and_its_place_is_allowed(portal: Portal) -> None:
    visitor = portal.visitor()
    assert visitor.get("/sign-in/with/dingtalk").status == 404
    assert not [link for link in visitor.get("/sign-in").links() if "/with/" in link]
    with serving("dingtalk") as app:
        set_up(portal.home.directory, app, allow=False)
        assert visitor.get("/sign-in/with/dingtalk").status == 404 and not app.asked


def test_what_the_app_is_asked_is_what_its_documents_say_and_the_state_is_letters_and_digits(
    portal: Portal, app: ChatAppServer
) -> None:
    gone = portal.visitor().client.get(f"/sign-in/with/{app.kind}", follow_redirects=False)
    query = {name: value[0] for name, value in parse_qs(urlsplit(gone.headers["location"]).query).items()}
    assert query["redirect_uri"] == f"http://localhost:8023/sign-in/with/{app.kind}/back" and query["state"].isalnum()
    cookie = SimpleCookie(gone.headers["set-cookie"])["duixian-chat"]
    assert cookie["httponly"] and cookie["samesite"] == "lax" and query["state"] in cookie.value
    bind(portal.as_(ACCEPTOR), app.kind)
    assert (
        app.asked
        == {
            "dingtalk": ["POST /v1.0/oauth2/userAccessToken", "GET /v1.0/contact/users/me"],
            "wecom": ["GET /cgi-bin/gettoken", "GET /cgi-bin/auth/getuserinfo"],
            "feishu": ["POST /open-apis/authen/v2/oauth/token", "GET /open-apis/authen/v1/user_info"],
        }[app.kind]
    )


def test_a_recovered_password_ends_the_bindings_too(portal: Portal, dingtalk: ChatAppServer) -> None:
    bind(portal.as_(ACCEPTOR), "dingtalk")
    mail = LinkedMail(portal.store).give_mailboxes()
    now = real_now()
    recovery.use(portal.store, "acceptor-0", code(mail, now=now), NEW, now=now)
    assert by_chat(portal, "dingtalk")[1].status == 409
    assert sign_in.sign_in(portal.store, "acceptor-0", NEW, now=real_now()) and named("acceptor-0") == ACCEPTOR


def factor_of(visitor: Visitor) -> pyotp.TOTP:
    """An authenticator that was just set up; the code of half a minute ago is used."""
    page = visitor.submit(visitor.get("/account"), action="/account/factor", proof=PASSWORD)
    clock = pyotp.TOTP(page.tree.xpath("//main//code/text()")[0])
    visitor.submit(page, action="/account/factor/confirm", code=clock.at(real_now().timestamp() - 30))
    return clock


def test_a_password_is_guessed_no_longer_with_another_session_of_the_app(
    portal: Portal, dingtalk: ChatAppServer
) -> None:
    bind(portal.as_(ACCEPTOR), "dingtalk")
    for number in range(6):
        visitor, _ = by_chat(portal, "dingtalk")
        page = visitor.get("/account/step-up")
        wrong = visitor.submit(page, action="/account/step-up", password=f"not-the-password-{number}")
        assert ("次数过多" if number == 5 else "密码不正确") in wrong.words()
    assert portal.visitor().sign_in("acceptor-0").status == 200, "with the password their own sign-in stays open"


def test_a_code_is_guessed_no_longer_with_another_session_of_the_app(portal: Portal, dingtalk: ChatAppServer) -> None:
    first = portal.as_(ACCEPTOR)
    bind(first, "dingtalk")
    factor_of(first)
    for number in range(6):
        visitor, _ = by_chat(portal, "dingtalk")
        page = visitor.get("/account/step-up")
        wrong = visitor.submit(page, action="/account/step-up", password=PASSWORD, code="00000x")
        assert ("次数过多" if number == 5 else "动态验证码不正确") in wrong.words()


def test_the_chain_says_when_such_a_session_became_a_whole_one(portal: Portal, dingtalk: ChatAppServer) -> None:
    bind(portal.as_(ACCEPTOR), "dingtalk")
    visitor, _ = by_chat(portal, "dingtalk")
    visitor.submit(visitor.get("/account/step-up"), action="/account/step-up", password="not-the-password")
    query = select(col(AuditEntry.action), col(AuditEntry.content)).where(col(AuditEntry.actor) == str(ACCEPTOR))
    with portal.store.read() as work:
        assert work.execute(query.order_by(col(AuditEntry.seq))).all()[-1].action == "sign_in"
    visitor.submit(visitor.get("/account/step-up"), action="/account/step-up", password=PASSWORD)
    with portal.store.read() as work:
        last = work.execute(query.order_by(col(AuditEntry.seq))).all()[-1]
    assert last.action == "sign_in.password"


@pytest.mark.parametrize("remedy", ["own password", "enrolment", "authenticator taken off"])
def test_every_remedy_ends_the_bindings(portal: Portal, dingtalk: ChatAppServer, remedy: str) -> None:
    visitor = portal.as_(ACCEPTOR)
    bind(visitor, "dingtalk")
    if remedy == "own password":
        page = visitor.get("/account")
        visitor.submit(page, action="/account/password", old=PASSWORD, password=NEW, again=NEW)
    elif remedy == "enrolment":
        sign_in.use_enrolment(
            portal.store, sign_in.enrol(portal.store, "system", "acceptor-0", now=real_now()), NEW, now=real_now()
        )
    else:
        sign_in.remove_factor(portal.store, "system", "acceptor-0")
    by, page = by_chat(portal, "dingtalk")
    assert page.status == 409 and "没有绑定" in page.words() and "/sign-in" in by.get("/desk").url


@pytest.mark.parametrize("before", [False, True])
def test_who_lost_an_account_binds_the_app_to_their_next_one(
    portal: Portal, dingtalk: ChatAppServer, before: bool
) -> None:
    first, second = portal.as_(ACCEPTOR), portal.as_(officer(Duty.ACCEPTOR, 1))
    bind(first, "dingtalk")
    if before:  # closed when closing took no binding off
        with portal.store.write() as work:
            work.execute(update(Person).where(col(Person.id) == ACCEPTOR).values(active=False))
    else:
        person_accounts.close(portal.store, "system", "acceptor-0")
        with portal.store.read() as work:
            for table in (ChatAccount, WebSession):
                assert work.execute(select(table.person_id).where(table.person_id == ACCEPTOR)).first() is None
    assert "已绑定，以后可以用它登录查看" in bind(second, "dingtalk").words()
    _, page = by_chat(portal, "dingtalk")
    assert page.status == 200 and "算例acceptor-1" in page.words()


def test_one_faulty_table_takes_neither_messages_nor_the_sound_app_away(
    portal: Portal, dingtalk: ChatAppServer, caplog: pytest.LogCaptureFixture
) -> None:
    file = portal.home.directory / "channels.toml"
    sound = file.read_text("utf-8") + '\n[channels.archive]\nkind = "folder"\npath = "kept"\n'
    faults = {
        "agent": 'client = "x"\nagent = 1000002',
        "secret_file": 'secret_file = "nowhere.toml"',
        "colour": "colour = 1",
    }
    for word, lines in faults.items():
        file.write_text(f"{sound}[sign_in.wecom]\n{lines}\n", encoding="utf-8")
        assert [channel.name for channel in channels_of(portal.home)] == ["archive"], word
        caplog.clear()
        assert [link for link in portal.visitor().get("/sign-in").links() if "/with/dingtalk" in link], word
        assert f"sign_in.wecom.{word}" in caplog.text
        assert [found.en for found in doctor.channels(portal.home) if found.en.startswith(f"sign_in.wecom.{word}")]
    file.write_text("sign_in = 3\n" + '[channels.archive]\nkind = "folder"\npath = "kept"\n', encoding="utf-8")
    assert [channel.name for channel in channels_of(portal.home)] == ["archive"]


def test_a_session_left_open_binds_nothing_and_the_owner_is_told_of_each_binding(
    portal: Portal, dingtalk: ChatAppServer
) -> None:
    visitor = portal.as_(ACCEPTOR)
    for typed in ("", "not-the-password"):
        page = visitor.submit(visitor.get("/account"), action="/account/chat/dingtalk", **{"chat-dingtalk": typed})
        assert (
            page.status == 422 and "密码不正确" in page.words() and not [x for x in page.links() if "/authorize?" in x]
        )
    state = "0" * 32  # the cookie made by hand, past the form
    mine = hashlib.sha256(visitor.client.cookies["duixian-session"].encode()).hexdigest()
    visitor.client.cookies.set("duixian-chat", urlencode({"app": "dingtalk", "state": state, "binds": mine}))
    dingtalk.codes["by-hand"] = "somebody-1"
    by_hand = visitor.get(f"/sign-in/with/dingtalk/back?state={state}&authCode=by-hand")
    assert by_hand.status == 409 and "请先验证" in by_hand.words()
    assert "已绑定" in bind(visitor, "dingtalk").words()
    with portal.store.read() as work:
        told = work.execute(select(col(Message.recipient)).where(col(Message.kind) == "chat_account_bound")).scalars()
        assert told.all() == [f"person:{ACCEPTOR}"]


def test_with_an_authenticator_an_old_session_is_asked_for_its_code(portal: Portal, dingtalk: ChatAppServer) -> None:
    visitor, clock = stale(portal, ACCEPTOR)
    asked = visitor.submit(visitor.get("/account"), action="/account/chat/dingtalk")
    assert "/account/step-up" in asked.url
    visitor.submit(asked, action="/account/step-up", code=clock.at(real_now()))
    page = visitor.submit(visitor.get("/account"), action="/account/chat/dingtalk")
    assert [link for link in page.links() if "/authorize?" in link]


def test_a_stranger_makes_the_portal_ask_the_app_no_more_than_thirty_times(portal: Portal) -> None:
    with serving("wecom") as app:
        set_up(portal.home.directory, app)
        stranger = portal.visitor("192.0.2.1")
        for _ in range(tries_in_vain.VISITOR_TRIES + 1):
            back = begun(stranger, "wecom").split("&code=")[0] + "&code=junk"
            page = stranger.get(back)
            assert page.status == 409 and "duixian-chat" not in stranger.client.cookies, "a state is good once"
        assert "次数过多" in page.words()
        assert app.asked.count("GET /cgi-bin/auth/getuserinfo") == tries_in_vain.VISITOR_TRIES
        assert app.asked.count("GET /cgi-bin/gettoken") == 1, "WeCom limits how often it is asked for"
        app.tokens.clear()
        app.who = "outsider-1"
        other = portal.visitor("192.0.2.2")
        assert "没有确认" in other.get(begun(other, "wecom")).words()
        assert app.asked.count("GET /cgi-bin/gettoken") == 2, "WeCom ended it before its time"
