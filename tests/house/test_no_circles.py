"""No file imports itself in a round: every import counts, those inside functions and those for types alone too."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from support import tree
from support.import_arrows import arrows, imports, named

PLANTED = {
    "two files, inside a function": ("models/clock.py", "def planted():\n    from models.store import Store\n"),
    "two files, for a type alone": (
        "policies/money.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import policies.measures\n",
    ),
    "a package's own face": ("models/people.py", "import models\n"),
}


def circles(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """The strongly connected sets of more than one module (Tarjan, without recursion)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_, waiting, found = set[str](), list[str](), list[list[str]]()
    for root in arrows:
        path = [(root, iter(sorted(arrows[root])))] if root not in order else []
        while path:
            module, rest = path[-1]
            if module not in order:
                order[module] = lowest[module] = len(order)
                waiting.append(module)
                open_.add(module)
            following = next((neighbour for neighbour in rest if neighbour not in order or neighbour in open_), None)
            if following is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[module])
                if lowest[module] == order[module]:
                    at = waiting.index(module)
                    group, waiting[at:] = waiting[at:], []
                    open_ -= set(group)
                    found += [sorted(group)] if len(group) > 1 else []
            elif following in order:
                lowest[module] = min(lowest[module], order[following])
            else:
                path.append((following, iter(sorted(arrows[following]))))
    return found


def test_no_file_imports_itself_in_a_round() -> None:
    assert circles(arrows()) == []


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_circle_is_found(planted: str) -> None:
    name, lines = PLANTED[planted]
    text = f"{tree.text(Path(name))}\n{lines}"
    found = circles({**arrows(), named(name): imports(name, text)})
    assert [named(name) in group for group in found] == [True], found


def test_circles_of_any_length_are_found_and_chains_are_none() -> None:
    small = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set(), "f": {"g", "a"}, "g": {"f"}}
    assert sorted(circles(small)) == [["a", "b", "c"], ["f", "g"]]
