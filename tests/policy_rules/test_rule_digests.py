"""Rules that were used are never edited: their digests are on record. They change with what decides an amount, only."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import policies
from policies.canonical import spelled
from policies.digests import digests

ROOT = Path(policies.__file__).parents[1]
RECORD = Path(__file__).with_name("rule_digests.json")
HOW = "a rule or its figures changed; if none was used yet: python -m policies.digests XZ2023 > " + RECORD.name
XZ2023 = "policies/xiuzhou_2023/"
M4, M14 = XZ2023 + "m04_new_products.py", XZ2023 + "m14_trade_fairs.py"


def test_every_rule_is_the_one_on_record() -> None:
    on_record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert digests("XZ2023") == on_record, HOW


def test_every_item_has_a_digest_of_its_own() -> None:
    plan = policies.get("XZ2023")
    found = [item.digest for item in plan]
    assert len(set(found)) == len(found) and all(len(digest) == 64 for digest in found)


def _asked(root: Path, python: str = sys.executable) -> dict[str, str]:
    """The digests as another process reads them from a tree."""
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root)}
    command = [python, "-m", "policies.digests", "XZ2023"]
    answer = subprocess.run(command, cwd=root, env=settings, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(answer.stdout)
    return found


def _edited(folder: Path, *edits: tuple[str, str, str]) -> dict[str, str]:
    """The digests of a copy of the law in which texts (file, old, new) are others."""
    shutil.copytree(ROOT / "policies", folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in edits:
        path = folder / file
        before = path.read_text(encoding="utf-8")
        assert old in before, f"{file} no longer says {old}"
        path.write_text(before.replace(old, new, 1), encoding="utf-8")
    return _asked(folder)


DECIDES = (
    ("a ceiling", M14, "Money.wan(30)", "Money.wan(31)", "M14b", "M4a"),
    ("an amount by level", M4, "Level.NATIONAL: Money.wan(150)", "Level.NATIONAL: Money.wan(151)", "M4a", "M4b"),
    ("a rule's line", M4, "sheet.price(level=facts.level)", "sheet.price(level=Level.MUNICIPAL)", "M4a", "M4b"),
    ("what it is for", M4, 'subject=("product", "model")', 'subject=("product",)', "M4a", "M4b"),
    ("the date that counts", M4, 'event_dates=("awarded_on",)', "event_dates=()", "M4b", "M4a"),
    ("a form's limit", M4, "minimum=1950", "minimum=1900", "M4b", "M4a"),
    ("a choice's value", M4, 'OTHER = "other"', 'OTHER = "others"', "M4b", "M4a"),
    ("a helper", XZ2023 + "common.py", 'among=("full", "equal")', 'among=("equal", "full")', "M4b", "M4a"),
    ("a helper's constant", "policies/forms.py", "_INVOICE_DIGITS = 16", "_INVOICE_DIGITS = 18", "M4a", ""),
    ("the sheet", "policies/worksheet.py", "max(ceiling - paid, 0)", "max(ceiling - paid, 1)", "M4b", "M4a"),
    ("the arithmetic", "policies/money.py", "return amount * self.numerator //", "return amount //", "M15a", ""),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "changed", "kept"), [change[1:] for change in DECIDES], ids=[change[0] for change in DECIDES]
)
def test_what_decides_an_amount_changes_the_digest(
    tmp_path: Path, file: str, old: str, new: str, changed: str, kept: str
) -> None:
    before, after = digests("XZ2023"), _edited(tmp_path, (file, old, new))
    assert before[changed] != after[changed]
    assert not kept or before[kept] == after[kept]


DOES_NOT = (
    ("an example's title", M4, 'title="国际首台（套）"', 'title="国际首套"'),
    ("an item's title", M4, "首台（套）装备、首批次新材料补助", "首台（套）补助"),
    ("a field's label", M4, '"认定级别", "level"', '"级别", "grade"'),
    ("a choice's wording", M4, '"international", "国际", "international"', '"international", "国际级", "world"'),
    ("words of a refusal", M4, "申请企业不是获奖设计的权利人", "不是权利人"),
    ("a docstring", M4, '"""A fixed amount by level;', '"""One amount by level;'),
    ("a comment", M4, "AMOUNTS = ByLevel(", "# a remark\nAMOUNTS = ByLevel("),
    ("an example", M4, 'amount="1300000.00"', 'amount="1300000.01"'),
    ("a parameter's wording", XZ2023 + "common.py", "full：各自全额", "full：各得全额"),
    ("words of a fault", "policies/forms.py", "必填，且不接受浮点数", "必填"),
    (
        "a verb that no rule used",
        "policies/sheet.py",
        "    def once(",
        "    def never(self) -> None: ...\n\n    def once(",
    ),
)


@pytest.mark.slow
def test_words_and_remarks_do_not_change_a_digest(tmp_path: Path) -> None:
    after = _edited(tmp_path, *(change[1:] for change in DOES_NOT))
    before = digests("XZ2023")
    assert {name for name in before if before[name] != after[name]} == set(), [change[0] for change in DOES_NOT]


def _pythons() -> list[str]:
    """Other supported Pythons of this machine, beside this one."""
    names = [f"python3.{minor}" for minor in range(11, 15)]
    near = [str(path) for name in names for path in Path(sys.base_prefix).parent.glob(f"*/bin/{name}")]
    return [*near, *filter(None, (shutil.which(name) for name in names)), sys.executable]


@pytest.mark.slow
def test_every_python_of_this_machine_reads_the_same_digests() -> None:
    asked = []
    for python in dict.fromkeys(_pythons()):
        answer = subprocess.run(
            [python, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True
        )
        if answer.returncode == 0 and answer.stdout not in asked:  # a shim may stand for a version that is not there
            asked.append(answer.stdout)
            assert _asked(ROOT, python) == digests("XZ2023"), answer.stdout
    assert asked


def test_a_tree_is_spelled_alike_whatever_a_python_adds_to_it() -> None:
    """Later Pythons add fields to nodes and split texts otherwise; both are the same code."""
    text = 'def one(a: int) -> str:\n    """Words."""\n    return f"{a}元" "整" if a > 1 else "x"\n'
    later = ast.parse(text)
    function = later.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.type_params = []  # type: ignore[attr-defined,unused-ignore]
    for node in ast.walk(later):
        if isinstance(node, ast.JoinedStr):
            node.values = [*node.values[:1], ast.Constant("元"), ast.Constant(""), ast.Constant("整")]
            node.values.insert(0, ast.Constant(""))
    from policies.canonical import _Writer

    assert _Writer().write(later) == spelled(text) == spelled("def one(a):\n  return f'{a}元整' if a > 1 else 'x'")
    assert spelled(text) != spelled(text.replace("元", "角")) != spelled(text.replace("> 1", ">= 1"))


def test_a_rule_made_by_a_function_has_what_it_was_made_with_in_its_digest() -> None:
    from dataclasses import replace

    item = policies.get("XZ2023").item("M14b")

    def made(least: int):  # type: ignore[no-untyped-def]
        def rule(facts, sheet):  # type: ignore[no-untyped-def]
            sheet.require(facts.recognised > least, "太少")

        return rule

    assert replace(item, rule=made(1)).digest == replace(item, rule=made(1)).digest
    assert replace(item, rule=made(1)).digest != replace(item, rule=made(2)).digest
