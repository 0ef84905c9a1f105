"""Budgets through the pages: cut as far as nothing is in use, and appropriated from a workbook, whole or not at all."""

from pathlib import Path
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from casework.funds import budget_register
from casework.shared.reference import touch
from models import Case, Duty, State
from policies.money import Money
from support.portal import Portal, Shown, Visitor
from support.stage import FINANCE, LEAD, MARKET, Stage, named, officer
from support.walk import Walk
from web.wordings import yuan

CUT, IMPORT, FUND = "/pay/funds/cut", "/pay/funds/import", f"{LEAD}:2023"
HEAD = "单位,年度,金额（元）,文号"


def budgets(portal: Portal) -> dict[str, tuple[int, int]]:
    """Appropriated and free fen of each fund."""
    rows = budget_register.listed(portal.store)
    return {f"{row.unit}:{row.year}": (int(row.budget), int(row.available)) for row in rows}


def turn(portal: Portal, case: UUID) -> str:
    """Whose turn a case is."""
    with portal.store.read() as work:
        return str(work.execute(select(col(Case.next_duty)).where(col(Case.id) == case)).scalar_one())


def asked(visitor: Visitor, **changed: str) -> Shown:
    """What a cut would do."""
    typed = {"fund": FUND, "amount": "1,000.50", "document": "算例减 1 号", **changed}
    return visitor.submit(visitor.get(CUT), action=CUT, **typed)


def cut(visitor: Visitor, **changed: str) -> Shown:
    """The same, confirmed where it asks for that."""
    page = asked(visitor, **changed)
    return visitor.submit(page, action=CUT) if "尚未登记" in page.words() else page


def sent(visitor: Visitor, *rows: str) -> Shown:
    files = {"file": ("x.csv", "\n".join((HEAD, *rows)).encode(), "text/csv")}
    return visitor.submit(visitor.get(IMPORT), action=IMPORT, files=files)


