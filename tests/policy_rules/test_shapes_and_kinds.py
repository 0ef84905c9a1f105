"""Values of parameters: what is read, what is refused, and that each shape prices a row as it prices a column."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies
from policies.kit import (
    AmountKind,
    Assessed,
    ByLevel,
    Choice,
    ChoiceKind,
    CountKind,
    Fixed,
    Kind,
    ListKind,
    Money,
    Parameter,
    PerUnit,
    RateKind,
    Ratio,
    Rounding,
    Scope,
    Shape,
    ShapeKind,
    TableKind,
    Text,
    TextKind,
    Tiers,
    WrongValue,
    at_most,
)
from support.random_facts import kind_values

FEN = st.integers(0, 10**12)


class Size(Choice):
    """Levels for these tests."""

    BIG = "big", "大"
    SMALL = "small", "小"


ANY = ShapeKind(
    shapes=(Assessed, Ratio, Fixed, ByLevel, Tiers, PerUnit), levels=Size, units=("night",), tiers_by="cost"
)


def parameter(kind: Kind) -> Parameter:
    return Parameter(id="P-test", title=Text("测试", "test"), decides=Text("测试", "test"), kind=kind)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("assessed", Assessed()),
        ({"shape": "assessed"}, Assessed()),
        ({"shape": "fixed", "amount": "500000"}, Fixed(amount=Money.wan(50))),
        ({"shape": "by_level", "levels": {"big": "2"}}, ByLevel(levels={"big": Money(200)})),
        (
            {"shape": "tiers", "tiers": [{"from": "0", "amount": "1"}, {"from": "10", "amount": "3"}]},
            Tiers(by="cost", steps=((0, Money(100)), (1000, Money(300)))),
        ),
        (
            {"shape": "per_unit", "unit": "night", "amount": "200", "at_most_units": 3},
            PerUnit(unit="night", amount=Money.yuan(200), at_most_units=3),
        ),
        ({"shape": "per_unit", "unit": "night", "amount": "200"}, PerUnit(unit="night", amount=Money.yuan(200))),
    ],
)
def test_shapes_are_read(value: object, shape: Shape) -> None:
    assert parameter(ANY).parse(value) == shape


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "half",
        {},
        {"shape": "ratio"},
        {"shape": "ratio", "rate": 0.3},
        {"shape": "ratio", "rate": "0"},
        {"shape": "ratio", "rate": "0.3", "cap": "5"},
        {"shape": "fixed", "amount": "0"},
        {"shape": "fixed", "amount": "-5"},
        {"shape": "by_level", "levels": {}},
        {"shape": "by_level", "levels": {"huge": "5"}},
        {"shape": "tiers", "tiers": []},
        {"shape": "tiers", "tiers": [{"from": "5", "amount": "1"}, {"from": "5", "amount": "2"}]},
        {"shape": "tiers", "tiers": [{"from": "9", "amount": "1"}, {"from": "5", "amount": "2"}]},
        {"shape": "tiers", "tiers": [{"from": "9"}]},
        {"shape": "tiers", "tiers": ["9"]},
        {"shape": "per_unit", "unit": "week", "amount": "1"},
        {"shape": "per_unit", "unit": "night", "amount": "1", "at_most_units": 0},
    ],
)
def test_a_malformed_shape_is_refused_naming_the_parameter(bad: object) -> None:
    with pytest.raises(WrongValue, match="P-test"):
        parameter(ANY).parse(bad)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (RateKind(), "0"),
        (RateKind(), 0.5),
        (AmountKind(), "0"),
        (AmountKind(), []),
        (CountKind(), True),
        (CountKind(), 0),
        (CountKind(), "3"),
        (ChoiceKind(among=(Scope.YEAR,)), "applicant"),
        (ListKind(), []),
        (ListKind(), ["巴黎", ""]),
        (ListKind(), "巴黎"),
        (ListKind(among=("a",)), ["b"]),
        (TextKind(), " "),
        (TableKind(of=AmountKind()), {}),
        (TableKind(of=AmountKind()), {"一等": "x"}),
    ],
)
def test_malformed_values_of_every_kind_are_refused(kind: Kind, bad: object) -> None:
    with pytest.raises(WrongValue, match="P-test"):
        parameter(kind).parse(bad)


@pytest.mark.parametrize("item", [item.id for item in policies.get("XZ2023") if item.pays and item.parameters])
@given(data=st.data())
def test_values_that_the_schema_offers_are_read(item: str, data: st.DataObject) -> None:
    for each_parameter in policies.get("XZ2023").item(item).parameters:
        each_parameter.parse(data.draw(kind_values(each_parameter.kind)))
        assert each_parameter.schema["title"]


@given(FEN, FEN)
def test_at_most_is_the_smaller_of_two(amount: int, ceiling: int) -> None:
    assert at_most(amount, ceiling) == min(amount, ceiling)


@given(kind_values(ANY), st.lists(st.tuples(FEN, st.sampled_from(list(Size)), st.integers(0, 9)), min_size=1))
def test_every_shape_prices_a_column_as_it_prices_its_rows(value: Any, rows: list[tuple[int, Size, int]]) -> None:
    shape = ANY.parse(value)
    costs, sizes, nights = zip(*rows, strict=True)
    column = shape.gross(
        cost=np.array(costs), level=np.array([str(each_size) for each_size in sizes]), night=np.array(nights)
    )
    single = [int(shape.gross(cost=cost, level=size, night=count)) for cost, size, count in rows]
    assert np.broadcast_to(column, len(rows)).tolist() == single


def test_a_step_begins_with_its_own_figure() -> None:
    steps = Tiers(by="cost", steps=((1000, Money(5)), (2000, Money(9))))
    assert [int(steps.gross(cost=fen)) for fen in (999, 1000, 1999, 2000, 10**9)] == [0, 5, 5, 9, 9]


def test_units_beyond_the_limit_do_not_count() -> None:
    nightly = PerUnit(unit="night", amount=Money(200), at_most_units=3)
    assert [int(nightly.gross(night=count)) for count in (0, 2, 3, 4)] == [0, 400, 600, 600]


def test_a_level_that_has_no_amount_is_not_covered() -> None:
    table = ByLevel(levels={"big": Money(1)})
    assert table.covers(level=Size.BIG) and not table.covers(level=Size.SMALL)
    assert table.covers(level=np.array(["big", "small"])).tolist() == [True, False]


def test_the_part_of_a_fen_is_dropped_unless_set_otherwise() -> None:
    third = Ratio(rate=RateKind().parse("0.5"))
    assert [int(third.gross(how, cost=3)) for how in Rounding] == [1, 2, 2]
