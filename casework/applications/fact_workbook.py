"""facts.xlsx: the cases that wait for a certifier, a sheet per item and version of its rule, filled in as claimed; changed by
hand and read back.

One case is one row; its further cost lines follow in rows of their own that repeat its number. What only the unit can know is
left empty: an empty required cell is said with its row, and nothing of the workbook is certified.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from casework.forms import typed_forms
from casework.forms.facts_as_claimed import facts_as_claimed
from casework.forms.typed_forms import WrongForm
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.spreadsheets.columns import CellKind, Column, lists_of, of_form
from casework.spreadsheets.workbook_guard import refused
from casework.spreadsheets.workbook_reading import RowFault, Table, TableRow, grouped, open_book
from casework.spreadsheets.workbook_writing import filled
from policies.measures import FIRST, Item
from policies.policy import Policy

CASE, APPLICANT, REASON = "case", "applicant", "certify.reason"
LEGEND = (
    "每个事项一张工作表；每行一件待认定的案件，已按申报内容填好，费用按申报金额全额认定。请逐项核对、修改。",
    "认定金额低于申报金额时须在该笔“核减理由”列写明理由；只有认定单位才知道的各列留空待填，不认定的案件请整行删除。",
    "第二行是程序识别用的列名，请勿删改。有任何一格有误，整份表格都不认定。",
    "改好后在门户“认定表”页上传，或：duixian facts certify 文件 --as 登录名",
)
_CASE = Column(key=CASE, title="案件编号", kind=CellKind.CODE, required=True)
_APPLICANT = Column(key=APPLICANT, title="申报主体（仅供核对）")
_REASON = Column(key=REASON, title="认定理由")


def columns(item: Item) -> tuple[Column, ...]:
    """The columns of an item's sheet."""
    return (_CASE, _APPLICANT, *of_form(item.facts), _REASON)


def sheet_of(item: Item) -> str:
    """What the sheet of an item's version is called: M4a, and M4a@2 for a later version, whose form may be another."""
    return item.id if item.version == FIRST else f"{item.id}@{item.version}"


def write(path: Path, cases: Sequence[tuple[str, str, Item, Mapping[str, Any]]]) -> None:
    """The workbook of cases: number, applicant, item in the version that binds it, and claim of each."""
    sheets: dict[str, tuple[tuple[Column, ...], list[dict[str, Any]]]] = {}
    for number, applicant, item, claim in cases:
        _, rows = sheets.setdefault(sheet_of(item), (columns(item), []))
        rows += _rows(item, number, applicant, claim)
    filled(path, LEGEND, sheets)


def read(path: Path, policy: Policy) -> list[dict[str, Any]]:
    """Acts of certification as a list of acts has them; with any fault the whole workbook is refused."""
    book = open_book(path)
    known = {sheet_of(version): version for item in policy for version in policy.versions_of(item.id)}
    acts: list[dict[str, Any]] = []
    faults: list[RowFault] = []
    for name in book.names:
        if name not in known:
            zh = f"没有事项“{name[:30]}”：工作表名应为事项编号，其他内容请移到别的文件"
            raise refused("sheet", zh, f'there is no item "{name[:30]}": name sheets by item')
        table = book.table(name, columns(known[name]))
        faults += table.faults
        for rows in _cases(table):
            acts += _act(known[name], table, rows, faults)
    if faults:
        raise WrongWorkbook(faults, "未认定任何一件", "nothing was certified")
    if not acts:
        raise refused("empty", "表格里没有一件案件", "no case is in the workbook")
    return acts


def _rows(item: Item, number: str, applicant: str, claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    facts = facts_as_claimed(item, claim)
    known = {column.key: column for column in of_form(item.facts)}
    lists = lists_of(item.facts)
    own = {key: _shown(known[key], value) for key, value in facts.items() if key not in lists}
    rows: list[dict[str, Any]] = [{CASE: number, APPLICANT: applicant, **own}]
    for name in lists:
        for place, entry in enumerate(facts.get(name) or ()):
            if place == len(rows):
                rows.append({CASE: number})
            rows[place] |= {f"{name}.{key}": _shown(known[f"{name}.{key}"], value) for key, value in entry.items()}
    return rows


def _shown(column: Column, value: Any) -> Any:
    """A form's value as a clerk's cell has it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "；".join(str(part) for part in value)
    return dict(column.choices).get(value, value) if column.choices else value


def _cases(table: Table) -> Iterator[list[TableRow]]:
    """Rows grouped by case."""
    return grouped(table.rows, CASE)


def _act(item: Item, table: Table, rows: Sequence[TableRow], faults: list[RowFault]) -> list[dict[str, Any]]:
    first, number = rows[0], str(rows[0].values.get(CASE, ""))
    if not all(row.sound for row in rows):
        return []
    if not number:
        faults.append(RowFault(sheet=table.name, row=first.row, key=CASE, zh="案件编号 必填", en="give the case"))
        return []
    lists = lists_of(item.facts)
    own = [column.key for column in of_form(item.facts) if "." not in column.key]
    facts: dict[str, Any] = {key: first.values[key] for key in own if key in first.values}
    origin: dict[str, list[int]] = {}
    for name in lists:
        entries = [(row.row, _under(row.values, f"{name}.")) for row in rows]
        facts[name] = [entry for _, entry in entries if entry]
        origin[name] = [at for at, entry in entries if entry]
    try:
        certified = typed_forms.content(typed_forms.facts_of(item, facts))
    except WrongForm as wrong:
        for fault in wrong.faults:
            name, _, rest = fault.field.partition("[")
            index = int(rest.partition("]")[0]) if rest else 0
            at = origin[name][index] if name in origin and index < len(origin[name]) else first.row
            said = (f"{fault.label.zh} {fault.zh}", f'"{fault.label.zh}": {fault.en}')
            key = name + rest.partition("]")[2]
            faults.append(RowFault(sheet=table.name, row=at, key=key, zh=said[0], en=said[1]))
        return []
    reason = {"reason": first.values[REASON]} if REASON in first.values else {}
    return [{"case": number, "action": "certify", "facts": certified, **reason}]


def _under(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
