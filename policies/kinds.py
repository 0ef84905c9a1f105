"""The kinds of value a parameter may take: each reads JSON, refuses nonsense and says its JSON schema."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, ClassVar

from policies.forms import Choice
from policies.money import Money, Rate

MONEY_SCHEMA = {"type": "string", "pattern": r"^\d+(\.\d{1,2})?$", "format": "yuan"}
CODE_PATTERN = r"[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"
CODE_EXAMPLE = "91330411MA2CULA21L"
RATE_SCHEMA = {"type": "string", "pattern": r"^\d+(\.\d+)?%?$", "format": "rate"}


class WrongValue(ValueError):
    """A parameter's value that cannot be read; the message names the parameter."""


def written(value: object, most: int = 60) -> str:
    """A refused value as it would be written in JSON, not too long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else text[:most] + "…"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one sort of value is read and described."""

    name: ClassVar[str]

    def parse(self, value: object) -> Any:
        raise TypeError(f"{type(self).__name__} is no kind of its own")

    def schema(self) -> dict[str, Any]:
        raise TypeError(f"{type(self).__name__} is no kind of its own")


@dataclass(frozen=True, kw_only=True)
class AmountKind(Kind):
    """Yuan, as text."""

    name = "amount"

    def parse(self, value: object) -> Money:
        return positive(Money.yuan(value))  # type: ignore[arg-type]  # refuses what is no text, int or Decimal

    def schema(self) -> dict[str, Any]:
        return dict(MONEY_SCHEMA)


@dataclass(frozen=True, kw_only=True)
class RateKind(Kind):
    """A rate from 0 (excluded) to 1."""

    name = "rate"

    def parse(self, value: object) -> Rate:
        rate = Rate.parse(value)  # type: ignore[arg-type]  # refuses what is no text, int or Decimal
        if not rate.numerator:
            raise WrongValue("比例为零等于未设定")
        return rate

    def schema(self) -> dict[str, Any]:
        return dict(RATE_SCHEMA)


@dataclass(frozen=True, kw_only=True)
class LoweringKind(RateKind):
    """A factor that lowers: below 1, for 1 would leave the price as it is."""

    name = "lowering"

    def parse(self, value: object) -> Rate:
        rate = super().parse(value)
        if rate.numerator >= rate.denominator:
            raise WrongValue(f"应小于 1（下浮）：{written(value)}")
        return rate


@dataclass(frozen=True, kw_only=True)
class CountKind(Kind):
    """A whole number."""

    name = "count"
    minimum: int = 1
    maximum: int = 1_000_000

    def parse(self, value: object) -> int:
        if type(value) is not int or not self.minimum <= value <= self.maximum:
            raise WrongValue(f"应为 {self.minimum} 至 {self.maximum} 的整数：{written(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, kw_only=True)
class ChoiceKind(Kind):
    """One of a few named readings."""

    name = "choice"
    among: tuple[str, ...]  # members of a Choice where wordings exist

    def parse(self, value: object) -> str:
        for one in self.among:
            if one == value:
                return one
        raise WrongValue(f"应为 {'、'.join(self.among)} 之一：{written(value)}")

    def schema(self) -> dict[str, Any]:
        wordings = {str(one.value): one.zh for one in self.among if isinstance(one, Choice)}
        return {"type": "string", "enum": [str(one) for one in self.among], "x-labels": wordings}


@dataclass(frozen=True, kw_only=True)
class ListKind(Kind):
    """Names that count; the empty list is refused, for it would mean "nobody" by oversight."""

    name = "list"
    among: tuple[str, ...] = ()  # empty: any names

    def parse(self, value: object) -> tuple[str, ...]:
        if (
            not isinstance(value, (list, tuple))
            or not value
            or not all(isinstance(v, str) and v.strip() for v in value)
        ):
            raise WrongValue(f"应为非空名称列表：{written(value)}")
        names = tuple(v.strip() for v in value)
        if self.among and (unknown := set(names) - set(self.among)):
            raise WrongValue(f"没有 {'、'.join(sorted(unknown))}；可选：{'、'.join(self.among)}")
        return names

    def schema(self) -> dict[str, Any]:
        one = {"enum": [str(name) for name in self.among]} if self.among else {"minLength": 1}
        return {"type": "array", "items": {"type": "string", **one}, "minItems": 1}


@dataclass(frozen=True, kw_only=True)
class TextKind(Kind):
    """A definition in words that binds certification and no computation."""

    name = "text"

    def parse(self, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise WrongValue("应为非空文字")
        return value.strip()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, kw_only=True)
class UnitKind(TextKind):
    """The full name of a unit that acts; whether there is such a unit is compared where the register is at hand."""


@dataclass(frozen=True, kw_only=True)
class CodeKind(Kind):
    """A unified social credit code by its shape; its check character is compared where the register is at hand."""

    name = "code"

    def parse(self, value: object) -> str:
        plain = value.strip().upper() if isinstance(value, str) else ""
        if not re.fullmatch(CODE_PATTERN, plain):
            raise WrongValue(f"“{value}”不是统一社会信用代码（18 位，如 {CODE_EXAMPLE}），名称不能代替代码")
        return plain

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{CODE_PATTERN}$", "examples": [CODE_EXAMPLE]}


@dataclass(frozen=True, kw_only=True)
class NamedKind(Kind):
    """The id of something that the policy holds: an item, or a measure."""

    name = "named"
    what: str  # in Chinese, for the refusal
    among: tuple[str, ...]
    example: str

    def parse(self, value: object) -> str:
        if value not in self.among:
            near = get_close_matches(str(value).upper(), self.among, n=3, cutoff=1 / 2)
            hint = f"；是否为：{'、'.join(near)}" if near else f"，如 {self.example}"
            raise WrongValue(f"没有{self.what} {value}{hint}")
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.among), "examples": [self.example]}


