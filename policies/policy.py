"""A policy: its time, its units, its measures; and next year's as a list of differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from importlib import import_module
from typing import Any, TypeAlias

from policies.forms import Text
from policies.measures import FIRST, Item, Measure, Term, Unit
from policies.parameters import Setting
from policies.settings import SETTINGS
from policies.versions import Version, bound, chains, in_force

Change: TypeAlias = Mapping[str, Any] | Measure | Item | None


@dataclass(frozen=True, kw_only=True)
class Watches:
    """Which of the policy's own figures are watched by the calendar; empty where the policy asks for no such watch.

    `official_rate` and `own_rate` are indicators (the payout rate of all policies for firms, and of this plan); `ranking` is the
    item whose plan names the units `evaluated` and whose certified facts hold the `catalogue` of indicators to rank them by.
    """

    official_rate: str = ""
    own_rate: str = ""
    ranking: str = ""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy as one value. Its measures' items know their clause and its term once they are in it."""

    code: str
    title: Text
    district: Text
    opens: date
    closes: date  # the last day, included
    validity_clause: str
    measures: tuple[Measure, ...]
    units: tuple[Unit, ...] = ()
    treasury: Unit | None = None  # makes, checks and releases payments; the lead unit itself where none is named
    settings: tuple[Setting, ...] = SETTINGS
    watches: Watches = Watches()
    versions: tuple[Version, ...] = ()  # later than the measures' files

    def __post_init__(self) -> None:
        if self.closes < self.opens:
            raise ValueError(f"{self.code} 的截止日 {self.closes} 早于起始日 {self.opens}")
        term = Term(opens=self.opens, closes=self.closes, clause=self.validity_clause)
        bound = tuple(_bound(measure, term) for measure in self.measures)
        object.__setattr__(self, "measures", bound)
        _refuse_twins(self)
        object.__setattr__(self, "_versions", chains(self, self.versions))

    def versions_of(self, name: str) -> tuple[Item, ...]:
        """An item's versions, oldest first; the first is the measure's file."""
        self.item(name)
        known: dict[str, tuple[Item, ...]] = vars(self)["_versions"]
        return known[name]

    def item_on(self, name: str, day: date) -> Item:
        """The item in the version that a filing on this day binds."""
        return in_force(self.versions_of(name), day)

    def item_as(self, name: str, version: str, day: date) -> Item:
        """The item in the version that a case was filed under, whatever became of it since: for its forms, slots and words;
        in that of the day where the case is not filed yet or its version is not here. What decides asks `bound_item`."""
        known = {one.version: one for one in self.versions_of(name)}
        return known.get(version) or self.item_on(name, day)

    def bound_item(self, name: str, version: str, digest: str) -> Item:
        """The item in the version that a case was filed under; NotInstalled where it is not here as it was then."""
        return bound(self.versions_of(name), version, digest)

    def measure(self, code: str | int) -> Measure:
        """By code ("M14", "S2") or by number (14)."""
        wanted = f"M{code}" if isinstance(code, int) else code
        for one in self.measures:
            if one.code == wanted:
                return one
        raise LookupError(f"{self.code} 没有第 {code} 项举措")

    def item(self, name: str) -> Item:
        """By id: "M4a", as the measure's file has it."""
        for one in self:
            if one.id == name:
                return one
        raise LookupError(f"{self.code} 没有事项 {name}；现有：{'、'.join(item.id for item in self)}")

    def measure_of(self, item: str) -> Measure:
        """The measure that an item belongs to."""
        self.item(item)
        return next(measure for measure in self.measures if item in {one.id for one in measure})

    def setting(self, name: str) -> Setting:
        """By id: "P-notice-days"."""
        for one in self.settings:
            if one.id == name:
                return one
        raise LookupError(f"{self.code} 没有设置 {name}")

    def __iter__(self) -> Iterator[Item]:
        return (item for measure in self.measures for item in measure)

    @property
    def money_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self if item.pays)

    def holds_on(self, day: date) -> bool:
        """Both ends included; days of Asia/Shanghai."""
        return self.opens <= day <= self.closes

    def renewed(
        self,
        *,
        code: str,
        opens: date,
        closes: date,
        changes: Mapping[str, Change],
        title: Text | None = None,
        units: Mapping[str, Unit | None] | None = None,
    ) -> Policy:
        """Next year's policy: the same but for `changes`, with its dates (targets, worked examples) moved by the term.
        It starts from the newest version of each item, which is the first of the new policy.

        A key of `changes` names an item or a measure ("M1" may be both: each takes the fields that it has). Its value is a
        mapping of fields to replace, a new Item or Measure, or None where it ends. An item that is new goes to the measure of
        its number. What is written anew stays as written. A key of `units` is a unit's Chinese name: another Unit takes its
        place in every measure, None closes it, a new name adds one.
        """
        from policies.renewal import carried, regrouped

        old = _newest(self)
        measures = list(old.measures)
        for name, change in changes.items():
            measures = _changed(measures, name, change)
        whole = replace(old, code=code, title=title or self.title, opens=opens, closes=closes, measures=tuple(measures))
        return carried(old, regrouped(whole, units or {}))


