"""Result files: each line counts once, must be the order's, and what fits nothing is listed and moves nothing."""

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import xlsxwriter
from sqlalchemy import select
from sqlmodel import col

from casework.payments import payment_lists
from casework.payments.bank_results import match_by_hand
from casework.payments.bank_status import BankStatus, Category, category
from casework.shared.errors import Refused
from models import BankResult, Duty, OrderState, State
from models.store import Store
from support.paying import EACH, HEADER, Paying, Row, listed, pain002, row
from support.rehearsal import written
from support.stage import officer


def sent(store: Store, folder: Path, cases: int = 1) -> Paying:
    paying = Paying(store, folder).furnish(cases)
    paying.sent()
    return paying


def workbook(path: Path, rows: list[Row]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("回单")
        for number, cells in enumerate([HEADER, *rows]):
            for place, cell in enumerate(cells):
                sheet.write_string(number, place, cell)
    return path


def test_the_same_file_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path, 3)
    said = paying.say((0, BankStatus.SETTLED), (1, BankStatus.FAILED), (2, BankStatus.ACKNOWLEDGED))
    paying.read(said)
    before = written(store)
    again = paying.read(said)
    assert (again.already_known, again.moved, again.refused) == (3, 0, [])
    assert written(store) == before


def test_the_same_line_in_another_file_changes_nothing(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path, 2)
    order = paying.order(0)
    paying.read(paying.say((0, BankStatus.SETTLED)))
    other = pain002(tmp_path / "late.xml", [(order, BankStatus.SETTLED, ""), (paying.order(1), BankStatus.SETTLED, "")])
    report = paying.read(other)
    assert (report.already_known, report.settled) == (1, 1)
    assert paying.money()[3] == 2 * EACH


@pytest.mark.parametrize("kind", ["xml", "csv", "gbk", "xlsx", "english"])
def test_every_kind_of_file_is_read_alike(store: Store, tmp_path: Path, kind: str) -> None:
    paying = sent(store, tmp_path, 3)
    news = list(zip((0, 1, 2), (BankStatus.SETTLED, BankStatus.FAILED, BankStatus.RETURNED), strict=True))
    rows = [row(paying.order(which), outcome, "AC04 账户已销户") for which, outcome in news]
    chinese = {"settled": "成功", "failed": "失败", "returned": "退汇"}
    if kind == "xml":
        path = pain002(tmp_path / "a.xml", [(paying.order(w), outcome, "AC04 closed") for w, outcome in news])
    elif kind == "xlsx":
        path = workbook(tmp_path / "a.xlsx", rows)
    elif kind == "english":
        path = listed(tmp_path / "a.csv", rows, ("order_no", "outcome", "amount", "account", "reason"))
    else:
        said = [(a, chinese[b], c, d, e) for a, b, c, d, e in rows]
        path = listed(tmp_path / "a.csv", said, encoding="gb18030" if kind == "gbk" else "utf-8-sig")
    report = paying.read(path)
    assert (report.settled, report.failed, report.returned, report.refused) == (1, 1, 1, [])
    states = [paying.order(which).state for which in range(3)]
    assert states == [OrderState.SETTLED, OrderState.FAILED, OrderState.RETURNED]
    assert [paying.view(which).state for which in range(3)] == [State.PAID, State.PAYABLE, State.PAYABLE]


@pytest.mark.parametrize("field", ["amount", "account", "no amount", "no account"])
@pytest.mark.parametrize("outcome", [BankStatus.SETTLED, BankStatus.FAILED])
def test_a_forged_line_is_refused_and_listed(store: Store, tmp_path: Path, field: str, outcome: BankStatus) -> None:
    paying = sent(store, tmp_path)
    number, news, amount, account, why = row(paying.order(), outcome)
    forged = {
        "amount": (number, news, "200000.01", account, why),
        "account": (number, news, amount, "6222999999", why),
        "no amount": (number, news, "", account, why),
        "no account": (number, news, amount, "", why),
    }[field]
    for _ in range(2):
        report = paying.read(listed(tmp_path / "forged.csv", [forged]))
        assert [refusal.code for refusal in report.refused] == [field.removeprefix("no ")]
        assert (paying.view().state, paying.order().state) == (State.ORDERED, OrderState.SENT)
        assert paying.money()[3] == 0
    with store.read() as work:
        assert [result.match for result in payment_lists.unmatched(work)] == ["refused"]
    assert paying.read(paying.say((0, BankStatus.SETTLED))).settled == 1


