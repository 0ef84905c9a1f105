"""What browsers are told where the portal has an https address, sessions that end, passwords as typed, and what the log keeps."""

import logging
import subprocess
import sys
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.staff import sign_in
from models import Duty, State, WebSession
from models.clock import real_now
from models.store import Store
from support import tree
from support.portal import PASSWORD, Portal
from support.stage import Stage, officer
from support.walk import Walk
from web.application import create_app
from web.portal_settings import WebSettings

ADDRESS = "https://portal.example"


@pytest.fixture
def over_tls(stage: Stage, tmp_path: Path) -> TestClient:
    """A browser at an https address."""
    home = Home.at(tmp_path, database_url=stage.store.url)
    app = create_app(home, stage.store, WebSettings(address=ADDRESS))
    return TestClient(app, base_url=ADDRESS)


def sessions(store: Store) -> int:
    with store.read() as work:
        return int(work.execute(select(func.count()).select_from(WebSession)).scalar_one())


def test_every_cookie_is_sent_over_tls_alone_to_this_host_alone_and_to_no_script(
    over_tls: TestClient, stage: Stage
) -> None:
    sign_in.set_password(stage.store, officer(Duty.ACCEPTOR), PASSWORD, now=real_now())
    page = over_tls.get("/sign-in")
    token = page.text.split('name="_token" value="')[1].split('"')[0]
    sent = over_tls.post(
        "/sign-in", data={"_token": token, "login": "acceptor-0", "password": PASSWORD}, follow_redirects=False
    )
    assert sent.status_code == 303
    language = over_tls.get("/language/en", follow_redirects=False)
    found = {}
    for answer in (page, sent, language):
        for line in answer.headers.get_list("set-cookie"):
            found |= SimpleCookie(line)
    assert set(found) == {"__Host-duixian", "__Host-duixian-visitor", "__Host-duixian-language"}
    for cookie in found.values():
        assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "lax" and cookie["path"] == "/"
        assert not cookie["domain"]
    assert "Sign out" in over_tls.get("/account").text  # all three are known again


def test_browsers_are_told_to_come_over_tls_for_a_year_and_below_this_host_too(over_tls: TestClient) -> None:
    for address in ("/", "/sign-in", "/no-such-page"):
        answer = over_tls.get(address)
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains", address
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "access-control-allow-origin" not in answer.headers and "server" not in answer.headers


def test_who_signs_in_anew_leaves_no_session_behind(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    former = visitor.client.cookies["duixian-session"]
    visitor.sign_in("acceptor-0")
    assert visitor.client.cookies["duixian-session"] != former and sessions(portal.store) == 1
    assert sign_in.session_of(portal.store, former, now=real_now()) is None


def test_signing_out_ends_the_session_here_and_clears_what_the_browser_kept(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    secret = visitor.client.cookies["duixian-session"]
    token = visitor.get("/help").tree.xpath("//header//input[@name='_token']")[0].get("value")
    out = visitor.client.post("/sign-out", data={"_token": token}, follow_redirects=False)
    assert out.headers["clear-site-data"] == '"cache", "storage"'
    assert sign_in.session_of(portal.store, secret, now=real_now()) is None and sessions(portal.store) == 0


@pytest.mark.parametrize("password", [" blanks around it ", "密码 with 汉字 ①", "é" * 3 + "x" * 100 + "ABCDEFGHIJ"])
def test_a_password_counts_exactly_as_it_was_typed(portal: Portal, password: str) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    page = visitor.get("/account")
    done = visitor.submit(page, action="/account/password", old=PASSWORD, password=password, again=password)
    assert "/sign-in" in done.url
    for other in (password.strip() if password != password.strip() else password + " ", password.swapcase()):
        if other != password:
            assert portal.visitor().sign_in("acceptor-0", other).status == 403
    assert "/desk" in portal.visitor().sign_in("acceptor-0", password).url


def test_what_is_longer_than_a_password_may_be_is_not_cut(portal: Portal) -> None:
    longest = "abcdefgh" * 16
    sign_in.set_password(portal.store, officer(Duty.ACCEPTOR), longest, now=real_now())
    with pytest.raises(Refused, match="不正确"):
        sign_in.sign_in(portal.store, "acceptor-0", longest + "x", now=real_now())
    assert sign_in.sign_in(portal.store, "acceptor-0", longest, now=real_now())


def test_the_log_has_each_refusal_of_a_sign_in_a_page_and_an_act_and_no_password(
    portal: Portal, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "duixian")
    walk = Walk(stage)
    case = walk.to(walk.open("M16", 1, 1), State.FILED, Duty.ACCEPTOR)
    screener = portal.as_(officer(Duty.SCREENER))
    entitled = portal.as_(officer(Duty.ACCEPTOR, 1))
    portal.visitor("203.0.113.9").sign_in("acceptor-0", "a-wrong-password-1")
    assert screener.get("/ops/people").status == 404
    address = f"/desk/cases/{case.number}/do/accept"
    form = dict(entitled.get(address).form(action=address).form_values())
    form["_token"] = screener.get("/help").tree.xpath("//header//input[@name='_token']")[0].get("value")
    assert screener.post(address, form).status == 409
    said = [record.getMessage() for record in caplog.records]
    assert any("a sign-in was refused (sign_in), from 203.0.113.9" in line for line in said)
    assert any(f"not shown to {officer(Duty.SCREENER)}: GET /ops/people" in line for line in said)
    assert any(f"refused to {officer(Duty.SCREENER)}: accept on case {case.id} (no_duty)" in line for line in said)
    assert "a-wrong-password-1" not in caplog.text


def test_a_worker_of_the_portal_writes_masked_lines_with_their_instant() -> None:
    code = (
        "import logging; from web.portal_server import begin_log; begin_log();"
        "logging.getLogger('duixian.web').info('身份证 33041119900101004X')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tree.ROOT, capture_output=True, text=True, check=True)
    assert "Z INFO    duixian.web: 身份证 [number]" in done.stderr and done.stderr[:2] == "20"
