"""A reader of a policy's page alone knows where each item's cases go: the steps are written there, and they are the law's."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from other_policies.lakeside.policy import POLICY as LAKESIDE
from other_policies.xiuzhou_2024_renewal import POLICY as RENEWED

import policies
from policies.kit import Chain, Item, Measure, Policy
from support import tree

XIUZHOU = policies.get("XZ2023")
PAGES = [
    (Path("flows/xiuzhou_2023.py"), XIUZHOU),
    (Path("tests/other_policies/lakeside/page.py"), LAKESIDE),
]
TO_THE_DECISION = ["submit", "certify", "compute", "announce"]


def by_law(item: Item) -> list[str]:
    """The steps of an item as the law speaks of it: it pays, or it gives something else, or it is work to report."""
    if item.pays:
        return [*TO_THE_DECISION, "pay"]
    if item.chain is Chain.IN_KIND:
        return [*TO_THE_DECISION, "deliver"]
    return ["submit", "certify", "compute", "report"]


def calls(page: ast.Module) -> dict[str, ast.Call]:
    """The one statement of each flow, by the flow's name."""
    found = {}
    for node in page.body:
        if isinstance(node, ast.FunctionDef):
            [said] = node.body
            assert isinstance(said, ast.Return) and isinstance(said.value, ast.Call), node.name
            found[node.name] = said.value
    return found


def key(call: ast.Call) -> object:
    """Which measure the flow moves: 14 of M[14]."""
    measure = call.args[0]
    assert isinstance(measure, ast.Subscript) and isinstance(measure.slice, ast.Constant)
    return measure.slice.value


def shown(call: ast.Call, measure: Measure) -> Iterator[tuple[str, list[str]]]:
    """What the page shows: an item and its steps, by the names that are written there."""
    assert isinstance(call.args[1], ast.Name) and call.args[1].id == "cases"
    if ast.unparse(call.func) == "chain":
        assert not call.keywords
        yield from ((item.id, [ast.unparse(step) for step in call.args[2:]]) for item in measure)
        return
    assert ast.unparse(call.func) == "chains" and len(call.args) == 2
    for word in call.keywords:
        assert isinstance(word.value, ast.Tuple)
        yield f"{measure.code}{word.arg}", [ast.unparse(step) for step in word.value.elts]


@pytest.mark.parametrize(
    ("page", "policy"), PAGES, ids=lambda policy_: policy_.code if isinstance(policy_, Policy) else ""
)
def test_each_flow_shows_the_steps_that_the_law_gives_each_item(page: Path, policy: Policy) -> None:
    written = calls(tree.tree(page))
    assert set(written) == {measure.flow for measure in policy.measures if measure.items}
    for measure in policy.measures:
        if measure.items:
            call = written[measure.flow]
            assert key(call) == (measure.number or measure.code), measure.flow
            assert dict(shown(call, measure)) == {item.id: by_law(item) for item in measure}, measure.flow


def test_a_renewal_goes_the_ways_that_its_page_shows() -> None:
    """A renewal may end measures and add items; what it adds goes as the items of its kind of the same measure."""
    written = calls(tree.tree(PAGES[0][0]))
    added = set()
    for measure in RENEWED.measures:
        if measure.items:
            ways = dict(shown(written[measure.flow], measure))
            assert {item.id: by_law(item) for item in measure if item.id in ways}.items() <= ways.items(), measure.flow
            assert all(by_law(item) in ways.values() for item in measure), measure.flow
            added |= {item.id for item in measure} - set(ways)
    assert added == {"M14c"}


def test_where_all_items_go_one_way_it_is_written_once() -> None:
    written = calls(tree.tree(PAGES[0][0]))
    differing = {m.flow for m in XIUZHOU.measures if len({item.chain for item in m}) > 1}
    assert {name for name, call in written.items() if ast.unparse(call.func) == "chains"} == differing
    assert differing == {"m02_talent", "m05_own_brands", "m14_trade_fairs"}


def test_a_step_of_the_page_is_the_task_of_that_name() -> None:
    for page, _ in PAGES:
        imported = {
            alias.name: node.module
            for node in tree.tree(page).body
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tasks.")
            for alias in node.names
            if alias.asname is None
        }
        written = {ast.unparse(step) for call in calls(tree.tree(page)).values() for step in call.args[2:]}
        assert written <= set(imported)
        assert all(imported[name] == f"tasks.{name}" for name in imported), "one verb a file"