def differences(store: Store) -> list[tuple[str, str, int, int]]:
    """What the three-way check finds."""
    with store.read() as work:
        return [(one.kind, one.subject, one.expected_fen, one.found_fen) for one in payment_lists.reconcile(work)]


def test_another_sum_than_ordered_is_named_so_with_both(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    number, news, _, account, why = row(paying.order(), BankStatus.SETTLED)
    report = paying.read(listed(tmp_path / "forged.csv", [(number, news, "1.00", account, why)]))
    assert "金额不符" in report.refused[0].zh and "元，回单 1.00 元" in report.refused[0].zh
    assert differences(store) == [("amount_differs", number, EACH, 100)]


def test_a_result_for_an_order_that_does_not_exist_is_a_difference(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    _, news, _, account, why = row(paying.order(), BankStatus.SETTLED)
    paying.read(listed(tmp_path / "odd.csv", [("XZ-NONE-A1", news, "12.00", account, why)]))
    assert differences(store) == [("result_without_order", "XZ-NONE-A1", 0, 1200)]


def test_an_order_that_was_never_exported_is_said_to_be_so_whatever_the_sum(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    paying.prepare()
    number, news, _, account, why = row(paying.order(), BankStatus.SETTLED)
    report = paying.read(listed(tmp_path / "early.csv", [(number, news, "1.00", account, why)]))
    assert [refusal.code for refusal in report.refused] == ["not_sent"] and "从未导出" in report.refused[0].zh


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_without_a_single_result_is_refused(store: Store, tmp_path: Path, kind: str) -> None:
    paying = sent(store, tmp_path)
    path = listed(tmp_path / "a.csv", []) if kind == "csv" else workbook(tmp_path / "a.xlsx", [])
    with pytest.raises(Refused, match="没有任何回单"):
        paying.read(path)


def test_unmatched_lines_are_kept_and_matched_by_hand(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    number, *rest = row(paying.order(), BankStatus.SETTLED)
    path = listed(tmp_path / "odd.csv", [(number.replace("-", "/"), *rest)])  # type: ignore[list-item]
    report = paying.read(path)
    assert report.unmatched == [number.replace("-", "/")]
    assert paying.read(path).already_known == 1
    with store.read() as work:
        found = payment_lists.unmatched(work)
    assert [result.match for result in found] == ["unmatched"]
    by = officer(Duty.RECONCILER)
    ways = {"result": found[0].id, "order": number, "by": by, "act_id": paying.act_id()}
    with pytest.raises(Refused, match="依据"):
        match_by_hand(store, reason=" ", **ways)
    assert match_by_hand(store, reason="银行改写了附言", **ways).settled == 1
    assert paying.view().state == State.PAID
    with pytest.raises(Refused, match="没有这条"):
        match_by_hand(store, reason="再次", **ways)
    assert paying.read(path).already_known == 1


def test_a_match_by_hand_must_agree_in_amount(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    number, outcome, _, account, why = row(paying.order(), BankStatus.SETTLED)
    paying.read(listed(tmp_path / "odd.csv", [("X1", outcome, "1.00", account, why)]))
    with store.read() as work:
        result = payment_lists.unmatched(work)[0].id
    before = written(store)
    with pytest.raises(Refused, match="金额"):
        match_by_hand(
            store, result=result, order=number, by=officer(Duty.RECONCILER), act_id=paying.act_id(), reason="猜测"
        )
    assert written(store) == before


def test_a_result_for_an_order_that_never_went_out_is_refused(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare().number
    assert [refusal.code for refusal in paying.read(paying.say((0, BankStatus.SETTLED))).refused] == ["not_sent"]
    paying.check(batch)
    paying.release(batch)
    said = paying.say((0, BankStatus.SETTLED))
    assert [refusal.code for refusal in paying.read(said).refused] == ["not_sent"]
    assert paying.view().state == State.ORDERED
    paying.export(batch)
    assert paying.read(said).settled == 1


@pytest.mark.parametrize("hours", [0, 2])
def test_a_bank_that_contradicts_itself_stops_the_next_attempt(store: Store, tmp_path: Path, hours: int) -> None:
    """In the same instant as the order, or dated before it because the clock was set back."""
    from casework.payments.payment_context import AllExcluded

    paying = sent(store, tmp_path)
    settled = paying.say((0, BankStatus.SETTLED))
    paying.read(paying.say((0, BankStatus.FAILED)))
    batch = paying.prepare().number
    with store.read() as work:
        now = work.now
    store.set_clock(now - timedelta(hours=hours), frozen=True)
    assert [refusal.code for refusal in paying.read(settled).refused] == ["contradiction"]
    with store.read() as work:
        assert [result.kind for result in payment_lists.reconcile(work)] == ["result_without_order"]
    with pytest.raises(Refused, match="前后矛盾"):
        paying.check(batch)
    store.set_clock(now, frozen=True)
    paying.reject(batch)
    with pytest.raises(AllExcluded, match="先向银行核实"):
        paying.prepare()
    paying.sent(allocate=False, confirmed={paying.view().number: "银行书面确认首笔未付"})
    assert paying.view().state == State.ORDERED


def test_a_failure_after_the_settlement_moves_nothing(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    paying.read(paying.say((0, BankStatus.SETTLED)))
    report = paying.read(paying.say((0, BankStatus.FAILED)))
    assert [refusal.code for refusal in report.refused] == ["contradiction"]
    assert (paying.view().state, paying.money()[3]) == (State.PAID, EACH)


def test_both_attempts_in_one_file(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    first = paying.order()
    paying.read(paying.say((0, BankStatus.FAILED)))
    paying.sent(allocate=False)
    path = pain002(tmp_path / "b.xml", [(paying.order(), BankStatus.SETTLED, ""), (first, BankStatus.FAILED, "AM04")])
    report = paying.read(path)
    assert (report.settled, report.already_known) == (1, 1)
    assert paying.money()[3] == EACH


def test_a_signed_file_is_read_only_with_its_signature(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    path, key = paying.say((0, BankStatus.SETTLED)), b"shared with the bank"
    signature = hmac.new(key, path.read_bytes(), hashlib.sha256).hexdigest()
    for wrong in ("", "0" * 64, signature[:-1]):
        with pytest.raises(Refused, match="签名"):
            paying.read(path, key=key, signature=wrong)
    with pytest.raises(Refused, match="密钥"):
        paying.read(path, signature=signature)
    path.write_bytes(path.read_bytes().replace(b"settled", b"failed"))
    with pytest.raises(Refused, match="签名"):
        paying.read(path, key=key, signature=signature)
    assert paying.view().state == State.ORDERED
    path.write_bytes(path.read_bytes().replace(b"failed", b"settled"))
    assert paying.read(path, key=key, signature=signature.upper()).settled == 1


def test_the_words_of_a_result_are_kept_as_read(store: Store, tmp_path: Path) -> None:
    paying = sent(store, tmp_path)
    paying.read(paying.say((0, BankStatus.FAILED), reason="AC04 账户已销户"))
    with store.read() as work:
        kept = work.execute(select(col(BankResult.reason), col(BankResult.read_by), col(BankResult.order_id))).one()
    assert kept == ("AC04 账户已销户", officer(Duty.RECONCILER), paying.order().id)
    assert isinstance(kept.order_id, UUID)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("AC04 账户已销户", Category.ACCOUNT),
        ("户名与账号不符", Category.NAME),
        ("收款行号不存在", Category.CLEARING),
        ("AM04", Category.FUNDS),
        ("付款账户余额不足", Category.FUNDS),
        ("系统超时", Category.OTHER),
        ("", Category.OTHER),
    ],
)
def test_reasons_have_a_category(reason: str, kind: Category) -> None:
    assert category(reason) is kind
