"""A policy's package as a whole: what is missing, what contradicts, in both languages. `duixian policy check` shows it."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Collection, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

from policies.conformity import missing
from policies.finding import OURS
from policies.flow_page import contradictions
from policies.forms import Text
from policies.measures import Item
from policies.policy import Policy
from policies.programme import indicators

# What the law never needs: a clock, chance, processes, the network. A test holds this against the contract of our own law.
FORBIDDEN = frozenset(
    """asyncio concurrent ctypes http multiprocessing random secrets socket socketserver sqlite3 ssl subprocess
    threading time urllib uuid""".split()
)
CALENDAR = "chinese_calendar"
_PAGE_MAY = frozenset({"flows", "tasks", "casework", "prefect", "uuid"})  # beside what the law may
_ASKING = frozenset(  # verbs of the sheet whose first word is a parameter
    "among at_least where_set definition once times price upgrade share less at_most_months value entry".split()
)
_FICTIONAL = ("虚构", "示例", "算例")


def faults(module: str, elsewhere: Collection[str] = (), page: str | None = None) -> list[Text]:
    """Everything that is missing from the policy of an importable module, or contradicts; [] where all is right.

    `elsewhere`: the flows of other pages, by which a renewal's measures may go. `page`: the module of its own page of flows,
    where it is not the one that the policy names.
    """
    held = import_module(module)
    policy = held.POLICY
    file = Path(held.__file__ or "")
    package = (held.__package__ or "") if file.name in ("__init__.py", "policy.py") else ""
    own = package if any(item.rule.__module__.startswith(f"{package}.") for item in policy if package) else ""
    if page is None:
        page = getattr(held, "PAGE", f"{package}.page" if package else "")
    files = sorted(file.parent.rglob("*.py")) if package else [file]
    page_file = _file_of(page)
    law = [one for one in files if one != page_file]
    found = [*missing(policy, own), *_wordings(policy), *_untrue(policy), *_parameters(policy)]
    found += [fault for one in law for fault in _imports(one, package or module, frozenset())]
    if page_file is not None:
        found += [*_imports(page_file, package or module, _PAGE_MAY)]
        found += contradictions(policy, page_file.read_text(encoding="utf-8"), elsewhere)
    else:
        found += _without_page(policy, elsewhere, f"{package}/page.py" if package else f"{module}: PAGE")
    return list(dict.fromkeys(found))


def notes(policy: Policy) -> list[Text]:
    """What is no fault, and whoever means to use the policy should know."""
    found = []
    if any(word in policy.title.zh or word in policy.district.zh for word in _FICTIONAL):
        zh = f"{policy.code} 标明为虚构或示例：据所发文件改写以前，不得用于正式办理"
        found.append(Text(zh, f"{policy.code} is marked as fictional: rewrite it after the document before real use"))
    return found


def _file_of(page: str) -> Path | None:
    try:
        spec = find_spec(page) if page else None
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin else None


def _without_page(policy: Policy, elsewhere: Collection[str], where: str) -> Iterator[Text]:
    """A policy without a page of its own is a renewal, whose measures keep their flows."""
    for measure in policy.measures:
        if measure.items and measure.flow not in elsewhere:
            zh = f"{measure.code} 没有流程 {measure.flow}，本政策也没有流程页面：请写 {where}"
            yield Text(
                zh, f"{measure.code} has no flow {measure.flow}, and the policy has no page of flows: write {where}"
            )


def _wordings(policy: Policy) -> Iterator[Text]:
    """Names in both languages, and units that the policy itself lists."""
    named = {"title": policy.title, "district": policy.district}
    named |= {f"{one.code} title": one.title for one in policy.measures}
    for what, text in named.items():
        if not (text.zh.strip() and text.en.strip()):
            yield Text(f"{what}：两种语言的名称缺一不可", f"{what}: a wording in both languages is needed")
    listed = {unit.zh for unit in policy.units}
    for one in policy.measures:
        if not one.units:
            yield Text(f"{one.code} 没有责任单位", f"{one.code} has no unit in charge")
        for unit in one.units:
            if unit.zh not in listed:
                zh = f"{one.code} 的责任单位 {unit} 不在政策的 units 中"
                yield Text(zh, f"{one.code}: {unit} ({unit.en}) is not among the policy's units")
        if one.items and not one.flow:
            zh = f"{one.code} 没有流程名：请用 measures_in(…) 登记其文件"
            yield Text(zh, f"{one.code} has no flow's name: register its file by measures_in(…)")
    if policy.treasury and policy.treasury.zh not in listed:
        zh = f"拨付单位 {policy.treasury} 不在政策的 units 中"
        yield Text(zh, f"the treasury {policy.treasury} ({policy.treasury.en}) is not among the policy's units")
    try:
        indicators(policy)
    except ValueError as twice:
        yield Text(str(twice), f"two indicators have one id: {twice}")


def _untrue(policy: Policy) -> Iterator[Text]:
    """Worked examples that come out otherwise, and money items that show only one side."""
    for item in policy:
        for example in item.examples:
            try:
                said = example.difference(item.run(example))
            except Exception as error:
                said = f"{example.title}: {type(error).__name__}: {error}"
            if said:
                yield Text(f"{item.id} 的算例不符：{said}", f"{item.id}: a worked example comes out otherwise: {said}")
        if item.pays and item.examples and not any(one.amount for one in item.examples):
            yield Text(f"{item.id}：没有一个算例付款", f"{item.id}: no worked example pays")
        if item.examples and not any(one.refused for one in item.examples):
            yield Text(f"{item.id}：没有一个算例不予支持", f"{item.id}: no worked example is refused")


def _parameters(policy: Policy) -> Iterator[Text]:
    """Open points that a required parameter leaves unshown; ids that two of an item's parameters have."""
    for item in policy:
        ids = [one.id for one in item.parameters]
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            yield Text(f"{item.id}：两个参数都叫 {twice}", f"{item.id}: two parameters are called {twice}")
        if needed := sorted(one.id for one in item.parameters if one.required):
            yield from _unshown(item, needed)
        for name in sorted(_asked(item) - set(ids)):
            zh = f"{item.id}：规则用到参数 {name}，而事项未列出它；请加入 parameters"
            yield Text(
                zh, f"{item.id}: the rule asks for {name}, which the item does not declare; add it to parameters"
            )


