"""Figures of a programme as a workbook or CSV file: one figure a line, whose it is and for which period."""

import re
from pathlib import Path

from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.workbook_guard import refused
from casework.spreadsheets.workbook_reading import open_book
from casework.spreadsheets.workbook_writing import template

SHEET = "指标数据"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
COLUMNS = (
    Column(key="indicator", title="指标", required=True, hint="指标编号，如 M20-long"),
    Column(key="about", title="对象", hint="银行、行业、企业等；不分对象的留空"),
    Column(
        key="period", title="期间", required=True, hint="按月写成 2023-09，按季写成 2023-Q3，按年写成 2023，文本格式"
    ),
    Column(key="value", title="数值", kind=CellKind.DECIMAL, required=True),
)
LEGEND = (
    "每行是一个指标、一个对象、一个期间的数值；同一期间再次报送不同数值即为更正。",
    "有任何一行有误，整份表格都不报送。",
)


def read(path: Path) -> dict[str, str]:
    """The figures as a report takes them: ID@whose@period → value; with any fault nothing is reported."""
    book = open_book(path)
    table = book.table(book.only(SHEET), COLUMNS)
    if table.faults:
        raise WrongWorkbook(table.faults, "未报送任何数据", "nothing was reported")
    if not table.rows:
        raise refused("empty", "表里没有一行", "the sheet has no line")
    found: dict[str, str] = {}
    for row in table.rows:
        said = row.values
        for column in COLUMNS:
            if column.required and column.key not in said:
                raise refused("required", f"有一行没有填写“{column.title}”", f'a line lacks "{column.title}"')
        key = f"{said['indicator']}@{said.get('about') or ''}@{said['period']}"
        if not _NUMBER.fullmatch(str(said["value"])):
            raise refused("value", f"{key.replace('@', ' ')} 的数值应为数字：{said['value']}", f"{key}: not a number")
        if key in found:
            raise refused("twice", f"{key.replace('@', ' ')} 出现不止一次", f"{key} stands twice")
        found[key] = str(said["value"])
    return found


def write_template(path: Path) -> None:
    """The workbook to fill in."""
    template(path, LEGEND, {SHEET: COLUMNS})
