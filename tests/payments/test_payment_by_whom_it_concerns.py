"""Payments are admitted by the function that admits every act: who applies for a benefit has no part in paying it to others."""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from casework.command_handler import act
from casework.lifecycle.commands import RegisterOffline
from casework.payments.payment_context import AllExcluded
from casework.shared.errors import Refused
from casework.shared.reference import touch
from models import Case, Duty, Person
from models.store import Store
from models.triggers import uninstall
from support.paying import Paying
from support.stage import named, officer

pytestmark = pytest.mark.tampers


def of_the_stand_grant(store: Store, folder: Path) -> Paying:
    """Two firms with payable cases, which are made cases of the item that nobody judges who applies for it."""
    paying = Paying(store, folder).furnish(2)
    paying.allocate()
    with store.engine.begin() as connection:
        uninstall(connection)  # a case's item never changes, and its guard says so
        connection.execute(update(Case).where(col(Case.id).in_(paying.cases)).values(item="M14b", measure="M14"))
    return paying


def gets_into_the_second(paying: Paying, duty: Duty) -> None:
    """The officer of a duty gets into the second firm."""
    with paying.store.write() as work:
        work.execute(update(Person).where(col(Person.id) == officer(duty)).values(party_id=named("firm-1")))
        touch(work)


def test_a_maker_who_applies_for_the_item_prepares_no_payment_of_it(store: Store, tmp_path: Path) -> None:
    paying = of_the_stand_grant(store, tmp_path)
    gets_into_the_second(paying, Duty.MAKER)
    with pytest.raises(AllExcluded) as caught:
        paying.prepare()
    numbers = [paying.view(which).number for which in (0, 1)]
    assert {case.case: case.code for case in caught.value.excluded} == {
        numbers[0]: "association_conflict",
        numbers[1]: "recused",
    }
    with pytest.raises(Refused) as no:  # what the same person hears who registers a payment made off line
        offline = RegisterOffline(case=paying.cases[0], by=officer(Duty.MAKER), act_id=paying.act_id(), document="算例")
        act(paying.store, offline)
    assert no.value.code == "association_conflict"
