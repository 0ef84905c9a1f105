"""The auditors' pages: the chain with its filters, the proof, the chain to keep, and an award computed again in place."""

import json

import pytest
from sqlalchemy import text

from models import Duty, State
from models.clock import real_now
from models.verify import head
from support.portal import Portal
from support.stage import Stage, applicant, officer
from support.walk import Walk
from web.pages import audit

NUMBER = "XZ2023-M04-000001"


@pytest.fixture
def decided(stage: Stage, portal: Portal) -> Portal:
    """A case that is payable."""
    walk = Walk(stage)
    walk.to(walk.open("M4a", 1, 1), State.PAYABLE)
    return portal


def test_the_chain_is_read_from_the_newest_back_page_by_page(decided: Portal) -> None:
    visitor = decided.as_(officer(Duty.AUDITOR))
    end = head(decided.store).seq
    page, seen = visitor.get("/audit"), []
    while True:
        seen += [int(cell.text_content()) for cell in page.tree.xpath("//tbody/tr/td[1]")]
        further = page.tree.xpath("//a[@rel='next']/@href")
        if not further:
            break
        page = visitor.get(further[0])
    assert seen == sorted(seen, reverse=True) and len(seen) == len(set(seen)) and end in seen
    with decided.store.read() as work:
        assert len(seen) == work.execute(text("SELECT count(*) FROM audit_entry")).scalar_one()


def test_each_filter_of_the_chain_narrows_it(decided: Portal) -> None:
    visitor = decided.as_(officer(Duty.AUDITOR))
    mine = visitor.get(f"/audit?subject={NUMBER.lower()}&action=accept")
    assert len(mine.tree.xpath("//tbody/tr")) == 1 and "acceptor-0" in mine.words()
    offered = {
        option.get("value"): option.text_content() for option in mine.tree.xpath("//select[@name='action']/option")
    }
    assert offered["accept"] == "受理" == mine.tree.xpath("//tbody/tr/td[4]")[0].text_content()
    assert visitor.get("/audit?actor=acceptor-0&action=certify").tree.xpath("//tbody/tr") == []
    assert visitor.get("/audit?actor=nobody").tree.xpath("//tbody/tr") == []
    assert visitor.get("/audit?first=2023-09-01&last=2023-09-30&action=file").tree.xpath("//tbody/tr")
    assert not visitor.get("/audit?last=2023-08-01").tree.xpath("//tbody/tr")
    wrong = visitor.get("/audit?first=yesterday")
    assert wrong.status == 422 and wrong.tree.xpath("//div[@role='alert']//a/@href") == ["#f-first"]


def test_a_proof_is_run_and_says_what_holds(decided: Portal) -> None:
    visitor = decided.as_(officer(Duty.AUDITOR))
    page = visitor.get("/audit")
    assert "还没有核验过" in page.words()
    report = visitor.submit(page, action="/audit/proof")
    assert report.status == 200 and "不变量成立" in report.words() and "I15-recompute" in report.words()
    after = visitor.get("/audit").words()
    assert "全部成立" in after and f"{real_now():%Y-%m}" in after
    assert visitor.get("/audit?action=jobs.run&subject=verify&actor=auditor-0").tree.xpath("//tbody/tr")


def test_one_proof_runs_at_a_time(decided: Portal) -> None:
    visitor = decided.as_(officer(Duty.AUDITOR))
    with audit._proving:
        report = visitor.submit(visitor.get("/audit"), action="/audit/proof")
    assert report.url.endswith("/audit?proof=running") and "还没有核验过" in report.words()
    assert visitor.submit(visitor.get("/audit"), action="/audit/proof").url.endswith("/audit/proof")


@pytest.mark.tampers
def test_a_proof_names_the_row_that_is_wrong(decided: Portal) -> None:
    with decided.store.write() as work:
        triggers = work.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in triggers:
            work.connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        work.connection.exec_driver_sql("UPDATE award SET gross_fen = gross_fen + 1")
    visitor = decided.as_(officer(Duty.ADMINISTRATOR))
    report = visitor.submit(visitor.get("/audit"), action="/audit/proof")
    assert NUMBER in report.words() and "不成立" in report.words()
    assert "I15-recompute" in visitor.get("/audit").words()
    again = visitor.get(f"/desk/cases/{NUMBER}?again=1")
    assert "与存储的金额不一致" in again.words()


def test_the_chain_to_keep_is_whole_and_ends_with_the_head(decided: Portal) -> None:
    client = decided.as_(officer(Duty.AUDITOR)).client
    answer = client.get("/audit/chain.jsonl")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    end = head(decided.store)
    assert (rows[-1]["seq"], rows[-1]["hash"]) == (end.seq, end.hash) and "attachment" in answer.headers[
        "content-disposition"
    ]
    assert client.get("/audit/head.txt").text == f"{end.seq}  {end.hash}\n"


def test_an_award_is_computed_again_in_place(decided: Portal) -> None:
    for person, page in (
        (officer(Duty.AUDITOR), f"/desk/cases/{NUMBER}"), (officer(Duty.ACCEPTOR), f"/desk/cases/{NUMBER}"),
        (applicant(1), f"/my/cases/{NUMBER}"),
    ):  # fmt: skip
        visitor = decided.as_(person)
        shown = visitor.get(page)
        link = next(link for link in shown.links() if "again=1" in link)
        again = visitor.get(link)
        assert "与存储的金额一致，分毫不差" in again.words() and "规则摘要" in again.words(), page
        assert "第 4 条" in again.words() and "200,000.00" in again.words(), page
        papers = again.tree.xpath("//main//details//dd/a[contains(@href,'/evidence/')]/@href")
        assert papers == [f"{page}/evidence/{papers[0].rsplit('/', 1)[1]}"], page
    found = decided.as_(officer(Duty.AUDITOR)).get(f"/audit/recompute?case={NUMBER.lower()}")
    assert found.url.endswith(f"/desk/cases/{NUMBER}?again=0") and "分毫不差" in found.words()


def test_auditing_is_for_who_looks_on(decided: Portal) -> None:
    addresses = ("/audit", "/audit/chain.jsonl", "/audit/head.txt", f"/audit/recompute?case={NUMBER}")
    for person in (officer(Duty.DECIDER), officer(Duty.HEAD), applicant(1)):
        visitor = decided.as_(person)
        assert all(visitor.get(address).status == 404 for address in addresses)
        assert "/audit" not in visitor.get("/").links()
    assert "/audit" in decided.as_(officer(Duty.ADMINISTRATOR)).get("/").links()
