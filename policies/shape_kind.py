"""The kind of value that says how an amount follows: {"shape": …}, read, refused and described as JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policies.forms import Choice
from policies.kinds import (
    MONEY_SCHEMA,
    RATE_SCHEMA,
    AmountKind,
    ChoiceKind,
    CountKind,
    Kind,
    RateKind,
    TableKind,
    WrongValue,
    written,
)
from policies.money import Money
from policies.shapes import Assessed, ByLevel, Fixed, PerUnit, Ratio, Shape, Tiers


@dataclass(frozen=True, kw_only=True)
class ShapeKind(Kind):
    """An object {"shape": …}; an item allows the shapes that make sense for it."""

    name = "shape"
    shapes: tuple[type[Shape], ...] = (Assessed, Ratio, Fixed)
    levels: type[Choice] | None = None  # whose members `by_level` may name
    units: tuple[str, ...] = ()  # what `per_unit` may count
    tiers_by: str = "cost"  # the quantity whose steps `tiers` measures
    tiers_money: bool = True  # its steps are yuan, else a count

    def parse(self, value: object) -> Shape:
        given = {"shape": value} if isinstance(value, str) else value
        if not isinstance(given, dict):
            raise WrongValue(f'应为对象，如 {{"shape": "assessed"}}：{written(value)}')
        allowed = {shape.name: shape for shape in self.shapes}
        shape = allowed.get(str(given.get("shape")))
        if shape is None:
            raise WrongValue(f"计算方式应为 {'、'.join(allowed)} 之一：{written(given.get('shape'))}")
        body = self._bodies()[shape]
        if unknown := set(given) - {"shape"} - set(body["properties"]):
            raise WrongValue(
                f"{shape.name} 不含 {'、'.join(sorted(unknown))}；可写：{'、'.join(body['properties']) or '（无）'}"
            )
        if absent := [key for key in body["required"] if key not in given]:
            raise WrongValue(f"{shape.name} 缺少 {'、'.join(absent)}")
        return self._built(shape, given)

    def _built(self, shape: type[Shape], given: dict[str, Any]) -> Shape:
        if shape is Ratio:
            return Ratio(rate=RateKind().parse(given["rate"]))
        if shape is Fixed:
            return Fixed(amount=AmountKind().parse(given["amount"]))
        if shape is ByLevel:
            table = TableKind(of=AmountKind()).parse(given["levels"])
            if self.levels is not None and (unknown := set(table) - set(self.levels)):
                raise WrongValue(f"没有级别 {'、'.join(sorted(unknown))}")
            return ByLevel(levels=table)
        if shape is PerUnit:
            most = given.get("at_most_units")
            return PerUnit(
                unit=ChoiceKind(among=self.units).parse(given["unit"]),
                amount=AmountKind().parse(given["amount"]),
                at_most_units=None if most is None else CountKind().parse(most),
            )
        return Tiers(by=self.tiers_by, steps=self._steps(given["tiers"])) if shape is Tiers else Assessed()

    def _steps(self, tiers: Sequence[dict[str, Any]]) -> tuple[tuple[int, Money], ...]:
        if not isinstance(tiers, list) or not tiers:
            raise WrongValue("分档不得为空")
        steps = tuple((self._start(tier["from"]), AmountKind().parse(tier["amount"])) for tier in tiers)
        starts = [start for start, _ in steps]
        if starts != sorted(set(starts)) or starts[0] < 0:
            raise WrongValue("分档起点应由低到高，互不相同")
        return steps

    def _start(self, value: object) -> int:
        return Money.yuan(value) if self.tiers_money else int(str(value))  # type: ignore[arg-type]

    def _bodies(self) -> dict[type[Shape], dict[str, Any]]:
        """Shape -> JSON schema of what stands beside its name."""
        start = MONEY_SCHEMA if self.tiers_money else {"type": ["string", "integer"], "pattern": r"^\d+$"}
        tier = {"type": "object", "properties": {"from": start, "amount": MONEY_SCHEMA}, "required": ["from", "amount"]}
        names = {"enum": [level.value for level in self.levels]} if self.levels else {"type": "string"}
        levels = {"type": "object", "minProperties": 1, "propertyNames": names, "additionalProperties": MONEY_SCHEMA}
        per_unit = {
            "unit": {"type": "string", "enum": list(self.units)},
            "amount": MONEY_SCHEMA,
            "at_most_units": {"type": "integer", "minimum": 1},
        }
        return {
            Assessed: _body({}),
            Ratio: _body({"rate": RATE_SCHEMA}),
            Fixed: _body({"amount": MONEY_SCHEMA}),
            ByLevel: _body({"levels": levels}),
            Tiers: _body({"tiers": {"type": "array", "minItems": 1, "items": tier}}),
            PerUnit: _body(per_unit, optional=("at_most_units",)),
        }

    def schema(self) -> dict[str, Any]:
        bodies = self._bodies()
        forms: list[dict[str, Any]] = []
        for shape in self.shapes:
            body = bodies[shape]
            properties = {"shape": {"const": shape.name}, **body["properties"]}
            forms.append({**body, "properties": properties, "required": ["shape", *body["required"]]})
        bare = [{"const": "assessed"}] if Assessed in self.shapes else []
        return {"oneOf": [*forms, *bare]}


def _body(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [key for key in properties if key not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
