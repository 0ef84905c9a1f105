"""The XLSX list for the finance bureau: what to pay to whom, control totals, amounts in capitals, room for signatures."""

from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from casework.payments.export_document import ExportDocument
from policies.money import Money

SHEET = "拨付清单"
COLUMNS = (
    ("序号", 6),
    ("指令编号", 26),
    ("收款人户名", 34),
    ("开户行", 34),
    ("行号", 16),
    ("收款账号", 28),
    ("金额（元）", 18),
    ("金额大写", 40),
)
OVERRIDDEN = ("核准例外", 30)  # a column of its own where some case of the batch has one
DEMO = "DEMO 演示数据，不得据以付款"
FIRST_ROW = 7  # of the orders, counted from 0


def workbook(batch: ExportDocument) -> bytes:
    """The file; everything is text, so that no account number loses a digit and no name becomes a formula."""
    buffer = BytesIO()
    book = Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made = batch.released.replace(tzinfo=None)
    book.set_properties({"title": f"{SHEET} {batch.number}", "created": made})
    sheet = book.add_worksheet(SHEET)
    _head(book, sheet, batch)
    text = book.add_format({"num_format": "@", "border": 1})
    right = book.add_format({"num_format": "@", "border": 1, "align": "right"})
    row = FIRST_ROW
    for row, order in enumerate(sorted(batch.orders, key=lambda each_order: each_order.number), FIRST_ROW):
        fen = Money(order.amount_fen)
        values: tuple[str, ...] = (
            str(row - FIRST_ROW + 1),
            order.number,
            order.payee_name,
            order.payee_bank,
            order.clearing_code,
            order.payee_account,
            fen.yuan_text,
            fen.capitals(),
        )
        if batch.overridden:
            values = (*values, "、".join(batch.overridden.get(order.case_id, ())))
        for column, value in enumerate(values):
            sheet.write_string(row, column, value, right if column == 6 else text)
    _foot(book, sheet, batch, row + 1)
    book.close()
    return buffer.getvalue()


def _columns(batch: ExportDocument) -> tuple[tuple[str, int], ...]:
    return (*COLUMNS, OVERRIDDEN) if batch.overridden else COLUMNS


def _head(book: Workbook, sheet: Worksheet, batch: ExportDocument) -> None:
    """Title, control totals, payer, and the header row."""
    bold = book.add_format({"bold": True})
    title = book.add_format({"bold": True, "font_size": 16})
    warning = book.add_format({"bold": True, "font_color": "#C00000", "font_size": 14})
    header = book.add_format({"bold": True, "border": 1, "bg_color": "#DDEBF7", "align": "center"})
    total = Money(batch.total_fen)
    sheet.write_string(0, 0, f"专项资金{SHEET}", title)
    if batch.demo:
        sheet.write_string(0, 4, DEMO, warning)
        sheet.set_header(f"&C{DEMO}")
    rows = (
        ("批次号", batch.number, "资金", batch.fund),
        ("笔数", str(len(batch.orders)), "合计（元）", total.yuan_text),
        ("合计大写", total.capitals(), "放行日期", batch.released.date().isoformat()),
        ("付款人", batch.payer.name, "付款账号", batch.payer.account),
        ("清单校验码", batch.list_hash, "", ""),
    )
    for row, (left, value, right, other) in enumerate(rows, 1):
        sheet.write_string(row, 1, left, bold)
        sheet.write_string(row, 2, value)
        if right:
            sheet.write_string(row, 4, right, bold)
            sheet.write_string(row, 5, other)
    for column, (name, width) in enumerate(_columns(batch)):
        sheet.set_column(column, column, width)
        sheet.write_string(FIRST_ROW - 1, column, name, header)
    sheet.freeze_panes(FIRST_ROW, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(FIRST_ROW - 1)


def _foot(book: Workbook, sheet: Worksheet, batch: ExportDocument, row: int) -> None:
    """The sum once more, and lines to sign on."""
    bold = book.add_format({"bold": True, "border": 1, "num_format": "@"})
    total = Money(batch.total_fen)
    for column in range(len(_columns(batch))):
        sheet.write_blank(row, column, None, bold)
    sheet.write_string(row, 1, f"合计 {len(batch.orders)} 笔", bold)
    sheet.write_string(row, 6, total.yuan_text, bold)
    sheet.write_string(row, 7, total.capitals(), bold)
    for column, who in ((1, "制单："), (3, "复核："), (5, "放行：")):
        sheet.write_string(row + 2, column, who)
