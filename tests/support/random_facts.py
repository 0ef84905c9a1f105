"""Random facts and parameter values for any item, made from its forms and kinds alone."""

import types
from dataclasses import fields
from datetime import date, timedelta
from random import Random
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import reject
from hypothesis import strategies as st

from policies.kit import (
    AmountKind,
    Assessed,
    ByLevel,
    Choice,
    ChoiceKind,
    CostLine,
    CountKind,
    Fixed,
    FlagKind,
    Item,
    Kind,
    ListKind,
    Money,
    PerUnit,
    RateKind,
    Ratio,
    ShapeKind,
    TextKind,
    Tiers,
    WrongFacts,
)

_LAWFUL = 0.95
NAMES = ("算例甲", "算例乙", "算例丙")
FEN = st.integers(0, 1_000_000_000) | st.sampled_from([0, 1, 29_999_999, 30_000_000, 30_000_001, 100_000_000])
YUAN = st.integers(1, 400_000_000).map(lambda fen: Money(fen).yuan_text)
RATES = st.integers(1, 10_000).map(lambda n: f"{n / 100:.2f}%" if n % 3 else f"0.{n:04d}" if n < 10_000 else "1")


@st.composite
def cost_line(draw: st.DrawFn, number: int) -> CostLine:
    """A line recognised in full or cut with a reason."""
    claimed = draw(FEN)
    recognised = draw(st.just(claimed) | st.integers(0, claimed))
    return CostLine(document=f"发票 {number}", claimed=Money(claimed), recognised=Money(recognised), reason="算例核减")


def field_values(hint: Any, metadata: Any, every: bool) -> st.SearchStrategy[Any]:
    """Values of one field; `every` leaves no optional field empty."""
    if get_origin(hint) in (types.UnionType, Union):
        inner = field_values(
            next(argument for argument in get_args(hint) if argument is not type(None)), metadata, every
        )
        return inner if every else st.none() | inner
    if get_origin(hint) is tuple:
        return cost_lines() if get_args(hint)[0] is CostLine else st.just(NAMES)
    if issubclass(hint, Choice):
        return st.sampled_from(list(hint))
    if hint is Money:
        return FEN.map(Money)
    if hint is bool:
        return st.booleans() | st.just(True)  # yes is likelier, so that more cases reach an amount
    if hint is int:
        return st.integers(metadata["minimum"] or 0, min(metadata["maximum"] or 5, 20_000)) | st.just(1)
    return st.dates(date(2023, 6, 20), date(2024, 7, 10)) if hint is date else st.sampled_from(NAMES)


def cost_lines() -> st.SearchStrategy[tuple[CostLine, ...]]:
    """One to three lines of different documents."""
    return st.integers(1, 3).flatmap(lambda n: st.tuples(*(cost_line(number) for number in range(n))))


@st.composite
def facts_of(draw: st.DrawFn, form: type, *, every: bool = False) -> Any:
    """Facts that the form accepts."""
    hints = get_type_hints(form)
    given = {field.name: draw(field_values(hints[field.name], field.metadata, every)) for field in fields(form)}
    try:
        return form(**given)
    except WrongFacts:
        reject()


def many_facts(form: type, rows: int, seed: int) -> list[Any]:
    """Rows of facts with nothing left empty, mostly lawful: fast, for comparisons over thousands of cases."""
    rng, made = Random(seed), []
    hints = get_type_hints(form)
    while len(made) < rows:
        try:
            made.append(
                form(**{field.name: _row_value(hints[field.name], field.metadata, rng) for field in fields(form)})
            )
        except WrongFacts:
            continue  # a date before another, say
    return made


def _row_value(hint: Any, metadata: Any, rng: Random) -> Any:
    if get_origin(hint) in (types.UnionType, Union):
        return _row_value(next(argument for argument in get_args(hint) if argument is not type(None)), metadata, rng)
    if get_origin(hint) is tuple:
        lines = (_row_line(number, rng) for number in range(rng.randint(1, 3)))
        return tuple(lines) if get_args(hint)[0] is CostLine else NAMES
    if issubclass(hint, Choice):
        return rng.choice(list(hint))
    if hint is Money:
        return Money(rng.randrange(10 ** rng.randint(1, 10)))
    if hint is bool:
        return rng.random() < _LAWFUL
    if hint is int:
        low = metadata["minimum"] or 0
        return rng.choice([1, rng.randint(low, min(metadata["maximum"] or 12, 2_000))])
    return date(2023, 7, 1) + timedelta(days=rng.randrange(366)) if hint is date else rng.choice(NAMES)


def _row_line(number: int, rng: Random) -> CostLine:
    claimed = rng.randrange(10 ** rng.randint(1, 10))
    recognised = rng.choice([claimed, rng.randint(0, claimed)])
    return CostLine(document=f"发票 {number}", claimed=Money(claimed), recognised=Money(recognised), reason="算例核减")


def kind_values(kind: Kind) -> st.SearchStrategy[Any]:
    """JSON values of a parameter."""
    match kind:
        case RateKind():
            return RATES
        case AmountKind():
            return YUAN
        case CountKind():
            return st.integers(kind.minimum, min(kind.maximum, 6))
        case ChoiceKind():
            return st.sampled_from([str(choice) for choice in kind.among])
        case ListKind():
            return st.lists(st.sampled_from([str(value) for value in kind.among or NAMES]), min_size=1, unique=True)
        case FlagKind():
            return st.booleans()
        case ShapeKind():
            return st.sampled_from(kind.shapes).flatmap(lambda shape: shape_values(kind, shape))
        case TextKind():
            return st.just("算例定义")
    raise TypeError(kind)


@st.composite
def shape_values(draw: st.DrawFn, kind: ShapeKind, shape: type) -> dict[str, Any]:
    """The JSON object of one shape."""
    given: dict[str, Any] = {"shape": shape.name}  # type: ignore[attr-defined]
    if shape is Ratio:
        given["rate"] = draw(RATES)
    elif shape is Fixed:
        given["amount"] = draw(YUAN)
    elif shape is ByLevel and kind.levels:
        given["levels"] = {str(level): draw(YUAN) for level in kind.levels}
    elif shape is PerUnit:
        given |= {"unit": kind.units[0], "amount": draw(YUAN), "at_most_units": draw(st.integers(1, 5))}
    elif shape is Tiers:
        starts = sorted(draw(st.sets(st.integers(0, 5_000), min_size=1, max_size=4)))
        given["tiers"] = [{"from": str(start), "amount": draw(YUAN)} for start in starts]
    else:
        assert shape is Assessed
    return given


@st.composite
def values_of(draw: st.DrawFn, item: Item, *, every: bool = False) -> dict[str, Any]:
    """Values for the item's parameters: all of them, or any subset."""
    chosen = (
        item.parameters
        if every
        else draw(st.lists(st.sampled_from(item.parameters), unique=True))
        if item.parameters
        else ()
    )
    return {field.id: draw(kind_values(field.kind)) for field in chosen}
