"""People, duties, delegations, tokens, budgets, holidays, parameters, parties: entered, listed, imported, refused."""

import json
from typing import Any

import pytest
from stdnum.cn import uscc

from models import Duty, State
from support.bilingual import CHINESE, QUOTED
from support.stage import LEAD

BODY = "91330411MA2CULA2"

OFFICER = ("--as", "fund_officer-0")


def code(number: int) -> str:
    """A credit code with a right check digit, of nobody."""
    body = f"{BODY}{number}"
    return next(body + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if uscc.is_valid(body + last))


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_an_empty_production_store_is_furnished_from_the_command_line(production: Any) -> None:
    production("init")
    assert "演示" not in production("units", "add", "算例镇")
    production("people", "add", "officer", "算例人员")
    production("roles", "add", "officer", "受理人", LEAD)
    roles = production.json("roles", "list", "--person", "officer")["roles"]
    assert [(role["duty"], role["unit"]) for role in roles] == [("acceptor", LEAD)]
    production("enterprise", "add", "算例一厂", "--code", code(1), "--town", "算例镇")
    assert [party["name"] for party in production.json("enterprise", "list")["parties"]] == ["算例一厂"]
    production("roles", "revoke", "officer", "acceptor", LEAD)
    assert production.json("roles", "list")["count"] == 0
    production("people", "close", "officer")
    assert production.json("people", "list")["people"][0]["active"] is False


def test_every_listing_speaks_json_and_carries_the_demo_mark(office: Any) -> None:
    listings = {
        "units": "units",
        "people": "people",
        "roles": "roles",
        "delegations": "delegations",
        "tokens": "tokens",
        "budgets": "funds",
        "holidays": "holidays",
        "parameters": "parameters",
        "settings": "settings",
        "enterprise": "parties",
        "accounts": "accounts",
        "benefits": "benefits",
    }
    for group, name in listings.items():
        found = office.json(group, "list")
        assert (found["demo"], found["count"]) == (True, len(found[name])), group
        assert "演示数据 DEMO" in office(group, "list")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "field"),
    [
        (("units", "add", "", "--kind", "town"), 1, "name"),
        (("units", "add", "算例乡", "--kind", "planet"), 1, "kind"),
        (("people", "add", "acceptor-0", "另一人"), 1, "login"),
        (("people", "add", "new", "算例", "--identity", "110101199001011234"), 1, "identity"),
        (("people", "add", "new", "算例", "--party", "没有的厂"), 2, "party"),
        (("roles", "add", "acceptor-0", "king", LEAD), 1, "duty"),
        (("roles", "add", "acceptor-0", "decider", "不存在局"), 1, "unit"),
        (("roles", "add", "acceptor-0", "auditor", LEAD), 1, "duty"),
        (("roles", "add", "nobody", "decider", LEAD), 1, "person"),
        (("roles", "add", "acceptor-0", "decider", LEAD, "--from", "soon"), 2, "--from"),
        (("budgets", "add", LEAD, "2023", "-5", "--document", "算例"), 2, ""),
        (("budgets", "add", LEAD, "2023", "0.001", "--document", "算例"), 2, "YUAN"),
        (("budgets", "add", LEAD, "1999", "5", "--document", "算例"), 1, "year"),
        (("budgets", "add", LEAD, "many", "5", "--document", "算例"), 2, ""),
        (("budgets", "cut", LEAD, "2023", "99999999999", "--document", "算例", *OFFICER), 1, "amount"),
        (("enterprise", "add", "算例", "--code", BODY + "10"), 1, "code"),
        (("enterprise", "add", "算例", "--code", "123"), 1, "code"),
        (("enterprise", "list", "--kind", "martian"), 2, "--kind"),
        (("parameters", "set", "P99-rate", "0.3", "--citation", "算例", "--as", "parameter_author-0"), 1, "name"),
        (("parameters", "set", "P16-rate", "3", "--citation", "算例", "--as", "parameter_author-0"), 1, "value"),
        (("parameters", "set", "P16-rate", "0.3", "--citation", "算例", "--as", "decider-0"), 1, "by"),
        (("parameters", "set", "P-notice-days", "3", "--citation", "算例", "--as", "parameter_author-0"), 2, "NAME"),
        (("parameters", "confirm", "P16-rate", "--as", "parameter_confirmer-0"), 2, "ID"),
        (("tokens", "make", "nobody"), 1, "person"),
        (("holidays", "add", "--citation", "算例", "--rests", "2050-01-01"), 1, "days"),
        (("holidays", "add", "--citation", "算例", "--rests", "2023-09-05", "--works", "2023-09-05"), 1, "works"),
        (("delegations", "end", "x"), 2, "ID"),
    ],
)
def test_a_wrong_entry_names_its_field_in_both_languages_and_changes_nothing(
    office: Any, arguments: tuple[str, ...], exit_code: int, field: str
) -> None:
    def registers() -> list[Any]:
        return [
            office.json(group, "list") for group in ("units", "people", "roles", "budgets", "parameters", "holidays")
        ]

    before = registers()
    chinese = office.error(*arguments, code=exit_code)
    english = office.error(*arguments, code=exit_code, lang="en")
    assert (chinese["field"] or "") == (english["field"] or "") == field
    assert chinese["message"] != english["message"]
    assert registers() == before


