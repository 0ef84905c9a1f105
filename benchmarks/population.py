"""A made-up population for one item: a column a field, drawn from the form alone; and any of its rows as single facts."""

import types
from dataclasses import MISSING, fields
from datetime import date
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from casework.awards.budget_simulation import Choices
from policies.forms import Choice, CostLine
from policies.measures import Item
from policies.money import Money

DAY = date(2023, 9, 1)
NAMES = ("算例甲", "算例乙", "算例丙")
MANY = 2_000  # the largest count drawn where a form names no limit


class Population:
    """`rows` applicants under an item, reproducible by seed; nothing in it is a real firm."""

    def __init__(self, item: Item, rows: int, seed: int = 1) -> None:
        self.item, self.rows = item, rows
        self._random = np.random.default_rng(seed)
        self._hints = get_type_hints(item.facts)
        self.columns: dict[str, Any] = {}
        for field in fields(item.facts):
            self._draw(field.name, _plain(self._hints[field.name]), field.metadata)
            if field.default is not MISSING and _plain(self._hints[field.name]) is Money:
                self._be_part(field.name)

    def _draw(self, name: str, hint: Any, limits: Any) -> None:
        low, high = limits["minimum"] or 0, limits["maximum"] or MANY
        if get_origin(hint) is tuple:
            if get_args(hint)[0] is CostLine:
                self.columns["recognised"] = self._amounts()
        elif isinstance(hint, type) and issubclass(hint, Choice):
            names = [str(choice) for choice in hint]
            self.columns[name] = Choices(self._random.integers(0, len(names), self.rows, dtype=np.int8), names)
        elif hint is Money:
            self.columns[name] = self._amounts()
        elif hint is bool:
            self.columns[name] = self._random.random(self.rows) < 0.95
        elif hint is int:
            self.columns[name] = self._random.integers(low, min(high, MANY) + 1, self.rows)
        elif hint is str:
            self.columns[name] = Choices(self._random.integers(0, len(NAMES), self.rows, dtype=np.int8), NAMES)

    def _be_part(self, name: str) -> None:
        """An amount that may be left out is a part of those that may not: never more than any of them."""
        wholes = [self.columns[column] for column in ("recognised", "declared_value") if column in self.columns]
        self.columns[name] = np.minimum.reduce([self.columns[name], *wholes])

    def _amounts(self) -> Any:
        """Whole fen, from a few yuan to fifty million."""
        return np.floor(10 ** self._random.uniform(2, 9.7, self.rows)).astype(np.int64)

    def facts(self, row: int) -> Any:
        """One row as the facts of a single case."""
        return self.item.facts(**{field.name: self._value(field.name, row) for field in fields(self.item.facts)})

    def _value(self, name: str, row: int) -> Any:
        hint = _plain(self._hints[name])
        if get_origin(hint) is tuple:
            if get_args(hint)[0] is not CostLine:
                return NAMES
            fen = Money(int(self.columns["recognised"][row]))
            return (CostLine(document="算例发票 1", claimed=fen, recognised=fen),)
        if hint is date:
            return DAY
        column = self.columns[name]
        if isinstance(column, Choices):
            text = column.names[column.codes[row]]
            return next(choice for choice in hint if choice == text) if issubclass(hint, Choice) else text
        return Money(int(column[row])) if hint is Money else hint(column[row])


def _plain(hint: Any) -> Any:
    """The type behind an optional one."""
    if get_origin(hint) in (types.UnionType, Union):
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint
