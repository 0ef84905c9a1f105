"""Benefits received elsewhere: entered one by one or by workbook with every fault in its row, given back, and compared."""

from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from models import BenefitRecord, Duty, State
from support.office import code
from support.portal import Portal, Shown, Visitor
from support.stage import Stage, named, officer
from support.walk import Walk

NEW, LIST, IMPORT = "/desk/benefits/new", "/desk/benefits", "/desk/benefits/import"
TYPED = {
    "party": code(1), "kind": "invoice", "basis": "发票 00000001", "source": "算例市级政策", "level": "city",
    "reference": "算例文 1 号", "amount": "12,000.50", "first": "", "last": "", "paid": "true",
}  # fmt: skip
HEAD = "统一社会信用代码,依据类别,依据,补助来源,级别,文号,金额（元）"


def entered(visitor: Visitor, **changed: str) -> Shown:
    return visitor.submit(visitor.get(NEW), action=NEW, **{**TYPED, **changed})


def stored(portal: Portal) -> list[Any]:
    with portal.store.read() as work:
        return list(work.execute(select(BenefitRecord.__table__).order_by(col(BenefitRecord.entered_at))))  # type: ignore[attr-defined]


def uploaded(visitor: Visitor, *rows: str) -> Shown:
    sent = {"file": ("x.csv", "\n".join((HEAD, *rows)).encode(), "text/csv")}
    return visitor.submit(visitor.get(IMPORT), action=IMPORT, files=sent)


def test_a_benefit_is_entered_once_and_given_back(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    page = entered(visitor)
    assert "已登记" in page.words() and "算例企业1" in page.words() and "12,000.50" in page.words()
    assert "此前已登记" in entered(visitor).words()
    (row,) = stored(portal)
    assert (row.amount_fen, row.level, row.paid, row.returned) == (1200050, "city", True, False)
    bare = visitor.submit(page, action=f"{LIST}/", proof=" ")
    assert bare.status == 422 and f"#f-proof-{row.id}" in bare.links() and not stored(portal)[0].returned
    done = visitor.submit(page, action=f"{LIST}/", proof="算例退款凭证")
    assert "已登记退回" in done.words() and stored(portal)[0].returned
    assert "共 0 项" in visitor.get(f"{LIST}?party=nobody").words()
    assert "共 1 项" in visitor.get(f"{LIST}?party={code(1)}").words()


def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    for name, value in (
        ("party", "nobody"), ("amount", "12.345"), ("kind", ""), ("paid", ""), ("reference", ""), ("first", "2023-13-01"),
    ):  # fmt: skip
        page = entered(visitor, **{name: value})
        assert page.status == 422 and f"#f-{name}" in page.links(), (name, page.words()[:300])
        assert page.form(action=NEW).fields["source"] == TYPED["source"]
    assert stored(portal) == []


def test_who_enters_no_benefits_reads_them_only(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.DECIDER))
    assert not visitor.get(NEW).tree.xpath("//main//form") and not visitor.get(IMPORT).tree.xpath("//main//form")
    token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
    assert visitor.post(NEW, {"_token": token, **TYPED}).status == 422 and stored(portal) == []


def test_a_workbook_goes_in_whole_or_its_faults_are_shown_by_row_and_column(portal: Portal, tmp_path: Path) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    good = f"{code(1)},发票,发票 1,算例政策,市,算例 1 号,100.00"
    page = uploaded(
        visitor,
        good,
        f"{code(2)},发票,发票 2,算例政策,月球,算例 2 号,100.00",
        f"{code(99)},发票,发票 3,算例,市,算例 3 号,x",
    )
    assert page.status == 422 and stored(portal) == []
    rows = [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in page.tree.xpath("//tbody/tr")]
    assert {row[1] for row in rows} == {"3", "4"} and any("级别" in row[3] or "E3" in row[2] for row in rows), rows
    done = uploaded(visitor, good)
    assert "读入 1 行，新登记 1" in done.words() and len(stored(portal)) == 1
    assert "新登记 0" in uploaded(visitor, good).words()
    path = tmp_path / "benefits.xlsx"
    path.write_bytes(visitor.client.get(f"{LIST}/template.xlsx").content)
    assert "已享受补助" in load_workbook(path).sheetnames


def test_what_may_be_the_same_benefit_is_listed_and_leads_to_its_answer(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    case = walk.open("M16", 1, 1)
    walk.to(case, State.ACCEPTED)
    visitor = portal.as_(officer(Duty.CERTIFIER))
    entered(visitor, kind="enterprise", basis=code(1), first="2023-01-01", last="2023-12-31")
    walk.to(named("case-1"), State.CERTIFIED)
    page = visitor.get("/desk/comparisons")
    assert "到案件页作出结论" in page.words() and "/desk/cases/XZ2023-M16-000001" in page.links()
    case_page = visitor.get("/desk/cases/XZ2023-M16-000001")
    assert any("/do/compare" in link for link in case_page.links())


def test_every_benefit_of_one_party_can_be_reached(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    rows = (f"{code(1)},发票,发票 {number},算例政策,市,算例 {number} 号,100.00" for number in range(51))
    assert "新登记 51" in uploaded(visitor, *rows).words()
    first = visitor.get(f"{LIST}?party={code(1)}")
    (further,) = [link for link in first.links() if "offset=50" in link]
    shown = [page.words().count("算例政策") for page in (first, visitor.get(further))]
    assert shown == [50, 1] and code(1) in visitor.get(further).words()
    assert not [link for link in visitor.get(further).links() if "offset=" in link]


def test_an_empty_party_is_asked_for_and_an_unknown_one_named_with_the_page_to_enter_it(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    empty = entered(visitor, party=" ")
    assert empty.status == 422 and "必填" in empty.words() and "没有申报主体" not in empty.words()
    unknown = entered(visitor, party="算例没有")
    assert "请先在“申报主体”页登记" in unknown.words() and "enterprise add" not in unknown.text