def measures_in(package: str, names: tuple[str, ...]) -> tuple[Measure, ...]:
    """The MEASURE of each module named; the module's name is also its flow's."""
    return tuple(replace(import_module(f"{package}.{name}").MEASURE, flow=name) for name in names)


def _newest(policy: Policy) -> Policy:
    """The policy as its newest versions have it, each the first of what follows."""
    if not policy.versions:
        return policy
    items = {one.id: replace(policy.versions_of(one.id)[-1], version=FIRST, since=None, source="") for one in policy}
    measures = tuple(replace(one, items=tuple(items[item.id] for item in one)) for one in policy.measures)
    return replace(policy, measures=measures, versions=())


def _bound(measure: Measure, term: Term) -> Measure:
    items = []
    for item in measure:
        clause = item.clause or measure.clause
        parameters = tuple(replace(one, clause=one.clause or clause) for one in item.parameters)
        items.append(replace(item, clause=clause, term=term, parameters=parameters))
    return replace(measure, items=tuple(items))


def _changed(measures: list[Measure], name: str, change: Change) -> list[Measure]:
    """Apply one change; a change to something that is not there is a slip of the pen and raises."""
    codes = {one.code for one in measures}
    items = {item.id for one in measures for item in one}
    if isinstance(change, Measure):
        return [change if one.code == name else one for one in measures] + ([] if name in codes else [change])
    if isinstance(change, Item) and _number(name) in codes:
        return [_with(one, change) if one.code == _number(name) else one for one in measures]
    if change is None and name in codes:
        return [one for one in measures if one.code != name]
    if change is None and name in items:
        return [replace(one, items=tuple(item for item in one if item.id != name)) for one in measures]
    if isinstance(change, Mapping) and (name in items or name in codes):
        return [_edited(one, name, change) for one in measures]
    raise LookupError(f"没有可变更的举措或事项：{name}")


def _edited(measure: Measure, name: str, change: Mapping[str, Any]) -> Measure:
    """Fields of the item of that name; of the measure where it alone has them, or where no item is called so."""
    own = {one.name for one in fields(measure)}
    for item in measure:
        if item.id == name:
            known = {one.name for one in fields(item)}
            of_item = {key: value for key, value in change.items() if key in known}
            measure, change = (
                _with(measure, replace(item, **of_item)),
                {k: v for k, v in change.items() if k not in known},
            )
    if measure.code == name and set(change) <= own:
        return replace(measure, **change)
    if name in {measure.code, *(item.id for item in measure)} and change:
        raise LookupError(f"{name} 没有这些内容可变更：{'、'.join(sorted(change))}")
    return measure


def _with(measure: Measure, *changed: Item) -> Measure:
    """The measure with items added, or put in the place of those of the same id."""
    items = {item.id: item for item in (*measure, *changed)}
    return replace(measure, items=tuple(items[name] for name in sorted(items)))


def _number(item: str) -> str:
    """M15b -> M15."""
    return item.rstrip("abcdefgh")


def _refuse_twins(policy: Policy) -> None:
    names = [one.code for one in policy.measures], [item.id for item in policy]
    twice = {name for group in names for name in group if group.count(name) > 1}
    if twice:
        raise ValueError(f"{policy.code} 有重复的编号：{'、'.join(sorted(twice))}")
