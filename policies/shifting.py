"""Next year's dates: what a renewal moves with its term, in worked examples, targets and words.

A day up to the last one keeps its distance from the first day, a later one its distance from the last: in whole months where both
days are the same of their month, else in days. So the edges stay edges, and what lay a day outside still does.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any

from policies.awards import Prior
from policies.measures import Example, Item

_DAY = timedelta(days=1)
_DATED = re.compile(
    r"(?<![\d.])(?:"
    r"(?P<day>\d{4}-\d{2}-\d{2})|(?P<month>\d{4}-\d{2}(?!-))|"
    r"(?P<chinese>\d{4} ?年 ?\d{1,2} ?月 ?\d{1,2} ?日)|"
    r"(?P<year>20\d{2})"
    r")(?![\d.]\d|\d)"
)


@dataclass(frozen=True, kw_only=True)
class Shift:
    """From one term to the next, both ends of both included."""

    opened: date
    closed: date
    opens: date
    closes: date

    def day(self, old: date) -> date:
        """Where a day of the old policy lies in the new one; a day of the old term stays inside a shorter new one."""
        if old > self.closed:
            return _moved(old, self.closed + _DAY, self.closes + _DAY)
        new = _moved(old, self.opened, self.opens)
        return min(new, self.closes) if old >= self.opened else new

    def words(self, text: str, years: int = 0) -> str:
        """A sentence with its dates moved, and years of the old term that stand for themselves by `years`."""

        def moved(found: re.Match[str]) -> str:
            return self._said(found, years)

        return _DATED.sub(moved, text)

    def _said(self, found: re.Match[str], years: int) -> str:
        said, kind = found.group(0), found.lastgroup
        if kind == "year":
            own = int(said) in (self.opened.year, self.closed.year) and said != found.string
            return str(int(said) + years) if own else said
        year, month, day = [*map(int, re.findall(r"\d+", said)), 1][:3]
        try:
            new = self.day(date(year, month, day))
        except ValueError:
            return said  # no day: a document's number
        gap = " " if " " in said else ""
        if kind == "chinese":
            return f"{new.year}{gap}年{gap}{new.month}{gap}月{gap}{new.day}{gap}日"
        return new.isoformat() if kind == "day" else f"{new:%Y-%m}"

    def value(self, one: Any, years: int = 0) -> Any:
        """Any value of a policy with the dates in it moved; what names none stays as it is."""
        if isinstance(one, (type, Enum, bool)):
            return one
        if isinstance(one, date):
            return self.day(one)
        if isinstance(one, str):
            return self.words(one, years)
        if isinstance(one, (tuple, list)):
            return type(one)(self.value(part, years) for part in one)
        if isinstance(one, Mapping):
            return {key: self.value(part, years) for key, part in one.items()}
        return self._record(one, years) if is_dataclass(one) else one

    def _record(self, one: Any, years: int) -> Any:
        changed = {}
        for field in (field for field in fields(one) if field.init):
            before = getattr(one, field.name)
            is_year = field.name == "year" and type(before) is int
            after = before + years if is_year else self.value(before, years)
            if after != before:
                changed[field.name] = after
        return replace(one, **changed) if changed else one

    def example(self, item: Item, one: Example) -> Example:
        """A worked example with its facts, its earlier awards and what it says moved."""
        years = self._years_of(item, one.facts)
        moved: Example = self.value(one, years)
        return replace(moved, prior=tuple(_later(prior, years) for prior in moved.prior))

    def _years_of(self, item: Item, facts: Any) -> int:
        """By how many years the example's own event moves; the term's first day where it has none."""
        dates = (getattr(facts, name, None) for name in item.event_dates)
        event = next((day for day in dates if isinstance(day, date)), self.opened)
        return self.day(event).year - event.year


def _later(prior: Prior, years: int) -> Prior:
    """An earlier award's year keeps its distance from the example's own."""
    if not prior.period.isdecimal():
        return prior
    period = str(int(prior.period) + years)
    keys = {**prior.keys, "year": period} if "year" in prior.keys else prior.keys
    return replace(prior, period=period, keys=keys)


def _moved(day: date, old: date, new: date) -> date:
    """In whole months (a month's last day stays one) where both anchors are the same day of theirs, else in days."""
    if old.day != new.day:
        return new + (day - old)
    months = (new.year - old.year) * 12 + new.month - old.month
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, index + 1)[1]
    ends = day.day == monthrange(day.year, day.month)[1]
    return date(year, index + 1, last if ends else min(day.day, last))
