"""What a renewal does beside its own changes: it carries dates over to the new term, and renames, adds and closes units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any, ClassVar, Protocol, TypeVar

from policies.forms import WrongFacts
from policies.measures import Example, Item, Measure, Unit
from policies.shifting import Shift

# Fields of an item that say what it is by law; the rest may name dates.
_LAW = frozenset({"id", "claim", "facts", "rule", "examples", "term", "shape", "ceiling", "clause"})


class Renewable(Protocol):
    """What a renewal reads of a policy: its term, its measures and its units."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def code(self) -> str: ...
    @property
    def opens(self) -> date: ...
    @property
    def closes(self) -> date: ...
    @property
    def measures(self) -> tuple[Measure, ...]: ...
    @property
    def units(self) -> tuple[Unit, ...]: ...
    @property
    def treasury(self) -> Unit | None: ...


Renewed = TypeVar("Renewed", bound=Renewable)


def carried(old: Renewable, new: Renewed) -> Renewed:
    """The new policy with every date that it took over from the old one moved by the term; what was written anew stays."""
    shift = Shift(opened=old.opens, closed=old.closes, opens=new.opens, closes=new.closes)
    taken = {id(one) for measure in old.measures for one in _parts(measure)}
    return replace(new, measures=tuple(_carried(measure, shift, taken) for measure in new.measures))


def regrouped(policy: Renewed, changes: Mapping[str, Unit | None]) -> Renewed:
    """The policy with its units changed by Chinese name; a measure or a treasury left without a unit is refused."""
    known = {unit.zh for unit in policy.units}
    known |= {unit.zh for measure in policy.measures for unit in measure.units}
    closed = sorted(name for name, unit in changes.items() if unit is None and name not in known)
    if closed:
        raise LookupError(f"{policy.code} 没有可撤销的单位：{'、'.join(closed)}")
    added = [unit for name, unit in changes.items() if unit is not None and name not in known]
    measures = tuple(replace(one, units=_changed(one.units, changes)) for one in policy.measures)
    for one in measures:
        if not one.units:
            raise ValueError(f"{policy.code} 第 {one.code} 项的责任单位均已撤销：请在 changes 中另定 units")
    treasury = policy.treasury
    if treasury is not None and treasury.zh in changes:
        treasury = changes[treasury.zh]
        if treasury is None:
            raise ValueError(f"{policy.code} 的拨付单位 {policy.treasury} 不能撤销：请改为承接单位")
    units = _unique([*_changed(policy.units, changes), *added])
    return replace(policy, units=units, measures=measures, treasury=treasury)


def _changed(units: tuple[Unit, ...], changes: Mapping[str, Unit | None]) -> tuple[Unit, ...]:
    return _unique([unit for one in units if (unit := changes.get(one.zh, one)) is not None])


def _unique(units: list[Unit]) -> tuple[Unit, ...]:
    """Each once, where two became one."""
    return tuple({unit.zh: unit for unit in units}.values())


def _parts(measure: Measure) -> list[Any]:
    """Every value of a measure that may name dates."""
    own = [getattr(measure, one.name) for one in fields(measure) if one.name not in ("items", "units")]
    items = [getattr(item, one.name) for item in measure for one in fields(item) if one.name not in _LAW]
    return [*own, *items, *(example for item in measure for example in item.examples)]


def _carried(measure: Measure, shift: Shift, taken: set[int]) -> Measure:
    def moved(one: Any) -> Any:
        return shift.value(one) if id(one) in taken else one

    items = tuple(_item(item, shift, taken) for item in measure)
    own = {one.name: moved(getattr(measure, one.name)) for one in fields(measure) if one.name not in ("items", "units")}
    return replace(measure, **{**own, "items": items})


def _item(item: Item, shift: Shift, taken: set[int]) -> Item:
    values = {one.name: getattr(item, one.name) for one in fields(item) if one.name not in _LAW}
    moved = {name: shift.value(one) for name, one in values.items() if id(one) in taken}
    kept = (_example(item, one, shift) if id(one) in taken else one for one in item.examples)
    return replace(item, examples=tuple(one for one in kept if one is not None), **moved)


def _example(item: Item, one: Example, shift: Shift) -> Example | None:
    """A worked example in the new term; None where the form refuses it there, as with three days in a term of one."""
    try:
        return shift.example(item, one)
    except WrongFacts:
        return None
