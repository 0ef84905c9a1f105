"""Payments through the pages: from the allocation to the bank's answer, by five people, and whom the pages refuse."""

import hmac
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from casework.shared.reference import touch
from models import Allocation, AuditEntry, BankResult, Duty, Grant, PaymentBatch, PaymentOrder, Person, State
from models.store import Store
from support.paying import FUND, HEADER, Paying
from support.portal import Portal, Shown, Visitor
from support.stage import BEFORE, LEAD, MARKET, applicant, named, officer

POST = "/pay/batches/"
Q = quote(FUND.text, safe="")


@pytest.fixture
def paying(store: Store, tmp_path: Path) -> Paying:
    """Two cases that wait for the allocator."""
    return Paying(store, tmp_path).furnish(2)


@pytest.fixture
def portal(paying: Paying, tmp_path: Path) -> Portal:
    """The portal over them."""
    return Portal(paying.store, tmp_path)


def by(portal: Portal, duty: Duty, which: int = 0) -> Visitor:
    return portal.as_(officer(duty, which))


def rows(store: Store, table: type) -> int:
    with store.read() as work:
        return int(work.execute(select(func.count()).select_from(table)).scalar_one())


def made(portal: Portal, paying: Paying) -> str:
    """A batch of both cases that waits for its checker."""
    paying.allocate()
    return paying.prepare().number


def press(visitor: Visitor, batch: str, step: str, **typed: str) -> Shown:
    return visitor.submit(visitor.get(POST + batch), action=f"{POST}{batch}/{step}", **typed)


def file_of(paying: Paying, *, outcome: str = "settled", odd: str = "") -> bytes:
    """What the bank says of both orders; `odd` is a line that fits nothing."""
    said = [f"{one.number},{outcome},{one.amount_fen // 100}.00,{one.payee_account},算例" for one in paying.orders()]
    return "\n".join([",".join(HEADER), *said, *([odd] if odd else [])]).encode()


def send(visitor: Visitor, content: bytes, name: str = "回单.csv") -> Shown:
    return visitor.submit(visitor.get("/pay/import"), action="/pay/import", files={"file": (name, content, "text/csv")})


def test_from_the_allocation_to_settled_through_the_pages(portal: Portal, paying: Paying) -> None:
    allocator = by(portal, Duty.ALLOCATOR)
    start = allocator.get("/pay")
    assert start.status == 200 and f"/pay/allocate?fund={Q}" in start.links()
    assert "区经商局 2023 年度" in start.words() and "400,000.00" in start.words()
    form = allocator.get(f"/pay/allocate?fund={Q}")
    allocated = allocator.submit(form, action="/pay/allocate", number="算例财 2023-7 号")
    assert "/pay/allocations/" in allocated.url and "算例财 2023-7 号" in allocated.words()

    maker = by(portal, Duty.MAKER)
    form = maker.get(f"/pay/prepare?fund={Q}")
    batch = maker.submit(form, action="/pay/prepare")
    number = batch.url.split("/pay/batches/")[1].split("?")[0]
    assert batch.status == 200 and "已制单" in batch.words() and "62220000" in batch.words()

    checker = by(portal, Duty.CHECKER)
    assert "已复核" in press(checker, number, "check").words()
    releaser = by(portal, Duty.RELEASER)
    assert number in releaser.get("/pay").words()
    assert "已放行" in press(releaser, number, "release").words()
    exported = press(releaser, number, "export")
    names = [link for link in exported.links() if "/files/" in link]
    assert len(names) == 2 and (portal.home.directory / "payments" / f"{number}.xlsx").exists()
    document = releaser.client.get(names[0])
    assert document.status_code == 200 and number.encode() in document.content
    assert "attachment" in document.headers["content-disposition"]

    report = send(by(portal, Duty.RECONCILER), file_of(paying))
    assert "/pay/import/" in report.url and report.status == 200
    assert all(paying.view(which).state == State.PAID for which in (0, 1)), report.words()
    assert "已到账" in report.words()
    done = by(portal, Duty.MAKER).get(POST + number).words()
    assert "已到账" in done and all(f"算例{duty}-0" in done for duty in ("maker", "checker", "releaser"))
    assert "没有差异" in by(portal, Duty.RECONCILER).get("/pay/reconcile").words()


