"""What is given in kind: exact quantities, and a quota with its validity."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Self


class Milli(int):
    """Whole thousandths of a unit of measure: an exact quantity of land or energy, or a ratio of floor areas."""

    __slots__ = ()

    @classmethod
    def of(cls, value: object) -> Self:
        """Read a quantity exactly; floats, negative figures and more than three decimals are refused."""
        if isinstance(value, cls):
            return value
        exact = _exact(value) * 1000
        if exact < 0 or exact != exact.to_integral_value():
            raise ValueError(f"数量应不小于零，最多三位小数：{value}")
        return cls(int(exact))

    def __str__(self) -> str:
        return f"{Decimal(int(self)).scaleb(-3).normalize():f}"

    def __repr__(self) -> str:
        return f"Milli.of('{self}')"

    # Pydantic's two hooks, written as plain data so that the law needs no import of it.
    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> dict[str, Any]:
        shown = {"type": "function-plain", "function": str, "when_used": "json"}
        return {"type": "function-plain", "function": {"type": "no-info", "function": cls.of}, "serialization": shown}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: object) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d+(\.\d{1,3})?$", "format": "quantity", "examples": ["12.5"]}


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quantity of a scarce factor, granted for a time; both days included."""

    quantity: Milli
    measured_in: str
    valid_from: date
    valid_to: date

    def __str__(self) -> str:
        return f"{self.quantity} {self.measured_in}（{self.valid_from} 至 {self.valid_to}）"


def _exact(value: object) -> Decimal:
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        try:
            exact = Decimal(value)
        except InvalidOperation:
            exact = Decimal("NaN")
        if exact.is_finite():
            return exact
    raise ValueError(f"数量应写成最多三位小数的数字：{value!r}")
