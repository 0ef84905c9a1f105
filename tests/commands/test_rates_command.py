"""`rates`, `rankings` and `retention` on the command line: what they show, what they refuse, what they leave in the audit."""

from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlmodel import col

from casework.applications.case_opening import NewCase, open_case
from casework.command_handler import act
from casework.lifecycle import commands as r
from models import AuditEntry, Duty, Party, State
from support.calendar_jobs import at
from support.office import identity_number
from support.stage import LEAD, MARKET, named
from support.walk import later

FIGURE = ("rates", "add", LEAD, "2023-09", "1000000", "790000.50", "--source", "算例月报")
OFFICER = ("--as", "fund_officer-0")
NUMBER, NAME, PHONE = identity_number(9), "算小毕", "13912345678"


def october(office: Any) -> None:
    office.store.set_clock(at("2023-10-02"), frozen=True)


def test_a_figure_is_entered_corrected_and_shown_with_its_targets(office: Any) -> None:
    october(office)
    assert "已登记" in office(*FIGURE, "--as", "fund_officer-0")
    assert "此前已登记" in office(*FIGURE, "--as", "fund_officer-0")
    corrected = [*FIGURE[:5], "1000000", *FIGURE[6:]]
    office(*corrected, "--promised-cases", "4", "--paid-cases", "3", "--as", "fund_officer-0")
    office("rates", "add", MARKET, "2023-06", "10", "0", "--source", "算例月报", "--as", "fund_officer-0")
    found = office.json("rates", "list")
    ours = next(figure for figure in found["official"] if (figure["unit"], figure["period"]) == (LEAD, "2023-09"))
    assert (ours["rate"], ours["rate_by_case"], ours["corrections"], ours["paid_yuan"]) == (
        "100.00%",
        "75.00%",
        1,
        "1000000.00",
    )
    targets = {(target["unit"], target["by"]): (target["standing"], target["baseline"]) for target in found["targets"]}
    assert targets[LEAD, "2023-09-30"] == ("met", False)
    assert targets[MARKET, "2023-06-30"] == ("below", True) and targets[MARKET, "2023-09-30"] == ("missing", False)
    shown = office("rates", "list")
    assert "回溯基线" in shown and "100.00%" in shown and "1,000,000.00" in shown
    assert "Targets" in office("rates", "list", lang="en")


def test_wrong_figures_name_their_field_and_change_nothing(office: Any) -> None:
    october(office)
    assert (
        office.error("rates", "add", "无名局", "2023-09", "1", "1", "--source", "算例", *OFFICER, code=1)["field"]
        == "unit"
    )
    assert (
        office.error("rates", "add", LEAD, "2023-09", "1", "2", "--source", "算例", *OFFICER, code=1)["field"] == "paid"
    )
    assert (
        office.error("rates", "add", LEAD, "2023-09", "x", "2", "--source", "算例", *OFFICER, code=2)["field"]
        == "promised"
    )
    assert office.error("rates", "list", "--by", "day", code=2)["field"] == "--by"
    assert office.json("rates", "list")["count"] == 0


def test_a_template_filled_in_comes_back(office: Any, tmp_path: Path) -> None:
    october(office)
    path = tmp_path / "rates.xlsx"
    office("template", "rates", "--to", path)
    book = load_workbook(path)
    book["兑付率"].append([LEAD, "2023-09", "1000", "800", "10", "8", "算例月报"])
    book["兑付率"].append([LEAD, "2023-10", "1000", "1001", None, None, "算例月报"])
    book.save(path)
    assert "已兑付" in office("rates", "import", path, *OFFICER, code=2)
    assert (tmp_path / "rates-错误.xlsx").exists()
    book["兑付率"].delete_rows(book["兑付率"].max_row)
    book.save(path)
    assert office.json("rates", "import", path, *OFFICER)["new"] == 1
    assert office.json("rates", "list")["official"][0]["rate"] == "80.00%"
    office("template", "rankings", "--to", tmp_path / "rankings.xlsx")


def test_rankings_say_what_is_not_there(office: Any) -> None:
    assert office.json("rankings", "list") == {"demo": True, "count": 0, "rankings": [], "policy": "XZ2023"}
    assert office.error("rankings", "show", "2023-09-30", code=2)["field"] == "DATE"
    entered = ("rankings", "enter", "算例产值增速", LEAD, "2023-09", "1", "--source", "算例")
    assert "评估方案" in office.error(*entered, code=1)["message"]
    assert office.error("rankings", "correct", "2023-09-30", "--reason", "算例", code=1)["message"]


def test_overdue_orders_show_when_they_were_told(office: Any) -> None:
    assert office.json("payments", "overdue")["orders"] == []


def test_two_people_forget_a_person_and_the_audit_never_knew_them(office: Any) -> None:
    office("enterprise", "add", NAME, "--kind", "person", "--code", NUMBER, "--contact", PHONE, "--account", "6222020011223344",
           "--bank", "算例银行")  # fmt: skip
    office("accounts", "enter", NUMBER, "--number", "6222020011223355", "--bank", "算例银行")
    office("people", "add", "g1", NAME, "--party", NAME, "--identity", NUMBER)
    with office.store.write() as work:
        party = work.execute(select(col(Party.id)).where(col(Party.kind) == "person")).scalar_one()
        for login in ("keeper", "second"):
            office.stage.person(work, login, Duty.ADMINISTRATOR)
        office.stage.value(work, "P-retention-months", 6)
        from casework.shared.reference import touch

        touch(work)
    claim = {"graduate": NAME, "degree": "master", "arrived_on": "2023-08-30", "nights": 1, "host": "算例企业0"}
    new = NewCase(act_id=named("m2b"), policy="XZ2023", item="M2b", party=party, claim=claim)
    case = open_case(office.store, "system", new)
    before = office.stage.case(case.case)
    act(office.store, r.Withdraw(case=case.case, by=who(office), act_id=named("w"), seen=before.version, reason="算例"))
    assert office.stage.case(case.case).state == State.WITHDRAWN
    (milestone,) = office.json("retention", "list")["persons"]
    assert milestone["name"] == "算**" and milestone["due_on"] == "2024-03-04"
    assert office.error("retention", "propose", NUMBER, "--as", "keeper", code=1)["message"].startswith("尚未到期")
    office.store.set_clock(later(at("2023-09-04"), 200), frozen=True)
    (proposal,) = office.json("retention", "propose", "--due", "--as", "keeper")["proposals"]
    assert office.error("retention", "run", proposal, "--as", "keeper", code=1)["message"]
    assert "已匿名：案件 1 件" in office("retention", "run", proposal, "--as", "second")
    found = office.json("retention", "list")
    assert found["persons"] == [] and found["anonymisations"][0]["status"] == "cleared"
    assert "已清除" in office("retention", "list")
    assert NAME not in office("case", case.number)
    assert NAME not in office("cases") + office("status")
    assert office.error("retention", "propose", "--as", "keeper", code=2)["field"] == "PERSON"
    with office.store.read() as work:
        words = "\n".join(work.execute(select(col(AuditEntry.content))).scalars())
        names = "\n".join(work.execute(text("SELECT name FROM party UNION ALL SELECT name FROM person")).scalars())
    for secret in (NAME, NUMBER, PHONE, "6222020011223344", "6222020011223355"):
        assert secret not in words and secret not in names


def who(office: Any) -> Any:
    """The person's login."""
    from casework.staff import person_accounts

    return person_accounts.id_of(office.store, "g1")
