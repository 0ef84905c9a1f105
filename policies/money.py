"""Money in whole fen and exact rates: the only two kinds of number that the law computes with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Self

_YUAN = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
_RATE = re.compile(r"(\d+)(\.\d+)?(%?)")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))


class WrongAmount(ValueError):
    """A text or number that is no amount in yuan or no rate; the message says what would be."""


class Rounding(StrEnum):
    """What happens to the part of a fen (`P-rounding`)."""

    DOWN = "down"
    HALF_UP = "half-up"
    UP = "up"


class Money(int):
    """Whole fen. Shown and read in yuan; adding, subtracting and multiplying by whole numbers stays money."""

    __slots__ = ()
    LARGEST = 10**14  # fen; a rate of four decimals times this still fits in 64 bits, which columns rely on

    @classmethod
    def yuan(cls, value: str | int | Decimal) -> Self:
        """Read yuan exactly. Floats, parts of a fen, NaN and more than a million million yuan are refused."""
        return cls._exactly(_decimal(value) * 100, value)

    @classmethod
    def wan(cls, value: str | int | Decimal) -> Self:
        """Read ten thousands of yuan (万元) exactly."""
        return cls._exactly(_decimal(value) * 1_000_000, value)

    @classmethod
    def _exactly(cls, fen: Decimal, given: object) -> Self:
        if fen != fen.to_integral_value():
            raise WrongAmount(f"金额不足一分，最多两位小数：{given}")
        if abs(fen) > cls.LARGEST:
            raise WrongAmount(f"金额过大：{given}")
        return cls(int(fen))

    @property
    def yuan_text(self) -> str:
        """Two decimals, no separators: "12.34"."""
        sign, fen = ("-", -int(self)) if self < 0 else ("", int(self))
        return f"{sign}{fen // 100}.{fen % 100:02d}"

    @property
    def grouped(self) -> str:
        """Two decimals with separators, for sentences: "1,234.50"."""
        whole, fraction = self.yuan_text.split(".")
        return f"{int(whole):,}.{fraction}" if whole != "-0" else self.yuan_text

    def capitals(self) -> str:
        """Chinese capitals as on vouchers, closed by 整 after 元 and 角: 壹佰万元整."""
        if self < 0:
            return "负" + Money(-int(self)).capitals()
        whole, fen = divmod(int(self), 100)
        text = _spelled(whole) + "元" if whole or not fen else ""
        if not fen:
            return text + "整"
        tenths, hundredths = divmod(fen, 10)
        if tenths:
            text += _DIGITS[tenths] + "角"
        elif whole:
            text += "零"
        return text + (_DIGITS[hundredths] + "分" if hundredths else "整")

    def __str__(self) -> str:
        return self.yuan_text

    def __repr__(self) -> str:
        return f"Money.yuan('{self.yuan_text}')"

    def __add__(self, other: int) -> Money:
        return _money(int.__add__, self, other)

    __radd__ = __add__

    def __sub__(self, other: int) -> Money:
        return _money(int.__sub__, self, other)

    def __mul__(self, other: int) -> Money:
        return _money(int.__mul__, self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Any:
        raise TypeError("money is never divided into a float; use a Rate or //")

    # Pydantic's two hooks, written as plain data so that the law needs no import of it.
    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        return _text_schema(lambda value: value if type(value) is cls else cls.yuan(value))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d+(\.\d{1,2})?$", "format": "yuan", "examples": ["120000.00"]}


@dataclass(frozen=True, slots=True)
class Rate:
    """An exact ratio from 0 to 1 with at most four decimals, read from "0.3" or "30%"."""

    numerator: int
    denominator: int

    @classmethod
    def parse(cls, value: str | int | Decimal | Rate) -> Rate:
        """Read a rate exactly; floats and rates outside 0 to 1 are refused."""
        if isinstance(value, Rate):
            return value
        match = _RATE.fullmatch(str(value).strip()) if type(value) in (str, int, Decimal) else None
        if match is None:
            raise WrongAmount(f"比例应写成 0.3 或 30%：{value!r}")
        exact = Fraction(match[1] + (match[2] or "")) / (100 if match[3] else 1)
        if exact > 1 or (10_000 * exact).denominator != 1:
            raise WrongAmount(f"比例应在 0 至 1 之间，最多四位小数：{value}")
        return cls(exact.numerator, exact.denominator)

    def of(self, amount: Any, rounding: Rounding = Rounding.DOWN) -> Any:
        """The rate of an amount >= 0 in whole fen; plain operators, so `amount` may be a column."""
        if rounding is Rounding.UP:
            return (amount * self.numerator + (self.denominator - 1)) // self.denominator
        if rounding is Rounding.HALF_UP:
            return (amount * self.numerator * 2 + self.denominator) // (self.denominator * 2)
        return amount * self.numerator // self.denominator

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    def __str__(self) -> str:
        return f"{plain_decimal(self.fraction * 100)}%"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        return _text_schema(cls.parse)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d+(\.\d+)?%?$", "format": "rate", "examples": ["0.3", "30%"]}


def plain_decimal(exact: Fraction) -> str:
    """A ratio written as a decimal, exactly where it ends, to six places (cut, marked …) where it does not."""
    scaled = exact * 10**6
    text = f"{Decimal(int(scaled)).scaleb(-6):f}".rstrip("0").rstrip(".")
    return text if scaled.denominator == 1 else text + "…"


def _decimal(value: object) -> Decimal:
    if isinstance(value, str) and _YUAN.fullmatch(value.strip()):
        return Decimal(value.strip().replace(",", ""))
    if isinstance(value, (int, Decimal)) and not isinstance(value, (bool, Money)):
        number = Decimal(value)
        if number.is_finite():
            return number
    raise WrongAmount(f"金额应写成元，最多两位小数，例如 120000.00：{value!r}")


def _money(operation: Callable[[int, int], int], left: Money, right: Any) -> Money:
    if isinstance(right, float):
        raise TypeError("money does not mix with floats")
    result = operation(left, right)
    return result if result is NotImplemented else Money(result)


def _spelled(number: int) -> str:
    """A whole number in capital numerals; one 零 stands for any gap below a place."""
    for size, name in _PLACES:
        if number >= size:
            above, rest = divmod(number, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return _spelled(above) + name + gap + (_spelled(rest) if rest else "")
    return _DIGITS[number]


def _text_schema(read: Callable[[Any], Any]) -> dict[str, Any]:
    shown = {"type": "function-plain", "function": str, "when_used": "json"}
    return {"type": "function-plain", "function": {"type": "no-info", "function": read}, "serialization": shown}
