"""The officers' registers in a browser as wide as a phone, as they open and where they refuse: all in sight, all named."""

from typing import TYPE_CHECKING

import pytest

from casework.programmes import reported_payouts
from casework.programmes.reported_payouts import NewFigure
from models import Duty
from policies.money import Money
from support.accessible import faults, faults_on_a_phone, signed_in
from support.office import POLICY
from support.portal import PASSWORD, Portal
from support.served_portal import serving
from support.stage import LEAD, officer

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.prove, pytest.mark.browser]
PAGES = {
    Duty.FUND_OFFICER: ("/pay/funds", "/pay/funds/cut", "/pay/funds/import", "/desk/rates", "/desk/rates/import"),
    Duty.ADMINISTRATOR: ("/ops/holidays", "/ops/holidays/import", "/desk/team/import", "/desk/retention"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("duty", PAGES, ids=str)
def test_nothing_is_out_of_sight_or_unnamed(portal: Portal, page: "Page", duty: Duty, language: str) -> None:
    figure = NewFigure(unit=LEAD, period="2023-08", promised=Money.yuan("1000.50"), paid=Money.yuan("1"), source="算例")
    reported_payouts.add(portal.store, officer(Duty.FUND_OFFICER), POLICY, figure)
    portal.as_(officer(duty))  # has a password from now on
    wrong = []
    with serving(portal) as address:
        signed_in(page, address, f"{duty}-0", PASSWORD)
        for wanted in PAGES[duty]:
            wrong += faults_on_a_phone(page, f"{address}{wanted}?lang={language}")
            form = page.locator("main form[method=post] button:not([tabindex='-1'])")
            if form.count():
                with page.expect_navigation():
                    form.first.click()
                assert page.locator(".govuk-error-summary").count() == 1, page.url
                wrong += faults(page)
    assert not wrong
