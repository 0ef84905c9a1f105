"""Next year's policy as a list of differences, and a second district's as a package."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from other_policies.lakeside.policy import POLICY as LAKESIDE
from other_policies.xiuzhou_2024_renewal import POLICY as RENEWED

import policies
from policies.awards import plain
from policies.kit import Item, Money, Policy, Text, Unit, hypothetical
from policies.programme import indicators
from policies.xiuzhou_2023.common import cost
from policies.xiuzhou_2023.m04_new_products import LOOM, Level
from policies.xiuzhou_2023.m14_trade_fairs import COLOGNE
from policies.xiuzhou_2023.units import COMMERCE, REFORM

XZ2023 = policies.get("XZ2023")
STAND_EXAMPLE = XZ2023.item("M14b").examples[0]


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


def test_a_second_district_is_registered_beside_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "_registered", dict(policies._registered))
    policies.register(LAKESIDE)
    policies.register(LAKESIDE)
    assert policies.get("LS2023") is LAKESIDE
    assert {"XZ2023", "LS2023"} <= {policy.code for policy in policies.all_policies()}
    with pytest.raises(ValueError, match="LS2023"):
        policies.register(replace(LAKESIDE, title=Text("另一办法", "another")))


TERMS = [
    (date(2024, 7, 1), date(2025, 6, 30)),
    (date(2026, 7, 1), date(2027, 6, 30)),
    (date(2027, 7, 1), date(2028, 6, 30)),
    (date(2025, 1, 1), date(2025, 12, 31)),
    (date(2026, 3, 15), date(2027, 3, 14)),
    (date(2026, 7, 1), date(2026, 12, 31)),
]


def again(opens: date, closes: date, **more: Any) -> Policy:
    return XZ2023.renewed(code="AGAIN", opens=opens, closes=closes, **({"changes": {}} | more))


@pytest.mark.parametrize(("opens", "closes"), TERMS, ids=str)
def test_every_worked_example_of_every_item_holds_in_another_term(opens: date, closes: date) -> None:
    renewed = again(opens, closes)
    wrong = [
        f"{item.id} {said}"
        for item in renewed
        for example in item.examples
        if (said := example.difference(item.run(example)))
    ]
    assert not wrong, "\n".join(wrong)
    assert [len(item.examples) for item in renewed] == [len(item.examples) for item in XZ2023]


@pytest.mark.parametrize("item", list(again(*TERMS[1])), ids=lambda item: item.id)
def test_no_date_of_the_old_term_is_left_in_what_a_renewal_shows(item: Item) -> None:
    shown = json.dumps(
        [plain(declared) for declared in (item.examples, item.note, getattr(item, "indicators", ()))], default=str
    )
    assert not re.findall(r"\b202[34]\b(?!\.)", shown)


def test_targets_move_with_the_term_and_a_baseline_stays_one() -> None:
    renewed = again(*TERMS[1])
    days = {
        id: [target.by for target in indicator.targets]
        for id, indicator in indicators(renewed).items()
        if indicator.targets
    }
    assert days["M19-all"] == [date(2026, 6, 30), date(2026, 9, 30)]
    first, second = indicators(renewed)["M19-all"].targets
    assert first.is_baseline(renewed.opens) and not second.is_baseline(renewed.opens)
    before = {
        id: [target.by for target in indicator.targets]
        for id, indicator in indicators(XZ2023).items()
        if indicator.targets
    }
    assert before["M19-all"] == [date(2023, 6, 30), date(2023, 9, 30)]


def test_the_final_clause_names_the_new_first_day() -> None:
    (clause, *_) = again(*TERMS[1]).measure("F").clauses  # type: ignore[attr-defined]
    assert clause.says.zh.startswith("自 2026 年 7 月 1 日起")


def test_what_a_renewal_writes_anew_is_not_moved_even_beside_what_it_keeps() -> None:
    written = replace(STAND_EXAMPLE, facts=replace(COLOGNE, opened_on=date(2027, 1, 12)))
    stand = replace(XZ2023.item("M14b"), id="M14c", examples=(written, STAND_EXAMPLE))
    renewed = again(*TERMS[1], changes={"M14c": stand, "M14b": {"examples": (STAND_EXAMPLE, written)}})
    for name, days in {"M14c": [12, 14], "M14b": [14, 12]}.items():
        assert [example.facts.opened_on for example in renewed.item(name).examples] == [
            date(2027, 1, day) for day in days
        ]


def test_the_rules_themselves_stay_as_they_are() -> None:
    renewed = again(*TERMS[1])
    assert {item.id: item.digest for item in renewed} == {item.id: item.digest for item in XZ2023}


NEW = Unit("区经济信息局（虚构）", "Economy and Information Bureau (fictional)")


def test_a_renamed_unit_has_its_new_name_in_every_measure() -> None:
    renewed = again(*TERMS[1], units={"区经商局": NEW})
    named = [measure.code for measure in XZ2023.measures if COMMERCE in measure.units]
    assert (
        len(named) > 10
        and [each_measure.code for each_measure in renewed.measures if NEW in each_measure.units] == named
    )
    assert NEW in renewed.units and COMMERCE not in renewed.units and renewed.measure(14).lead == NEW
    assert XZ2023.measure(14).lead == COMMERCE


def test_a_closed_unit_leaves_its_measures_and_the_next_one_leads() -> None:
    renewed = again(*TERMS[1], units={"区发改局": None})
    assert not [measure.code for measure in renewed.measures if REFORM in measure.units]
    assert XZ2023.measure(19).lead == REFORM and renewed.measure(19).lead == COMMERCE
    assert len(renewed.units) == len(XZ2023.units) - 1


def test_two_units_may_become_one_and_a_new_one_may_come() -> None:
    renewed = again(*TERMS[1], units={"区发改局": COMMERCE, "区新设办（虚构）": NEW})
    assert renewed.measure(19).units.count(COMMERCE) == 1
    assert renewed.units.count(COMMERCE) == 1 and renewed.units[-1] == NEW


def test_a_renamed_treasury_pays() -> None:
    assert again(*TERMS[1], units={"区财政局": NEW}).treasury == NEW


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ({"区科技局": None}, "第 M1 项的责任单位均已撤销"),
        ({"没有的局": None}, "没有可撤销的单位：没有的局"),
        ({"区财政局": None}, "拨付单位 区财政局 不能撤销"),
    ],
)
def test_units_that_cannot_be_closed_are_refused_in_words(units: dict[str, None], said: str) -> None:
    with pytest.raises((LookupError, ValueError), match=said):
        again(*TERMS[1], units=units)


def test_a_measure_whose_units_close_may_be_given_others() -> None:
    renewed = again(*TERMS[1], units={"区科技局": None}, changes={"M1": {"units": (NEW,)}, "M3": {"units": (NEW,)}})
    assert renewed.measure(1).lead == NEW


def test_a_policy_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="早于起始日"):
        again(date(2026, 7, 1), date(2026, 6, 30))
    assert again(date(2026, 7, 1), date(2026, 7, 1)).holds_on(date(2026, 7, 1))


@pytest.mark.parametrize("name", ["M1", "M4a", "M4"])
def test_a_field_that_neither_item_nor_measure_has_is_named(name: str) -> None:
    with pytest.raises(LookupError, match=f"{name} 没有这些内容可变更：ceilling"):
        again(*TERMS[1], changes={name: {"ceilling": Money(1)}})
