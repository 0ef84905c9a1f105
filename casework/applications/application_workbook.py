"""applications.xlsx: a sheet per item, named by its id; a clerk fills in claims, cost lines and the names of the papers.

One application is one row; its further cost lines follow in rows of their own that repeat its number (or leave it
empty) and fill in the cost columns only.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from casework.applications.evidence_vault import Paper, examine, inside
from casework.forms import typed_forms
from casework.forms.typed_forms import WrongForm
from casework.parties import party_register
from casework.privacy import identity_numbers
from casework.shared.errors import Refused
from casework.spreadsheets.answered_workbook import Intake
from casework.spreadsheets.columns import CellKind, Column, lists_of, of_form
from casework.spreadsheets.register_workbook import absent
from casework.spreadsheets.workbook_guard import ROWS, guard, refused
from casework.spreadsheets.workbook_reading import OpenWorkbook, RowFault, Table, TableRow, grouped
from casework.spreadsheets.workbook_writing import filled, template
from policies.measures import ApplicantKind, Item
from policies.policy import Policy

EVIDENCE = "evidence."
NO, CODE, NAME, ACCOUNT = "applicant.no", "applicant.code", "applicant.name", "applicant.account"
_CODED = (ApplicantKind.ENTERPRISE, ApplicantKind.ASSOCIATION, ApplicantKind.INSTITUTION)
LEGEND = (
    "每个事项一张工作表，表名即事项编号（如 M4a），请勿改名；不用的工作表可以留空或删除。",
    "每行一份申报；带 * 的列必填。第二行是程序识别用的列名，请勿删改。",
    "序号：本表内自编，一份申报一个序号。费用有多笔时，在下方另起一行，只填序号（可留空）和费用各列。",
    "申报主体代码：企业、协会、机构填统一社会信用代码，自然人填身份证号，责任单位填单位全称；主体须先登记。",
    "代码、账号、凭证编号等列须保持“文本”格式：数字格式会丢失后几位，导入时会被拒绝。不接受公式和合并单元格。",
    "金额以元为单位，最多两位小数；日期写成 2023-09-01。",
    "材料：填材料文件夹内的文件名，同一项有多个文件时用分号隔开；不得填文件夹以外的路径。",
    f"每张工作表最多 {ROWS:,} 行。有任何一行有误，整份表格都不导入；系统另存一份带“错误”列的副本，改好后重新导入。",
    "同一份文件重复导入不会产生重复的案件。",
)
_NUMBER = Column(key=NO, title="序号", kind=CellKind.ORDINAL, required=True)
_CODE = Column(
    key=CODE, title="申报主体代码", kind=CellKind.CODE, required=True, hint="统一社会信用代码、身份证号或单位全称"
)
_NAME = Column(key=NAME, title="申报主体名称", hint="用于核对，可不填")
_ACCOUNT = Column(key=ACCOUNT, title="收款账号", kind=CellKind.CODE, hint="用于核对；变更账号须另行办理")


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application as read: where it stands, who applies, the claim as JSON, and its examined papers by slot."""

    sheet: str
    row: int
    number: str
    item: str
    code: str
    name: str = ""
    account: str = ""
    claim: Mapping[str, Any] = field(default_factory=dict)
    papers: Mapping[str, Sequence[Paper]] = field(default_factory=dict)


def columns(item: Item) -> tuple[Column, ...]:
    """The columns of an item's sheet."""
    account = (_ACCOUNT,) if item.pays else ()
    papers = tuple(
        Column(key=EVIDENCE + slot.id, title=f"材料：{slot.title.zh}", kind=CellKind.FILES, hint=slot.hint)
        for slot in item.evidence
        if slot.upload
    )
    return (_NUMBER, _CODE, _NAME, *account, *of_form(item.claim), *papers)


def write_template(policy: Policy, path: Path, *, today: date, items: Sequence[str] = ()) -> None:
    """The workbook to fill in, for all items or those named, as a filing of today asks."""
    wanted = [policy.item_on(name, today) for name in items or [item.id for item in policy]]
    template(path, LEGEND, {item.id: columns(item) for item in wanted})


def write_applications(
    policy: Policy, path: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]], *, today: date
) -> None:
    """A workbook as a clerk would have filled it in: item -> rows by column key (rehearsals and tests)."""
    filled(path, LEGEND, {name: (columns(policy.item_on(name, today)), rows[name]) for name in rows})


def read_applications(
    path: Path,
    policy: Policy,
    *,
    folder: Path | None = None,
    today: date,
    odd: Collection[str] = (),
) -> Intake[Application]:
    """Reads and checks a workbook against the policy's forms; papers are looked for in `folder`. Nothing is written."""
    book = OpenWorkbook(guard(path))
    known = {item.id: policy.item_on(item.id, today) for item in policy}
    reader = _Reader(folder=folder, today=today, odd=odd)
    places: dict[str, Mapping[str, int]] = {}
    for name in book.names:
        if name not in known:
            _refuse_unknown_sheet(name, known)
        table = book.table(name, columns(known[name]))
        places[name] = table.places
        reader.faults += table.faults
        reader.read(known[name], table)
    if not reader.rows and not reader.faults:
        raise refused("empty", "表格里没有填写任何申报", "no application is filled in")
    return Intake(book=book, rows=reader.rows, faults=reader.faults, places=places)


def _refuse_unknown_sheet(name: str, known: Mapping[str, Item]) -> None:
    """A sheet of another name that holds something is refused: silence would lose applications."""
    raise refused(
        "sheet",
        f"没有事项“{name[:30]}”：工作表名应为事项编号（{'、'.join(known)}），其他内容请移到别的文件",
        f'there is no item "{name[:30]}": name sheets by item ({", ".join(known)})',
    )