def _asked(item: Item) -> set[str]:
    """The parameters that the rule itself names."""
    try:
        rule = ast.parse(dedent(inspect.getsource(item.rule)))
    except (OSError, TypeError, SyntaxError):
        return set()
    found = set()
    for node in ast.walk(rule):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[:1] if node.func.attr in _ASKING else []
            scope = [word.value for word in node.keywords if (node.func.attr, word.arg) == ("cap", "scope")]
            found |= {
                one.value for one in (*first, *scope) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            }
    return found


def _unshown(item: Item, needed: list[str]) -> Iterator[Text]:
    if item.pays and not any(set(one.missing) >= set(needed) for one in item.examples):
        zh = f"{item.id}：没有算例写明参数未设定时的结果（missing=({', '.join(needed)})）"
        yield Text(zh, f"{item.id}: no worked example shows what is answered while {', '.join(needed)} is unset")


def _imports(file: Path, package: str, more: frozenset[str]) -> Iterator[Text]:
    """A law of Python, its calendar and `policies`: what else a file imports; and the floats that it holds."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError) as error:
        yield Text(f"{file.name} 读不懂（{error}）", f"{file.name} cannot be read ({error})")
        return
    may = (sys.stdlib_module_names - FORBIDDEN) | {CALENDAR, "policies", package.split(".")[0]} | more
    for name in sorted(_imported(tree) - may):
        kind = (
            Text("本程序的上层模块", "a layer above the law") if name in OURS else Text("不在允许之列", "not allowed")
        )
        yield Text(
            f"{file.name} 导入了 {name}（{kind.zh}）：政策只导入 Python 自带的模块、{CALENDAR} 和 policies",
            f"{file.name} imports {name} ({kind.en}): a policy imports Python's own modules, {CALENDAR} and policies",
        )
    floats = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, float))
    for line in sorted({one.lineno for one in floats}):
        zh = f"{file.name} 第 {line} 行有浮点数：金额和比例用 Money、Rate 或分数"
        yield Text(zh, f"{file.name}, line {line}: a float; amounts and rates are Money, Rate or a fraction")


def _imported(tree: ast.AST) -> set[str]:
    """The top names of what a file imports, wherever in it; a relative import is of its own package."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    return {name.split(".")[0] for name in names}
