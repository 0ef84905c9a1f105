"""Payout figures through the pages: reported by who keeps the unit's money, corrected without loss, read in whole or not at all."""

from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from casework.shared.reference import touch
from models import Duty, PayoutFigure
from support.portal import Portal, Shown, Visitor
from support.stage import LEAD, MARKET, Stage, applicant, named, officer

PAGE, IMPORT = "/desk/rates", "/desk/rates/import"
TYPED = {
    "unit": LEAD, "period": "2023-08", "promised": "1,000,000.50", "paid": "790,000", "promised_cases": "10",
    "paid_cases": "8", "source": "算例月报",
}  # fmt: skip
HEAD = "责任单位,期间,应兑付金额（元）,已兑付金额（元）,数据来源"


def stored(portal: Portal) -> list[Any]:
    with portal.store.read() as work:
        mine = select(PayoutFigure.__table__)  # type: ignore[attr-defined]
        return list(work.execute(mine.order_by(col(PayoutFigure.unit), col(PayoutFigure.sequence))))


def reported(visitor: Visitor, **changed: str) -> Shown:
    return visitor.submit(visitor.get(PAGE), action=PAGE, **{**TYPED, **changed})


def sent(visitor: Visitor, *rows: str, **typed: str) -> Shown:
    files = {"file": ("x.csv", "\n".join((HEAD, *rows)).encode(), "text/csv")}
    return visitor.submit(visitor.get(IMPORT), action=IMPORT, files=files, **typed)


def test_a_figure_is_reported_once_and_another_value_corrects_it(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    assert PAGE in visitor.get("/desk").links()
    page = reported(visitor)
    assert "已登记" in page.words() and "1,000,000.50" in page.words() and "78.99%" in page.words()
    assert "此前已登记" in reported(visitor).words() and len(stored(portal)) == 1
    corrected = reported(visitor, paid="800,000")
    assert "更正 1 次" in corrected.words() and "79.99%" in corrected.words()
    first, second = stored(portal)
    assert (first.promised_fen, first.paid_fen, second.paid_fen, second.sequence) == (100000050, 79000000, 80000000, 2)
    zero = reported(visitor, period="2023-07", paid="0", promised_cases="", paid_cases="")
    assert zero.status == 200 and "0.00%" in zero.words()
    english = visitor.get(f"{PAGE}?lang=en").words()
    assert "Payout figures" in english and "corrected 1×" in english


def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    for name, value in (
        ("unit", ""), ("period", "2023-13"), ("period", "2031-01"), ("promised", "x"), ("promised", ""), ("paid", "2,000,000"),
        ("paid_cases", ""), ("paid_cases", "11"), ("paid_cases", "many"), ("source", " "),
    ):  # fmt: skip
        page = reported(visitor, **{name: value})
        assert page.status == 422 and f"#f-{name}" in page.links(), (name, value, page.words()[:300])
        kept = "source" if name != "source" else "paid"
        assert page.form(action=PAGE).fields[kept] == TYPED[kept]
    assert stored(portal) == []


def test_a_unit_is_reported_by_its_own_fund_officer_or_the_treasurys(portal: Portal, stage: Stage) -> None:
    with portal.store.write() as work:
        stage.person(work, "market-funds")
        stage.grant(work, "market-funds", Duty.FUND_OFFICER, MARKET)
        touch(work)
    own = portal.as_(named("market-funds"))
    assert own.get(PAGE).tree.xpath("//input[@name='unit']/@value") == [MARKET]
    assert "已登记" in reported(own, unit=MARKET).words()
    foreign = reported(own, unit=LEAD)
    assert foreign.status == 422 and f"填报{LEAD}的兑付数据" in foreign.words() and "资金管理人办理" in foreign.words()
    looks = portal.as_(officer(Duty.CERTIFIER))
    assert PAGE not in looks.get("/desk").links()
    for address in (PAGE, IMPORT):
        page = looks.get(address)
        assert page.status == 200 and not page.tree.xpath("//main//form") and "资金管理人" in page.words()
        token = looks.get("/account").form().find(".//input[@name='_token']").get("value")
        assert looks.post(address, {"_token": token, "policy": "XZ2023", **TYPED}).status == 422
    assert portal.as_(applicant(1)).get(PAGE).status == 404
    assert [row.unit for row in stored(portal)] == [MARKET]


def test_no_policy_is_taken_for_another(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    assert visitor.get(f"{PAGE}?policy=NONE").status == 404 and visitor.get(f"{IMPORT}?policy=NONE").status == 404
    assert "请选择政策" in reported(visitor, policy="").words() and reported(visitor, policy="NONE").status == 409
    page = sent(visitor, f"{LEAD},2023-08,100.00,50.00,算例月报", policy="")
    assert page.status == 422 and "#f-policy" in page.links() and stored(portal) == []


def test_a_workbook_goes_in_whole_or_its_faults_are_shown_by_row(portal: Portal, tmp_path: Path) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    assert f"{IMPORT}?policy=XZ2023" in visitor.get(PAGE).links()
    good = f"{LEAD},2023-08,1000000.50,790000,算例月报"
    page = sent(visitor, good, "无此单位,2023-08,1,1,算例", f"{MARKET},2023-08,x,1,算例", good)
    assert page.status == 422 and stored(portal) == []
    rows = [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in page.tree.xpath("//tbody/tr")]
    assert {row[1] for row in rows} == {"3", "4", "5"}, rows
    assert "读入 1 行，新登记 1" in sent(visitor, good).words() and "新登记 0" in sent(visitor, good).words()
    assert len(stored(portal)) == 1
    path = tmp_path / "rates.xlsx"
    path.write_bytes(visitor.client.get(f"{IMPORT}/template.xlsx").content)
    assert "兑付率" in load_workbook(path).sheetnames
