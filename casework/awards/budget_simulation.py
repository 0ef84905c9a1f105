"""Budget simulation: the very rule of the single case, run once over columns of a million applicants.

A rule says what it says through the verbs of a sheet; here the sheet holds whole-fen int64 columns instead of one case.
Each row is a first application: earlier awards and 就高不重复 need real cases, so the sum is the demand on the fund
before them, an upper bound. Every row's fen equals the single case's (tests and `make bench` compare 10,000 a money item).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.measures import Item
from policies.money import Money, Rounding
from policies.parameters import Need
from policies.shapes import Ratio, Shape

Fen = NDArray[np.int64]
Flags = NDArray[np.bool_]
LARGEST = 10**13  # fen a row: times a rate's numerator (four decimals) this stays far inside 64 bits


class Choices:
    """A column of choices or names as small integers; compared with one value it gives a column of flags."""

    __slots__ = ("codes", "names")
    __hash__ = None  # type: ignore[assignment]  # compares by rows, like an array

    def __init__(self, codes: NDArray[np.int8], names: Sequence[str]) -> None:
        self.codes, self.names = codes, tuple(str(name) for name in names)

    def __eq__(self, value: object) -> Any:
        return self.codes == (self.names.index(str(value)) if str(value) in self.names else -1)

    def __ne__(self, value: object) -> Any:
        return ~(self == value)

    def among(self, values: Sequence[object]) -> Flags:
        """Which rows hold one of the values."""
        known = np.array([name in {str(value) for value in values} for name in self.names], dtype=bool)
        return known[self.codes]


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What a population would be paid under one item. Rows that turn on an unset parameter (`missing`) wait, unpaid."""

    amounts: Fen
    payable: int
    refused: int
    waiting: int
    missing: tuple[str, ...]

    @property
    def total(self) -> Money:
        """The demand on the fund."""
        return Money(int(self.amounts.sum()))


