"""A list of acts as a workbook or CSV file: one act a line, its options in columns; read like every other workbook."""

import hashlib
from pathlib import Path
from typing import Any

from casework.act_forms import CASE_FORMS, ActField
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.workbook_guard import refused
from casework.spreadsheets.workbook_reading import TableRow, open_book
from casework.spreadsheets.workbook_writing import template

SHEET = "办理清单"
_KINDS = {
    "lines": CellKind.NAMES, "money": CellKind.DECIMAL, "count": CellKind.COUNT, "flag": CellKind.FLAG, "date": CellKind.DATE,
}  # fmt: skip
_AS_JSON = "JSON；用命令办理时也可写 @文件名"


def _column(field: ActField) -> Column:
    """The column of a field; a flag that a list says the other way round goes by that name."""
    label = field.contrary_label if field.contrary else field.label
    kind = _KINDS.get(field.kind, CellKind.TEXT)
    hint = _AS_JSON if field.kind == "form" else field.hint.zh
    return Column(key=field.contrary or field.name, title=label.zh, kind=kind, hint=hint, also=field.also)


def _columns() -> tuple[Column, ...]:
    """Case and action, then the fields of every act, each once."""
    fields = sorted(
        (act_field for form in CASE_FORMS.values() for act_field in form.fields), key=lambda act_field: act_field.hidden
    )
    own = {field.contrary or field.name: field for field in reversed(fields)}
    listed = [_column(own[name]) for name in dict.fromkeys(field.contrary or field.name for field in fields)]
    as_claimed = Column(key="as_claimed", title="按申报内容认定", kind=CellKind.FLAG)
    facts = next(index for index, column in enumerate(listed) if column.key == "facts")
    return (*_CASE, *listed[: facts + 1], as_claimed, *listed[facts + 1 :])


_CASE = (
    Column(key="case", title="案件", required=True, also=("案件编号", "编号")),
    Column(key="action", title="动作", required=True, hint="如 accept 或 受理"),
)
COLUMNS = _columns()
LEGEND = (
    "每行办理一件；带 * 的列必填，其余各列按动作需要填写，不用的列可以删除。第二行是程序识别用的列名，请勿删改。",
    "是否类的列填 是 或 否；案件编号、文号等列须保持“文本”格式。有任何一格读不懂，整份清单都不办理。",
)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines as option name → value, in order; with any fault the whole list is refused, and nothing is done."""
    book = open_book(path)
    table = book.table(book.only(SHEET), COLUMNS)
    if table.faults:
        raise WrongWorkbook(table.faults, "未办理任何一件", "nothing was done")
    if not table.rows:
        raise refused("empty", "清单里没有一行", "the list has no line")
    return [_given(row) for row in table.rows]


def digest(path: Path) -> str:
    """SHA-256 of the file: with its sender it makes the list's id."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_template(path: Path) -> None:
    """The workbook to fill in."""
    template(path, LEGEND, {SHEET: COLUMNS})


def _given(row: TableRow) -> dict[str, Any]:
    return dict(row.values)