@dataclass
class _Reader:
    """Collects applications and faults over all sheets; a paper named twice is examined once."""

    folder: Path | None
    today: date | None
    odd: Collection[str] = ()  # codes entered by two officers though their check character does not fit
    rows: list[Application] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    _papers: dict[str, Paper | Refused] = field(default_factory=dict)

    def read(self, item: Item, table: Table) -> None:
        seen: dict[str, int] = {}
        lists = tuple(f"{name}." for name in lists_of(item.claim))
        for rows in _applications(table, lists):
            number = str(rows[0].values.get(NO, ""))
            if number in seen:
                zh = f"序号 {number} 已在第 {seen[number]} 行使用"
                self._fault(
                    table.name,
                    rows[0].row,
                    NO,
                    zh,
                    f'"{_NUMBER.title}": {number} is used in row {seen[number]} already',
                )
                continue
            seen[number] = rows[0].row
            if all(row.sound for row in rows):
                self._one(item, table, number, rows, lists)

    def _one(self, item: Item, table: Table, number: str, rows: Sequence[TableRow], lists: tuple[str, ...]) -> None:
        first, before = rows[0], len(self.faults)
        values = first.values
        if not number:
            self._no(table.name, first.row, NO, absent(_NUMBER.title))
        code = self._code(item, table.name, first)
        claim = self._claim(item, table, rows, lists)
        papers = self._evidence(item, table.name, first)
        if len(self.faults) == before:
            self.rows.append(
                Application(
                    sheet=table.name,
                    row=first.row,
                    number=number,
                    item=item.id,
                    code=code,
                    name=values.get(NAME, ""),
                    account=values.get(ACCOUNT, ""),
                    claim=claim,
                    papers=papers,
                )
            )

    def _fault(self, sheet: str, row: int, key: str, zh: str, en: str) -> None:
        self.faults.append(RowFault(sheet=sheet, row=row, key=key, zh=zh, en=en))

    def _no(self, sheet: str, row: int, key: str, no: Refused) -> None:
        self.faults.append(RowFault.of(sheet, row, no, key))

    def _code(self, item: Item, sheet: str, row: TableRow) -> str:
        code = str(row.values.get(CODE, ""))
        if not code:
            self._no(sheet, row.row, CODE, absent(_CODE.title))
            return ""
        kinds = set(item.applicants)
        plain = "".join(code.upper().replace("-", "").split())
        if kinds & set(_CODED) and (party_register.is_code(plain) or plain in self.odd):
            return plain
        if ApplicantKind.PERSON in kinds and identity_numbers.plausible(plain):
            return identity_numbers.checked(plain)
        if ApplicantKind.UNIT in kinds and not code.isascii():
            return code
        zh = f"{_CODE.title} 无效：位数、字符或校验位不符，请对照证照核对"
        en = f'"{_CODE.title}": its length, characters or check digit are wrong; compare it with the certificate'
        self._fault(sheet, row.row, CODE, zh, en)
        return ""

    def _claim(self, item: Item, table: Table, rows: Sequence[TableRow], lists: tuple[str, ...]) -> Mapping[str, Any]:
        values = rows[0].values
        own = [column.key for column in of_form(item.claim) if "." not in column.key]
        claim: dict[str, Any] = {key: values[key] for key in own if key in values}
        origin: list[int] = []
        for prefix in lists:
            entries = [(row.row, _under(row.values, prefix)) for row in rows]
            claim[prefix.rstrip(".")] = [entry for _, entry in entries if entry]
            origin = [number for number, entry in entries if entry]
        try:
            return typed_forms.content(typed_forms.claim_of(item, claim, today=self.today))
        except WrongForm as wrong:
            for fault in wrong.faults:
                key, row = _place(fault.field, origin, rows[0].row)
                said = (f"{fault.label.zh} {fault.zh}", f'"{fault.label.zh}": {fault.en}')
                self._fault(table.name, row, key, *said)
            return {}

    def _evidence(self, item: Item, sheet: str, row: TableRow) -> dict[str, list[Paper]]:
        found: dict[str, list[Paper]] = {}
        for slot in item.evidence:
            for name in row.values.get(EVIDENCE + slot.id, ()):
                paper = self._paper(name)
                if isinstance(paper, Refused):
                    self._no(sheet, row.row, EVIDENCE + slot.id, paper)
                else:
                    found.setdefault(slot.id, []).append(paper)
        return found

    def _paper(self, name: str) -> Paper | Refused:
        if name not in self._papers:
            try:
                if self.folder is None:
                    raise Refused("folder", f"未指定材料文件夹，找不到“{name[:60]}”", "name the folder of papers")
                self._papers[name] = examine(inside(self.folder, name))
            except Refused as no:
                self._papers[name] = no
        return self._papers[name]


def _applications(table: Table, lists: tuple[str, ...]) -> Iterator[list[TableRow]]:
    """Rows grouped by application: a row that fills only list columns belongs to the one before it."""

    def further(row: TableRow) -> bool:
        own = set(row.values) - {NO}
        return bool(lists) and bool(own) and all(key.startswith(lists) for key in own)

    return grouped(table.rows, NO, further)


def _under(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _place(path: str, origin: Sequence[int], first: int) -> tuple[str, int]:
    """Column key and row of a form's fault: "cost_lines[2].claimed" stands where the third line stands."""
    name, bracket, rest = path.partition("[")
    if not bracket:
        return path, first
    index, _, field_ = rest.partition("]")
    row = origin[int(index)] if int(index) < len(origin) else first
    return (name + field_, row) if field_ else (name, row)
