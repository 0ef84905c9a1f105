"""Whatever an imported sheet can be told is wrong is written down in Chinese and in English, wherever it is written down."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import casework
import policies
from casework.fields import plan
from casework.sheets.columns import of_form
from casework.sheets.reading import SheetFault
from policies.contradictions import english
from policies.forms import Choice, WrongFacts
from policies.measures import Item
from support.bilingual import CHINESE, QUOTED

CODE = Path(casework.__file__).parent
RULES = Path(policies.__file__).parent
FILES = (
    *sorted(path for path in (CODE / "sheets").glob("*.py") if path.name != "__init__.py"),
    *(CODE / f"{name}.py" for name in ("evidence", "fields", "importing", "papers")),
    *(
        CODE / "registers" / f"{name}.py"
        for name in ("accounts", "benefits", "holidays", "identity", "parties", "rankings", "rates", "units")
    ),
)
SAID = {
    "Refused": 1,
    "refused": 1,
    "WrongCell": 0,
    "Fault": 2,
    "fault": 1,
    "SheetFault": None,
}  # where the Chinese stands


def told(path: Path) -> Iterator[tuple[int, str | None, str | None]]:
    """Line, Chinese and English of every fault in a file; None for a wording that is made elsewhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or (name := getattr(node.func, "id", "")) not in SAID:
            continue
        place, named = SAID[name], {one.arg: one.value for one in node.keywords}
        if place is None:
            assert {"zh", "en"} <= set(named), f"{path.name}:{node.lineno} lacks a language"
            yield node.lineno, _text(named["zh"]), _text(named["en"])
        elif not any(isinstance(one, ast.Starred) for one in node.args):
            assert len(node.args) >= place + 2, f"{path.name}:{node.lineno} lacks a language"
            yield node.lineno, _text(node.args[place]), _text(node.args[place + 1])


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_fault_lacks_a_language_and_the_english_is_english(path: Path) -> None:
    for line, zh, en in told(path):
        assert zh is None or CHINESE.search(zh), f"{path.name}:{line} is not in Chinese: {zh}"
        assert en is None or (en.strip() and not CHINESE.search(QUOTED.sub("", en))), f"{path.name}:{line}: {en}"


def test_the_faults_are_found_at_all() -> None:
    assert sum(len(list(told(path))) for path in FILES) > 90


@pytest.mark.parametrize("item", list(policies.get("XZ2023")), ids=lambda item: item.id)
def test_labels_and_choices_have_their_english(item: Item) -> None:
    for form in (item.claim, item.facts):
        for one in plan(form):
            assert one.label.en and not CHINESE.search(one.label.en), one.name
            if isinstance(one.kind, type) and issubclass(one.kind, Choice):
                assert all(member.en and not CHINESE.search(member.en) for member in one.kind), one.name
        assert all(column.title for column in of_form(form))


def test_every_contradiction_between_fields_is_said_in_english() -> None:
    found = 0
    for path in (RULES / "forms.py", RULES / "programme.py", *sorted((RULES / "xiuzhou_2023").glob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "WrongFacts":
                field = ast.literal_eval(node.args[0]) if isinstance(node.args[0], ast.Constant) else ""
                said = len(node.args) == 3 or english(WrongFacts(field, "算例")) != english(WrongFacts("", "算例"))
                assert said, f"{path.name}:{node.lineno} {field}: add its English to policies/contradictions.py"
                found += 1
    assert found > 10


def test_a_fault_is_one_line_in_the_language_asked_for_with_the_place_first() -> None:
    fault = SheetFault(sheet="人员", row=3, key="login", zh="登录名 必填", en='"登录名": required')
    assert (fault.words(), fault.words("en")) == ("人员 第 3 行：登录名 必填", 'sheet "人员" row 3: "登录名": required')
    assert (fault.message("en"), fault.field, fault.label.en) == ('"登录名": required', "人员!3:login", "login")