def test_a_parameter_is_set_by_one_confirmed_by_another_and_wakes_what_waits(office: Any) -> None:
    number = office.case("M16", 1, State.CERTIFIED)
    said = ("--citation", "算例会议", "--as", "parameter_author-0")
    made = office.json("parameters", "set", "P16-rate", "0.5", *said)
    assert made["status"] == "proposed"
    own = office.error("parameters", "confirm", made["proposal"], "--as", "parameter_author-0", code=1)
    assert own["field"] == "by"
    assert office.json("parameters", "confirm", "P16-rate", "--as", "parameter_confirmer-0")["status"] == "confirmed"
    office.walk.to(office.walk.stage.case(_id(office, number)).id, State.COMPUTED)
    assert office.json("case", number)["case"]["amount_yuan"] == "50000.00"


def _id(office: Any, number: str) -> Any:
    from casework.views import find_case

    with office.store.read() as work:
        return find_case(work, number).id


def test_a_setting_takes_numbers_json_and_files_and_can_be_rejected(office: Any) -> None:
    said = ("--citation", "算例", "--as", "parameter_author-0")
    office("settings", "set", "P-notice-days", "7", *said)
    office("settings", "confirm", "P-notice-days", "--as", "parameter_confirmer-0")
    shown = {
        setting["name"]: setting
        for setting in office.json("settings", "list")["settings"]
        if setting["status"] == "confirmed"
    }
    assert shown["P-notice-days"]["value"] == 7
    lead = office.write("lead.json", {"M4": LEAD})
    office("settings", "set", "P-lead", f"@{lead}", *said)
    twice = office.json("settings", "set", "P-lead", json.dumps({"M5": LEAD}), *said)["proposal"]
    shown = office("settings", "list").splitlines()
    assert f"待确认 P-lead：duixian settings confirm {twice}" in shown, "whole on a line, to be copied"
    no = office.error("settings", "confirm", "P-lead", "--as", "parameter_confirmer-0", code=2)["message"]
    assert twice in no and "2 项待确认" in no
    office("settings", "reject", twice, "--reason", "算例", "--as", "parameter_confirmer-0")
    office("settings", "reject", "P-lead", "--reason", "算例", "--as", "parameter_confirmer-0")
    assert "否决" in office("settings", "list", "--history")


def test_a_token_is_shown_once_listed_without_its_secret_and_ended(office: Any) -> None:
    token = office.json("tokens", "make", "acceptor-0")["token"]
    assert token not in office("tokens", "list")
    assert office.json("tokens", "list")["tokens"][0]["login"] == "acceptor-0"
    office("tokens", "revoke", "acceptor-0")
    assert office.error("inbox", code=1, token=token)["code"] == "token"


def test_an_account_changes_only_with_a_second_person(office: Any) -> None:
    new = ("--number", "62220000999999", "--bank", "算例银行", "--as", "clerk-0")
    office("accounts", "enter", "算例企业0", *new)
    waiting = office.json("accounts", "list")["accounts"]
    assert [account["party"] for account in waiting] == ["算例企业0"]
    paper = ("--paper", "算例开户许可")
    assert office.error("accounts", "verify", waiting[0]["id"], *paper, "--as", "clerk-0", code=1)["message"]
    office("accounts", "verify", waiting[0]["id"], *paper, "--as", "checker-0")
    assert office.json("accounts", "list")["count"] == 0


