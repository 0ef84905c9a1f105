"""The browser that tests drive is a real one, and it can show Chinese."""

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from scripts import browser

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

INK = """text => {
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
    pen.font = '40px sans-serif';
    pen.fillText(text, 0, 50);
    return Array.from(pen.getImageData(0, 0, 60, 80).data).join();
}"""


@pytest.mark.browser
def test_two_chinese_characters_look_different(page: "Page") -> None:
    """Without a font each would be the same empty box."""
    page.set_content("<!doctype html><title>兑现</title>")
    assert page.title() == "兑现"
    assert page.evaluate(INK, "兑") != page.evaluate(INK, "现")


@pytest.mark.browser
def test_no_event_loop_stays_behind_after_a_page(page: "Page") -> None:
    page.close()


def test_an_asynchronous_test_may_follow() -> None:
    async def answer() -> int:
        return 42

    assert asyncio.run(answer()) == 42


def test_a_missing_browser_is_a_notice_here_and_a_failure_where_everything_is_required(
    monkeypatch: pytest.MonkeyPatch, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUIXIAN_CHROMIUM", str(tmp_path / "gone"))
    monkeypatch.setattr(browser, "install", lambda: None)
    for required, code in (("", 0), ("all", 3)):
        monkeypatch.setenv("DUIXIAN_REQUIRE", required)
        assert browser.main() == code
        assert re.search(r"Chromium( and a Chinese font)? not found", capsys.readouterr().err)
