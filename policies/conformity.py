"""What a measure still lacks, with the lines to paste: a newcomer runs the tests and is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

from policies import BUILT_IN
from policies.forms import Text
from policies.measures import Item, Measure
from policies.policy import Policy

_MODULE = re.compile(r"(?P<code>[ms]\d+)_(?P<slug>[a-z0-9_]+)")
EXAMPLES = 3  # of a money item; other items show at least a yes and a no
OTHER_EXAMPLES = 2


def missing(policy: Policy, package: str | None = None, flows: Collection[str] | None = None) -> list[str]:
    """Every gap as one sentence with the lines that close it; an empty list means that nothing is missing.

    `flows` are the names of the flows that exist; None leaves them out, for the law does not know the engine.
    """
    package = package or BUILT_IN[policy.code]
    found = [*_registration(policy, package), *_gaps_of_items(policy)]
    return found + ([] if flows is None else [gap for one in policy.measures for gap in _flow_gaps(one, flows)])


def _registration(policy: Policy, package: str) -> Iterator[str]:
    folder = Path(next(iter(import_module(package).__path__)))
    registered = {measure.flow: measure for measure in policy.measures}
    for path in sorted(folder.glob("*.py")):
        match = _MODULE.fullmatch(path.stem)
        if match and path.stem not in registered:
            yield f'{path.name} is not registered; add to MODULES of {package}:\n    "{path.stem}",'
        elif match and registered[path.stem].code != _code(match["code"]):
            yield f'{path.name} holds {registered[path.stem].code}; set code="{_code(match["code"])}",'
    numbers = {measure.number for measure in policy.measures if measure.number}
    for number in sorted(set(range(1, max(numbers, default=0))) - numbers):
        yield f"measure {number} has no file; write {folder.name}/m{number:02d}_<slug>.py with a MEASURE"


def _flow_gaps(measure: Measure, flows: Collection[str]) -> Iterator[str]:
    if not measure.items or measure.flow in flows:
        return
    key = measure.number or f'"{measure.code}"'
    yield (
        f"{measure.code} has no flow; add to the policy's page:\n"
        f"@flow(**options(M[{key}]))\n"
        f"def {measure.flow}(cases: list[UUID] | None = None) -> Outcome:\n"
        f"    return run_chains(M[{key}], cases)"
    )


def _gaps_of_items(policy: Policy) -> Iterator[str]:
    """Of every item in each of its versions; what a version took over from the one before it is told once."""
    told = (gap for item in policy for version in policy.versions_of(item.id) for gap in _item_gaps(version))
    return iter(dict.fromkeys(told))


def _item_gaps(item: Item) -> Iterator[str]:
    for form in (item.claim, item.facts):
        if not is_dataclass(form):
            yield f"{item.id}: {form.__name__} is no form; put @form above it"
            continue
        for one in fields(form):
            wording = one.metadata.get("label")
            if not isinstance(wording, Text) or not (wording.zh and wording.en):
                yield f'{item.id}: {form.__name__}.{one.name} has no wording; write label("…", "…")'
    yield from _wrong_names(item)
    least = EXAMPLES if item.pays else OTHER_EXAMPLES
    if len(item.examples) < least:
        yield f"{item.id}: {len(item.examples)} worked examples of at least {least}; add Example(title=…, facts=…, …),"
    if item.pays and not item.evidence:
        yield f'{item.id}: no evidence; add slot("…", "…", "…"),'
    if not (item.title.zh and item.title.en and item.clause and item.rule.__doc__):
        yield f"{item.id}: title in both languages, clause and the rule's docstring are all needed"


def _wrong_names(item: Item) -> Iterator[str]:
    known = get_type_hints(item.facts)
    known_by = [name for one in item.known_by for name in one.names]
    for name in (*item.subject, *item.event_dates, *item.days, *item.further_keys.values(), *known_by):
        if name not in known:
            yield f"{item.id}: {item.facts.__name__} has no field {name}"
    if item.pays and not item.event_dates:
        yield f"{item.id}: no date of the event; set event_dates=(…,)"
    slots = [slot.id for slot in item.evidence]
    for twice in sorted({name for name in slots if slots.count(name) > 1}):
        yield f"{item.id}: two evidence slots are called {twice}"


def _code(stem: str) -> str:
    """m07 -> M7, s1 -> S1."""
    return stem[0].upper() + str(int(stem[1:]))
