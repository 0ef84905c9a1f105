"""Takes the pictures of the portal's main pages under docs/pictures, from the rehearsal stopped in mid-season.

Usage: make serve in one terminal; .venv/bin/python scripts/pictures.py [ADDRESS] in another.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from scripts.browser import find_chromium  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE, PHONE = (1280, 900), (390, 844)
PASSWORD = "duixian-demo-2023"
# file, login, page (a piece of a link's address on the page before it), size
PICTURES: tuple[tuple[str, str, tuple[str, ...], tuple[int, int]], ...] = (
    ("front-page", "", ("/",), WIDE),
    ("item-with-calculator", "", ("/items/XZ2023/M4a",), WIDE),
    ("inbox", "economy-certifier", ("/desk",), WIDE),
    ("case", "economy-certifier", ("/desk", "a[href*='/desk/cases/XZ']"), (1400, 900)),
    ("payments", "treasury-checker", ("/pay",), WIDE),
    ("applying-on-a-phone", "applicant-05", ("/my", "a[href*='/apply/XZ']"), PHONE),
)


def main(address: str = "http://localhost:8023") -> None:
    """Every picture anew."""
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for name, login, way, (width, height) in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
            page.set_default_timeout(60_000)
            if login:
                _sign_in(page, address, login)
            page.goto(address + way[0])
            for link in way[1:]:
                page.locator(link).first.click()
                page.wait_for_load_state()
            page.screenshot(path=folder / f"{name}.png")
            page.close()
        browser.close()


def _sign_in(page: "Page", address: str, login: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#f-login", login)
    page.fill("#f-password", PASSWORD)
    page.click("main button")
    page.wait_for_load_state()


if __name__ == "__main__":
    main(*sys.argv[1:])
