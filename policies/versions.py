"""Later versions of a rule: an item's rule in use is never edited, a version is added that lists what changes.

The first version is the measure's file. Each later one is a small file under the policy's `versions/` whose `VERSION` names
the fields of the item that are others from a day on. All of them stay runnable: a case is computed by that of its filing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

from policies.measures import FIRST, Item

_KEPT = frozenset({"id", "chain", "clause", "term", "version", "since", "source"})  # what no version changes
_WORDS = frozenset({"title", "document", "examples", "note"})  # what only says something needs no version

_NAME = re.compile(r"[A-Za-z0-9._-]{1,16}")  # it names files and sheets of workbooks


class NotInstalled(LookupError):
    """A version that a case is bound to is not here, or is not what it was when it was bound."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en


@dataclass(frozen=True, kw_only=True)
class Version:
    """What is another in an item for cases filed on `since` or later; `source` is the document that says so."""

    item: str
    id: str
    since: date
    source: str
    changes: Mapping[str, Any]


def versions_in(package: str) -> tuple[Version, ...]:
    """The VERSION of every file in a policy's folder `versions/`, by day; none where there is no such folder."""
    whole = f"{package}.versions"
    if find_spec(whole) is None:
        return ()
    modules = iter_modules(getattr(import_module(whole), "__path__", ()))
    names = sorted(one.name for one in modules if not one.name.startswith("_"))  # _draft.py is not yet one
    found = [import_module(f"{whole}.{name}").VERSION for name in names]
    return tuple(sorted(found, key=lambda one: (one.since, one.item, one.id)))


def chains(items: Iterable[Item], versions: Sequence[Version]) -> dict[str, tuple[Item, ...]]:
    """Item -> its versions as items, oldest first. A version that cannot be one raises ValueError."""
    found: dict[str, tuple[Item, ...]] = {item.id: (item,) for item in items}
    for one in versions:
        if one.item not in found:
            raise ValueError(f"版本 {one.id}：没有事项 {one.item} (there is no such item)")
        found[one.item] += (_next(found[one.item], one),)
    return found


def bound(versions: Sequence[Item], version: str, digest: str) -> Item:
    """The version under which a case was filed; NotInstalled where it is not here as it was then."""
    first = versions[0].id
    for item in versions:
        if item.version == version:
            if item.digest == digest:
                return item
            raise NotInstalled(
                f"{first} 规则版本 {version} 与申报时不同（申报时摘要 {digest[:12]}，现为 {item.digest[:12]}），规则被改动",
                f"rule version {version} of {first} is not what it was at filing (digest {digest[:12]}, now {item.digest[:12]})",
            )
    raise NotInstalled(
        f"{first} 规则版本 {version}（摘要 {digest[:12]}）未安装",
        f"rule version {version} of {first} (digest {digest[:12]}) is not installed",
    )


def in_force(versions: Sequence[Item], day: date) -> Item:
    """The version that a filing on this day binds; before the first one's day, the first."""
    held = [one for one in versions if one.since is None or one.since <= day]
    return held[-1] if held else versions[0]


def _next(before: Sequence[Item], one: Version) -> Item:
    last = before[-1]
    wrong = _wrong(before, one, last)
    if wrong:
        raise ValueError(f"{one.item} 版本 {one.id}：{wrong}")
    item = replace(last, **one.changes, version=one.id, since=one.since, source=one.source)
    if all(name in _WORDS or getattr(item, name) == getattr(last, name) for name in one.changes):
        raise ValueError(f"{one.item} 版本 {one.id}：与前一版本相同 (it changes nothing)")
    return item


def _wrong(before: Sequence[Item], one: Version, last: Item) -> str:
    term = last.term
    unknown = sorted(set(one.changes) - {field.name for field in fields(last)} | set(one.changes) & _KEPT)
    if one.id in {item.version for item in before} or not one.id.strip():
        return f"版本号已用或为空，{FIRST} 是原版 (the version's id is taken or empty)"
    if not _NAME.fullmatch(one.id):
        return "版本号只能用字母、数字和 . _ -，不超过 16 个字符 (letters, figures and . _ -, 16 at most)"
    if last.since is not None and one.since <= last.since:
        return f"起始日须晚于前一版本的 {last.since} (it must begin after the version before it)"
    if term is not None and not term.opens < one.since <= term.closes:
        return f"起始日须在 {term.opens} 之后、{term.closes} 以前 (it must begin inside the policy's term)"
    if not one.source.strip():
        return "须写明依据文件 (name the document that it rests on)"
    return f"不能变更 {'、'.join(unknown)} (a version cannot change these)" if unknown else ""
