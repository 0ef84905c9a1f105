"""How a parameter's value is written is shown for every name, and each form shown is one that is read."""

import json
from typing import Any

import pytest

import policies
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_definitions import definitions
from casework.shared.errors import Refused
from cli import value_forms
from models import Duty
from support.office import code
from support.stage import VALUES, officer

XZ2023 = policies.get("XZ2023")


@pytest.mark.parametrize("name", definitions(XZ2023))
def test_every_form_shown_is_read(name: str) -> None:
    what = definitions(XZ2023)[name]
    shown = value_forms.forms(name.partition(":")[0], what.what.kind)
    assert shown
    for line in shown:
        what.parse(line)


def test_the_forms_are_shown_as_commands_to_copy(office: Any) -> None:
    found = office.json("settings", "form", "P-payer")
    assert set(found["forms"][0]) == {"name", "bank", "account", "clearing_code"}
    assert "duixian settings set P-payer" in office("settings", "form", "P-payer")
    shape = next(name for name, definition in definitions(XZ2023).items() if definition.what.kind.name == "shape")
    assert [
        form["shape"] if isinstance(form, dict) else form for form in office.json("parameters", "form", shape)["forms"]
    ]
    assert office.error("parameters", "form", "P99", code=1)["code"] == "parameter"


@pytest.mark.parametrize(
    "change",
    [
        {"account": "九九"}, {"account": ""}, {"clearing_code": "1023"}, {"clearing_code": "10233500000X"}, {"name": "  "},
        {"name": "演" * 141}, {"bank": "演示\u200b银行"}, {"name": None}, {"further": "1"}, {"account": "6" * 40},
    ],
)  # fmt: skip
def test_a_paying_account_that_cannot_be_written_is_refused_when_it_is_set(office: Any, change: dict[str, Any]) -> None:
    value = {key: inner for key, inner in {**VALUES["P-payer"], **change}.items() if inner is not None}  # type: ignore[dict-item]
    office.stage  # noqa: B018 - furnishes the store
    new = parameter_register.Proposal(policy="XZ2023", name="P-payer", value=value, citation="演示")
    with pytest.raises(Refused):
        parameter_register.propose(office.store, officer(Duty.PARAMETER_AUTHOR), new)
    path = office.write("payer.json", json.dumps(value, ensure_ascii=False))
    error = office.error(
        "settings", "set", "P-payer", f"@{path}", "--citation", "演示", "--as", "parameter_author-0", code=1
    )
    assert error["message"]


@pytest.mark.parametrize(
    "value",
    ["{}", "[]", "ratio", '{"shape": "ratio"}', '{"shape": "tiers", "tiers": [{"from": "0"}]}', '{"shape": "tiers", "tiers": "x"}',
     '{"shape": "by_level", "levels": {"x": "1"}}', '{"shape": "ratio", "rate": "130%"}', '{"shape": "fixed", "amount": "-1"}'],
)  # fmt: skip
def test_a_shape_that_is_none_is_refused_when_it_is_set(office: Any, value: str) -> None:
    office.stage  # noqa: B018 - furnishes the store
    shapes = [name for name, definition in definitions(XZ2023).items() if definition.what.kind.name == "shape"]
    for shape in shapes[:2]:
        ways = ("parameters", "set", shape, value, "--citation", "演示", "--as", "parameter_author-0")
        error = office.run(*ways, "--json")
        assert error.exit_code in (1, 2), error.output


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("P-exclusions", '{"算例织造有限公司": "失信"}', "不是统一社会信用代码"),
        ("P-exclusions", json.dumps({code(1)[:-1] + ("1" if code(1)[-1] != "1" else "2"): "失信"}), "校验位不符"),
        ("P-sectors", '{"M4": ["毛衫"]}', "没有事项 M4；是否为：M4"),
        ("P-sectors", '{"毛衫": ["毛衫"]}', "没有事项 毛衫"),
        ("P-registration", '["M4a", "M99z"]', "没有事项 M99z"),
        ("P-access", '{"M4": "on_application"}', "没有事项 M4"),
        ("P-lead", '{"M77": "区经商局"}', "没有条目或事项 M77"),
        ("P-lead", '{"M7": "区市场监督局"}', "没有单位“区市场监督局”；是否为：区市场监管局"),
        ("P-lead", '{"M7": "区市场监管局", "M2": "办公室"}', "没有单位“办公室”"),
        ("P-reminder-days", '["一周"]', "天数"),
    ],
)
def test_an_entry_that_no_case_could_meet_is_refused(office: Any, name: str, value: str, says: str) -> None:
    group = "settings" if definitions(XZ2023)[name].ours else "parameters"
    said = ("--citation", "演示", "--as", "parameter_author-0")
    assert says in office.error(group, "set", name, value, *said, code=1)["message"]


def test_the_form_of_a_list_of_firms_or_items_shows_a_code_or_an_item(office: Any) -> None:
    assert """P-exclusions '{"91330411""" in office("parameters", "form", "P-exclusions")
    assert """P-sectors '{"M1""" in office("parameters", "form", "P-sectors")
    office.stage  # noqa: B018 - furnishes the store
    listed = json.dumps({code(1).lower(): "失信"})
    office("parameters", "set", "P-exclusions", listed, "--citation", "演示", "--as", "parameter_author-0")


def test_a_second_list_says_what_it_adds_and_drops_nothing_unsaid(office: Any) -> None:
    office.stage  # noqa: B018 - furnishes the store
    said = ("--citation", "演示", "--as", "parameter_author-0")
    confirm = ("parameters", "confirm", "P-exclusions", "--as", "parameter_confirmer-0")
    office("parameters", "set", "P-exclusions", json.dumps({code(1): "失信"}), *said)
    office(*confirm)
    second = json.dumps({code(2): "失信"})
    no = office.error("parameters", "set", "P-exclusions", second, *said, code=1)
    assert no["code"] == "removes" and code(1) in no["message"] and "--remove" in no["message"]
    both = json.dumps({code(1): "失信", code(2): "失信"})
    for shown in (office("parameters", "set", "P-exclusions", both, *said), office(*confirm)):
        assert f"增加 {code(2)}" in shown and "移出" not in shown
    for shown in (office("parameters", "set", "P-exclusions", second, "--remove", *said), office(*confirm)):
        assert f"移出 {code(1)}" in shown
    office("parameters", "set", "P-exclusions", both, *said)
    assert f"P-exclusions（待确认） 较现行值：增加 {code(1)}" in office("parameters", "list")
