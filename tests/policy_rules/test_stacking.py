"""就高不重复: the higher benefit counts, nothing is paid twice, and the order of things never matters."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.stacking import (
    Benefit,
    KeyKind,
    Level,
    Period,
    Reason,
    Settlement,
    basis_groups,
    settle,
    subject_key,
)

YEAR_2022 = Period(first=date(2022, 1, 1), last=date(2022, 12, 31))
YEAR_2023 = Period(first=date(2023, 1, 1), last=date(2023, 12, 31))
WAN = 1_000_000  # 10,000 yuan in fen


def benefit(id_: str, amount: int, *keys: str, ours: bool = True, **more: object) -> Benefit:
    level = Level.DISTRICT if ours else Level.CITY
    source = "本方案" if ours else "市级政策"
    return replace(
        Benefit(id=id_, keys=frozenset(keys or ("invoice:1",)), amount=amount, source=source, level=level, ours=ours),
        **more,
    )


def test_a_claim_without_rival_is_payable_in_full() -> None:
    outcome = settle([benefit("a", 30 * WAN)])["a"]
    assert (outcome.payable, outcome.reason, outcome.beaten_by) == (30 * WAN, Reason.ALONE, None)


def test_of_two_claims_on_one_invoice_the_higher_is_paid_and_the_lower_names_what_beat_it() -> None:
    outcomes = settle([benefit("low", 10 * WAN), benefit("high", 30 * WAN)])
    assert outcomes["high"].payable == 30 * WAN and outcomes["high"].reason is Reason.HIGHEST
    assert (outcomes["low"].payable, outcomes["low"].beaten_by) == (0, "high")


def test_claims_on_different_invoices_are_both_paid() -> None:
    outcomes = settle([benefit("a", 10 * WAN, "invoice:1"), benefit("b", 30 * WAN, "invoice:2")])
    assert [outcome.payable for outcome in outcomes.values()] == [10 * WAN, 30 * WAN]


def test_sharing_is_transitive() -> None:
    chain = [benefit("a", 3, "invoice:1"), benefit("b", 2, "invoice:1", "device:9"), benefit("c", 1, "device:9")]
    for order in permutations(chain):
        assert {id_: outcome.payable for id_, outcome in settle(order).items()} == {"a": 3, "b": 0, "c": 0}


@pytest.mark.parametrize(
    ("settlement", "payable", "reason", "after_return"),
    [
        (Settlement.DIFFERENCE, 30 * WAN, Reason.DIFFERENCE, 0),
        (Settlement.NOTHING, 0, Reason.LOWER_SUM_PAID, 0),
        (Settlement.SWAP, 0, Reason.AWAITS_RETURN, 50 * WAN),
    ],
)
def test_a_lower_sum_paid_elsewhere_is_settled_in_one_of_three_ways(
    settlement: Settlement, payable: int, reason: Reason, after_return: int
) -> None:
    earlier = benefit("city", 20 * WAN, ours=False, paid=20 * WAN)
    outcome = settle([benefit("a", 50 * WAN), earlier], settlement=settlement)["a"]
    assert (outcome.payable, outcome.reason, outcome.after_return) == (payable, reason, after_return)
    assert outcome.to_return == (("city",) if settlement is Settlement.SWAP else ())


@pytest.mark.parametrize("settlement", list(Settlement))
def test_a_proven_return_makes_the_full_sum_payable(settlement: Settlement) -> None:
    earlier = benefit("city", 20 * WAN, ours=False, paid=20 * WAN, return_proof="退款凭证 1")
    assert settle([benefit("a", 50 * WAN), earlier], settlement=settlement)["a"].payable == 50 * WAN


@pytest.mark.parametrize("settlement", list(Settlement))
@pytest.mark.parametrize("paid", [0, 60 * WAN])
def test_a_higher_benefit_elsewhere_leaves_nothing_to_pay(settlement: Settlement, paid: int) -> None:
    outcome = settle([benefit("a", 50 * WAN), benefit("city", 60 * WAN, ours=False, paid=paid)], settlement=settlement)
    assert (outcome["a"].payable, outcome["a"].beaten_by) == (0, "city")


def test_what_was_really_paid_is_deducted_and_not_what_was_granted() -> None:
    granted = benefit("city", 20 * WAN, ours=False, paid=5 * WAN)
    assert settle([benefit("a", 50 * WAN), granted])["a"].payable == 45 * WAN


def test_two_lower_sums_paid_above_the_highest_leave_nothing_and_never_less() -> None:
    lower = [benefit(f"city{n}", 30 * WAN, ours=False, paid=30 * WAN) for n in (1, 2)]
    outcome = settle([benefit("a", 50 * WAN), *lower])["a"]
    assert (outcome.payable, outcome.reason) == (0, Reason.SETTLED)


def test_of_equal_sums_the_one_already_paid_stands() -> None:
    outcomes = settle([benefit("a", 5), benefit("b", 5, paid=5)])
    assert outcomes["a"].beaten_by == "b" and outcomes["b"].payable == 0


def test_of_equal_sums_the_one_granted_elsewhere_stands() -> None:
    assert settle([benefit("a", 5), benefit("z", 5, ours=False)])["a"].beaten_by == "z"


def test_of_equal_claims_the_first_id_wins() -> None:
    assert settle([benefit("b", 5), benefit("a", 5)])["b"].beaten_by == "a"


def test_the_same_project_in_another_year_is_another_basis() -> None:
    first = benefit("y22", 9, "project:X", ours=False, paid=9, period=YEAR_2022)
    assert settle([benefit("y23", 5, "project:X", period=YEAR_2023), first])["y23"].payable == 5


def test_the_same_invoice_in_another_year_is_the_same_basis() -> None:
    first = benefit("y22", 9, "invoice:X", ours=False, paid=9, period=YEAR_2022)
    assert settle([benefit("y23", 5, "invoice:X", period=YEAR_2023), first])["y23"].payable == 0


def test_periods_that_meet_on_one_day_are_one_basis() -> None:
    touching = Period(first=date(2022, 12, 31), last=date(2023, 6, 30))
    claims = [benefit("a", 5, "project:X", period=YEAR_2022), benefit("b", 9, "project:X", period=touching)]
    assert settle(claims)["a"].beaten_by == "b"


def test_outside_the_plan_only_two_claims_of_the_plan_do_not_meet_not_even_through_each_other() -> None:
    claims = [benefit("a", 5, "invoice:1"), benefit("b", 9, "invoice:1", "invoice:2")]
    outside = benefit("city", 7, "invoice:2", ours=False, paid=7)
    outcomes = settle([*claims, outside], inside=False)
    assert (outcomes["a"].payable, outcomes["b"].payable) == (5, 2)
    assert settle([*claims, outside])["a"].payable == 0


def test_two_spellings_of_one_invoice_are_one_subject() -> None:
    typed, pasted = "044001900111-12345678", "\uff10" + "44001900111 12345678"
    assert subject_key(KeyKind.INVOICE, typed) == subject_key(KeyKind.INVOICE, pasted) == "invoice:04400190011112345678"
    assert (
        subject_key(KeyKind.CONTRACT, "ht/2023/1")
        == subject_key(KeyKind.CONTRACT, " HT-2023-1")
        == "contract:HT-2023-1"
    )


def test_the_trace_names_every_benefit_of_the_basis_the_winner_and_the_sum() -> None:
    outcome = settle([benefit("a", 50 * WAN), benefit("city", 20 * WAN, ours=False, paid=20 * WAN)])["a"]
    assert outcome.lines == (
        "a（本方案，invoice:1）：500,000.00 元",
        "city（市级政策，invoice:1）：200,000.00 元，已付 200,000.00 元",
        "就高：a 500,000.00 元，最高额之外不重复兑付",
        "a：补足与已发补助的差额，应付 300,000.00 元",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"keys": frozenset()},
        {"keys": frozenset({"invoice:\uff41"})},
        {"keys": frozenset({"shoe:1"})},
        {"amount": -1},
        {"paid": 6},
    ],
    ids=str,
)
def test_a_benefit_without_basis_or_with_an_impossible_sum_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(benefit("a", 5), **wrong)


def test_a_sum_that_is_not_whole_fen_is_refused() -> None:
    with pytest.raises(TypeError):
        replace(benefit("a", 5), amount=5.0)


def test_two_different_records_of_one_id_are_refused_and_the_same_record_twice_counts_once() -> None:
    with pytest.raises(ValueError):
        settle([benefit("a", 5), benefit("a", 6)])
    assert settle([benefit("a", 5), benefit("a", 5)])["a"].payable == 5


KEYS = st.sampled_from(["invoice:1", "invoice:2", "device:3", "project:4", "enterprise:5", "person:6"])
PERIODS = st.sampled_from([None, YEAR_2022, YEAR_2023, Period(first=date(2022, 7, 1), last=date(2023, 6, 30))])


@st.composite
def many(draw: st.DrawFn) -> list[Benefit]:
    """Up to eight benefits with small sums, so that ties, chains and partial payments are common."""
    found = []
    for number in range(draw(st.integers(1, 8))):
        amount = draw(st.integers(0, 6))
        found.append(
            benefit(
                f"b{number}",
                amount,
                *draw(st.frozensets(KEYS, min_size=1, max_size=2)),
                ours=draw(st.booleans()),
                paid=draw(st.integers(0, amount)),
                period=draw(PERIODS),
                return_proof=draw(st.sampled_from(["", "", "", "退款凭证"])),
            )
        )
    return found


RULES = st.fixed_dictionaries({"settlement": st.sampled_from(Settlement), "inside": st.booleans()})


@given(st.data(), many(), RULES)
def test_every_order_gives_the_same(data: st.DataObject, benefits: list[Benefit], rules: dict[str, object]) -> None:
    assert settle(data.draw(st.permutations(benefits)), **rules) == settle(benefits, **rules)


@given(many(), RULES)
def test_no_claim_is_ever_negative_or_above_its_own_amount(benefits: list[Benefit], rules: dict[str, object]) -> None:
    outcomes = settle(benefits, **rules)
    held = {benefit.id: benefit for benefit in benefits}
    assert all(0 <= outcome.payable <= held[id_].amount - held[id_].paid for id_, outcome in outcomes.items())
    assert set(outcomes) == {benefit.id for benefit in benefits if benefit.ours and not benefit.return_proof}


@given(many(), st.sampled_from(Settlement))
def test_a_basis_never_receives_more_than_its_highest_benefit(benefits: list[Benefit], settlement: Settlement) -> None:
    outcomes = settle(benefits, settlement=settlement)
    for group in basis_groups(each_benefit for each_benefit in benefits if not each_benefit.return_proof):
        paid, payable = (
            sum(benefit.paid for benefit in group),
            sum(outcomes[benefit.id].payable for benefit in group if benefit.ours),
        )
        assert payable <= max(group[0].amount - paid, 0)


@pytest.mark.slow
@given(many(), many(), RULES)
def test_one_more_benefit_never_increases_the_pay_of_another(
    benefits: list[Benefit], more: list[Benefit], rules: dict[str, object]
) -> None:
    added = replace(more[0], id="added")
    before, after = settle(benefits, **rules), settle([*benefits, added], **rules)
    assert all(after[id_].payable <= before[id_].payable for id_ in before)


@given(many(), RULES)
def test_once_paid_nothing_more_is_payable(benefits: list[Benefit], rules: dict[str, object]) -> None:
    outcomes = settle(benefits, **rules)
    booked = [
        replace(benefit, paid=benefit.paid + outcomes[benefit.id].payable) if benefit.id in outcomes else benefit
        for benefit in benefits
    ]
    assert all(outcome.payable == 0 for outcome in settle(booked, **rules).values())


@pytest.mark.slow
@given(many())
def test_groups_are_exactly_the_connected_benefits(benefits: list[Benefit]) -> None:
    def meet(each_benefit: Benefit, other: Benefit) -> bool:
        def overlap() -> bool:
            a, b = each_benefit.period, other.period
            return a is None or b is None or (a.first <= b.last and b.first <= a.last)

        shared = each_benefit.keys & other.keys
        return any(key.startswith(("invoice", "device")) for key in shared) or (bool(shared) and overlap())

    reached = {benefit.id: {benefit.id} for benefit in benefits}
    for _ in benefits:
        for benefit in benefits:
            for other in benefits:
                if meet(benefit, other):
                    reached[benefit.id] |= reached[other.id]
    assert {frozenset(benefit.id for benefit in group) for group in basis_groups(benefits)} == set(
        map(frozenset, reached.values())
    )
