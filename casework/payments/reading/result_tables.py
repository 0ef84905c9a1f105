"""Result lists as CSV (UTF-8 or GB18030) or XLSX, read within limits; cells are texts, formulas are never run."""

import csv as plain
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from casework.payments.reading.result_line import ResultLine, Unreadable, clean, line_of
from casework.shared.errors import Refused
from casework.spreadsheets.columns import CellKind, Column, WrongCell
from casework.spreadsheets.workbook_guard import Scan, guard
from casework.spreadsheets.workbook_reading import OpenWorkbook, titled
from models.encoding import decoded

MOST_LINES = 100_000
WIDEST = 50
_NAMES = {
    "reference": ("指令编号", "指令号", "order_no"),
    "outcome": ("结果", "outcome"),
    "amount": ("金额", "amount", "金额（元）"),
    "account": ("收款账号", "收款人账号", "account"),
    "reason": ("原因", "reason"),
}
_REQUIRED = ("reference", "outcome", "amount", "account")
_AMOUNT = Column(key="amount", title="金额", kind=CellKind.DECIMAL)


def csv(data: bytes) -> tuple[list[ResultLine], list[Unreadable]]:
    """The lines of a CSV list; its header is the first line that is not empty."""
    try:
        text = decoded(data)
    except UnicodeDecodeError as wrong:
        zh, en = "文件编码不是 UTF-8 或 GB18030", "neither UTF-8 nor GB18030"
        raise Refused("encoding", zh, en, field="file") from wrong
    reader = plain.reader(StringIO(text, newline=""), strict=True)
    try:
        rows = [row for row, _ in zip(reader, range(MOST_LINES + 2), strict=False)]
    except plain.Error as wrong:
        raise Refused("csv", "CSV 格式有误（引号不配对或字段过长）", "the CSV is malformed", field="file") from wrong
    return _lines(rows, Scan())


def xlsx(path: Path, digest: str) -> tuple[list[ResultLine], list[Unreadable]]:
    """The lines of a workbook's one list, after it was looked into; `digest` is what was authenticated."""
    guarded = guard(path)
    if guarded.sha256 != digest:
        raise Refused(
            "changed", "文件在读取过程中被改动，未处理任何内容", "the file changed while it was read", field="file"
        )
    book = OpenWorkbook(guarded)
    chosen = book.only("回单")
    return _lines(book.cells(chosen), guarded.sheets[chosen])


def _lines(rows: Iterable[Sequence[Any]], scan: Scan) -> tuple[list[ResultLine], list[Unreadable]]:
    """The lines under a header; what a formula made or what nobody sees is no news of a bank."""
    numbered = [(number, row) for number, row in enumerate(rows, 1) if _filled(number, row, scan)]
    if not numbered:
        raise Refused("empty", "文件中没有内容", "the file is empty", field="file")
    if len(numbered) > MOST_LINES + 1:
        raise Refused("size", f"超过 {MOST_LINES} 行，请分批导入", "too many lines: split the file", field="file")
    header = numbered[0][1]
    columns = _columns(header)
    read: list[ResultLine] = []
    unreadable: list[Unreadable] = []
    for number, row in numbered[1:]:
        cells = {name: row[at] if at < len(row) else "" for name, at in columns.items()}
        try:
            _look_at(number, row, len(header), columns, scan)
            read.append(_line(number, cells))
        except Refused as no:
            reference = clean(str(cells["reference"]))
            unreadable.append(Unreadable(line=number, reference=reference, code=no.code, zh=no.zh, en=no.en))
    return read, unreadable


def _filled(number: int, row: Sequence[Any], scan: Scan) -> bool:
    return any(str(cell).strip() for cell in row) or any(line == number for line, _ in scan.errors)


def _columns(header: Sequence[Any]) -> dict[str, int]:
    """Where each known column stands; Refused with all that are missing, or that stand there twice."""
    titles = [titled(cell) for cell in header[:WIDEST]]
    found: dict[str, int] = {}
    for name, spellings in _NAMES.items():
        known = {titled(spelling) for spelling in spellings}
        at = [place for place, title in enumerate(titles) if title in known]
        if len(at) > 1:
            says = f"有重复的列：{_NAMES[name][0]}，请只保留一列"
            raise Refused("twice", says, f"the column {name} stands there twice: keep one", field="file")
        if at:
            found[name] = at[0]
    if absent := [_NAMES[name][0] for name in _REQUIRED if name not in found]:
        says = (
            f"缺少列：{'、'.join(absent)}；表头应为：{'、'.join(known_titles[0] for known_titles in _NAMES.values())}"
        )
        raise Refused("columns", says, f"columns are missing: {', '.join(absent)}", field="file")
    return found


def _look_at(number: int, row: Sequence[Any], width: int, columns: dict[str, int], scan: Scan) -> None:
    """Refuses a line whose cells are not what somebody at the bank wrote and whoever imports it sees."""
    places = [at + 1 for at in columns.values()]
    if any(scan.computed(number, place) for place in places):
        raise Refused("formula", "单元格是公式，请粘贴为数值", "a cell is a formula", field="file")
    if any((number, place) in scan.errors for place in places):
        raise Refused(
            "error_value", "单元格是错误值（#N/A 等），请重新取得回单", "a cell is an error value", field="file"
        )
    if number in scan.hidden_rows or any(scan.hides(place) for place in places):
        raise Refused(
            "hidden", "所在的行或列被隐藏、筛选，请取消后再导入", "it is hidden or filtered away", field="file"
        )
    if len(row) > width:
        zh, en = "单元格比表头多（金额里的千分位逗号须去掉或加引号）", "more cells than the header has columns"
        raise Refused("surplus", zh, en, field="file")


def _line(number: int, cells: dict[str, Any]) -> ResultLine:
    for name in ("reference", "account"):
        if not isinstance(cells[name], str):
            what = _NAMES[name][0]
            says = f"{what}须为文本格式（数字格式会丢失位数）"
            raise Refused("numeric", says, f"{name} must be text", field=what)
    return line_of(
        line=number,
        reference=cells["reference"],
        outcome=str(cells["outcome"]),
        amount=_amount(cells["amount"]),
        account=cells["account"],
        reason=str(cells.get("reason", "")),
    )


def _amount(cell: Any) -> str:
    """An amount as text; the last bits of a number that was computed are noise, more digits than a cell keeps are refused."""
    try:
        return str(_AMOUNT.read(cell) or "")
    except WrongCell as wrong:
        raise Refused("amount", f"金额{wrong.zh}", f"the amount {wrong.en}", field="金额") from wrong
