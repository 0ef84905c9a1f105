"""No parameter and no setting is inert: each one changes the outcome of some case, or is read where cases are worked on."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policies import get
from policies.awards import Award, Prior, plain
from policies.forms import WrongFacts
from policies.kinds import AmountKind, ChoiceKind, CountKind, FlagKind, Kind, ListKind, RateKind, TableKind, TextKind
from policies.measures import Example, Item
from policies.money import Money
from policies.parameters import Parameter, hypothetical
from policies.shape_kind import ShapeKind

PLAN = get("XZ2023")
DECLARED = [pytest.param(item, listed, id=f"{item.id}-{listed.id}") for item in PLAN for listed in item.parameters]
OURS = [pytest.param(item, listed, id=f"{item.id}-{listed.id}") for item in PLAN for listed in item.ours]
ROOT = Path(__file__).parents[2]
PACKAGES = ("casework", "cli", "demo", "deployments", "flows", "models", "notifications", "policies", "tasks")
DECLARING = ("settings.py", "final_clause.py")


def samples(kind: Kind) -> list[Any]:
    """Values of a kind, at its edges where it has any."""
    match kind:
        case RateKind():
            return ["0.01", "0.9"]
        case AmountKind():
            return ["0.01", "99999999"]
        case CountKind():
            return [kind.minimum, kind.maximum]
        case ChoiceKind():
            return [str(choice) for choice in kind.among]
        case ListKind():
            return [[str(choice)] for choice in kind.among] or [["算例另一名称"]]
        case TextKind():
            return ["算例定义"]
        case FlagKind():
            return [True, False]
        case TableKind():
            return [{"算例名称": samples(kind.of)[0]}]
        case ShapeKind():
            return [{"shape": "fixed", "amount": "1"}] if "fixed" in {shape.name for shape in kind.shapes} else []
    raise TypeError(kind)


def outcome(item: Item, example: Example, values: dict[str, Any], prior: tuple[Prior, ...]) -> Any:
    try:
        return plain(item.award(example.facts, hypothetical(values), prior, known=example.known))
    except WrongFacts as wrong:
        return str(wrong)


def priors(item: Item, example: Example, values: dict[str, Any]) -> Iterator[tuple[Prior, ...]]:
    """No earlier award, the example's own, and one of the same subject, applicant and year."""
    yield ()
    yield example.prior
    given: Award = item.award(example.facts, hypothetical(values), known=example.known)
    same = replace(given.as_prior(), amount=Money(1_00))
    yield (same,)
    yield (replace(same, subject="另一事项"),)


def acts(item: Item, name: str, kind: Kind) -> bool:
    everywhere: dict[str, Any] = {}
    for example in item.examples:
        everywhere |= example.parameters
    set_to = [example.parameters[name] for example in item.examples if name in example.parameters] + samples(kind)
    for example in item.examples:
        for base in (dict(example.parameters), {**everywhere, **example.parameters}):
            without = {key: value for key, value in base.items() if key != name}
            try:
                found = list(priors(item, example, without))
            except WrongFacts:
                found = [(), example.prior]
            for prior in found:
                seen = [outcome(item, example, {**without, name: value}, prior) for value in set_to]
                if any(outcome_ != outcome(item, example, without, prior) for outcome_ in seen):
                    return True
    return False


@pytest.mark.parametrize(("item", "parameter"), DECLARED)
def test_every_parameter_changes_some_outcome(item: Item, parameter: Parameter) -> None:
    assert acts(item, parameter.id, parameter.kind)


@pytest.mark.parametrize(("item", "setting"), OURS)
def test_every_setting_of_an_item_changes_some_outcome(item: Item, setting: Any) -> None:
    assert acts(item, setting.id, setting.kind)


def test_a_parameter_that_nothing_asks_for_is_found() -> None:
    item = PLAN.item("M9")
    assert not acts(item, "P-nothing", TextKind())


@pytest.mark.parametrize("setting", [listed.id for listed in PLAN.settings])
def test_every_setting_of_the_policy_is_read_where_cases_are_worked_on(setting: str) -> None:
    named = re.compile(re.escape(f'"{setting}"'))
    readers = [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name not in DECLARING and "demo" not in path.parts and named.search(path.read_text(encoding="utf-8"))
    ]
    assert readers, f"{setting} is declared and never read"
