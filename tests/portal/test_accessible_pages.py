"""No page and no error state of the portal has a fault that axe-core finds: in labels, contrast, landmarks or names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from demo.portal_accounts import PASSWORD
from support.accessible import faults, signed_in
from support.portal import Portal
from support.rehearsed_portal import visitors
from support.served_portal import serving
from support.whole_pages import followed, kind_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.prove, pytest.mark.browser]
# who, the page or a link on the page before it, what is typed, the form whose button is pressed
ERRORS: tuple[tuple[str, tuple[str, ...], dict[str, str], str], ...] = (
    ("", ("/sign-in",), {"#f-login": "nobody", "#f-password": "wrong"}, "/sign-in"),
    ("", ("/register",), {}, "/register"),
    ("", ("/items/XZ2023/M4a",), {}, "/items/"),
    ("", ("/track",), {}, "/track"),
    ("", ("/recover/code",), {}, "/recover/code"),
    ("applicant-05", ("/account",), {}, "/account/password"),
    ("applicant-05", ("/account/messages",), {"#f-address": "x"}, "/account/addresses"),
    ("applicant-05", ("/account/messages",), {"#f-quiet_from": "22:00"}, "/account/messages"),
    ("applicant-05", ("/my/firm/account",), {"#f-number": "1"}, "/my/firm/account"),
    ("economy-acceptor", ("/desk", "a[href*='/desk/cases/XZ']", "a[href*='/do/return']"), {}, "/desk/"),
    ("economy-acceptor", ("/desk/parties/new",), {}, "/desk/parties/new"),
    (
        "economy-acceptor",
        ("/desk/parties", "a[href^='/desk/parties/0']", ".govuk-details__summary"),
        {},
        "/desk/parties/0",
    ),
    ("economy-acceptor", ("/desk/parties/import",), {}, "/desk/parties/import"),
    ("treasury-reconciler", ("/pay/import",), {}, "/pay/import"),
    ("government-administrator", ("/ops/holidays",), {}, "/ops/holidays"),
    ("treasury-fund-officer", ("/pay/funds/cut",), {}, "/pay/funds/cut"),
    ("treasury-fund-officer", ("/desk/rates",), {}, "/desk/rates"),
    ("treasury-fund-officer", ("/desk/rates/import",), {}, "/desk/rates/import"),
)


@pytest.fixture(scope="module")
def address(rehearsed: Portal) -> Iterator[str]:
    """Where the rehearsal's portal is."""
    with serving(rehearsed) as found:
        yield found


def pages_by_account(portal: Portal) -> dict[str, list[str]]:
    """One page of each kind of address, under the first account that links lead there."""
    found: dict[str, list[str]] = {}
    seen = set()
    for login, visitor in (("", portal.visitor()), *visitors(portal)):
        for shown in followed(visitor, most=1):
            kind = kind_of(urlsplit(shown.url).path)
            if shown.status == 200 and shown.tree.xpath("//link[@rel='stylesheet']") and kind not in seen:
                seen.add(kind)
                parts = urlsplit(shown.url)
                found.setdefault(login, []).append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


def test_every_page_passes_axe(rehearsed: Portal, address: str, page: "Page") -> None:
    wrong, looked = [], 0
    for login, addresses in pages_by_account(rehearsed).items():
        signed_in(page, address, login, PASSWORD)
        for number, wanted in enumerate(addresses):
            page.set_viewport_size({"width": 390 if number % 4 == 3 else 1280, "height": 900})
            page.goto(address + wanted)
            wrong += faults(page)
            looked += 1
    assert not wrong
    assert looked > 55


@pytest.mark.parametrize(("login", "way", "typed", "form"), ERRORS, ids=lambda value: "")
def test_every_error_passes_axe(
    address: str, page: "Page", login: str, way: tuple[str, ...], typed: dict[str, str], form: str
) -> None:
    signed_in(page, address, login, PASSWORD)
    page.goto(address + way[0])
    for link in way[1:]:
        page.locator(link).first.click()
        page.wait_for_load_state()
    for field, text in typed.items():
        page.fill(field, text)
    with page.expect_navigation():
        page.locator(f"main form[method=post][action^='{form}'] button:not([tabindex='-1'])").first.click()
    assert page.locator(".govuk-error-summary").count() == 1, page.url
    assert not faults(page)