def test_a_budget_is_cut_once_by_its_document_and_never_below_what_is_free(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    before = budgets(portal)[FUND]
    assert CUT in visitor.get("/pay/funds").links() and IMPORT in visitor.get("/pay/funds").links()
    assert "预算已核减" in cut(visitor).words()
    assert budgets(portal)[FUND] == (before[0] - 100050, before[1] - 100050)
    assert "未重复" in cut(visitor).words() and "不同" in cut(visitor, amount="1").words()
    much = cut(visitor, amount="99,000,000,000", document="算例减 2 号")
    assert much.status == 422 and "最多可减" in much.words() and "#f-amount" in much.links()
    assert much.form(action=CUT).fields["document"] == "算例减 2 号"
    assert budgets(portal)[FUND] == (before[0] - 100050, before[1] - 100050)


def test_what_is_wrong_of_a_cut_is_said_at_its_field_and_the_rest_stays(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    before = budgets(portal)
    for name, value in (
        ("fund", ""), ("fund", f"{FINANCE}:2031"), ("amount", "12.345"), ("amount", ""), ("document", " "),
    ):  # fmt: skip
        page = cut(visitor, **{name: value})
        assert page.status == 422 and f"#f-{name}" in page.links(), (name, value, page.words()[:300])
        other = "amount" if name == "document" else "document"
        assert page.form(action=CUT).fields[other] == {"amount": "1,000.50", "document": "算例减 1 号"}[other]
    assert budgets(portal) == before


def test_a_budget_is_moved_by_the_fund_officer_of_its_unit_or_of_the_treasury_alone(
    portal: Portal, stage: Stage
) -> None:
    with portal.store.write() as work:
        stage.person(work, "market-funds")
        stage.grant(work, "market-funds", Duty.FUND_OFFICER, MARKET)
        touch(work)
    before = budgets(portal)
    other = portal.as_(named("market-funds"))
    page = other.get(CUT)
    assert FUND not in page.text and f"{MARKET}:2023" in page.text
    foreign = cut(other, fund=FUND)
    assert foreign.status == 422 and LEAD in foreign.words() and "资金管理人办理" in foreign.words()
    foreign = sent(other, f"{LEAD},2023,100.00,算例预 8 号")
    assert foreign.status == 422 and "资金管理人办理" in foreign.words()
    looks = portal.as_(officer(Duty.CERTIFIER))
    token = looks.get("/account").form().find(".//input[@name='_token']").get("value")
    for address in (CUT, IMPORT):
        assert not looks.get(address).tree.xpath("//main//form") and "资金管理人" in looks.get(address).words()
        refused = looks.post(address, {"_token": token, "fund": FUND, "amount": "1", "document": "算例"})
        assert refused.status == 422 and budgets(portal) == before


def test_budgets_come_in_whole_from_a_workbook_or_its_faults_are_shown_by_row(portal: Portal, tmp_path: Path) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    good = f"{FINANCE},2023,120000.50,算例预 1 号"
    page = sent(visitor, good, "无此单位,2023,1.00,算例预 2 号", f"{LEAD},2023,x,算例预 3 号")
    assert page.status == 422 and f"{FINANCE}:2023" not in budgets(portal)
    rows = [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in page.tree.xpath("//tbody/tr")]
    assert {row[1] for row in rows} == {"3", "4"}, rows
    assert sent(visitor).status == 422 and visitor.submit(visitor.get(IMPORT), action=IMPORT).status == 422
    assert "读入 1 行，新登记 1" in sent(visitor, good).words()
    assert budgets(portal)[f"{FINANCE}:2023"] == (12000050, 12000050)
    assert "新登记 0" in sent(visitor, good).words()
    path = tmp_path / "budgets.xlsx"
    path.write_bytes(visitor.client.get(f"{IMPORT}/template.xlsx").content)
    assert "预算" in load_workbook(path).sheetnames


@pytest.mark.parametrize(("address", "sign"), [("/pay/funds", 1), (CUT, -1)])
def test_a_budget_moves_only_once_what_it_does_was_shown_and_confirmed(portal: Portal, address: str, sign: int) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    before = budgets(portal)[FUND]
    typed = {"unit": LEAD, "year": "2023", "fund": FUND, "amount": "1,000.50", "document": "算例核 1 号"}
    typed = {name: typed[name] for name in visitor.get(address).form(action=address).fields if name in typed}
    page = visitor.submit(visitor.get(address), action=address, **typed)
    assert page.status == 200 and "尚未登记" in page.words() and budgets(portal)[FUND] == before
    for was, then in zip(before, (fen + sign * 100050 for fen in before), strict=True):
        assert f"{yuan(was)} → {yuan(then)}" in page.words()
    assert "壹仟元伍角整" in page.words() and "confirm" in visitor.get(address + "?lang=en").words().lower()
    visitor.get(address + "?lang=zh")
    again = visitor.submit(page, action=address, press=("_back", "1"))
    assert {name: again.form(action=address).fields[name] for name in typed} == typed and budgets(portal)[
        FUND
    ] == before
    other = {"unit": LEAD, "year": 2023, "amount": Money.yuan(7), "document": "算例另 1 号"}
    budget_register.appropriate(portal.store, officer(Duty.FUND_OFFICER), **other)
    moved = visitor.submit(page, action=address)
    assert moved.status == 409 and "情况已变化" in moved.words() and budgets(portal)[FUND][0] == before[0] + 700
    assert f"{yuan(before[0] + 700)} → {yuan(before[0] + 700 + sign * 100050)}" in moved.words()
    for _ in range(2):  # pressed twice: entered once
        visitor.submit(moved, action=address)
        assert budgets(portal)[FUND] == tuple(fen + 700 + sign * 100050 for fen in before)
    forged = visitor.submit(moved, action=address, document="算例核 2 号")
    assert forged.status == 409 and budgets(portal)[FUND] == tuple(fen + 700 + sign * 100050 for fen in before)


def test_a_budget_says_how_many_waiting_cases_then_go_on(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    free = budgets(portal)[FUND][1]
    cut(visitor, amount=str(Money(free)))
    case = walk.to(walk.open("M4a", 1, 1), State.CERTIFIED, Duty.FUND_OFFICER)
    typed = {"unit": LEAD, "year": "2023", "amount": "9,000,000", "document": "算例追 1 号"}
    page = visitor.submit(visitor.get("/pay/funds"), action="/pay/funds", **typed)
    assert "等待资金的 1 件案件" in page.words()
    assert turn(portal, case.id) == Duty.FUND_OFFICER
    visitor.submit(page, action="/pay/funds")
    assert turn(portal, case.id) == Duty.SYSTEM
