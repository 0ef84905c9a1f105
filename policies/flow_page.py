"""What a policy's page of flows contradicts: its steps, as written, beside what the law says of each item.

The page is read, not run, for the law knows no engine.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from policies.conformity import STEPS
from policies.forms import Text
from policies.measures import Item, Measure
from policies.policy import Policy

_STEPS = frozenset(step for steps in STEPS.values() for step in steps)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A flow as its page shows it: the measures of its options and of its chain, and the steps, of all items or by letter."""

    options: object
    measure: object
    steps: tuple[str, ...] | None
    by_letter: Mapping[str, tuple[str, ...]]


def contradictions(policy: Policy, source: str, elsewhere: Collection[str] = ()) -> Iterator[Text]:
    """Every fault of a page, one sentence each. `elsewhere`: flows of other pages, which a renewal's measures may go by."""
    try:
        page = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        yield Text(f"流程页面读不懂（{error}）", f"the page of flows cannot be read ({error})")
        return
    yield from _wrong_imports(page)
    written = {one.name: one for one in page.body if isinstance(one, ast.FunctionDef) and _flow(one) is not None}
    measures = {measure.flow: measure for measure in policy.measures if measure.items}
    for name in written.keys() - measures.keys():
        zh = f"流程 {name} 不属于 {policy.code} 的任何举措：流程须与举措的文件同名"
        yield Text(zh, f"the flow {name} is of no measure of {policy.code}: it is named as the measure's file")
    for name, measure in measures.items():
        if name in written:
            yield from _of_flow(measure, written[name])
        elif name not in elsewhere:
            key, steps = _key(measure), {item.id: STEPS[item.chain] for item in measure}
            shown = "；".join(f"{item}：{_listed(way)}" for item, way in steps.items())
            zh = f"{measure.code} 在流程页面上没有流程 {name}：@flow(**options(M[{key!r}]))，环节 {shown}"
            yield Text(
                zh, f"{measure.code} has no flow {name} on the page: @flow(**options(M[{key!r}])), steps {shown}"
            )


def _of_flow(measure: Measure, function: ast.FunctionDef) -> Iterator[Text]:
    name, key = function.name, _key(measure)
    if (shown := _read(function)) is None:
        zh = f"流程 {name} 应只有一句：return chain(M[…], cases, …) 或 chains(M[…], cases, a=(…), …)"
        yield Text(zh, f"the flow {name} should be one statement: return chain(M[…], cases, …), or chains(…)")
        return
    for said in {shown.options, shown.measure} - {key}:
        zh = f"流程 {name} 写的是 M[{said!r}]，应为 M[{key!r}]（{measure.code}）"
        yield Text(zh, f"the flow {name} says M[{said!r}] where {measure.code} is M[{key!r}]")
    ways = {item.id: shown.by_letter.get(_letter(measure, item), shown.steps) for item in measure}
    for item in measure:
        yield from _of_item(name, item, ways[item.id])
    for letter in shown.by_letter.keys() - {_letter(measure, item) for item in measure}:
        yield Text(
            f"流程 {name} 写有 {letter}=，而 {measure.code} 没有事项 {measure.code}{letter}",
            f"the flow {name} shows {letter}=, and there is no item {measure.code}{letter}",
        )


def _of_item(flow: str, item: Item, steps: tuple[str, ...] | None) -> Iterator[Text]:
    right = STEPS[item.chain]
    if steps != right:
        now = _listed(steps or ()) or "–"
        zh = f"流程 {flow}：{item.id} 是{item.chain.zh}，环节应为 {_listed(right)}，现为 {now}"
        yield Text(zh, f"the flow {flow}: {item.id} is a {item.chain.en}: its steps are {_listed(right)}, not {now}")


def _wrong_imports(page: ast.Module) -> Iterator[Text]:
    """A step under another step's name would do what the page does not show."""
    for node in page.body:
        for one in node.names if isinstance(node, ast.ImportFrom) else ():
            if one.asname in _STEPS and one.asname != one.name:
                zh = f"流程页面把 {one.name} 叫作 {one.asname}：环节须用本名"
                yield Text(zh, f"the page calls {one.name} by the name of {one.asname}: steps keep their names")
    for node in page.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in _STEPS:
            zh = f"流程页面自己定义了 {node.name}：环节须从 flows.kit 导入"
            yield Text(zh, f"the page defines {node.name} itself: steps are imported from flows.kit")


def _flow(function: ast.FunctionDef) -> object | None:
    """The measure that `@flow(**options(M[…]))` names; None where the function is no flow."""
    for one in function.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func) in ("flow", "prefect.flow"):
            inner = next((word.value for word in one.keywords if word.arg is None), None)
            options = isinstance(inner, ast.Call) and len(inner.args) == 1 and ast.unparse(inner.func) == "options"
            return _subscript(inner.args[0]) if options and isinstance(inner, ast.Call) else ast.unparse(one)
    return None


def _read(function: ast.FunctionDef) -> Written | None:
    body = [one for one in function.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    said = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if not isinstance(said, ast.Call) or len(said.args) < 2 or ast.unparse(said.args[1]) != "cases":
        return None
    head = {"options": _flow(function), "measure": _subscript(said.args[0])}
    rest = tuple(ast.unparse(one) for one in said.args[2:])
    letters = {str(word.arg): word.value for word in said.keywords}
    if ast.unparse(said.func) == "chain" and not letters:
        return Written(**head, steps=rest, by_letter={})
    if ast.unparse(said.func) == "chains" and not rest and all(isinstance(one, ast.Tuple) for one in letters.values()):
        ways = {name: tuple(map(ast.unparse, one.elts)) for name, one in letters.items() if isinstance(one, ast.Tuple)}
        return Written(**head, steps=None, by_letter=ways)
    return None


def _subscript(node: ast.expr) -> object:
    """14 of M[14]; else the words that stand there."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value
    return ast.unparse(node)


def _letter(measure: Measure, item: Item) -> str:
    """a of M14a; "" of M14."""
    return item.id.removeprefix(measure.code).lower()


def _key(measure: Measure) -> object:
    """How the page names the measure: M[14], M["S2"]."""
    return measure.number or measure.code


def _listed(steps: Collection[str]) -> str:
    return " → ".join(steps)
