"""Read models as the API shows them, and the JSON schema of the same: money is text in yuan, never a number of fen.

A field `amount_fen` is shown as `amount_yuan`. Nested records become schemas of their own, named after their classes.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from casework.views.json_values import plain
from policies.money import Money

FEN, YUAN = "_fen", "_yuan"
AMOUNT: Mapping[str, Any] = {"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["150000.50"]}
_SIMPLE: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    UUID: {"type": "string", "format": "uuid"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
    object: {},
}


def shown(value: Any) -> Any:
    """A read model as JSON."""
    return _in_yuan(plain(value))


def _in_yuan(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(_pair(name, inner) for name, inner in value.items())
    return [_in_yuan(inner) for inner in value] if isinstance(value, list) else value


def _pair(name: str, value: Any) -> tuple[str, Any]:
    if name.endswith(FEN) and (value is None or (isinstance(value, int) and not isinstance(value, bool))):
        return name.removesuffix(FEN) + YUAN, None if value is None else yuan(value)
    return name, _in_yuan(value)


def yuan(fen: int) -> str:
    """Whole fen as text in yuan."""
    return str(Money(fen)) if fen >= 0 else f"-{Money(-fen)}"


class Schemas:
    """The schemas that a document refers to, collected while it is written."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type; of a record a reference to its own."""
        origin = get_origin(kind)
        if origin in (Union, UnionType):
            return self._either(get_args(kind))
        if origin is tuple or origin is list:
            return self._listed(get_args(kind))
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object"}
        if isinstance(kind, type) and is_dataclass(kind):
            return {"$ref": f"#/components/schemas/{self._record(kind)}"}
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return {"type": "string", "enum": [member.value for member in kind]}
        return dict(_SIMPLE[kind])

    def _either(self, kinds: tuple[Any, ...]) -> dict[str, Any]:
        schemas = [{"type": "null"} if kind is NoneType else self.of(kind) for kind in kinds]
        return {"anyOf": schemas}

    def _listed(self, kinds: tuple[Any, ...]) -> dict[str, Any]:
        if len(kinds) == 1 or kinds[1:] == (...,):
            return {"type": "array", "items": self.of(kinds[0])}
        each = [self.of(kind) for kind in kinds]
        return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}

    def _record(self, kind: type) -> str:
        name = kind.__name__
        if name not in self.known:
            self.known[name] = {}  # for one that holds itself
            hints, properties = get_type_hints(kind), {}
            for field in fields(kind):
                of_fen = field.name.endswith(FEN)
                shown_as = field.name.removesuffix(FEN) + YUAN if of_fen else field.name
                properties[shown_as] = self._amount(hints[field.name]) if of_fen else self.of(hints[field.name])
            self.known[name] = {
                "type": "object",
                "description": (kind.__doc__ or "").strip().partition("\n")[0],
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            }
        return name

    def _amount(self, kind: Any) -> dict[str, Any]:
        return {"anyOf": [dict(AMOUNT), {"type": "null"}]} if NoneType in get_args(kind) else dict(AMOUNT)


def given(kind: type) -> dict[str, Any]:
    """The names and types of what a request's record takes, those without a default being required."""
    schemas, hints = Schemas(), get_type_hints(kind)
    return {
        "type": "object",
        "properties": {field.name: schemas.of(hints[field.name]) for field in fields(kind)},
        "required": [field.name for field in fields(kind) if field.default is MISSING],
        "additionalProperties": False,
    }
