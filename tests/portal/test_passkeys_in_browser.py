"""Passkeys in a real browser with a virtual authenticator: added, signed in with, shown before an act; what is refused."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from sqlalchemy import update
from sqlmodel import col

from casework.staff import sign_in
from models import Duty, State, WebSession
from models.clock import real_now
from support.portal import PASSWORD, Portal
from support.served_portal import serving
from support.stage import Stage, named, officer
from support.walk import Walk

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PERSON, LOGIN = officer(Duty.DECIDER), "decider-0"
DECIDE = "/desk/cases/XZ2023-M16-000001/do/decide"


@pytest.fixture
def served(portal: Portal) -> Iterator[str]:
    """The address of the portal, which is the one that passkeys are good for."""
    sign_in.set_password(portal.store, PERSON, PASSWORD, now=real_now())
    with serving(portal) as address:
        object.__setattr__(portal.app.state.settings, "address", address)
        yield address


def device(page: "Page") -> tuple[Any, str]:
    """Plugs a virtual authenticator in: the devtools' session, and the device's id."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return tools, str(tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


def signed_in(page: "Page", served: str) -> None:
    page.goto(f"{served}/sign-in")
    page.fill("#f-login", LOGIN)
    page.fill("#f-password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(f"{served}/desk")


def add(page: "Page", served: str, name: str) -> None:
    page.goto(f"{served}/account/passkeys")
    page.fill("#f-name", name)
    if page.locator("#f-key-proof").count():
        page.fill("#f-key-proof", PASSWORD)
    page.get_by_role("button", name="添加通行密钥").click()


def test_a_passkey_is_added_signs_in_and_confirms_an_act(
    page: "Page", served: str, portal: Portal, stage: Stage
) -> None:
    walk = Walk(stage)
    walk.open("M16", 1, 1)
    walk.to(named("case-1"), State.COMPUTED, Duty.DECIDER)
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    tools, plugged = device(page)
    signed_in(page, served)
    add(page, served, "算例电脑")
    page.wait_for_url(re.compile("done=added"))
    assert page.get_by_text("通行密钥已添加").count() and page.get_by_text("算例电脑").count()
    held = tools.send("WebAuthn.getCredentials", {"authenticatorId": plugged})["credentials"]
    assert [credential["rpId"] for credential in held] == ["localhost"]
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(f"{served}/")
    page.goto(f"{served}/sign-in")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url(f"{served}/desk")
    page.goto(served + DECIDE)
    assert page.locator(f"form[action^='{DECIDE}']").count(), "it was shown just now"
    with portal.store.write() as work:
        mine = update(WebSession).where(col(WebSession.person_id) == PERSON)
        work.execute(mine.values(stepped_up_at=real_now() - timedelta(minutes=30)))
    page.goto(served + DECIDE)
    page.get_by_role("button", name="用通行密钥验证").click()
    page.wait_for_url(served + DECIDE)
    assert not said


def test_what_the_device_or_the_portal_refuses_is_said_beside_the_button(page: "Page", served: str) -> None:
    device(page)
    signed_in(page, served)
    page.goto(f"{served}/account/passkeys")
    page.fill("#f-name", "算例电脑")
    page.fill("#f-key-proof", "wrong-password-1")
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_text("密码不正确").wait_for()
    assert page.locator("#f-name").input_value() == "算例电脑"
    page.fill("#f-key-proof", PASSWORD)
    page.get_by_role("button", name="添加通行密钥").click()
    page.wait_for_url(re.compile("done=added"))
    page.fill("#f-name", "同一设备")
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_text("设备没有给出通行密钥").wait_for()


def test_the_pages_of_passkeys_pass_axe(page: "Page", served: str, portal: Portal) -> None:
    device(page)
    signed_in(page, served)
    wrong = []
    for address in ("/account/factor?next=/desk", "/account/passkeys"):
        page.goto(served + address)
        wrong += faults(page)
    page.get_by_role("button", name="添加通行密钥").click()  # without a password
    page.get_by_text("密码不正确").wait_for()
    wrong += faults(page)
    page.set_viewport_size({"width": 390, "height": 800})
    add(page, served, "算例电脑")
    page.wait_for_url(re.compile("done=added"))
    wrong += faults(page)
    across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    with portal.store.write() as work:
        work.execute(update(WebSession).values(stepped_up_at=real_now() - timedelta(minutes=30)))
    page.goto(f"{served}/account/step-up?next=/desk")
    wrong += faults(page)
    assert not wrong and across <= 0


def faults(page: "Page") -> list[str]:
    """What axe-core finds on the page that is shown."""
    page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10, "it looked"
    return [f"{page.url}: {rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]


def test_another_address_of_the_same_portal_has_no_use_of_it(page: "Page", served: str) -> None:
    device(page)
    signed_in(page, served)
    add(page, served, "算例电脑")
    page.wait_for_url(re.compile("done=added"))
    page.goto(f"{served.replace('localhost', '127.0.0.1')}/sign-in")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.get_by_text("设备没有给出通行密钥").wait_for()
