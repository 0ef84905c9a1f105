"""Result files as banks and spreadsheets make them: understood where they are clear, listed for a person where they are not."""

from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from casework.payments import payment_lists, reading
from casework.payments.bank_results import match_by_hand
from casework.payments.bank_status import BankStatus
from casework.shared.errors import Refused
from models import Duty, OrderState, State
from models.store import Store
from support.paying import HEADER, PAIN002, Paying, listed, row
from support.stage import officer


def report(path: Path, *lines: str, group: str = "", payment: str = "", batch: str = "ZF2023-00001") -> Path:
    """A pain.002 of one payment group."""
    above = f"<GrpSts>{group}</GrpSts>" if group else ""
    own = f"<PmtInfSts>{payment}</PmtInfSts>" if payment else ""
    path.write_text(
        f'<Document xmlns="{PAIN002}"><CstmrPmtStsRpt><GrpHdr><MsgId>YS1</MsgId></GrpHdr><OrgnlGrpInfAndSts>'
        f"<OrgnlMsgId>{batch}</OrgnlMsgId>{above}</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}"
        f"</OrgnlPmtInfId>{own}{''.join(lines)}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>",
        encoding="utf-8",
    )
    return path


def line(number: str, status: str = "", *, ids: str = "", about: str | None = None) -> str:
    ids = ids or f"<OrgnlEndToEndId>{number}</OrgnlEndToEndId>"
    said = f"<TxSts>{status}</TxSts>" if status else ""
    about = about if about is not None else "200000.00"
    rest = f'<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{about}</InstdAmt></Amt><CdtrAcct><Id><Othr><Id>622200000000</Id>'
    return f"<TxInfAndSts>{ids}{said}{rest}</Othr></Id></CdtrAcct></OrgnlTxRef></TxInfAndSts>"


def test_a_rejection_of_the_whole_holds_for_lines_without_a_status_and_is_listed(tmp_path: Path) -> None:
    file = reading.read(report(tmp_path / "r.xml", line("A-A1"), line("B-A1", "RJCT"), group="RJCT", payment="RJCT"))
    assert [(each_line.reference, each_line.outcome) for each_line in file.lines] == [
        ("A-A1", "failed"),
        ("B-A1", "failed"),
    ]
    assert [(each_line.line, each_line.code, each_line.reference) for each_line in file.unreadable] == [
        (0, "group_status", "ZF2023-00001")
    ]


@pytest.mark.parametrize(("group", "payment"), [("RJCT", ""), ("", "RJCT"), ("RJCT", "RJCT")])
def test_a_whole_that_contradicts_its_lines_moves_nothing(tmp_path: Path, group: str, payment: str) -> None:
    path = report(tmp_path / "r.xml", line("A-A1"), line("B-A1", "ACSC"), group=group, payment=payment)
    file = reading.read(path)
    assert file.lines == ()
    assert [each_line.code for each_line in file.unreadable if each_line.line] == ["contradiction", "contradiction"]


@pytest.mark.parametrize("group", ["", "ACSC", "ACCP", "PART"])
def test_a_line_without_a_status_is_no_settlement(tmp_path: Path, group: str) -> None:
    file = reading.read(report(tmp_path / "r.xml", line("A-A1"), group=group))
    assert file.lines == () and [each_line.code for each_line in file.unreadable] == ["outcome"]


@pytest.mark.parametrize(
    "ids",
    [
        "<OrgnlInstrId>A-A1</OrgnlInstrId><OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId>",
        "<OrgnlInstrId> A-A1 </OrgnlInstrId>",
        "<OrgnlEndToEndId> a-a1 </OrgnlEndToEndId>",
    ],
)
@pytest.mark.parametrize("status", ["ACSC", " ACSC ", "\n ACSC\n"])
def test_blanks_and_the_other_id_are_understood(tmp_path: Path, ids: str, status: str) -> None:
    file = reading.read(report(tmp_path / "r.xml", line("", status, ids=ids)))
    assert [(order.reference, order.outcome, order.amount_fen) for order in file.lines] == [
        ("A-A1", "settled", 20_000_000)
    ]


def test_an_amount_that_a_comment_interrupts_is_no_amount(tmp_path: Path) -> None:
    file = reading.read(report(tmp_path / "r.xml", line("A-A1", "ACSC", about="200000<!--x-->00.00")))
    assert file.lines == () and [each_line.code for each_line in file.unreadable] == ["xml"]


def test_an_unknown_word_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    file = reading.read(listed(tmp_path / "r.csv", [("A-A1", "大概", "1.00", "62", "")]))
    assert "已受理" in file.unreadable[0].zh and "退汇" in file.unreadable[0].zh
    file = reading.read(report(tmp_path / "r.xml", line("A-A1", "WHAT")))
    assert "ACSC" in file.unreadable[0].zh and "RJCT" in file.unreadable[0].en


@pytest.mark.parametrize("head", ["收款帐号", "收款账号 ", "ACCOUNT", "收款账号*"])
def test_titles_may_be_spelled_as_banks_do(tmp_path: Path, head: str) -> None:
    path = listed(
        tmp_path / "r.csv",
        [(" a-a1 ", " 成 功 ", "￥200,000.00", "６２２２ 0000", "")],  # noqa: RUF001
        ("指令编号", "结果", "金额(元)", head, "原因"),
    )
    file = reading.read(path)
    assert [(order.reference, order.outcome, order.amount_fen, order.account) for order in file.lines] == [
        ("A-A1", "settled", 20_000_000, "62220000")
    ]


