"""The portal's server shows its pages and built files, and nothing about itself."""

import pytest

from models import Duty
from support.portal import Portal
from support.stage import officer


@pytest.mark.parametrize("signed_in", [False, True])
def test_no_listing_no_trace_and_no_page_about_the_server(portal: Portal, signed_in: bool) -> None:
    client = (portal.as_(officer(Duty.ADMINISTRATOR)) if signed_in else portal.visitor()).client
    for address in (
        "/static", "/static/", "/static/../application.py", "/static/%2e%2e/application.py", "/docs", "/redoc",
        "/openapi.json", "/metrics", "/health", "/ready", "/.git/HEAD", "/.env", "/templates/base.html", "/server-status",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address
    for method in ("TRACE", "CONNECT", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, "/sign-in", headers={"x-secret": "算例".encode()})
        assert answer.status_code in (403, 404, 405) and "x-secret" not in answer.text, method
