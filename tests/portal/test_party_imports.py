"""Parties and addresses from a workbook through the pages: whole, once, and with every fault in its row."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from stdnum.cn import ric

from models import Contact, Duty, Party, PartyAccount
from support.office import code, identity_number
from support.portal import Portal, Shown, Visitor
from support.stage import TOWN, applicant, officer

PARTIES, ADDRESSES = "/desk/parties/import", "/desk/addresses/import"
HEADS = {
    PARTIES: "主体类别,名称,统一社会信用代码,所属镇（街道）,收款账号,开户银行",
    ADDRESSES: "谁的,渠道,地址,核验依据",
}


def uploaded(visitor: Visitor, page: str, *rows: str) -> Shown:
    sent = {"file": ("x.csv", "\n".join((HEADS[page], *rows)).encode(), "text/csv")}
    return visitor.submit(visitor.get(page), action=page, files=sent)


def stored(portal: Portal, table: Any) -> list[Any]:
    with portal.store.read() as work:
        return list(work.execute(select(table.__table__)))


def faults(page: Shown) -> list[list[str]]:
    return [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in page.tree.xpath("//tbody/tr")]


def test_parties_go_in_whole_or_their_faults_are_shown_by_row(portal: Portal) -> None:
    visitor, before = portal.as_(officer(Duty.CLERK)), len(stored(portal, Party))
    good = f"企业,算例甲厂,{code(71)},{TOWN},622200000071,算例银行"
    page = uploaded(visitor, PARTIES, good, f"企业,算例乙厂,{code(72)[:-1]}I,{TOWN},,", f"月球,算例丙厂,{code(73)},,,")
    assert page.status == 422 and len(stored(portal, Party)) == before
    assert {row[1] for row in faults(page)} == {"3", "4"}, faults(page)
    done = uploaded(visitor, PARTIES, good)
    assert "读入 1 行，新登记 1" in done.words() and len(stored(portal, Party)) == before + 1
    (account,) = [row for row in stored(portal, PartyAccount) if row.number == "622200000071"]
    assert account.status == "unverified"
    assert "新登记 0" in uploaded(visitor, PARTIES, good).words() and len(stored(portal, Party)) == before + 1
    english = visitor.get(f"{PARTIES}?lang=en").words()
    assert "Import parties" in english and "One party a row" in english


def test_a_number_of_no_known_county_is_entered_and_said(portal: Portal) -> None:
    body = f"339999{identity_number(9)[6:17]}"
    number = body + str(ric.calc_check_digit(body + "0"))
    page = uploaded(portal.as_(officer(Duty.CLERK)), PARTIES, f"自然人,李算例,{number},,,")
    assert "新登记 1" in page.words() and "不在行政区划表中" in page.words() and number not in page.text


def test_addresses_go_in_whole_or_their_faults_are_shown_by_row(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    good, proven = f"party:{code(1)},email,firm@example.com,", f"party:{code(2)},sms,13800138000,回拨电话"
    page = uploaded(visitor, ADDRESSES, good, "party:nobody,email,a@example.com,", f"party:{code(2)},email,no-address,")
    assert page.status == 422 and stored(portal, Contact) == []
    assert {row[1] for row in faults(page)} == {"3", "4"}, faults(page)
    assert "新登记 2" in uploaded(visitor, ADDRESSES, good, proven).words()
    assert {row.channel: row.status for row in stored(portal, Contact)} == {"email": "unverified", "sms": "verified"}
    uploaded(visitor, ADDRESSES, good, proven)
    assert len(stored(portal, Contact)) == 2


@pytest.mark.parametrize(("page", "sheet"), [(PARTIES, "申报主体"), (ADDRESSES, "联系方式")])
def test_the_template_is_sent_and_who_keeps_no_register_imports_nothing(
    portal: Portal, tmp_path: Path, page: str, sheet: str
) -> None:
    decider = portal.as_(officer(Duty.DECIDER))
    path = tmp_path / "template.xlsx"
    path.write_bytes(decider.client.get(f"{page}/template.xlsx").content)
    assert sheet in load_workbook(path).sheetnames
    shown = decider.get(page)
    assert shown.status == 200 and not shown.tree.xpath("//main//form") and "由代录人" in shown.words()
    token = decider.get("/account").form().find(".//input[@name='_token']").get("value")
    before = len(stored(portal, Party))
    row = {PARTIES: f"企业,算例甲厂,{code(71)},{TOWN},,", ADDRESSES: f"party:{code(1)},email,firm@example.com,"}[page]
    sent = {"file": ("x.csv", f"{HEADS[page]}\n{row}".encode(), "text/csv")}
    refused = decider.post(page, {"_token": token}, sent)
    assert refused.status == 422 and "无权办理" in refused.words()
    assert len(stored(portal, Party)) == before and stored(portal, Contact) == []
    assert portal.as_(applicant(1)).get(page).status == 404


def test_without_a_file_the_page_says_so(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    for page in HEADS:
        shown = visitor.submit(visitor.get(page), action=page)
        assert shown.status == 422 and "请先选择文件" in shown.words() and "#f-file" in shown.links()
