"""The head of a page leads only to what is there for the reader."""

from casework.shared.reference import touch
from models import Duty
from support.portal import Portal, Visitor
from support.stage import FINANCE, LEAD, TREASURY, Stage, named, officer


def at(portal: Portal, stage: Stage, duty: Duty, unit: str) -> Visitor:
    """Somebody with one duty in one unit."""
    login = f"new-{duty}"
    with portal.store.write() as work:
        stage.person(work, login)
        stage.grant(work, login, duty, unit)
        touch(work)
    return portal.as_(named(login))


def test_a_maker_of_another_unit_is_not_led_to_payments(portal: Portal, stage: Stage) -> None:
    elsewhere = at(portal, stage, Duty.MAKER, LEAD)
    assert "/pay" not in elsewhere.get("/desk").links() and elsewhere.get("/pay").status in (403, 404)


def test_the_paying_units_people_and_allocators_anywhere_are_led_to_payments(portal: Portal, stage: Stage) -> None:
    for duty, unit in ((Duty.MAKER, TREASURY), (Duty.HEAD, TREASURY), (Duty.ALLOCATOR, LEAD)):
        here = at(portal, stage, duty, unit)
        assert "/pay" in here.get("/desk").links() and here.get("/pay").url.endswith("/pay"), duty


def test_who_keeps_the_budget_of_another_unit_is_led_to_funds(portal: Portal, stage: Stage) -> None:
    keeps = at(portal, stage, Duty.FUND_OFFICER, FINANCE)
    assert "/pay" in keeps.get("/desk").links() and keeps.get("/pay").url.endswith("/pay/funds")


def test_registrations_are_for_who_enters_parties_and_for_who_looks_on(portal: Portal) -> None:
    for duty in (Duty.CLERK, Duty.ACCEPTOR, Duty.ADMINISTRATOR, Duty.AUDITOR):
        visitor = portal.as_(officer(duty))
        assert (
            "/desk/registrations" in visitor.get("/desk").links() and visitor.get("/desk/registrations").status == 200
        )
    assert "/desk/registrations" not in portal.as_(officer(Duty.DECIDER)).get("/desk").links()
