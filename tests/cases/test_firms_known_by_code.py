"""A benefit known by its firm alone is the same whether the firm's code or its name was typed, and is found by the code."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.parties import party_register
from casework.parties.party_register import NewParty
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from models import BenefitRecord, Comparison, Likeness, PartyKind, State
from models.migrate import downgrade, head, upgrade
from models.store import Store
from models.verify import verify
from policies.benefits import KeyKind, Level, subject_key
from policies.money import Money
from support.office import code
from support.stage import Stage, named
from support.walk import Walk

NAME = "算例企业0"
KEY, BY_NAME = (subject_key(KeyKind.ENTERPRISE, text) for text in (code(0), NAME))


def received(basis: str, firm: int = 0, **more: Any) -> NewBenefit:
    given: dict[str, Any] = {"reference": "算例文号", "amount": Money(100_00), **more}
    return NewBenefit(
        party=named(f"firm-{firm}"), kind=KeyKind.ENTERPRISE, basis=basis, source="算例市级政策", level=Level.CITY, **given
    )  # fmt: skip


def kept(store: Store) -> list[tuple[str, str]]:
    """Of each benefit how it is compared, and as it was typed."""
    with store.read() as work:
        rows = work.execute(
            select(col(BenefitRecord.subject), col(BenefitRecord.basis)).order_by(col(BenefitRecord.id))
        )
        return [(row.subject, row.basis) for row in rows]


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=2))


@pytest.mark.parametrize("together", [False, True])
def test_a_benefit_entered_by_code_and_by_name_is_one(walk: Walk, together: bool) -> None:
    store, both = walk.stage.store, [received(NAME), received(code(0)), received(f" {code(0).lower()} ")]
    added = [external_benefits.add(store, SYSTEM, both)] if together else [
        external_benefits.add(store, SYSTEM, [benefit]) for benefit in both
    ]  # fmt: skip
    assert sum(added) == 1 and kept(store) == [(KEY, NAME)]
    assert external_benefits.entered(store, received(code(0))).basis == f"企业 {NAME}"
    with pytest.raises(Refused, match="已登记"):
        external_benefits.add(store, SYSTEM, [received(code(0), amount=Money(200_00))])


def test_a_firms_case_meets_what_was_entered_of_it_by_name_under_another_recipient(walk: Walk) -> None:
    store = walk.stage.store
    case = walk.to(walk.open("M4a", 1), State.SCREENED)
    external_benefits.add(store, SYSTEM, [received(NAME, firm=1)])
    walk.forward(case.id)
    walk.forward(case.id)
    with store.read() as work:
        rows = work.execute(select(col(Comparison.case_id), col(Comparison.why), col(Comparison.other_key))).all()
    assert [tuple(row) for row in rows] == [(case.id, Likeness.ENTERPRISE_ALONE, KEY)]


def test_a_name_that_two_parties_bear_asks_for_the_code(walk: Walk) -> None:
    store = walk.stage.store
    party_register.add(store, SYSTEM, NewParty(kind=PartyKind.ENTERPRISE, name=NAME, code=code(7)))
    with pytest.raises(Refused, match="登记主体有 2 个") as no:
        external_benefits.add(store, SYSTEM, [received(NAME, firm=1)])
    assert no.value.field == "basis" and "credit code" in no.value.en
    external_benefits.add(store, SYSTEM, [received(NAME)])  # one of the two receives it
    external_benefits.add(store, SYSTEM, [received(code(7), firm=1)])
    assert sorted(subject for subject, _ in kept(store)) == sorted([KEY, subject_key(KeyKind.ENTERPRISE, code(7))])


def test_an_upgrade_keeps_under_the_code_what_was_entered_by_name(walk: Walk) -> None:
    store = walk.stage.store
    stored = [received(NAME), received(NAME, reference="算例2号"), received(code(0), reference="算例3号")]
    external_benefits.add(store, SYSTEM, stored)
    store.engine.dispose()
    downgrade(store.url, "0018")
    with store.write() as work:
        work.connection.exec_driver_sql(
            f"UPDATE benefit SET subject = '{BY_NAME}' WHERE reference IN ('算例文号', '算例2号')"
        )
        work.connection.exec_driver_sql("UPDATE benefit SET basis = '' WHERE reference = '算例2号'")
        twice = received(code(0))
        work.add(
            BenefitRecord, id=work.new_id(), party_id=twice.party, subject=KEY, basis=code(0), source=twice.source,
            level="city", reference="算例文号", amount_fen=100_00, entered_by=SYSTEM, entered_at=work.now,
        )  # fmt: skip
    assert upgrade(store.url) == head()
    assert sorted(kept(store)) == sorted(
        [(BY_NAME, NAME), (KEY, BY_NAME.partition(":")[2]), (KEY, code(0)), (KEY, code(0))]
    )
    assert verify(store).ok
