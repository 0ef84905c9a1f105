"""`verify` finds what was paid twice for one subject without being looked at, and comparisons that were left or not said."""

from datetime import timedelta

import pytest
from sqlalchemy import event, text

import policies
from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from models import Duty, triggers
from models.store import Store
from models.verification.invariant import VerifiedScope
from models.verification.stacking_invariants import CHECKS
from models.verify import verify
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.shared_invoice import priced
from support.stage import Stage, named, officer
from support.walk import Walk

pytestmark = pytest.mark.tampers
INVOICE = "3300231130 00012345"


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


def numbered(walk: Walk, item: str, number: int, document: str = "", firm: int = 0) -> str:
    """A case on an invoice, priced; its number."""
    return priced(walk, item, number, firm, document=document).number


def received(kind: KeyKind, basis: str) -> NewBenefit:
    return NewBenefit(
        party=named("firm-0"), kind=kind, basis=basis, source="算例市级政策", level=Level.CITY, reference="算例文号",
        amount=Money(100),
    )  # fmt: skip


def found(store: Store, statement: str) -> dict[str, str]:
    """What verify says after somebody with the database's password ran a statement."""
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers.uninstall(connection)
        connection.execute(text(statement))
        triggers.install(connection)
    return {invariant.id: str(invariant.bad) for invariant in verify(store).bad}


def test_two_awards_on_one_key_that_nobody_compared(walk: Walk) -> None:
    first, second = numbered(walk, "M16", 1, INVOICE), numbered(walk, "M5c", 2, INVOICE)
    assert not verify(walk.stage.store).bad
    breaches = found(walk.stage.store, "DELETE FROM comparison")
    assert breaches.keys() == {"S1-awards"}
    assert first in breaches["S1-awards"] and second in breaches["S1-awards"]


def test_an_award_beside_a_benefit_that_nobody_compared(walk: Walk) -> None:
    store = walk.stage.store
    external_benefits.add(store, officer(Duty.FUND_OFFICER), [received(KeyKind.INVOICE, INVOICE)])
    with store.read() as work:
        now = work.now
    store.set_clock(now + timedelta(minutes=1), frozen=True)
    number = numbered(walk, "M16", 1, INVOICE)
    assert not verify(store).bad
    breaches = found(store, "DELETE FROM comparison")
    assert breaches.keys() == {"S1-benefits"} and number in breaches["S1-benefits"] and "算例文号" in str(breaches)


def test_a_key_that_was_made_certain_by_hand(walk: Walk) -> None:
    numbered(walk, "M4a", 1)
    numbered(walk, "M4a", 2)
    assert not verify(walk.stage.store).bad
    breaches = found(
        walk.stage.store, "UPDATE subject_key SET key = 'device:X' WHERE certain AND key LIKE 'device:算例织机-%-A'"
    )
    assert breaches.keys() == {"S1-awards"}


def test_a_comparison_left_open_behind_a_priced_case_and_one_that_nobody_said(walk: Walk) -> None:
    store = walk.stage.store
    number = numbered(walk, "M4a", 1)
    external_benefits.add(store, officer(Duty.FUND_OFFICER), [received(KeyKind.ENTERPRISE, "算例企业0")])
    assert not verify(store).bad
    early = "UPDATE comparison SET version = 1"
    assert number in found(store, early)["S2-open"]
    unsaid = found(store, "UPDATE comparison SET verdict = 'same', decided_at = found_at")
    assert number in unsaid["S3-said"]


def test_the_days_of_two_awards_are_read_only_where_they_count(walk: Walk) -> None:
    """Not of two recipients of one project, however many pairs there are."""
    store, asked = walk.stage.store, []
    for number in range(2):
        numbered(walk, "M4a", number, firm=number)
    found(store, "UPDATE subject_key SET key = 'project:X' WHERE certain AND key LIKE 'device:算例织机-%-A'")
    event.listen(store.engine, "before_cursor_execute", lambda _c, _k, said, *_: asked.append(said))
    check = next(invariant for invariant in CHECKS if invariant.id == "S1-awards")
    with store.engine.connect() as connection:
        assert list(check.find(connection, VerifiedScope(policy=policies.get))) == []
    assert asked and not [said for said in asked if "FROM award" in said]