def test_budgets_are_added_once_a_document_cut_and_imported(office: Any) -> None:
    for _ in range(2):
        office("budgets", "add", LEAD, "2025", "1,000.50", "--document", "算例文1", "--as", "fund_officer-0")
    assert "本人" in office.error("budgets", "cut", LEAD, "2025", "0.50", "--document", "算例文2", code=1)["message"]
    office("budgets", "cut", LEAD, "2025", "0.50", "--document", "算例文2", *OFFICER)
    path = office.write("budgets.csv", f"unit,year,amount,document\n{LEAD},2025,500,算例文3\n")
    office("budgets", "import", path, *OFFICER)
    fund = next(each_fund for each_fund in office.json("funds")["funds"] if each_fund["year"] == 2025)
    assert fund["budget_yuan"] == "1500.00"
    bad = office.write("bad.csv", "unit,year,amount\nx,2025,5\n")
    assert office.error("budgets", "import", bad, code=2)["field"] == "document"


def test_a_policys_own_fund_is_added_cut_listed_and_imported_beside_the_shared_one(office: Any) -> None:
    said = office("budgets", "add", LEAD, "2025", "100", "--document", "算例文1", "--policy", "xz2023", *OFFICER)
    assert f"{LEAD} 2025 年度（XZ2023）" in said
    office("budgets", "add", LEAD, "2025", "7", "--document", "算例文1", *OFFICER)
    office("budgets", "cut", LEAD, "2025", "40", "--document", "算例文2", "--policy", "XZ2023", *OFFICER)
    path = office.write("budgets.csv", f"unit,year,amount,document,policy\n{LEAD},2025,5,算例文3,XZ2023\n")
    office("budgets", "import", path, *OFFICER)
    found = [fund for fund in office.json("funds")["funds"] if fund["year"] == 2025]
    assert [(fund["policy"], fund["budget_yuan"]) for fund in found] == [("", "7.00"), ("XZ2023", "65.00")]
    assert f"{LEAD} 2025 (XZ2023)" in office("funds")
    unknown = ("budgets", "add", LEAD, "2025", "1", "--document", "算例文4", "--policy", "XZ", *OFFICER)
    assert "XZ2023" in office.error(*unknown, code=1)["message"]


def test_holidays_are_added_and_a_whole_year_imported(office: Any) -> None:
    office("holidays", "add", "--citation", "算例通知", "--rests", "2023-09-05", "--works", "2023-09-09")
    days = office.json("holidays", "list", "--year", "2023")["holidays"]
    assert [(day["day"], day["works"]) for day in days] == [("2023-09-05", False), ("2023-09-09", True)]
    year = {"year": 2031, "citation": "算例通知", "rests": ["2031-01-01"], "works": ["2031-01-04"]}
    office("holidays", "import", office.write("year.json", year))
    assert len(office.json("holidays", "list", "--year", "2031")["holidays"]) == 365
    assert office.error("holidays", "import", office.write("x.json", {"years": 1}), code=2)["field"] == "years"


def test_units_roles_and_delegations_are_imported_from_lists(office: Any) -> None:
    office("units", "import", office.write("units.csv", "name,kind\n算例乡,town\n算例所,office\n"))
    office("roles", "import", office.write("roles.json", [{"person": "clerk-0", "duty": "head", "unit": "算例乡"}]))
    row = f"acceptor-0,clerk-1,acceptor,{LEAD},2023-09-04,2023-09-08,算例出差\n"
    header = "principal,delegate,duty,unit,from,to,reason\n"
    office("delegations", "import", office.write("delegations.csv", header + row))
    found = office.json("delegations", "list")["delegations"]
    assert [(delegation["principal"], delegation["delegate"]) for delegation in found] == [("acceptor-0", "clerk-1")]
    office("delegations", "end", found[0]["id"])
    assert office.json("delegations", "list")["count"] == 0


