"""How an amount follows from facts where the text says only "at most": six shapes, written once for ints and columns.

`gross` uses plain operators only (+ - * // > >= ==), so a quantity may be an int or a numpy int64 column of whole fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias

from policies.money import Money, Rate, Rounding, plain_decimal

Quantity: TypeAlias = Any  # an int, a Choice, or a column of them


def at_most(amount: Quantity, ceiling: Quantity) -> Quantity:
    """The smaller of two, for scalars and columns alike."""
    return amount - (amount - ceiling) * (amount > ceiling)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One way to an amount. `needs` names the quantity it prices; "" needs none."""

    name: ClassVar[str]

    @property
    def needs(self) -> str:
        return "cost"

    def gross(self, rounding: Rounding = Rounding.DOWN, **quantities: Quantity) -> Quantity:
        """Whole fen before any ceiling."""
        raise TypeError(f"{type(self).__name__} is no shape of its own")

    def covers(self, **quantities: Quantity) -> Quantity:
        """Whether the shape says an amount for this quantity at all; a gap is "unset", never zero."""
        return True

    def exact(self, **quantities: Quantity) -> Fraction:
        """The amount in fen before rounding (scalars only), for the trace."""
        return Fraction(int(self.gross(**quantities)))

    def formula(self, **quantities: Quantity) -> str:
        """The computation in words (scalars only), without its result."""
        raise TypeError(f"{type(self).__name__} is no shape of its own")


@dataclass(frozen=True, kw_only=True)
class Fixed(Shape):
    """One amount for all."""

    name = "fixed"
    amount: Money

    @property
    def needs(self) -> str:
        return ""

    def gross(self, rounding: Rounding = Rounding.DOWN, **quantities: Quantity) -> Quantity:
        return self.amount

    def formula(self, **quantities: Quantity) -> str:
        return f"定额 {self.amount.grouped} 元"


@dataclass(frozen=True, kw_only=True)
class Assessed(Shape):
    """What the certifying unit recognised, line by line, with reasons."""

    name = "assessed"

    def gross(self, rounding: Rounding = Rounding.DOWN, **quantities: Quantity) -> Quantity:
        return quantities["cost"]

    def formula(self, **quantities: Quantity) -> str:
        return f"按逐项认定金额合计 {Money(quantities['cost']).grouped} 元"


@dataclass(frozen=True, kw_only=True)
class Ratio(Shape):
    """A rate of the recognised cost; the part of a fen is dropped unless P-rounding says otherwise."""

    name = "ratio"
    rate: Rate

    def gross(self, rounding: Rounding = Rounding.DOWN, **quantities: Quantity) -> Quantity:
        return self.rate.of(quantities["cost"], rounding)

    def exact(self, **quantities: Quantity) -> Fraction:
        return self.rate.fraction * int(quantities["cost"])

    def formula(self, **quantities: Quantity) -> str:
        exact = plain_decimal(self.exact(**quantities) / 100)
        return f"认定金额合计 {Money(quantities['cost']).grouped} 元 × {self.rate} = {exact} 元"


@dataclass(frozen=True, kw_only=True)
class ByLevel(Shape):
    """One amount per level."""

    name = "by_level"
    levels: Mapping[str, Money]

    @property
    def needs(self) -> str:
        return "level"

    def gross(self, rounding: Rounding = Rounding.DOWN, **quantities: Quantity) -> Quantity:
        total = 0
        for level, amount in self.levels.items():
            total = total + (quantities["level"] == level) * amount
        return total

    def covers(self, **quantities: Quantity) -> Quantity:
        known = False
        for level in self.levels:
            known = known | (quantities["level"] == level)
        return known

    def formula(self, **quantities: Quantity) -> str:
        level = quantities["level"]
        return f"级别“{getattr(level, 'zh', level)}”定额 {Money(self.gross(level=level)).grouped} 元"


@dataclass(frozen=True, kw_only=True)
class Tiers(Shape):
    """The amount of the highest step reached; a step's lower end belongs to it (以上 includes the figure)."""

    name = "tiers"
    by: str  # the quantity that the steps measure: fen for money, else a count
    steps: tuple[tuple[int, Money], ...]  # (from, amount), ascending

    @property
    def needs(self) -> str:
        return self.by

    def gross(self, rounding: Rounding = Rounding.DOWN, **quantities: Quantity) -> Quantity:
        total, below = 0, Money(0)
        for start, amount in self.steps:
            total = total + (quantities[self.by] >= start) * (amount - below)
            below = amount
        return total

    def formula(self, **quantities: Quantity) -> str:
        base = quantities[self.by]
        reached = [start for start, _ in self.steps if base >= start]
        return f"按档定额：{base} 达到 {reached[-1]} 档" if reached else f"按档定额：{base} 未达到最低档"


@dataclass(frozen=True, kw_only=True)
class PerUnit(Shape):
    """An amount per night, day, piece …, for at most so many of them."""

    name = "per_unit"
    unit: str
    amount: Money
    at_most_units: int | None = None

    @property
    def needs(self) -> str:
        return self.unit

    def _counted(self, count: Quantity) -> Quantity:
        return count if self.at_most_units is None else at_most(count, self.at_most_units)

    def gross(self, rounding: Rounding = Rounding.DOWN, **quantities: Quantity) -> Quantity:
        return self._counted(quantities[self.unit]) * self.amount

    def formula(self, **quantities: Quantity) -> str:
        count = quantities[self.unit]
        limit = "" if self.at_most_units is None else f"（实际 {count}，最多计 {self.at_most_units}）"
        return f"每单位 {self.amount.grouped} 元 × {self._counted(count)}{limit}"
