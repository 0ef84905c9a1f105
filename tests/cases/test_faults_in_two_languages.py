"""Whatever an imported sheet can be told is wrong is written down in Chinese and in English, wherever it is written down."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import policies
from casework.forms.form_fields import plan
from casework.spreadsheets.columns import of_form
from casework.spreadsheets.workbook_reading import RowFault
from policies.contradictions import english
from policies.forms import Choice, WrongFacts
from policies.measures import Item
from support.bilingual import CHINESE, QUOTED

RULES = Path(policies.__file__).parent
MODULES = (
    "casework.act_list_workbook",
    "casework.parties.contact_workbook",
    "casework.spreadsheets.answered_workbook",
    "casework.applications.application_workbook",
    "casework.funds.budget_workbook",
    "casework.staff.unit_workbooks",
    "casework.spreadsheets.columns",
    "casework.policy_settings.holiday_workbook",
    "casework.parties.party_workbook",
    "casework.applications.fact_workbook",
    "casework.programmes.figure_workbook",
    "casework.spreadsheets.workbook_guard",
    "casework.spreadsheets.register_workbook",
    "casework.programmes.ranking_page",
    "casework.programmes.ranking_workbook",
    "casework.programmes.payout_workbook",
    "casework.spreadsheets.workbook_reading",
    "casework.awards.benefit_workbook",
    "casework.staff.staff_workbook",
    "casework.parties.account_workbook",
    "casework.spreadsheets.workbook_writing",
    "casework.applications.evidence_vault",
    "casework.forms.form_fields",
    "casework.applications.application_import",
    "casework.applications.media_types",
    "casework.parties.payee_accounts",
    "casework.awards.external_benefits",
    "casework.policy_settings.holidays",
    "casework.privacy.identity_numbers",
    "casework.parties.party_register",
    "casework.programmes.ranking_catalogue",
    "casework.programmes.reported_payouts",
    "casework.staff.unit_register",
)
FILES = tuple(Path(str(import_module(name).__file__)) for name in MODULES)
SAID = {
    "Refused": 1,
    "refused": 1,
    "WrongCell": 0,
    "Fault": 2,
    "fault": 1,
    "RowFault": None,
}  # where the Chinese stands


def told(path: Path) -> Iterator[tuple[int, str | None, str | None]]:
    """Line, Chinese and English of every fault in a file; None for a wording that is made elsewhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or (name := getattr(node.func, "id", "")) not in SAID:
            continue
        place, named = SAID[name], {keyword.arg: keyword.value for keyword in node.keywords}
        if place is None:
            assert {"zh", "en"} <= set(named), f"{path.name}:{node.lineno} lacks a language"
            yield node.lineno, _text(named["zh"]), _text(named["en"])
        elif not any(isinstance(arg, ast.Starred) for arg in node.args):
            assert len(node.args) >= place + 2, f"{path.name}:{node.lineno} lacks a language"
            yield node.lineno, _text(node.args[place]), _text(node.args[place + 1])


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(value.value) if isinstance(value, ast.Constant) else "…" for value in node.values)
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
        for field in plan(form):
            assert field.label.en and not CHINESE.search(field.label.en), field.name
            if isinstance(field.kind, type) and issubclass(field.kind, Choice):
                assert all(member.en and not CHINESE.search(member.en) for member in field.kind), field.name
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
    fault = RowFault(sheet="人员", row=3, key="login", zh="登录名 必填", en='"登录名": required')
    assert (fault.words(), fault.words("en")) == ("人员 第 3 行：登录名 必填", 'sheet "人员" row 3: "登录名": required')
    assert (fault.message("en"), fault.field, fault.label.en) == ('"登录名": required', "人员!3:login", "login")
