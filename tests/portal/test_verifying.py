"""Checking a receipt or a letter by its code: anybody may, it tells what is public, and no code can be found by trying."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import html as lxml_html
from sqlalchemy import select
from sqlmodel import col

from casework.awards.mail_attachments import papers_in
from casework.lifecycle import commands as r
from casework.shared.portal_address import letters_address, portal_address
from casework.shared.verification_codes import code_of, record_of
from models import AuditEntry, Decision, Duty, Message, State
from models.store import Store
from support.graduate import ACCOUNT, NAME, NUMBER, PHONE, graduate
from support.portal import Portal, Shown, Visitor
from support.stage import Stage, applicant, officer
from support.walk import Walk

S = State
UNKNOWN = "没有查到这个核验码"


def message_of(store: Store, kind: str) -> UUID:
    """The newest message of a kind to an applicant."""
    with store.read() as work:
        query = select(col(Message.id)).where(col(Message.kind) == kind, col(Message.recipient).like("party:%"))
        found = work.execute(query.order_by(col(Message.id).desc())).scalars().first()
    assert found is not None
    return found


def letter_of(store: Store, kind: str) -> tuple[str, str]:
    """The newest letter of a kind, and the code that it prints."""
    with store.read() as work:
        (letter,) = papers_in(work, message_of(store, kind))
    printed = re.search(r"核验码 <b>([^<]+)</b>", letter.content.decode())
    assert printed is not None
    return letter.content.decode(), printed[1]


def check(visitor: Visitor, code: str) -> Shown:
    """The page, filled in and sent."""
    return visitor.submit(visitor.get("/verify"), action="/verify", code=code)


def value(page: Shown, key: str) -> str:
    """What stands beside a word of the page."""
    rows = page.tree.xpath(f"//dt[normalize-space()='{key}']/following-sibling::dd[1]")
    return " ".join(rows[0].itertext()) if rows else ""


@pytest.fixture(autouse=True)
def reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal runs, at its usual address."""
    monkeypatch.delenv("DUIXIAN_WEB_BIND", raising=False)
    monkeypatch.delenv("DUIXIAN_WEB_ADDRESS", raising=False)


@pytest.fixture
def filed(portal: Portal, stage: Stage) -> Walk:
    """A firm's case that is filed, and waits for its acceptor."""
    walk = Walk(stage)
    walk.to(walk.open("M4a", 1, 1), S.FILED, Duty.ACCEPTOR)
    return walk


def test_the_receipts_code_leads_anybody_to_the_filing(portal: Portal, filed: Walk) -> None:
    done = portal.as_(applicant(1)).get("/apply/XZ2023-M04-000001/done")
    code = value(done, "核验码")
    address = f"http://localhost:8023/verify/{code}"
    assert address in done.words() and done.tree.xpath("//img[starts-with(@src, 'data:image/svg+xml')]")
    page = portal.visitor().get(f"/verify/{code}")
    assert page.status == 200 and "真实" in page.words()
    assert value(page, "案件编号") == "XZ2023-M04-000001" and value(page, "申报主体") == "算例企业1"
    assert value(page, "出具时的状态") == value(page, "现在的状态") == "已提交，等待受理"
    assert "authentic" in portal.visitor().get(f"/verify/{code}?lang=en").words()


def test_the_receipt_names_the_row_of_the_audit_chain_that_holds_the_filing(portal: Portal, filed: Walk) -> None:
    with portal.store.read() as work:
        decision = work.execute(select(col(Decision.id)).where(col(Decision.action) == "file")).scalar_one()
        row = work.execute(select(AuditEntry.__table__).where(col(AuditEntry.action) == "file")).one()  # type: ignore[attr-defined]
    page = portal.visitor().get(f"/verify/{code_of(decision)}")
    assert value(page, "审计链").split() == ["第", str(row.seq), "条", row.hash]


def test_a_letters_code_leads_to_what_it_states_and_to_where_the_case_stands_now(portal: Portal, filed: Walk) -> None:
    case = filed.stage.case(UUID(str(filed_case(portal.store))))
    filed.do(r.Refuse, case, reason="算例：主体不符", reason_code="subject", clause="第 4 条")
    text, code = letter_of(portal.store, "refused")
    assert f"http://localhost:8023/verify/{code}" in text
    page = check(portal.visitor(), code.replace("-", " ").lower())
    assert page.url.endswith(f"/verify/{code}") and "不予支持告知书" in page.words()
    assert "主体不符" not in page.words(), "reasons are for whoever signs in"
    printed = re.search(r"核对码 ([0-9a-f]{16})", text)
    assert printed is not None and value(page, "核对码").split()[0] == printed[1]


def filed_case(store: Store) -> Any:
    """The only case."""
    with store.read() as work:
        return work.connection.exec_driver_sql("SELECT id FROM case_file").scalar_one()


