"""Result lists as CSV (UTF-8 or GB18030) or XLSX, read within limits; cells are texts, formulas are never run."""

import csv as plain
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from casework.errors import Refused
from casework.payments.reading.result import ResultLine, Unreadable, clean, line_of
from casework.sheets.guard import guard
from casework.sheets.reading import Book

MOST_LINES = 100_000
WIDEST = 50
_NAMES = {
    "reference": ("指令编号", "order_no"),
    "outcome": ("结果", "outcome"),
    "amount": ("金额", "amount", "金额（元）"),
    "account": ("收款账号", "account"),
    "reason": ("原因", "reason"),
}
_REQUIRED = ("reference", "outcome", "amount", "account")


def csv(data: bytes) -> tuple[list[ResultLine], list[Unreadable]]:
    """The lines of a CSV list; its header is the first line that is not empty."""
    text = _decoded(data)
    reader = plain.reader(StringIO(text, newline=""), strict=True)
    try:
        rows = [row for row, _ in zip(reader, range(MOST_LINES + 2), strict=False)]
    except plain.Error as wrong:
        raise Refused("csv", "CSV 格式有误（引号不配对或字段过长）", "the CSV is malformed", field="file") from wrong
    return _lines(rows)


def xlsx(path: Path, digest: str) -> tuple[list[ResultLine], list[Unreadable]]:
    """The lines of the first sheet of a workbook, after it was looked into; `digest` is what was authenticated."""
    guarded = guard(path)
    if guarded.sha256 != digest:
        raise Refused(
            "changed", "文件在读取过程中被改动，未处理任何内容", "the file changed while it was read", field="file"
        )
    book = Book(guarded)
    if not book.names:
        raise Refused("empty", "工作簿中没有回单工作表", "the workbook has no list", field="file")
    first = book.names[0]
    return _lines(book.cells(first), guarded.sheets[first].formulas)


def _lines(
    rows: Iterable[Sequence[Any]], formulas: Collection[tuple[int, int]] = ()
) -> tuple[list[ResultLine], list[Unreadable]]:
    """The lines under a header; a cell whose value a formula made is no news of a bank."""
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(str(cell).strip() for cell in row)]
    if not numbered:
        raise Refused("empty", "文件中没有内容", "the file is empty", field="file")
    if len(numbered) > MOST_LINES + 1:
        raise Refused("size", f"超过 {MOST_LINES} 行，请分批导入", "too many lines: split the file", field="file")
    columns = _columns(numbered[0][1])
    read: list[ResultLine] = []
    unreadable: list[Unreadable] = []
    for number, row in numbered[1:]:
        cells = {name: row[at] if at < len(row) else "" for name, at in columns.items()}
        try:
            if any((number, at + 1) in formulas for at in columns.values()):
                raise Refused("formula", "单元格是公式，请粘贴为数值", "a cell is a formula", field="file")
            read.append(_line(number, cells))
        except Refused as no:
            reference = clean(str(cells["reference"]))
            unreadable.append(Unreadable(line=number, reference=reference, code=no.code, zh=no.zh, en=no.en))
    return read, unreadable


def _columns(header: Sequence[Any]) -> dict[str, int]:
    """Where each known column stands; Refused with all that are missing."""
    titles = [str(cell).strip().lower() for cell in header[:WIDEST]]
    found: dict[str, int] = {}
    for name, spellings in _NAMES.items():
        at = [titles.index(one) for one in spellings if one in titles]
        if at:
            found[name] = at[0]
    if absent := [_NAMES[name][0] for name in _REQUIRED if name not in found]:
        says = f"缺少列：{'、'.join(absent)}"
        raise Refused("columns", says, f"columns are missing: {', '.join(absent)}", field="file")
    return found


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
    """An amount as text. A number's shortest spelling is what was typed, up to fifteen digits; more is refused."""
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        raise Refused("amount", "金额不是数字", "the amount is no number", field="金额")
    if isinstance(cell, str):
        return cell
    exact = Decimal(str(cell))
    if not exact.is_finite() or len(exact.normalize().as_tuple().digits) > 15:
        raise Refused("amount", "金额位数过多，请用文本格式", "too many digits: use text", field="金额")
    return f"{exact:f}".removesuffix(".0")


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("encoding", "文件编码不是 UTF-8 或 GB18030", "neither UTF-8 nor GB18030", field="file")
