"""Next year's policy as a list of differences, and a second district's as a package."""

from dataclasses import replace
from datetime import date

import pytest
from other_policies.lakeside.policy import POLICY as LAKESIDE
from other_policies.xiuzhou_2024_renewal import POLICY as RENEWED

import policies
from policies.kit import Money, Text, hypothetical
from policies.xiuzhou_2023.common import cost
from policies.xiuzhou_2023.m04_new_products import LOOM, Level
from policies.xiuzhou_2023.m14_trade_fairs import COLOGNE

XZ2023 = policies.get("XZ2023")


def test_a_changed_amount_holds_in_the_renewal_and_not_before() -> None:
    first = replace(LOOM, level=Level.INTERNATIONAL)
    later = replace(first, certified_on=date(2024, 9, 1))
    assert XZ2023.item("M4a").award(first, {}).amount == Money.wan(200)
    assert RENEWED.item("M4a").award(later, {}).amount == Money.wan(300)


def test_each_policy_refuses_events_of_the_other_years_term() -> None:
    later = replace(LOOM, certified_on=date(2024, 9, 1))
    assert XZ2023.item("M4a").award(later, {}).refused
    assert RENEWED.item("M4a").award(LOOM, {}).refused


def test_a_changed_ceiling_holds() -> None:
    stand = replace(COLOGNE, opened_on=date(2025, 1, 12), cost_lines=(cost("500000"),))
    given = RENEWED.item("M14b").award(stand, hypothetical({"P14-shape": "assessed"}))
    assert given.amount == Money.wan(40)


def test_items_and_measures_that_end_are_gone_and_new_ones_are_there() -> None:
    names = {item.id for item in RENEWED}
    assert not names & {"M15b", "M16"} and {"M14c", "M15a"} <= names
    assert RENEWED.item("M14c").clause == "第 14 条"
    with pytest.raises(LookupError):
        RENEWED.measure(16)


def test_what_is_not_named_stays_as_it_was() -> None:
    assert RENEWED.item("M1").ceiling == XZ2023.item("M1").ceiling
    assert RENEWED.item("M1").digest == XZ2023.item("M1").digest
    assert RENEWED.measure(14).flow == XZ2023.measure(14).flow
    assert XZ2023.item("M14b").ceiling == Money.wan(30)


def test_changed_figures_change_the_digest_though_the_rule_is_the_same() -> None:
    for name in ("M4a", "M14b"):
        assert RENEWED.item(name).rule is XZ2023.item(name).rule
        assert RENEWED.item(name).digest != XZ2023.item(name).digest


@pytest.mark.parametrize("name", ["M99", "M99a", "nonsense"])
def test_a_change_to_nothing_is_a_slip_of_the_pen(name: str) -> None:
    for change in (None, {"ceiling": Money(1)}):
        with pytest.raises(LookupError, match=name):
            XZ2023.renewed(code="X", opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={name: change})


def test_a_measure_can_be_retitled_or_added() -> None:
    extra = replace(LAKESIDE.measure(1), code="M23", items=(replace(LAKESIDE.item("M1"), id="M23"),))
    changed = XZ2023.renewed(
        code="X",
        opens=date(2024, 7, 1),
        closes=date(2025, 6, 30),
        changes={"M4": {"title": Text("新品", "new")}, "M23": extra},
    )
    assert changed.measure(4).title.zh == "新品"
    assert changed.item("M23").term and changed.item("M23").term.opens == date(2024, 7, 1)


def test_two_items_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="M1"):
        replace(LAKESIDE, measures=LAKESIDE.measures * 2)


def test_a_second_district_is_registered_beside_the_first() -> None:
    policies.register(LAKESIDE)
    policies.register(LAKESIDE)
    assert policies.get("LS2023") is LAKESIDE
    assert {"XZ2023", "LS2023"} <= {policy.code for policy in policies.all_policies()}
    with pytest.raises(ValueError, match="LS2023"):
        policies.register(replace(LAKESIDE, title=Text("另一办法", "another")))
