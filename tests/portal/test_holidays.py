"""Holidays through the pages: days and whole years entered by administrators from a notice, looked at by auditors."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from casework.policy_settings import holidays
from casework.shared.errors import Refused
from casework.views.holiday_sheet import holiday_sheet
from models import Duty
from policies.workdays import CHINA
from support.portal import Portal, Shown, Visitor
from support.stage import officer

PAGE, IMPORT = "/ops/holidays", "/ops/holidays/import"
TYPED = {"citation": "算例通知 1 号", "rests": "2023-09-29\n2023-10-02", "works": "2023-10-07"}
HEAD = "日期,安排,通知文号"
LATER = next(year for year in range(2024, 2100) if not CHINA.knows(year))


def entered(visitor: Visitor, **changed: str) -> Shown:
    return visitor.submit(visitor.get(PAGE), action=PAGE, **{**TYPED, **changed})


def sent(visitor: Visitor, *rows: str, year: str = "") -> Shown:
    files = {"file": ("x.csv", "\n".join((HEAD, *rows)).encode(), "text/csv")}
    return visitor.submit(visitor.get(IMPORT), action=IMPORT, files=files, year=year)


def stored(portal: Portal) -> dict[date, tuple[bool, str]]:
    return {row.day: (row.works, row.citation) for row in holidays.listed(portal.store)}


def test_days_are_entered_once_from_their_notice(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.ADMINISTRATOR))
    assert PAGE in visitor.get("/ops").links() and "程序自带" in visitor.get(PAGE).words()
    page = entered(visitor)
    assert "已登记" in page.words() and "算例通知 1 号" in page.words() and "2023-10-07" in page.words()
    assert stored(portal) == {
        date(2023, 9, 29): (False, "算例通知 1 号"),
        date(2023, 10, 2): (False, "算例通知 1 号"),
        date(2023, 10, 7): (True, "算例通知 1 号"),
    }
    assert "未重复" in entered(visitor).words() and len(stored(portal)) == 3
    assert "3 days entered" in visitor.get(f"{PAGE}?year=2023&lang=en").words()


def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.ADMINISTRATOR))
    for changed, leads in (
        ({"citation": " "}, "citation"),
        ({"rests": "2023-09-31"}, "rests"),
        ({"works": "10 月 7 日"}, "works"),
        ({"works": "2023-09-29"}, "works"),  # named as both
        ({"rests": "", "works": ""}, "rests"),
        ({"rests": f"{LATER}-01-01"}, "rests"),  # a year that is not known is entered as a whole
    ):
        page = entered(visitor, **changed)
        assert page.status == 422 and f"#f-{leads}" in page.links(), (changed, page.words()[:300])
        if "citation" not in changed:
            assert page.form(action=PAGE).fields["citation"] == TYPED["citation"]
    assert stored(portal) == {}


def test_a_new_year_becomes_known_by_its_whole_notice(portal: Portal, tmp_path: Path) -> None:
    visitor = portal.as_(officer(Duty.ADMINISTRATOR))
    assert "尚不知道" in visitor.get(f"{PAGE}?year={LATER}").words()
    rows = (f"{LATER}-01-01,放假,算例通知 2 号", f"{LATER}-01-02,放假,算例通知 2 号")
    single = sent(visitor, *rows)
    assert single.status == 422 and "整年" in single.words() and stored(portal) == {}
    wrong = sent(visitor, *rows, f"{LATER}-13-01,放假,算例", f"{LATER}-01-03,休假,算例", year=str(LATER))
    shown = [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in wrong.tree.xpath("//tbody/tr")]
    assert wrong.status == 422 and {row[1] for row in shown} == {"4", "5"} and stored(portal) == {}
    assert wrong.form(action=IMPORT).fields["year"] == str(LATER)
    assert "#f-year" in sent(visitor, *rows, year="next").links()
    done = sent(visitor, *rows, year=str(LATER))
    assert "读入 2 行，新登记 36" in done.words() and "新登记 0" in sent(visitor, *rows, year=str(LATER)).words()
    assert "整年登记" in visitor.get(f"{PAGE}?year={LATER}").words()
    path = tmp_path / "holidays.xlsx"
    path.write_bytes(visitor.client.get(f"{IMPORT}/template.xlsx").content)
    assert "节假日" in load_workbook(path).sheetnames


def test_auditors_look_on_and_nobody_else_finds_the_page(portal: Portal) -> None:
    auditor = portal.as_(officer(Duty.AUDITOR))
    token = auditor.get("/account").form().find(".//input[@name='_token']").get("value")
    for address in (PAGE, IMPORT):
        page = auditor.get(address)
        assert page.status == 200 and not page.tree.xpath("//main//form") and "由系统管理员" in page.words()
        assert auditor.post(address, {"_token": token, **TYPED}).status == 422
        assert portal.as_(officer(Duty.HEAD)).get(address).status == 404
    with pytest.raises(Refused, match="没有权限查看节假日"):
        holiday_sheet(portal.store, None, reader=officer(Duty.HEAD))
    assert stored(portal) == {}