def token_of(page: Shown) -> str:
    return str(page.tree.xpath("//input[@name='_token']")[0].get("value"))


def hash_of(paying: Paying, batch: str) -> str:
    with paying.store.read() as work:
        query = select(col(PaymentBatch.list_hash)).where(col(PaymentBatch.number) == batch)
        return str(work.execute(query).scalar_one())


def test_the_maker_may_not_check_and_is_told_who_may(portal: Portal, paying: Paying) -> None:
    batch = made(portal, paying)
    maker = by(portal, Duty.MAKER)
    page = maker.get(POST + batch)
    assert not page.tree.xpath(f"//form[@action='{POST}{batch}/check']") and "算例checker-0" in page.words()
    forged = {"_token": token_of(page), "act_id": str(named("forged")), "list_hash": hash_of(paying, batch)}
    no = maker.post(f"{POST}{batch}/check", forged)
    assert no.status == 422 and "可由 算例checker-0" in no.words() and paying.view().next_duty == Duty.CHECKER


def test_a_list_that_was_not_seen_is_not_checked(portal: Portal, paying: Paying) -> None:
    batch = made(portal, paying)
    for seen in ("0" * 64, ""):
        no = press(by(portal, Duty.CHECKER), batch, "check", list_hash=seen)
        assert no.status == 422 and paying.view().next_duty == Duty.CHECKER


def test_a_double_press_does_a_thing_once(portal: Portal, paying: Paying) -> None:
    allocator, maker, checker = (by(portal, duty) for duty in (Duty.ALLOCATOR, Duty.MAKER, Duty.CHECKER))
    form = allocator.get(f"/pay/allocate?fund={Q}")
    first, second = (allocator.submit(form, action="/pay/allocate", number="算例财 8 号") for _ in range(2))
    assert first.url == second.url and rows(paying.store, Allocation) == 1
    form = maker.get(f"/pay/prepare?fund={Q}")
    first, second = (maker.submit(form, action="/pay/prepare") for _ in range(2))
    assert first.url == second.url and rows(paying.store, PaymentBatch) == 1 and rows(paying.store, PaymentOrder) == 2
    form = checker.get(first.url)
    for _ in range(2):
        assert checker.submit(form, action=f"{POST}ZF2023-00001/check").status == 200


def test_a_document_number_is_asked_for_and_what_was_chosen_is_kept(portal: Portal, paying: Paying) -> None:
    allocator = by(portal, Duty.ALLOCATOR)
    form = allocator.get(f"/pay/allocate?fund={Q}")
    no = allocator.submit(form, action="/pay/allocate", case=[str(paying.cases[1])], budget_line="算例科目")
    assert no.status == 422 and "#f-number" in no.links()
    ticked = no.tree.xpath("//input[@name='case'][@checked]")
    assert [one.get("value") for one in ticked] == [str(paying.cases[1])]
    assert no.tree.xpath("//input[@name='budget_line']")[0].get("value") == "算例科目"
    none = allocator.submit(form, action="/pay/allocate", case=[], number="算例财 9 号")
    assert none.status == 422 and "至少勾选一件" in none.words() and rows(paying.store, Allocation) == 0