@dataclass(frozen=True, kw_only=True)
class EachKind(ListKind):
    """A list of which every entry is of another kind."""

    name = "each"
    of: Kind

    def parse(self, value: object) -> tuple[str, ...]:
        return tuple(str(self.of.parse(one)) for one in super().parse(value))

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.of.schema(), "minItems": 1}


@dataclass(frozen=True, kw_only=True)
class DaysKind(ListKind):
    """Numbers of days, as text."""

    name = "days"

    def parse(self, value: object) -> tuple[str, ...]:
        days = super().parse(value)
        if wrong := [one for one in days if not re.fullmatch(r"[1-9][0-9]{0,2}", one)]:
            raise WrongValue(f"应为 1 至 999 的天数，如 30：{'、'.join(wrong)}")
        return days

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "pattern": "^[1-9][0-9]{0,2}$"}, "minItems": 1}


@dataclass(frozen=True, kw_only=True)
class DateKind(Kind):
    """A day, as 2024-06-30."""

    name = "date"

    def parse(self, value: object) -> date:
        try:
            if not isinstance(value, str) or len(value) != len("2024-06-30"):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            raise WrongValue(f"应为日期，写成 2024-06-30：{written(value)}") from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, kw_only=True)
class FlagKind(Kind):
    """Yes or no."""

    name = "flag"

    def parse(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise WrongValue(f"应为 true 或 false：{written(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class TableKind(Kind):
    """Name -> value of another kind: a benchmark price per land grade, a coefficient per class."""

    name = "table"
    of: Kind

    def parse(self, value: object) -> dict[str, Any]:
        if not isinstance(value, dict) or not value:
            raise WrongValue(f"应为非空对照表：{written(value)}")
        return {str(key): self.of.parse(one) for key, one in value.items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "minProperties": 1, "additionalProperties": self.of.schema()}


@dataclass(frozen=True, kw_only=True)
class KeyedKind(TableKind):
    """A table whose names are of a kind themselves: a list by credit code, a choice by item."""

    key: Kind

    def parse(self, value: object) -> dict[str, Any]:
        return {str(self.key.parse(name)): one for name, one in super().parse(value).items()}

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "propertyNames": self.key.schema()}


def positive(amount: Money) -> Money:
    """Zero is never a stand-in for "unset", and nothing is owed to the district."""
    if amount <= 0:
        raise WrongValue(f"金额应大于零：{amount}")
    return amount
