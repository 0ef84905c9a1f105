"""A list of cases as a workbook: what the page shows, every row of the filter that the reader may see."""

from pathlib import Path
from typing import Any

from casework.lifecycle.read_access import Reader
from casework.spreadsheets.workbook_writing import table
from casework.views.case_lists import MOST, CaseRow, cases
from casework.views.value_wordings import term
from models.clock import in_shanghai
from models.store import Store

_TITLES = (
    ("编号", "number"), ("政策", "policy"), ("事项", "item"), ("申报主体", "applicant"), ("镇（街道）", "town"),
    ("状态", "state"), ("下一步单位", "next unit"), ("下一步职责", "next duty"), ("期限", "due"), ("逾期", "overdue"),
    ("暂停", "held"), ("金额（元）", "amount (yuan)"), ("问题", "problem"),
)  # fmt: skip


def case_table(store: Store, path: Path, *, reader: Reader, english: bool = False, **asked: Any) -> int:
    """Writes the cases that meet the conditions of `cases`, as people read them; how many. Money is text in yuan."""
    found = cases(store, **asked, limit=MOST, count_to=0, reader=reader).rows
    name = "cases" if english else "案件"
    table(path, {name: ([en if english else zh for zh, en in _TITLES], [_row(row, english) for row in found])})
    return len(found)


def _row(row: CaseRow, english: bool) -> tuple[str, ...]:
    said = int(english)
    yes = ("是", "yes")[said]
    return (
        row.number,
        row.policy,
        row.item,
        row.applicant,
        row.town or "",
        (row.state_zh, row.state_en)[said],
        row.next_unit or "",
        term("duty", row.next_duty)[said] if row.next_duty else "",
        in_shanghai(row.due).strftime("%Y-%m-%d %H:%M") if row.due else "",
        yes if row.overdue else "",
        yes if row.held else "",
        "" if row.amount_fen is None else f"{row.amount_fen // 100}.{row.amount_fen % 100:02d}",
        (row.problem, row.problem_en)[said],
    )