class ColumnSheet:
    """The sheet of a rule over columns; see `policies.sheet.Sheet` for what each verb means."""

    def __init__(self, item: Item, rows: int, values: Mapping[str, Any], rounding: Rounding) -> None:
        self._item, self._values, self._rounding = item, values, rounding
        self.lawful: Flags = np.ones(rows, dtype=bool)
        self.waiting: Flags = np.zeros(rows, dtype=bool)
        self.amount: Fen | None = None
        self.missing: list[str] = []

    def require(self, condition: Any, refusal: str, /) -> None:
        """Rows that do not meet it get nothing."""
        self.lawful &= condition

    def among(self, parameter: str, refusal: str, /, *, when: Any = True, listed: bool = False, **fact: Any) -> None:
        """Rows that turn on the list and are not on it get nothing; an unset list pays none of them.

        `listed`: entries that another item keeps are in the records, which a simulation does not ask.
        """
        turns = self.lawful & when
        listed = self._asked(parameter, turns)
        if listed is not None:
            self.lawful &= next(iter(fact.values())).among(listed) | np.logical_not(when)

    def at_least(self, parameter: str, refusal: str, /, **fact: Any) -> None:
        """Rows below the figure get nothing."""
        figure = self._asked(parameter, self.lawful)
        if figure is not None:
            self.lawful &= next(iter(fact.values())) >= figure

    def where_set(self, parameter: str, condition: Any, refusal: str, /) -> None:
        """A condition only where the parameter is set."""
        if self._asked(parameter, self.lawful) not in (None, False):
            self.lawful &= condition

    def definition(self, parameter: str, /, **fact: Any) -> None:
        """Columns keep no trace."""

    def less(self, parameter: str, whole: Any, /, **part: Any) -> Any:
        """The whole without the part where the parameter says so; rows with such a part wait while it is unset."""
        column = next(iter(part.values()))
        reading = self._asked(parameter, self.lawful & (np.asarray(column) > 0))
        return whole - column if reading == "out" else whole

    def at_most_months(self, parameter: str, whole: Any, part: Any, /, **months: Any) -> Any:
        """The part counts for so many months at most."""
        most, stands_for = self._asked(parameter, self.lawful), np.asarray(next(iter(months.values())))
        if most is None:
            return whole
        return np.where(stands_for > most, whole - part + part * most // np.maximum(stands_for, 1), whole)

    def in_term(self, whole: Any, part: Any, /) -> Any:
        """The population's periods lie in the policy's time."""
        return whole

    def once(self, parameter: str, refusal: str, /) -> None:
        """First applications only: nothing is repeated."""

    def times(self, parameter: str, refusal: str, /, *, per: str) -> None:
        """First applications only: nothing is repeated."""

    def upgrade(self, parameter: str, refusal: str, /) -> None:
        """First applications only: nothing was paid before."""

    def price(self, parameter: str | None = None, /, **quantities: Any) -> None:
        """The gross column."""
        shape = self._shape(parameter)
        if shape is None:
            return
        self.lawful &= shape.covers(**quantities)
        gross = shape.gross(self._rounding, **quantities)
        self.amount = np.broadcast_to(np.asarray(gross, dtype=np.int64), self.lawful.shape)

    def cap(self, *, scope: str | None = None) -> None:
        """The item's ceiling."""
        if self.amount is not None and self._item.ceiling is not None:
            self.amount = np.minimum(self.amount, int(self._item.ceiling))

    def share(self, parameter: str, /, **parties: Any) -> None:
        """Several in the same place share, or each has the whole."""
        count = next(iter(parties.values()))
        reading = self._asked(parameter, self.lawful & (count > 1))
        if self.amount is not None and reading == "equal":
            self.amount = self.amount // np.maximum(count, 1)

    def value(self, parameter: str, /) -> Any:
        """A parameter's value."""
        return self._asked(parameter, self.lawful)

    def note(self, formula: str, /, **facts: Any) -> None:
        """Columns keep no trace."""

    def result(self) -> Simulated:
        """What every row is paid."""
        waiting = self.waiting & self.lawful
        gross = self.amount if self.amount is not None else np.zeros(len(self.lawful), dtype=np.int64)
        amounts = gross * (self.lawful & ~waiting)
        payable, held = int(np.count_nonzero(amounts)), int(np.count_nonzero(waiting))
        missing = tuple(dict.fromkeys(self.missing))
        refused = len(amounts) - payable - held
        return Simulated(amounts=amounts, payable=payable, refused=refused, waiting=held, missing=missing)

    def _asked(self, parameter: str, rows: Flags) -> Any:
        """The parsed value; where it is unset the rows that turn on it wait, unless it is optional."""
        definition = self._item.parameter(parameter)
        if parameter in self._values:
            return definition.parse(self._values[parameter])
        if definition.need is not Need.OPTIONAL and rows.any():
            self.missing.append(parameter)
            self.waiting = self.waiting | rows
        return None

    def _shape(self, parameter: str | None) -> Shape | None:
        if parameter is None:
            return self._item.shape
        asked = self._asked(parameter, self.lawful)
        if asked is None or isinstance(asked, Shape):
            return asked
        return Ratio(rate=asked)


def simulate(item: Item, columns: Mapping[str, Any], values: Mapping[str, Any]) -> Simulated:
    """Prices a population under one money item.

    `columns`: one array a field of the facts (bool, int64 whole fen or counts, `Choices`); cost items give `recognised`.
    Raises ValueError for an amount so large that 64 bits might not hold its product with a rate.
    """
    first = next(iter(columns.values()))
    rows = len(first.codes if isinstance(first, Choices) else first)
    for name, column in columns.items():
        if isinstance(column, np.ndarray) and column.dtype == np.int64 and column.size and column.max() > LARGEST:
            raise ValueError(f"{name} 金额过大 / too large an amount")
    sheet = ColumnSheet(item, rows, values, Rounding(values.get("P-rounding", Rounding.DOWN)))
    item.rule(SimpleNamespace(**columns), sheet)  # type: ignore[arg-type]  # columns in place of facts: the point of it
    return sheet.result()