def test_a_doubtful_payee_is_left_out_until_the_maker_says_why(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2, firms=1)
    paying.allocate()
    maker = by(Portal(store, tmp_path), Duty.MAKER)
    no = maker.submit(maker.get(f"/pay/prepare?fund={Q}"), action="/pay/prepare")
    assert no.status == 422 and "两笔相同金额" in no.words() and rows(store, PaymentBatch) == 0
    number = paying.view(0).number
    batch = maker.submit(no, action="/pay/prepare", **{f"why-{number}": "算例：两件不同产品"})
    assert "未列入" in batch.words() and paying.view(1).number in batch.words() and rows(store, PaymentOrder) == 1
    again = next(link for link in batch.links() if "confirm=" in link)
    rest = maker.submit(maker.get(again), action="/pay/prepare", **{f"why-{paying.view(1).number}": "算例理由"})
    assert rest.status == 200 and rows(store, PaymentOrder) == 2


def test_a_batch_is_given_back_with_a_reason(portal: Portal, paying: Paying) -> None:
    batch = made(portal, paying)
    checker = by(portal, Duty.CHECKER)
    no = press(checker, batch, "reject")
    assert no.status == 422 and "#f-reason" in no.links()
    done = checker.submit(no, action=f"{POST}{batch}/reject", reason="算例：账户待核")
    assert "已退回" in done.words() and "账户待核" in done.words() and paying.view().next_duty == Duty.MAKER


def test_the_head_approves_above_the_threshold(portal: Portal, paying: Paying) -> None:
    with paying.store.write() as work:
        paying.stage.value(work, "P-release-threshold", "199999.99")
        touch(work)
    batch = made(portal, paying)
    press(by(portal, Duty.CHECKER), batch, "check")
    assert not by(portal, Duty.RELEASER).get(POST + batch).tree.xpath(f"//form[@action='{POST}{batch}/release']")
    head = by(portal, Duty.HEAD)
    assert "/pay" in head.get("/desk").links()
    assert "已加批" in press(head, batch, "approve").words()
    assert "已放行" in press(by(portal, Duty.RELEASER), batch, "release").words()


def test_a_file_twice_says_so_and_no_line_is_lost(portal: Portal, paying: Paying) -> None:
    paying.sent()
    reconciler, first = by(portal, Duty.RECONCILER), paying.orders()[0]
    odd = f"XZ2023-M04-009999-A1,settled,200000.00,{first.payee_account},算例\n,,,,"
    report = send(reconciler, file_of(paying, odd=odd + f"\n{first.number},什么,1,1,"))
    words = report.words()
    assert "XZ2023-M04-009999-A1" in words and "不认识的结果" in words and paying.view().state == State.PAID
    kept = rows(paying.store, BankResult)
    again = send(reconciler, file_of(paying))
    assert "没有重复入账" in again.words() and rows(paying.store, BankResult) == kept
    assert reconciler.get(report.url).words() == words  # the report can be looked at again
    listed = reconciler.get("/pay/reconcile")
    match = reconciler.get(next(link for link in listed.links() if "/pay/unmatched/" in link))
    no = reconciler.submit(match, action="/pay/unmatched/", order=first.number)
    assert no.status == 422 and "#f-reason" in no.links() and first.number in no.text
    done = reconciler.submit(no, action="/pay/unmatched/", reason="算例：银行电话确认写错指令号")
    assert "已匹配" in done.words() and "009999" not in done.words()


def test_the_same_upload_sent_again_answers_the_same(portal: Portal, paying: Paying) -> None:
    paying.sent()
    reconciler = by(portal, Duty.RECONCILER)
    form, files = reconciler.get("/pay/import"), {"file": ("回单.csv", file_of(paying), "text/csv")}
    first, second = (reconciler.submit(form, action="/pay/import", files=files) for _ in range(2))
    assert first.url == second.url and first.words() == second.words() and "没有重复入账" not in first.words()


def test_another_file_from_a_page_that_was_sent_before_is_refused_and_not_passed_over(
    portal: Portal, paying: Paying
) -> None:
    paying.sent()
    reconciler = by(portal, Duty.RECONCILER)
    form, data = reconciler.get("/pay/import"), file_of(paying)
    reconciler.submit(form, action="/pay/import", files={"file": ("回单.csv", data, "text/csv")})
    other = data.replace(b"settled", b"failed")
    assert other != data
    no = reconciler.submit(form, action="/pay/import", files={"file": ("另一份.csv", other, "text/csv")})
    assert no.status in (409, 422) and "内容不同" in no.words()


