"""The forms that a parameter's value may take, as values to copy and change: made from the kind's own schema."""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.forms import Text

_FORMATS = {"yuan": "10000.00", "rate": "30%", "date": "2023-09-01", "quantity": "1.5"}
_PAYER = {"name": "付款户名", "bank": "开户行全称", "account": "3300112233445566", "clearing_code": "102335000001"}


def forms(name: str, kind: Any) -> list[Any]:
    """An example of each form that the kind reads."""
    if name == "P-payer":
        return [_PAYER]
    schema = kind.schema()
    return [_example(schema_) for schema_ in schema.get("oneOf", schema.get("anyOf", [schema]))]


_SHAPES = {
    "assessed": ("按认定金额", "the amount that the unit assesses"),
    "fixed": ("定额", "a fixed amount"),
    "ratio": ("按认定费用的比例", "a ratio of the recognised costs"),
    "by_level": ("按级别：每个级别一个金额（levels）", "by level: an amount for each (levels)"),
    "tiers": ("分档：自某数额（from）起的金额", "in steps: the amount from a quantity on (from)"),
    "per_unit": ("按数量：每单位（unit）一个金额", "an amount for each unit counted (unit)"),
}


def shape_words(value: Any) -> Text | None:
    """What a form means, where it is a way to compute an amount."""
    name = value.get("shape") if isinstance(value, Mapping) else value
    said = _SHAPES.get(name) if isinstance(name, str) else None
    return Text(f"{said[0]}（{name}）", f"{said[1]} ({name})") if said else None


def _example(schema: Mapping[str, Any]) -> Any:
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return next(value for value in schema["enum"] if value is not None)
    kind = schema.get("type")
    first = kind if isinstance(kind, str) else next((name for name in kind or () if name != "null"), "string")
    if first == "object":
        return _object(schema)
    if first == "array":
        return [_example(schema.get("items", {}))]
    if first == "integer":
        return max(1, schema.get("minimum", 1))
    if first == "boolean":
        return True
    return _FORMATS.get(schema.get("format", ""), "1" if "pattern" in schema else "…")


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _example(inner) for key, inner in schema.get("properties", {}).items()}
    rest = schema.get("additionalProperties")
    if isinstance(rest, Mapping):
        said = schema.get("propertyNames", {})
        names: Sequence[str] = said.get("examples") or said.get("enum") or ["名称"]
        found |= {name: _example(rest) for name in names}
    return found
