"""Thirty cases before lunch: an officer decides them by keyboard alone, sees what each becomes, and the mouse is not touched."""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from casework.staff import sign_in
from models import Case, Duty, State
from models.clock import real_now
from support.accessible import signed_in
from support.portal import PASSWORD, Portal
from support.served_portal import serving
from support.stage import Stage, officer
from support.walk import Walk

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNT = 30


def in_state(stage: Stage, state: State) -> int:
    """How many cases are in a state."""
    with stage.store.read() as work:
        return int(work.execute(select(func.count()).where(col(Case.state) == state)).scalar_one())


def test_thirty_cases_are_decided_with_five_presses(
    page: "Page", portal: Portal, stage: Stage, proven: Callable[[str], None]
) -> None:
    walk = Walk(stage)
    for number in range(1, COUNT + 1):
        walk.to(walk.open("M4a", number, number % 4), State.COMPUTED, Duty.DECIDER)
    sign_in.set_password(stage.store, officer(Duty.DECIDER), PASSWORD, now=real_now())
    pressed = 0

    def press(key: str, *, to: str = "") -> None:
        nonlocal pressed
        pressed += 1
        if not to:
            page.keyboard.press(key)
            return
        with page.expect_navigation():
            page.keyboard.press(key)
        assert re.search(to, page.url), page.url

    with serving(portal) as address:
        signed_in(page, address, "decider-0", PASSWORD)
        page.goto(f"{address}/desk")
        start = time.monotonic()
        press("a")
        assert page.locator("[data-rows] input:checked").count() == COUNT
        press("b", to=r"/desk/bulk\?")
        press("Control+Enter", to=r"act=decide")
        press("Control+Enter", to=r"act=decide")
        assert "尚未办理" in page.inner_text("main") and in_state(stage, State.COMPUTED) == COUNT, "it shows first"
        press("Control+Enter", to=r"act=decide")
        seconds = time.monotonic() - start
        assert f"已办理 {COUNT} 件，共 {COUNT} 件" in page.inner_text("main")
    assert in_state(stage, State.DECIDED) == COUNT and pressed == 5
    proven(f"{COUNT} decisions, {pressed} presses, no click, {seconds:.1f} s with all pages read by nobody")


def test_x_ticks_the_row_and_a_again_takes_all_ticks_off(page: "Page", portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    for number in range(1, 4):
        walk.to(walk.open("M4a", number, number % 3), State.FILED, Duty.ACCEPTOR)
    sign_in.set_password(stage.store, officer(Duty.ACCEPTOR), PASSWORD, now=real_now())
    with serving(portal) as address:
        signed_in(page, address, "acceptor-0", PASSWORD)
        page.goto(f"{address}/desk")
        ticked = page.locator("[data-rows] input:checked")
        for key, count in (("j", 0), ("j", 0), ("x", 1), ("a", 3), ("k", 3), ("x", 2), ("a", 3), ("a", 0)):
            page.keyboard.press(key)
            assert ticked.count() == count, key
        page.locator("[data-rows] input").nth(1).click()
        page.keyboard.press("j")  # the box that was ticked by hand has the focus, and the keys go on
        page.keyboard.press("x")
        assert ticked.count() == 0, "the row of the keys is the second one, which was ticked by hand"