def test_registers_are_imported_from_workbooks_all_or_nothing(office: Any) -> None:
    template = office.home / "e.xlsx"
    office("template", "enterprises", "--to", template)
    assert template.stat().st_size > 1000
    header = ",".join(column_keys("enterprises"))
    row = dict.fromkeys(column_keys("enterprises"), "")
    row |= {"kind": "企业", "name": "算例新厂", "code": code(2), "town": "算例镇"}
    office("enterprise", "import", office.write("e.csv", f"{header}\n{','.join(row.values())}\n"))
    assert office.json("enterprise", "list", "--name", "新厂")["count"] == 1
    wrong = row | {"name": "算例错厂", "code": "123"}
    path = office.write("w.csv", f"{header}\n{','.join(wrong.values())}\n")
    error = office.error("enterprise", "import", path, code=2)
    assert "错误" in error["message"]
    assert (office.home / "w-错误.xlsx").exists()
    (fault,) = error["faults"]
    (english,) = office.error("enterprise", "import", path, code=2, lang="en")["faults"]
    assert fault["field"] == english["field"] == "w!2:code" and "应为 18 位" in fault["message"]
    assert "it has 18 characters" in english["message"] and not CHINESE.search(QUOTED.sub("", english["message"]))
    assert office.json("enterprise", "list", "--name", "错厂")["count"] == 0


def column_keys(kind: str) -> list[str]:
    from casework.parties import party_workbook

    return [column.key for column in {"enterprises": party_workbook.COLUMNS}[kind]]


def test_auditors_keep_no_register(office: Any) -> None:
    assert office.error("units", "add", "算例乡", "--as", "auditor-0", code=1)["field"] == "by"
    assert office.error("budgets", "add", LEAD, "2025", "5", "--document", "x", "--as", "auditor-0", code=1)["code"]
    assert Duty.AUDITOR not in {role["duty"] for role in office.json("roles", "list", "--person", "decider-0")["roles"]}


YEAR = "日期,安排,通知文号\n2031-01-01,放假,算例通知\n2031-01-22,放假,算例通知\n2031-01-25,上班,算例通知\n"


def test_a_new_year_is_imported_from_the_days_that_its_notice_names(office: Any) -> None:
    office("holidays", "import", office.write("2031.csv", YEAR), "--year", "2031")
    days = {
        holiday["day"]: holiday["works"] for holiday in office.json("holidays", "list", "--year", "2031")["holidays"]
    }
    assert len(days) == 365 and (days["2031-01-01"], days["2031-01-25"]) == (False, True), "a Wednesday and a Saturday"
    assert (days["2031-01-02"], days["2031-01-26"]) == (True, False), "what the notice does not name goes by the week"


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (YEAR, (), "整年登记"),
        (YEAR, ("--year", "2032"), "不在 2032 年"),
        (YEAR + "2031-01-01,上班,算例通知\n", ("--year", "2031"), "既放假又上班"),
        ("日期,安排,通知文号\n2031-01-25,上班,算例通知\n", ("--year", "2031"), "一天也没有"),
    ],
)
def test_a_years_notice_that_does_not_fit_enters_nothing(
    office: Any, text: str, arguments: tuple[str, ...], said: str
) -> None:
    result = office.run("holidays", "import", office.write("2031.csv", text), *arguments)
    assert result.exit_code in (1, 2) and said in result.output
    assert office.json("holidays", "list")["holidays"] == []


def test_what_is_entered_says_its_id_its_form_and_whether_it_is_new(office: Any) -> None:
    stated = (
        "--kind",
        "standard",
        "--basis",
        "gb/t 12345-2023",
        "--source",
        "算例",
        "--level",
        "city",
        "--reference",
        "1",
    )
    words = ("benefits", "add", "算例企业0", *stated, "--amount", "1000", "--as", "clerk-0")
    first = office.json(*words)
    assert first["new"] == 1 and first["id"] in office("benefits", "list") and "12345-2023" in first["basis"]
    again = office(*words)
    assert "此前已登记" in again and first["id"] in again and first["basis"] in again
    office("benefits", "returned", first["id"], "--proof", "算例", "--as", "clerk-0")
    budget = ("budgets", "add", LEAD, "2024", "10", "--document", "算例预算", "--as", "fund_officer-0")
    assert office.json(*budget)["new"] is True and "未重复" in office(*budget)
    cut = ("budgets", "cut", *budget[2:5], "--document", "算例核减", "--as", "fund_officer-0")
    assert "未重复" not in office(*cut) and "未重复" in office(*cut)
