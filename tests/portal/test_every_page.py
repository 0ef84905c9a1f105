"""Every address of the portal, taken from the application itself: who is shown what, what a page holds, what a look changes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text

from models import Duty, State
from models.store import Store
from support.portal import Portal, Visitor
from support.stage import Stage, applicant, named, officer
from support.walk import Walk
from support.whole_pages import faults_of
from web import pages

OWN, FOREIGN = "XZ2023-M04-000001", "XZ2023-M04-000002"
HASH = "0" * 64
UUID_TEXT = "018a0000-0000-7000-8000-00000000a001"
FILLED: dict[str, str] = {
    "policy": "XZ2023", "item": "M4a", "number": OWN, "language": "en", "action": "accept", "message": "1",
    "sha256": HASH, "sha": HASH, "hash": HASH, "page": "1", "token": "x", "form": "x", "id": "1", "step": "check",
    "name": "x.csv", "code": "6G3H6-Y0E6Y-8VD9J-ZZ6DP-11TXK", "login": "acceptor-0", "kind": "filing_reminders",
}  # fmt: skip
PUBLIC = (
    "/sign-in",
    "/language/",
    "/items/",
    "/notices",
    "/paid",
    "/ranking",
    "/track",
    "/verify",
    "/calendar",
    "/data",
    "/help",
    "/register",
    "/enrol",
    "/recover",
    "/t/",
    "/home",
)
FOR_OFFICERS_TOO = "/my/messages"
NOT_A_CASE = ("/notices/{number}", "/pay/batches/{number}")


@pytest.fixture
def portal_with_cases(stage: Stage, portal: Portal) -> Portal:
    """A case of the first firm with its acceptor, one of the second firm the same."""
    walk = Walk(stage)
    for number, firm in ((1, 1), (2, 2)):
        walk.to(walk.open("M4a", number, firm), State.FILED, Duty.ACCEPTOR)
    return portal


def routes(method: str) -> Iterator[APIRoute]:
    """The portal's own addresses; far fewer than there are would mean that nothing is looked at."""
    found = [one for router in pages.routers() for one in router.routes if isinstance(one, APIRoute)]
    assert len(found) > 35
    return (route for route in found if method in route.methods)


def address(route: APIRoute, **given: str) -> str:
    """The address with something in each of its parts: what `FILLED` says, else an id that nothing has."""
    tried = {**FILLED, **given}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: tried.get(found[1], UUID_TEXT), route.path)


def rows(store: Store) -> dict[str, int]:
    """How many rows each table has, and a sum over the cases' versions."""
    with store.read() as work:
        tables = [row[0] for row in work.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        return {name: work.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in tables}


def is_public(path: str) -> bool:
    """Whether anybody may look."""
    return path == "/" or path.startswith(PUBLIC)


def test_nobody_unknown_sees_more_than_the_public_pages(portal_with_cases: Portal) -> None:
    visitor = portal_with_cases.visitor()
    for route in routes("GET"):
        shown = visitor.client.get(address(route), follow_redirects=False)
        if is_public(route.path):
            assert shown.status_code in (200, 303, 404), (route.path, shown.status_code)
        else:
            led = (shown.status_code, shown.headers.get("location", "").split("?")[0])
            assert led == (303, "/sign-in"), (route.path, led)


def test_a_foreign_case_does_not_exist_for_a_firm_under_any_address(portal_with_cases: Portal) -> None:
    firm = portal_with_cases.as_(applicant(1))
    for method in ("GET", "POST"):
        for route in routes(method):
            if "{number}" not in route.path or route.path.startswith(NOT_A_CASE):
                continue
            wanted = address(route, number=FOREIGN)
            shown = firm.get(wanted) if method == "GET" else firm.post(wanted, {"_token": _token(firm)})
            assert shown.status == 404, (method, route.path, shown.status)
            assert FOREIGN not in shown.words().replace(wanted, ""), route.path


def test_officers_pages_are_no_firms_and_firms_pages_are_no_officers(portal_with_cases: Portal) -> None:
    firm = portal_with_cases.as_(applicant(1))
    clerkless = portal_with_cases.as_(officer(Duty.DECIDER))
    for route in routes("GET"):
        if route.path.startswith(("/desk", "/pay", "/board", "/audit", "/ops")):
            assert firm.get(address(route)).status == 404, route.path
        if route.path.startswith(("/my", "/apply/{")) and route.path != FOR_OFFICERS_TOO:
            assert clerkless.get(address(route)).status == 404, route.path


@pytest.mark.prove
def test_looking_changes_nothing(portal_with_cases: Portal) -> None:
    for visitor in (
        portal_with_cases.visitor(), portal_with_cases.as_(applicant(1)), portal_with_cases.as_(officer(Duty.ACCEPTOR)),
        portal_with_cases.as_(officer(Duty.HEAD)), portal_with_cases.as_(officer(Duty.ADMINISTRATOR)),
    ):  # fmt: skip
        before = rows(portal_with_cases.store)
        for route in routes("GET"):
            visitor.client.get(address(route))
            visitor.client.head(address(route))
        assert rows(portal_with_cases.store) == before


def test_every_form_needs_its_token_whoever_sends_it(portal_with_cases: Portal) -> None:
    for visitor, hidden in (
        (portal_with_cases.visitor(), ()),
        (
            portal_with_cases.as_(officer(Duty.ACCEPTOR)),
            ("/audit", "/ops"),
        ),  # these do not exist for them, token or not
        (portal_with_cases.as_(officer(Duty.ADMINISTRATOR)), ()),
    ):
        before = rows(portal_with_cases.store)
        for route in routes("POST"):
            shown = visitor.client.post(address(route), data={"act_id": str(named("x"))}, follow_redirects=False)
            led = shown.headers.get("location", "")
            if hidden and route.path.startswith(hidden):
                assert shown.status_code == 404, route.path
                continue
            assert shown.status_code in (401, 403) or led.startswith("/sign-in"), (route.path, shown.status_code)
        assert rows(portal_with_cases.store) == before


@pytest.mark.slow
def test_every_page_that_is_shown_is_whole(portal_with_cases: Portal) -> None:
    """Those that open, and the answers to what does not. Full pages: `test_rehearsal_in_mid_season`."""
    seen, opened = set(), set()
    for visitor in (
        portal_with_cases.visitor(), portal_with_cases.as_(applicant(1)), portal_with_cases.as_(officer(Duty.ACCEPTOR)),
        portal_with_cases.as_(officer(Duty.MAKER)),
    ):  # fmt: skip
        for language in ("zh", "en"):
            visitor.get(f"/language/{language}")
            for route in routes("GET"):
                if route.path.startswith("/language/"):
                    continue
                shown = visitor.get(address(route))
                if shown.tree.tag == "html" and (shown.url, language) not in seen:
                    assert list(faults_of(shown, language)) == [], (shown.status, shown.url, language)
                    seen.add((shown.url, language))
                    opened |= {route.path} if shown.status == 200 else set()
    assert {"/", "/paid", "/my", "/apply/{number}", "/desk", "/desk/cases/{number}", "/pay", "/pay/prepare"} <= opened


def test_the_policy_of_content_allows_nothing_from_elsewhere(portal: Portal) -> None:
    answer = portal.visitor().client.get("/sign-in")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'" and policy["style-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"] and policy["frame-ancestors"] == "'none'"
    assert answer.headers["cache-control"] == "no-store" and answer.headers["x-content-type-options"] == "nosniff"


def _token(visitor: Visitor) -> Any:
    return visitor.get("/help").tree.xpath("//header//input[@name='_token']")[0].get("value")