def test_a_file_that_is_none_of_the_banks_is_refused_in_words(portal: Portal, paying: Paying) -> None:
    reconciler = by(portal, Duty.RECONCILER)
    no = send(reconciler, b"\x00\x01")
    assert no.status == 422 and "#f-file" in no.links() and "pain.002" in no.words()
    assert reconciler.submit(reconciler.get("/pay/import"), action="/pay/import").status == 422


def test_a_file_is_taken_with_the_banks_signature_only_where_a_key_is_set(
    portal: Portal, paying: Paying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paying.sent()
    key, content, reconciler = tmp_path / "key", file_of(paying), by(portal, Duty.RECONCILER)
    monkeypatch.setenv("DUIXIAN_BANK_KEY", str(key))
    assert "密钥文件读不到" in reconciler.get("/pay/import").words()
    key.write_bytes(b" \n")
    assert "密钥文件是空的" in reconciler.get("/pay/import").words()
    key.write_bytes(b"shared with the bank\n")
    no = send(reconciler, content)
    assert no.status == 422 and "#f-signature" in no.links() and paying.view().state == State.ORDERED
    signed = hmac.new(b"shared with the bank", content, "sha256").hexdigest()
    files = {"file": ("回单.csv", content, "text/csv")}
    reconciler.submit(no, action="/pay/import", files=files, signature=signed)
    assert paying.view().state == State.PAID


def test_what_a_file_says_stays_out_of_the_audit_chain_but_for_order_numbers(portal: Portal, paying: Paying) -> None:
    paying.sent()
    content = f"{','.join(HEADER)}\n算例某人,什么,1,1,\n".encode()
    assert "不认识的结果" in send(by(portal, Duty.RECONCILER), content, "算例某人.csv").words()
    with paying.store.read() as work:
        query = select(col(AuditEntry.content)).where(col(AuditEntry.action) == "payments.report")
        assert "算例某人" not in str(work.execute(query).scalar_one())


def test_a_result_that_contradicts_its_order_is_the_banks_to_explain(portal: Portal, paying: Paying) -> None:
    paying.sent()
    order, reconciler = paying.orders()[0], by(portal, Duty.RECONCILER)
    for amount, offered in (("1.00", False), ("", True)):
        content = f"{','.join(HEADER)}\n{order.number},settled,{amount},{order.payee_account},\n".encode()
        assert "与回单不一致" in send(reconciler, content).words()
        page = reconciler.get("/pay/reconcile")
        assert "请向银行核实" in page.words()
        assert any("/pay/unmatched/" in link for link in page.links()) is offered
    form = reconciler.get(next(link for link in page.links() if "/pay/unmatched/" in link))
    typed = {"reason": "算例对账单", "amount": f"{order.amount_fen // 100:,}.00"}
    assert "已匹配" in reconciler.submit(form, action="/pay/unmatched/", **typed).words()
    assert paying.view().state == State.PAID


def test_what_failed_is_listed_and_paid_again(portal: Portal, paying: Paying) -> None:
    paying.sent()
    assert "支付失败" in send(by(portal, Duty.RECONCILER), file_of(paying, outcome="failed")).words()
    maker = by(portal, Duty.MAKER)
    listed = maker.get("/pay/returns")
    assert "支付失败" in listed.words() and paying.view().number in listed.words()
    again = maker.get(next(link for link in listed.links() if "/pay/prepare" in link))
    assert again.status == 200 and again.tree.xpath("//input[@name='case']")


PAGES = ("/pay", "/pay/batches", "/pay/import", "/pay/returns", "/pay/reconcile", f"/pay/allocate?fund={Q}",
         f"/pay/prepare?fund={Q}")  # fmt: skip


def test_payments_do_not_exist_for_an_applicant_nor_for_nobody(portal: Portal, paying: Paying) -> None:
    batch = made(portal, paying)
    firm, nobody = portal.as_(applicant(0)), portal.visitor()
    for address in (*PAGES, POST + batch, "/pay/funds"):
        assert firm.get(address).status == 404, address
        assert "/sign-in" in nobody.get(address).url
    assert firm.get("/").status != 500 and "/pay" not in firm.get("/my").links()
    token = token_of(firm.get("/my"))
    assert (
        firm.post(f"{POST}{batch}/check", {"_token": token, "act_id": str(named("x")), "list_hash": "x"}).status == 404
    )


def test_payments_do_not_exist_for_the_officers_of_other_units(portal: Portal, paying: Paying) -> None:
    with paying.store.write() as work:
        work.add(Person, id=named("maker-of-market"), login="maker-of-market", name="算例外单位", natural_key="m-o-m")
        work.add(Grant, person_id=named("maker-of-market"), duty=Duty.MAKER, unit=MARKET, valid_from=BEFORE)
        touch(work)
    batch = made(portal, paying)
    other = portal.as_(named("maker-of-market"))
    for address in (*PAGES, POST + batch, f"{POST}{batch}/files/{batch}.xlsx"):
        page = other.get(address)
        assert page.status == 404 and "找不到页面" in page.words(), address


def test_what_is_not_there_is_no_page(portal: Portal) -> None:
    maker = by(portal, Duty.MAKER)
    for address in ("/pay/batches/ZF2023-99999", "/pay/allocate?fund=x", "/pay/prepare?fund=%E6%97%A0:2023",
                    f"/pay/import/{named('x')}", f"/pay/allocations/{named('x')}", f"/pay/unmatched/{named('x')}"):  # fmt: skip
        assert maker.get(address).status == 404, address


def test_a_file_of_a_batch_is_there_after_its_export_only(portal: Portal, paying: Paying) -> None:
    batch = made(portal, paying)
    releaser = by(portal, Duty.RELEASER)
    paying.check(batch)
    paying.release(batch)
    assert releaser.get(f"{POST}{batch}/files/{batch}.xlsx").status == 404
    press(releaser, batch, "export")
    first, second = (releaser.client.get(f"{POST}{batch}/files/{batch}.xlsx").content for _ in range(2))
    assert first == second and first[:2] == b"PK"
    assert releaser.get(f"{POST}{batch}/files/..%2Fduixian.db").status == 404


def test_a_budget_is_added_once_a_document(portal: Portal) -> None:
    officer_ = by(portal, Duty.FUND_OFFICER)
    page = officer_.get("/pay/funds")
    wrong = officer_.submit(page, action="/pay/funds", unit=LEAD, year="2025", amount="1.234", document="算例预 1 号")
    assert wrong.status == 422 and "#f-amount" in wrong.links()
    bare = officer_.submit(page, action="/pay/funds", unit=LEAD, year="2025", amount=" ", document="算例预 1 号")
    assert bare.status == 422 and "#f-amount" in bare.links() and "请写明金额" in bare.words()
    typed = {"unit": LEAD, "year": "2025", "amount": "1,000,000.50", "document": "算例预 1 号"}
    done = officer_.submit(officer_.submit(page, action="/pay/funds", **typed), action="/pay/funds")
    assert "预算已安排" in done.words() and "1,000,000.50" in done.words()
    typed["amount"] = "1，000，000.5"
    assert "未重复" in officer_.submit(page, action="/pay/funds", **typed).words()
    assert not by(portal, Duty.CERTIFIER).get("/pay/funds").tree.xpath("//main//form")


def test_the_pages_are_whole_in_english(portal: Portal, paying: Paying) -> None:
    batch = made(portal, paying)
    maker = by(portal, Duty.MAKER)
    for address in (*PAGES, POST + batch, "/pay/funds"):
        page = maker.get(f"{address}{'&' if '?' in address else '?'}lang=en")
        assert page.status == 200 and "Payments" in page.text, page.text[:400]
