"""What axe-core and a narrow screen find wrong with a page in a browser."""

from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHONE = {"width": 390, "height": 900}


def faults(page: "Page") -> list[str]:
    """What axe-core finds on the page that is shown."""
    page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10, "it looked"
    return [f"{page.url}: {rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]


def signed_in(page: "Page", address: str, login: str, password: str) -> None:
    """As somebody, or as nobody."""
    page.context.clear_cookies()
    if login:
        page.goto(f"{address}/sign-in")
        page.fill("#f-login", login)
        page.fill("#f-password", password)
        page.click("main button")
        page.wait_for_load_state()


def faults_on_a_phone(page: "Page", address: str) -> list[str]:
    """The same of an address at the width of a phone, and whether it has to be moved sideways."""
    page.set_viewport_size(PHONE)
    page.goto(address)
    across = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*faults(page), *([f"{page.url}: {across} pixels are out of sight"] if across > 0 else [])]
