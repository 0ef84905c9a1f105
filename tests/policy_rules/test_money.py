"""Money in whole fen, exact rates and Chinese capitals."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import cn2an
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.money import Money, Rate, Rounding, WrongAmount

FEN = st.integers(0, 10**14)
RATES = st.integers(0, 10_000).map(lambda n: Rate.parse(Decimal(n).scaleb(-4)))


@given(FEN)
def test_money_survives_being_written_and_read(fen: int) -> None:
    assert Money.yuan(Money(fen).yuan_text) == fen


@pytest.mark.parametrize(
    "bad", [1.5, "1.234", "NaN", "Infinity", "1e5", "", "一百", "1,00", True, None, "10000000000000.00"]
)
def test_what_is_no_amount_in_whole_fen_is_refused(bad: object) -> None:
    with pytest.raises(WrongAmount):
        Money.yuan(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [Decimal("NaN"), Decimal("Infinity"), Decimal("0.001")])
def test_decimals_without_a_whole_number_of_fen_are_refused(bad: Decimal) -> None:
    with pytest.raises(WrongAmount):
        Money.yuan(bad)


def test_separators_signs_and_ten_thousands_are_read() -> None:
    assert Money.yuan("1,234,567.80") == 123_456_780
    assert Money.yuan("-0.05") == -5
    assert Money.wan("0.0001") == 100
    assert Money.wan(30) == Money.yuan(300_000)


def test_adding_keeps_money_and_floats_are_refused() -> None:
    assert isinstance(Money(1) + Money(2) - 1, Money)
    assert isinstance(sum([Money(1), Money(2)]), Money)
    for operation in (lambda: Money(1) * 1.5, lambda: Money(1) + 1.5, lambda: Money(3) / 2):
        with pytest.raises(TypeError):
            operation()


def test_money_beside_a_column_gives_a_column_of_whole_fen() -> None:
    column = np.array([1, 2], dtype=np.int64)
    assert (column * Money(5)).dtype == np.int64
    assert (Money(5) - column).tolist() == [4, 3]


@given(st.integers(0, 10**14))
def test_capitals_agree_with_another_program_on_the_value(fen: int) -> None:
    text = Money(fen).capitals()
    whole = text.partition("元")[0] if "元" in text else "零"
    assert cn2an.cn2an(whole, "smart") == fen // 100
    assert text.endswith("分" if fen % 10 else "整")


@pytest.mark.parametrize(
    ("yuan", "capitals"),
    [
        ("1000000", "壹佰万元整"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("1.05", "壹元零伍分"),
        ("10.50", "壹拾元伍角整"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("100050000", "壹亿零伍万元整"),
        ("-20", "负贰拾元整"),
    ],
)
def test_capitals_are_written_as_on_vouchers(yuan: str, capitals: str) -> None:
    assert Money.yuan(yuan).capitals() == capitals


@given(RATES, FEN)
def test_rates_round_as_decimals_do(rate: Rate, fen: int) -> None:
    exact = Decimal(rate.numerator * fen) / rate.denominator
    for rounding, rule in (
        (Rounding.DOWN, ROUND_FLOOR),
        (Rounding.HALF_UP, ROUND_HALF_UP),
        (Rounding.UP, ROUND_CEILING),
    ):
        assert rate.of(fen, rounding) == int(exact.to_integral_value(rule))


@given(RATES, st.lists(FEN, min_size=1))
def test_rates_of_columns_are_the_rates_of_their_rows_even_at_the_largest_amount(rate: Rate, rows: list[int]) -> None:
    column = np.array([*rows, Money.LARGEST], dtype=np.int64)
    for rounding in Rounding:
        assert rate.of(column, rounding).tolist() == [rate.of(int(fen), rounding) for fen in column]


@pytest.mark.parametrize("bad", [0.3, "1.01", "101%", "0.33333", "-0.1", "三成", "", None, True])
def test_what_is_no_rate_is_refused(bad: object) -> None:
    with pytest.raises(WrongAmount):
        Rate.parse(bad)  # type: ignore[arg-type]


def test_a_rate_is_the_same_however_it_is_written() -> None:
    assert Rate.parse("0.3") == Rate.parse("30%") == Rate.parse(Decimal("0.30"))
    assert str(Rate.parse("0.3333")) == "33.33%"