def test_a_firms_letter_of_decision_shows_its_amount(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    walk.to(walk.open("M4a", 1, 1), S.ON_NOTICE)
    page = portal.visitor().get(f"/verify/{letter_of(portal.store, 'decided')[1]}")
    assert value(page, "金额（元）") == "200,000.00"
    assert (value(page, "出具时的状态"), value(page, "现在的状态")) == ("已审定", "公示中")


def test_every_other_code_meets_the_same_answer(portal: Portal, filed: Walk) -> None:
    visitor = portal.visitor()
    with portal.store.read() as work:
        other = [
            *work.execute(select(col(Decision.id)).where(col(Decision.action) != "file")).scalars(),
            *work.execute(select(col(Message.id)).where(col(Message.kind) == "filed")).scalars(),
        ]
    tried = [code_of(uuid4()), *map(code_of, other), "'; --", "x" * 150, code_of(uuid4())[:-1] + "Z"]
    pages = [check(visitor, one) for one in tried]
    assert len(other) > 1 and {page.status for page in pages} == {422}
    assert {page.tree.xpath("string(//div[@role='alert'])") for page in pages} == {
        pages[0].tree.xpath("string(//div[@role='alert'])")
    }
    shown = visitor.get(f"/verify/{tried[0]}")
    assert shown.status == 404 and UNKNOWN in shown.words()
    assert check(visitor, "").status == 422


def test_one_visitor_cannot_try_one_code_after_another(portal: Portal, filed: Walk) -> None:
    visitor = portal.visitor()
    known = value(portal.as_(applicant(1)).get("/apply/XZ2023-M04-000001/done"), "核验码")
    answers = [visitor.get(f"/verify/{code_of(uuid4())}").status for _ in range(31)]
    assert answers == [404] * 30 + [429]
    assert visitor.get(f"/verify/{known}").status == 429, "right or wrong"
    assert portal.visitor("192.0.2.9").get(f"/verify/{known}").status == 200, "others are not held up"


def test_a_code_is_read_however_it_is_typed() -> None:
    record = UUID("018f0a1b-2c3d-7e4f-8a5b-1c2d3e4f5a6b")
    code = code_of(record)
    assert len(code.replace("-", "")) == 26 and record_of(code) == record
    for typed in (code.lower(), code.replace("-", ""), f" {code} ", code.replace("0", "o").replace("1", "l")):
        assert record_of(typed) == record, typed
    assert record_of(f"https://portal.example.gov.cn/verify/{code}") == record
    assert record_of("Z" * 26) is None and record_of(code[:-1]) is None and record_of(code + "0") is None


def test_of_a_natural_person_no_more_shows_than_on_the_public_lists(store: Store, tmp_path: Path) -> None:
    someone = graduate(store, tmp_path)
    someone.case(tmp_path, S.DECIDED)
    portal = Portal(store, tmp_path)
    _, code = letter_of(store, "decided")
    before = portal.visitor().get(f"/verify/{code}")
    assert value(before, "申报主体") == "算**" and value(before, "金额（元）") == ""
    assert not [secret for secret in (NAME, NAME[1:], PHONE, ACCOUNT, NUMBER) if secret in before.text]


def test_a_page_that_is_only_looked_at_before_its_act_bears_no_code(portal: Portal, filed: Walk) -> None:
    page = portal.as_(officer(Duty.ACCEPTOR)).get("/desk/cases/XZ2023-M04-000001/do/refuse")
    assert page.status == 200
    with portal.store.write() as work:
        assert work.demo
    case = filed.stage.case(UUID(str(filed_case(portal.store))))
    filed.do(r.Refuse, case, reason="算例：主体不符", reason_code="subject", clause="第 4 条")
    with portal.store.read() as work:
        (looked_at,) = papers_in(work, message_of(portal.store, "refused"), kept=False)
    assert "核验码" not in looked_at.content.decode() and "核对码" in looked_at.content.decode()


def test_the_letters_qr_code_is_whole_and_the_page_parses(portal: Portal, filed: Walk) -> None:
    filed.do(r.Refuse, filed.stage.case(UUID(str(filed_case(portal.store)))), reason="算例", reason_code="subject")
    text, _ = letter_of(portal.store, "refused")
    (image,) = lxml_html.fromstring(text).xpath("//img")
    assert image.get("src").startswith("data:image/svg+xml") and image.get("alt")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({}, "http://localhost:8023"),
        ({"DUIXIAN_WEB_BIND": "127.0.0.1:9000"}, "http://localhost:9000"),
        ({"DUIXIAN_WEB_ADDRESS": "https://portal.example.gov.cn/"}, "https://portal.example.gov.cn"),
        ({"DUIXIAN_WEB_BIND": "off"}, ""),
        ({"DUIXIAN_WEB_BIND": "off", "DUIXIAN_WEB_ADDRESS": "https://portal.example.gov.cn"}, "https://portal.example.gov.cn"),
    ],
)  # fmt: skip
def test_letters_lead_to_where_the_portal_is_found(said: dict[str, str], address: str) -> None:
    assert portal_address(said) == letters_address(demo=True, environment=said) == address


@pytest.mark.parametrize(
    ("named", "address"), [("https://portal.example.gov.cn", "https://portal.example.gov.cn"), ("", "")]
)
def test_in_earnest_no_letter_leads_to_an_address_that_nobody_named(named: str, address: str) -> None:
    assert letters_address(demo=False, environment={"DUIXIAN_WEB_ADDRESS": named}) == address
