"""One definition, two uses: each money rule priced as a column of whole fen gives the fen of every single case."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policies
from policies.kit import Item, RateKind, Ratio, at_most, hypothetical
from support.random_facts import many_facts, values_of

XZ2023 = policies.get("XZ2023")
MONEY_ITEMS = [item.id for item in XZ2023 if item.pays]
ROWS = 400


class Columns:
    """The smallest columnar sheet: no earlier awards, amounts and refusals only."""

    def __init__(self, item: Item, rows: int, values: dict[str, Any]) -> None:
        self.item, self.values = item, {name: item.parameter(name).parse(value) for name, value in values.items()}
        self.amount = np.zeros(rows, dtype=np.int64)
        self.lawful = np.ones(rows, dtype=bool)

    def require(self, condition: Any, refusal: str, /) -> None:
        self.lawful &= condition

    def among(self, parameter: str, refusal: str, /, *, when: Any = True, listed: bool = False, **fact: Any) -> None:
        (column,) = fact.values()
        if parameter in self.values:
            self.lawful &= np.isin(column, [str(value) for value in self.values[parameter]]) | np.logical_not(when)

    def at_least(self, parameter: str, refusal: str, /, **fact: Any) -> None:
        (column,) = fact.values()
        self.lawful &= column >= self.values[parameter]

    def where_set(self, parameter: str, condition: Any, refusal: str, /) -> None:
        if self.values.get(parameter) not in (None, False):
            self.lawful &= condition

    def definition(self, parameter: str, /, **fact: Any) -> None: ...

    def less(self, parameter: str, whole: Any, /, **part: Any) -> Any:
        (column,) = part.values()
        return whole - (column if self.values.get(parameter) == "out" else 0)

    def at_most_months(self, parameter: str, whole: Any, part: Any, /, **months: Any) -> Any:
        (column,) = months.values()
        most = self.values[parameter]
        return np.where(column > most, whole - part + part * most // column, whole)

    def in_term(self, whole: Any, part: Any, /) -> Any:
        return whole  # the rows' dates lie in the policy's time

    def once(self, parameter: str, refusal: str, /) -> None: ...

    def times(self, parameter: str, refusal: str, /, *, per: str) -> None: ...

    def upgrade(self, parameter: str, refusal: str, /) -> None: ...

    def price(self, parameter: str | None = None, /, **quantities: Any) -> None:
        shape = self.values[parameter] if parameter else self.item.shape
        if parameter and isinstance(self.item.parameter(parameter).kind, RateKind):
            shape = Ratio(rate=shape)
        self.amount = self.amount + shape.gross(**quantities)

    def cap(self, *, scope: str | None = None) -> None:
        self.amount = at_most(self.amount, self.item.ceiling)

    def share(self, parameter: str, /, **parties: Any) -> None:
        (count,) = parties.values()
        self.amount = self.amount // (count if self.values[parameter] == "equal" else 1)

    def result(self) -> list[int]:
        """Fen per row, 0 where refused."""
        return (self.amount * self.lawful).tolist()


def as_columns(rows: list[Any]) -> SimpleNamespace:
    """Facts row by row -> one array per field; a choice becomes its text."""
    names = {field.name for field in fields(rows[0])} - {"cost_lines", "members"}
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in names}
    columns["recognised"] = np.array([getattr(row, "recognised", 0) for row in rows], dtype=np.int64)
    return SimpleNamespace(**columns)


@pytest.mark.slow
@pytest.mark.parametrize("name", MONEY_ITEMS)
@settings(max_examples=12)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_columns_and_single_cases_agree_to_the_fen(name: str, data: st.DataObject, seed: int) -> None:
    item = XZ2023.item(name)
    values = data.draw(values_of(item, every=True))
    rows = many_facts(item.facts, ROWS, seed)
    single = [item.award(row, hypothetical(values)).amount or 0 for row in rows]
    sheet = Columns(item, len(rows), values)
    item.rule(as_columns(rows), sheet)  # type: ignore[arg-type]
    assert sheet.result() == single


@pytest.mark.parametrize("name", MONEY_ITEMS)
def test_the_rows_compared_are_not_all_refused(name: str) -> None:
    item = XZ2023.item(name)
    values = hypothetical({**item.examples[0].parameters, **({"P15a-vat": "out"} if name == "M15a" else {})})
    awards = [item.award(row, values) for row in many_facts(item.facts, ROWS, seed=1)]
    assert sum(award.payable for award in awards) > ROWS // 20
