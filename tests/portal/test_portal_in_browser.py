"""The portal in a real browser: an officer works by keyboard, presses twice, goes back; a firm's typing outlives its page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from casework.staff import sign_in
from casework.views.case_lists import find_case
from models import Duty, State
from models.clock import real_now
from support.portal import PASSWORD, Portal
from support.served_portal import serving
from support.stage import Stage, applicant, officer
from support.walk import Walk

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def served(portal: Portal) -> Iterator[str]:
    """The address of the portal, on a port of its own."""
    with serving(portal) as address:
        yield address


@pytest.fixture
def cases(stage: Stage) -> Walk:
    """Four applications that wait for acceptance."""
    walk = Walk(stage)
    for number in range(1, 5):
        walk.to(walk.open("M4a", number, number % 3), State.FILED, Duty.ACCEPTOR)
    return walk


def signed_in(page: "Page", served: str, login: str) -> None:
    """Through the page."""
    page.goto(f"{served}/sign-in")
    page.fill("#f-login", login)
    page.fill("#f-password", PASSWORD)
    page.click("main button")
    page.wait_for_url(re.compile(r"/(desk|my)$"))


def test_an_officer_accepts_by_keyboard_and_a_second_press_changes_nothing(
    page: "Page", served: str, portal: Portal, cases: Walk, stage: Stage
) -> None:
    sign_in.set_password(stage.store, officer(Duty.ACCEPTOR), PASSWORD, now=real_now())
    signed_in(page, served, "acceptor-0")
    assert page.locator("[data-rows] tbody tr").count() == 4
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/desk/cases/XZ2023-M04-\d+"))
    number = page.url.rsplit("/", 1)[-1].split("?")[0]
    page.get_by_role("link", name="受理", exact=True).or_(
        page.get_by_role("button", name="受理", exact=True)
    ).first.click()
    page.wait_for_url(re.compile(r"/do/accept"))
    with stage.store.read() as work:
        before = find_case(work, number)
    for words in ("下一步", "确认受理"):
        with page.expect_navigation():
            page.get_by_role("button", name=words).dblclick()
    assert "/do/accept" not in page.url
    with stage.store.read() as work:
        after = find_case(work, number)
    assert (after.state, after.version) == (State.ACCEPTED, before.version + 1)
    page.goto(f"{served}/desk")
    assert page.locator("[data-rows] tbody tr").count() == 3


def test_nothing_on_a_page_is_refused_by_the_policy_of_content(
    page: "Page", served: str, cases: Walk, stage: Stage, tmp_path: Path
) -> None:
    said: list[str] = []
    page.on("console", lambda one: said.append(f"{page.url}: {one.text}") if one.type == "error" else None)
    page.on("pageerror", lambda one: said.append(f"{page.url}: {one}"))
    for address in ("/", "/items/XZ2023/M4a", "/notices", "/paid", "/track", "/help", "/sign-in"):
        page.goto(served + address)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert across <= 0, f"{address} is wider than {width} px by {across}"
    sign_in.set_password(stage.store, officer(Duty.ACCEPTOR), PASSWORD, now=real_now())
    signed_in(page, served, "acceptor-0")
    for address in ("/desk", "/desk/cases", "/desk/cases/XZ2023-M04-000001", "/desk/cases/XZ2023-M04-000001/do/accept"):
        page.goto(served + address)
        across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert across <= 0, f"{address} is wider than a phone by {across}"
    assert not said


def test_what_a_firm_types_is_kept_when_its_page_is_closed(page: "Page", served: str, stage: Stage) -> None:
    walk = Walk(stage)
    walk.open("M4a", 7, 1)
    number = stage.case(walk.open("M4a", 8, 1)).number
    sign_in.set_password(stage.store, applicant(1), PASSWORD, now=real_now())
    signed_in(page, served, "applicant-1-0")
    page.goto(f"{served}/apply/{number}")
    field = page.locator("main form[data-autosave] input[type=text]").first
    saved = page.locator("main form[data-autosave]").get_attribute("data-saved")
    field.fill("算例·键入后关闭页面")
    page.locator(f"#{saved}").filter(has_text="已保存").wait_for()
    name = field.get_attribute("name")
    page.goto("about:blank")
    page.goto(f"{served}/apply/{number}")
    assert page.locator(f"main [name='{name}']").input_value() == "算例·键入后关闭页面"


def test_typing_that_a_session_outlived_is_offered_again_and_goes_once_the_act_is_done(
    page: "Page", served: str, cases: Walk, stage: Stage
) -> None:
    sign_in.set_password(stage.store, officer(Duty.ACCEPTOR), PASSWORD, now=real_now())
    signed_in(page, served, "acceptor-0")
    form = "/desk/cases/XZ2023-M04-000001/do/refuse"
    page.goto(served + form)
    page.fill("#f-reason", "算例：写了很久的理由")
    page.context.clear_cookies()
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.fill("#f-login", "acceptor-0")
    page.fill("#f-password", PASSWORD)
    page.click("main button")
    page.wait_for_url(re.compile(form))
    assert page.locator("#f-reason").input_value() == ""
    page.get_by_role("button", name="恢复上次填写").click()
    assert page.locator("#f-reason").input_value() == "算例：写了很久的理由"
    page.goto(served + "/desk/cases/XZ2023-M04-000001?done=refuse")  # a link that says so is not the act
    page.goto(served + form)
    assert page.get_by_role("button", name="恢复上次填写").count() == 1
    page.goto(served + "/desk/cases/XZ2023-M04-000002/do/return")
    page.fill("#f-reason", "算例")
    page.fill("#f-missing", "算例：合同")
    for words in ("下一步", "确认"):
        with page.expect_navigation():
            page.get_by_role("button", name=words).first.click()
        page.wait_for_load_state()
    assert "done=return" in page.url
    kept = page.evaluate("Object.keys(localStorage)")
    assert [one.split("/")[-1] for one in kept] == ["refuse"]


def test_a_copy_on_this_device_never_overwrites_what_the_server_holds_since(
    page: "Page", served: str, portal: Portal, stage: Stage
) -> None:
    number = stage.case(Walk(stage).open("M4a", 8, 1)).number
    sign_in.set_password(stage.store, applicant(1), PASSWORD, now=real_now())
    signed_in(page, served, "applicant-1-0")
    page.goto(f"{served}/apply/{number}")
    model = page.locator("main [name='model']")
    page.context.set_offline(True)
    model.fill("甲，网络不通时所填")
    page.locator("#saved").filter(has_text="网络不通").wait_for()
    colleague = portal.as_(applicant(1, 1))
    theirs = colleague.get(f"/apply/{number}")
    colleague.submit(theirs, action="/apply/", press=("_go", "later"), model="乙，同事所填")
    page.context.set_offline(False)
    page.locator("#saved").filter(has_text="同事").wait_for()
    page.reload()
    assert model.input_value() == "乙，同事所填"
    page.get_by_role("button", name="恢复上次填写").click()
    page.locator("#saved").filter(has_text=re.compile("已保存 ..:..$")).wait_for()
    assert model.input_value() == "甲，网络不通时所填"
    assert page.evaluate("Object.keys(localStorage)") == []
    model.fill("丙")
    assert len(page.evaluate("Object.keys(localStorage)")) == 1
    page.get_by_role("button", name="以后再填").click()
    page.wait_for_url(re.compile("/my"))
    assert page.evaluate("Object.keys(localStorage)") == []
    shown = colleague.get(f"/apply/{number}")
    assert shown.form(action="/apply/").fields["model"] == "丙"


def test_lines_that_the_page_does_not_show_come_back_with_a_copy(page: "Page", served: str, stage: Stage) -> None:
    walk = Walk(stage)
    number = walk.to(walk.open("M16", 1, 1), State.SCREENED).number
    sign_in.set_password(stage.store, officer(Duty.CERTIFIER, 1), PASSWORD, now=real_now())
    signed_in(page, served, "certifier-1")
    form = f"{served}/desk/cases/{number}/do/certify"
    page.goto(form)
    line = page.locator("[name='typed.cost_lines[1].document']")
    line.fill("算例发票二")
    with page.expect_navigation():
        page.get_by_role("button", name="再加一行").first.click()
    third = page.locator("[name='typed.cost_lines[2].document']")
    third.fill("算例发票三")
    page.goto(form)
    assert (line.input_value(), third.count()) == ("", 0)
    with page.expect_navigation():
        page.get_by_role("button", name="恢复上次填写").click()
    assert (line.input_value(), third.input_value()) == ("算例发票二", "算例发票三")
    assert page.get_by_role("button", name="恢复上次填写").count() == 0
