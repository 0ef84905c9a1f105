"""A list of acts as a workbook or CSV file: one act a line, its options in columns; read like every other workbook."""

from pathlib import Path
from typing import Any

from casework.sheets.answers import WrongSheet
from casework.sheets.columns import Column, Kind
from casework.sheets.guard import refused
from casework.sheets.reading import SheetRow, open_book
from casework.sheets.writing import template

SHEET = "办理清单"
COLUMNS = (
    Column(key="case", title="案件", required=True, also=("案件编号", "编号")),
    Column(key="action", title="动作", required=True, hint="如 accept 或 受理"),
    Column(key="reason", title="理由"),
    Column(key="reason_code", title="理由代码"),
    Column(key="clause", title="依据条款"),
    Column(key="missing", title="需补正的内容", kind=Kind.NAMES, hint="多项用分号隔开"),
    Column(key="amount", title="审定金额（元）", kind=Kind.DECIMAL, also=("审定金额", "金额", "金额（元）")),
    Column(key="minutes", title="会议纪要文号"),
    Column(key="comparison", title="比对序号", kind=Kind.COUNT),
    Column(key="verdict", title="比对结论", hint="same 相同、different 不同"),
    Column(key="negative", title="不同意", kind=Kind.FLAG, hint="联审意见：是 = 不同意"),
    Column(key="upheld", title="异议成立", kind=Kind.FLAG),
    Column(key="unsatisfied", title="不通过", kind=Kind.FLAG),
    Column(key="visited", title="已实地核查", kind=Kind.FLAG),
    Column(key="on_behalf", title="代录", kind=Kind.FLAG),
    Column(key="review_on", title="复查日期", kind=Kind.DATE),
    Column(key="document", title="凭据"),
    Column(key="result", title="结果"),
    Column(key="milestone", title="节点序号", kind=Kind.COUNT),
    Column(key="text", title="进展"),
    Column(key="rule_version", title="规则版本", hint="rebind"),
    Column(key="period", title="指标期间", hint="写成 2023-09，文本格式"),
    Column(key="indicators", title="指标", hint="JSON，或 @文件名"),
    Column(key="facts", title="认定事实", hint="JSON，或 @文件名"),
    Column(key="as_claimed", title="按申报内容认定", kind=Kind.FLAG),
    Column(key="claim", title="申报内容", hint="JSON，或 @文件名"),
    Column(key="seen", title="所见版本", kind=Kind.COUNT),
    Column(key="act_id", title="操作编号"),
)
LEGEND = (
    "每行办理一件；带 * 的列必填，其余各列按动作需要填写，不用的列可以删除。第二行是程序识别用的列名，请勿删改。",
    "是否类的列填 是 或 否；案件编号、文号等列须保持“文本”格式。有任何一格读不懂，整份清单都不办理。",
)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines as option name → value, in order; with any fault the whole list is refused, and nothing is done."""
    book = open_book(path)
    table = book.table(book.only(SHEET), COLUMNS)
    if table.faults:
        raise WrongSheet(table.faults, "未办理任何一件", "nothing was done")
    if not table.rows:
        raise refused("empty", "清单里没有一行", "the list has no line")
    return [_given(row) for row in table.rows]


def write_template(path: Path) -> None:
    """The workbook to fill in."""
    template(path, LEGEND, {SHEET: COLUMNS})


def _given(row: SheetRow) -> dict[str, Any]:
    return dict(row.values)
