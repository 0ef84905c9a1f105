"""The preview holds every message for every reader on one page that loads nothing and fits a telephone."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from notifications.preview import page
from notifications.wording import LANGUAGES, WORDINGS, Audience, version_of
from notifications.wording.samples import letter

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_every_kind_stands_on_the_page_for_each_reader_in_each_language() -> None:
    shown = page()
    for kind in WORDINGS:
        section = shown[shown.index(f'<h2 id="{kind}"') :]
        section = section[: section.find("<h2 id=", 10)]
        assert version_of(kind) in section
        assert section.count('class="card"') == len(WORDINGS[kind].audiences) * len(LANGUAGES)


def test_the_page_loads_nothing_runs_nothing_and_is_marked_as_a_demo() -> None:
    shown = page()
    assert "<script" not in shown and "演示数据 DEMO" in shown
    assert not re.findall(r"(?:src|srcset)=|<link|@import|url\(", shown)
    assert set(re.findall(r'href="(?!#)([^/"]*//[^/"]*)', shown)) == {"https://duixian.example"}


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_and_a_mail_fit_the_width(width: int, page: "Page", tmp_path: Path) -> None:
    from notifications.preview import page as preview

    page.set_viewport_size({"width": width, "height": 900})
    mail = letter("returned", Audience.APPLICANT, "zh", demo=True, web="https://duixian.example")
    for name, content in (("preview.html", preview()), ("mail.html", mail.html)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        page.goto((tmp_path / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.locator("h1").first.is_visible()
