"""What a measure still lacks, in both languages and with the lines to paste: whoever runs the tests or `policy check` is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

from policies.built_in import BUILT_IN
from policies.forms import Text
from policies.measures import Chain, Item, Measure
from policies.policy import Policy

_MODULE = re.compile(r"(?P<code>[ms]\d+)_(?P<slug>[a-z0-9_]+)")
EXAMPLES = 3  # of a money item; other items show at least a yes and a no
OTHER_EXAMPLES = 2
STEPS = {  # of a flow, in their order
    Chain.CASH_GRANT: ("submit", "certify", "compute", "announce", "pay"),
    Chain.IN_KIND: ("submit", "certify", "compute", "announce", "deliver"),
    Chain.PROGRAMME: ("submit", "certify", "compute", "report"),
}


def missing(policy: Policy, package: str | None = None, flows: Collection[str] | None = None) -> list[Text]:
    """Every gap as one sentence with the lines that close it; an empty list means that nothing is missing.

    `package` holds the measures' files, "" where the policy has none of its own (a renewal). `flows` are the names of the flows
    that exist; None leaves them out, for the law does not know the engine.
    """
    package = BUILT_IN[policy.code] if package is None else package
    found = [*(_registration(policy, package) if package else ()), *_gaps_of_items(policy)]
    return found + ([] if flows is None else [gap for one in policy.measures for gap in _flow_gaps(one, flows)])


def _registration(policy: Policy, package: str) -> Iterator[Text]:
    folder = Path(next(iter(import_module(package).__path__)))
    registered = {measure.flow: measure for measure in policy.measures}
    for path in sorted(folder.glob("*.py")):
        match = _MODULE.fullmatch(path.stem)
        if match and path.stem not in registered:
            line = f'\n    "{path.stem}",'
            yield Text(
                f"{path.name} 未登记；请加入 {package} 的 MODULES：{line}",
                f"{path.name} is not registered; add to MODULES of {package}:{line}",
            )
        elif match and registered[path.stem].code != _code(match["code"]):
            held, line = registered[path.stem].code, f'code="{_code(match["code"])}",'
            yield Text(f"{path.name} 中是 {held}；请写 {line}", f"{path.name} holds {held}; set {line}")
    numbers = {measure.number for measure in policy.measures if measure.number}
    for number in sorted(set(range(1, max(numbers, default=0))) - numbers):
        file = f"{folder.name}/m{number:02d}_<slug>.py"
        zh = f"第 {number} 项举措没有文件；请写 {file}，其中有 MEASURE"
        yield Text(zh, f"measure {number} has no file; write {file} with a MEASURE")


def _flow_gaps(measure: Measure, flows: Collection[str]) -> Iterator[Text]:
    if not measure.items or measure.flow in flows:
        return
    key = measure.number or f'"{measure.code}"'
    head = f"\n@flow(**options(M[{key}]))\ndef {measure.flow}(cases: list[UUID] | None = None) -> RunSummary:\n"
    lines = head + "\n".join(_body(measure, key))
    code = measure.code
    yield Text(
        f"{code} 没有流程；请加到政策的流程页面：{lines}", f"{code} has no flow; add to the policy's page:{lines}"
    )


def _body(measure: Measure, key: object) -> Iterator[str]:
    """The steps of each item, once where all items go the same way."""
    ways = {item.id: ", ".join(STEPS[item.chain]) for item in measure}
    if len(set(ways.values())) == 1:
        yield f"    return chain(M[{key}], cases, {next(iter(ways.values()))})"
        return
    yield f"    return chains(\n        M[{key}],\n        cases,"
    for item, steps in ways.items():
        yield f"        {item.removeprefix(measure.code).lower()}=({steps}),"
    yield "    )"


def _gaps_of_items(policy: Policy) -> Iterator[Text]:
    """Of every item in each of its versions; what a version took over from the one before it is told once."""
    told = (gap for item in policy for version in policy.versions_of(item.id) for gap in _item_gaps(version))
    return iter(dict.fromkeys(told))


def _item_gaps(item: Item) -> Iterator[Text]:
    for form in (item.claim, item.facts):
        name = form.__name__
        if not is_dataclass(form):
            yield Text(
                f"{item.id}：{name} 不是表单，请在其上写 @form", f"{item.id}: {name} is no form; put @form above it"
            )
            continue
        for one in fields(form):
            wording, line = one.metadata.get("label"), 'label("…", "…")'
            if not isinstance(wording, Text) or not (wording.zh and wording.en):
                zh, en = f"{name}.{one.name} 没有名称；请写 {line}", f"{name}.{one.name} has no wording; write {line}"
                yield Text(f"{item.id}：{zh}", f"{item.id}: {en}")
    yield from _wrong_names(item)
    least, number = (EXAMPLES if item.pays else OTHER_EXAMPLES), len(item.examples)
    if number < least:
        line = "Example(title=…, facts=…, …),"
        zh = f"{item.id}：算例 {number} 个，至少应有 {least} 个；请加 {line}"
        yield Text(zh, f"{item.id}: {number} worked examples of at least {least}; add {line}")
    if item.pays and not item.evidence:
        line = "Slot(id=…, title=Text(…, …)),"
        yield Text(f"{item.id}：没有材料；请加 {line}", f"{item.id}: no evidence; add {line}")
    if not (item.title.zh and item.title.en and item.clause and item.rule.__doc__):
        zh = f"{item.id}：两种语言的名称、条款和规则的说明（docstring）缺一不可"
        yield Text(zh, f"{item.id}: title in both languages, clause and the rule's docstring are all needed")


def _wrong_names(item: Item) -> Iterator[Text]:
    known = get_type_hints(item.facts) if is_dataclass(item.facts) else {}
    known_by = [name for one in item.known_by for name in one.names]
    for name in (*item.subject, *item.event_dates, *item.days, *item.further_keys.values(), *known_by):
        if name not in known:
            form = item.facts.__name__
            yield Text(f"{item.id}：{form} 没有字段 {name}", f"{item.id}: {form} has no field {name}")
    if item.pays and not item.event_dates:
        line = "event_dates=(…,)"
        yield Text(f"{item.id}：没有事项发生日期；请写 {line}", f"{item.id}: no date of the event; set {line}")
    slots = [slot.id for slot in item.evidence]
    for twice in sorted({name for name in slots if slots.count(name) > 1}):
        yield Text(f"{item.id}：两个材料都叫 {twice}", f"{item.id}: two evidence slots are called {twice}")


def _code(stem: str) -> str:
    """m07 -> M7, s1 -> S1."""
    return stem[0].upper() + str(int(stem[1:]))