def test_a_column_twice_or_more_cells_than_columns_are_refused(tmp_path: Path) -> None:
    twice = listed(
        tmp_path / "r.csv", [("A-A1", "成功", "1", "62", "63")], ("指令编号", "结果", "金额", "收款账号", "收款帐号")
    )
    with pytest.raises(Refused, match="重复的列"):
        reading.read(twice)
    path = tmp_path / "s.csv"
    path.write_text("指令编号,结果,金额,收款账号,原因\nA-A1,成功,200,000.00,6222,\n", encoding="utf-8")
    assert [each_line.code for each_line in reading.read(path).unreadable] == ["surplus"]


def book(path: Path, **sheets: list[tuple]) -> Path:
    with xlsxwriter.Workbook(path) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for number, cells in enumerate([HEADER, *rows]):
                for place, cell in enumerate(cells):
                    page.write(number, place, cell)
    return path


def test_noise_in_a_number_is_no_other_amount(tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", 回单=[("A-A1", "成功", 199999.99999999997, "6222", "")])
    assert [order.amount_fen for order in reading.read(path).lines] == [20_000_000]


def test_a_second_sheet_and_a_hidden_one_are_refused(tmp_path: Path) -> None:
    good = ("A-A1", "成功", "1.00", "6222", "")
    path = book(tmp_path / "r.xlsx", 成功=[good], 失败=[("B-A1", "失败", "1.00", "6222", "")])
    with pytest.raises(Refused, match="失败"):
        reading.read(path)
    for state in ("hidden", "veryHidden"):
        path = book(tmp_path / "h.xlsx", 旧=[("C-A1", "成功", "1.00", "6222", "")], 回单=[good])
        found = load_workbook(path)
        found["旧"].sheet_state = state
        found.active = 1
        found.save(path)
        with pytest.raises(Refused, match="隐藏"):
            reading.read(path)


def test_what_an_array_formula_spills_a_hidden_row_and_an_error_are_no_news(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(path) as made:
        page = made.add_worksheet("回单")
        for number, cells in enumerate([HEADER, *[(f"{name}-A1", "成功", "1.00", "6222", "") for name in "ABCDE"]]):
            page.write_row(number, 0, cells)
        page.write_array_formula(1, 1, 2, 1, "{=Z2:Z3}", None, "成功")
        page.write_string(2, 1, "成功")
        page.set_row(3, None, None, {"hidden": True})
    found = load_workbook(path)
    found["回单"]["C5"].value, found["回单"]["C5"].data_type = "#N/A", "e"
    found.save(path)
    file = reading.read(path)
    assert [(each_line.line, each_line.code) for each_line in file.unreadable if each_line.line != 3] == [
        (2, "formula"),
        (4, "hidden"),
        (5, "error_value"),
    ]
    assert [each_line.reference for each_line in file.lines if each_line.line != 3] == ["E-A1"]


def test_a_rejected_batch_is_listed_unless_each_of_its_orders_is(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    batch = paying.sent()
    first, second = paying.order(0), paying.order(1)

    def said(*orders) -> Path:
        rows = [
            line(order.number, "RJCT")
            .replace("622200000000", order.payee_account)
            .replace("200000.00", f"{order.amount_fen // 100}.00")
            for order in orders
        ]
        return report(tmp_path / f"r{len(orders)}.xml", *rows, group="RJCT", batch=batch)

    reported = paying.read(said(first))
    assert (reported.failed, [(no.line, no.code, no.reference) for no in reported.refused]) == (
        1,
        [(0, "group_status", batch)],
    )
    both = paying.read(said(first, second))
    assert (both.failed, both.already_known, both.refused) == (1, 1, [])


def test_news_without_amount_and_account_is_booked_by_hand_from_the_statement(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    order = paying.order()
    bare = f"<TxInfAndSts><OrgnlEndToEndId>{order.number}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"
    read = paying.read(report(tmp_path / "r.xml", bare))
    assert [refusal.code for refusal in read.refused] == ["amount"]
    with store.read() as work:
        (found,) = payment_lists.unmatched(work)
    ways = {"result": found.id, "order": order.number, "by": officer(Duty.RECONCILER), "act_id": paying.act_id()}
    with pytest.raises(Refused, match="金额"):
        match_by_hand(store, reason="对账单", amount_fen=order.amount_fen + 1, account=order.payee_account, **ways)
    with pytest.raises(Refused, match="账号"):
        match_by_hand(store, reason="对账单", amount_fen=order.amount_fen, account="6222999999", **ways)
    assert paying.order().state == OrderState.SENT
    done = match_by_hand(store, reason="对账单", amount_fen=order.amount_fen, account=order.payee_account, **ways)
    assert (done.settled, paying.view().state) == (1, State.PAID)


def test_what_the_bank_did_say_is_never_replaced_by_hand(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    number, outcome, _, account, why = row(paying.order(), BankStatus.SETTLED)
    paying.read(listed(tmp_path / "r.csv", [(number, outcome, "1.00", account, why)]))
    with store.read() as work:
        (found,) = payment_lists.unmatched(work)
    with pytest.raises(Refused, match="没有这条"):
        match_by_hand(
            store, result=found.id, order=number, by=officer(Duty.RECONCILER), act_id=paying.act_id(),
            reason="猜测", amount_fen=paying.order().amount_fen, account=account,
        )  # fmt: skip
