"""Reads a guarded workbook's sheets into rows of values, keeping every fault with its row and column."""

import csv
import hashlib
import io
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from casework.shared.errors import Refused
from casework.spreadsheets.columns import Column, WrongCell
from casework.spreadsheets.workbook_guard import (
    FILE_BYTES,
    HEADER_ROWS,
    ROWS,
    Guarded,
    Scan,
    guard,
    read_limited,
    refused,
)
from models.encoding import decoded
from policies.forms import Text

ERRORS = "错误"  # the column that answers add to a copy; ignored when the copy comes back
LEGEND = "填写说明"
_RESERVED = "wpsreserved_"  # sheets in which another program keeps things of its own


@dataclass(frozen=True, kw_only=True)
class RowFault:
    """What is wrong in one row: `row` as the spreadsheet counts it, `key` of the column where it is one cell's."""

    sheet: str
    row: int
    key: str
    zh: str
    en: str
    cell: str = ""  # J3, where it is one cell's

    @classmethod
    def of(cls, sheet: str, row: int, no: Refused, key: str = "") -> Self:
        """What a refusal says of a row; it names the column's key unless the reader does."""
        return cls(sheet=sheet, row=row, key=key or no.field, zh=no.zh, en=no.en)

    @property
    def field(self) -> str:
        """Its place in one word, for programs."""
        return f"{self.sheet}!{self.row}:{self.key}"

    @property
    def label(self) -> Text:
        """The column's key, which is the same in every language."""
        return Text(self.key, self.key)

    def message(self, language: str = "zh") -> str:
        """What is wrong, without the place."""
        return self.en if language == "en" else self.zh

    def words(self, language: str = "zh") -> str:
        """One line, the place first."""
        if language == "en":
            return f'sheet "{self.sheet}" row {self.row}: {self.en}{f" ({self.cell})" if self.cell else ""}'
        return f"{self.sheet} 第 {self.row} 行：{self.zh}{f'（{self.cell}）' if self.cell else ''}"


class MissingColumns(Refused):
    """A sheet without columns that it must have; `field` is the first one's key."""

    def __init__(self, sheet: str, row: int, columns: Sequence[Column]) -> None:
        zh = f"工作表“{sheet}”缺少列：{'、'.join(column.title for column in columns)}；请使用模板（未导入任何内容）"
        english = ", ".join(f'"{column.title}"' for column in columns)
        en = f'sheet "{sheet}" lacks columns: {english}; use the template (nothing was imported)'
        super().__init__("columns", zh, en, field=columns[0].key)
        lacks, absent = "缺少这一列", "this column is missing"
        self.faults = tuple(RowFault(sheet=sheet, row=row, key=column.key, zh=lacks, en=absent) for column in columns)


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One filled row: values by column key, empty cells left out. Not `sound`: a cell of it is wrong."""

    row: int
    values: dict[str, Any]
    sound: bool = True


@dataclass(frozen=True, kw_only=True)
class Table:
    """A sheet as read: its rows, its faults, and which column (from 0) each key stands in."""

    name: str
    rows: list[TableRow] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)


def grouped(
    rows: Iterable[TableRow], key: str, further: Callable[[TableRow], bool] = lambda _row: True
) -> Iterator[list[TableRow]]:
    """Rows of one thing, one after another: a `further` row whose `key` is empty or the same goes with the row before it."""
    group: list[TableRow] = []
    for row in rows:
        if group and further(row) and row.values.get(key) in (None, group[0].values.get(key)):
            group.append(row)
            continue
        if group:
            yield group
        group = [row]
    if group:
        yield group


class OpenWorkbook:
    """A guarded workbook opened for reading."""

    def __init__(self, guarded: Guarded) -> None:
        self.guarded = guarded
        try:
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(guarded.data))
        except (CalamineError, ValueError) as broken:
            raise refused("damaged", "工作簿无法读取，请重新另存为 .xlsx", "the workbook cannot be read") from broken

    @property
    def names(self) -> list[str]:
        """The sheets that hold something, in order, the legend left out; a hidden one that does is refused."""
        found = [name for name in self.guarded.sheets if name.strip() != LEGEND and self._holds(name)]
        for name in found:
            if self.guarded.sheets[name].hidden:
                raise refused(
                    "hidden",
                    f"工作表“{name[:30]}”是隐藏的，却有内容；请取消隐藏核对，不用的请删除",
                    f'sheet "{name[:30]}" is hidden and holds something: show it and look, or delete it',
                )
        return found

    def only(self, wanted: str) -> str:
        """The one sheet of a list: of the name wanted or of another; anything in a further sheet is refused."""
        found = self.names
        there = found or [name for name in self.guarded.sheets if name.strip() != LEGEND] or list(self.guarded.sheets)
        chosen = wanted if wanted in there else there[0]
        if further := [name for name in found if name != chosen]:
            shown = "、".join(f"“{name[:30]}”" for name in further[:5])
            english = ", ".join(f'"{name[:30]}"' for name in further[:5])
            raise refused(
                "sheets",
                f"只读取一张工作表（“{chosen[:30]}”），{shown}里也有内容；请合并到一张表，或分别导入",
                f'one sheet is read ("{chosen[:30]}"), and {english} hold something too: join them, or import each apart',
            )
        return chosen

    def _holds(self, name: str) -> bool:
        scan = self.guarded.sheets[name]
        if scan.hidden and name.lower().startswith(_RESERVED):
            return False
        if scan.formulas or scan.errors:
            return True
        return any(not _empty(cell) for row in self.cells(name) for cell in row)

    def cells(self, name: str) -> list[list[Any]]:
        """Every cell of a sheet from A1 on."""
        return self._sheet(name).to_python(skip_empty_area=False)

    def table(self, name: str, columns: Sequence[Column]) -> Table:
        """The rows of a sheet under the columns it should have."""
        cells = self.cells(name)
        places, first = _places(name, cells, columns)
        _refuse_merged(name, self._merged(name), first)
        table = Table(name=name, places=places)
        by_place = [(place, column) for column in columns if (place := places.get(column.key)) is not None]
        scan, width = self.guarded.sheets[name], len(cells[first - 1])
        for index in range(first, max(len(cells), scan.last_row)):
            before, row = len(table.faults), cells[index] if index < len(cells) else []
            values = _row(table, index + 1, row, by_place, scan)
            _look_at(table, index + 1, row, width, scan)
            sound = len(table.faults) == before
            if values or not sound:
                table.rows.append(TableRow(row=index + 1, values=values, sound=sound))
        return table

    def _merged(self, name: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        return self._sheet(name).merged_cell_ranges or []

    def _sheet(self, name: str) -> CalamineSheet:
        try:
            return self._book.get_sheet_by_name(name)
        except (CalamineError, ValueError) as broken:
            raise refused("damaged", f"工作表“{name}”无法读取", f'sheet "{name}" cannot be read') from broken


class PlainBook(OpenWorkbook):
    """Rows from a CSV or JSON file as a workbook of one sheet."""

    def __init__(self, name: str, data: bytes, rows: list[list[Any]]) -> None:
        self._rows = rows
        hash_ = hashlib.sha256(data).hexdigest()
        self.guarded = Guarded(name=name, data=data, sha256=hash_, sheets={Path(name).stem: Scan()})

    def cells(self, name: str) -> list[list[Any]]:
        return self._rows

    def _merged(self, name: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        return []


def open_book(path: Path) -> OpenWorkbook:
    """A workbook, or a CSV or JSON file where the name says so; "-" is standard input, either of the latter."""
    kind = path.suffix.lower()
    if str(path) == "-":
        data = sys.stdin.buffer.read(FILE_BYTES + 1)
        if len(data) > FILE_BYTES:
            raise refused("size", "输入超过 20 MB，请拆分后分批导入", "larger than 20 MB: split it")
        kind = ".json" if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[" else ".csv"
    elif kind in (".csv", ".json"):
        data = read_limited(path)
    else:
        return OpenWorkbook(guard(path))
    return PlainBook(path.name, data, csv_rows(data) if kind == ".csv" else json_rows(data))


def json_rows(data: bytes) -> list[list[Any]]:
    """A list of objects as rows under a header of their keys; a list within an object is one cell, by ；."""
    try:
        found = json.loads(decoded(data), object_pairs_hook=_once)
    except (ValueError, RecursionError) as wrong:
        where = f"（第 {wrong.lineno} 行）" if isinstance(wrong, json.JSONDecodeError) else ""
        raise refused("json", f"不是有效的 JSON{where}，或同一键重复出现", f"no valid JSON: {wrong}") from wrong
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise refused("rows", "JSON 应为对象列表（[{…}, …]）", "the JSON must hold a list of objects")
    keys = list(dict.fromkeys(key for record in found for key in record))
    return [keys, *[[_cell(record.get(key)) for key in keys] for record in found]]


def _cell(value: Any) -> Any:
    return "；".join(str(part) for part in value) if isinstance(value, list) else value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def csv_rows(data: bytes) -> list[list[Any]]:
    """The rows of a CSV file in any of the usual encodings; a row that nobody can read is refused with its number."""
    try:
        text = decoded(data)
    except UnicodeDecodeError as wrong:
        raise refused("kind", "文件不是 UTF-8 或 GB 18030 编码的 CSV", "no CSV in UTF-8 or GB 18030") from wrong
    if "\x00" in text:
        raise refused("kind", "文件内容不是 CSV（与扩展名不符）", "its content is no CSV")
    try:
        rows: list[list[Any]] = []
        for row in csv.reader(io.StringIO(text), strict=True):
            rows.append(list(row))
            if len(rows) > ROWS + HEADER_ROWS:
                raise refused("rows", f"超过 {ROWS:,} 行，请拆分后分批导入", f"more than {ROWS:,} rows: split it")
    except csv.Error as broken:
        raise refused("damaged", f"CSV 格式有误：{broken}", f"malformed CSV: {broken}") from broken
    return rows


def titled(title: Any) -> str:
    """A title as compared: without blanks and the star of required columns, in whatever width, 帐 as 账."""
    if title is None:
        return ""
    plain = unicodedata.normalize("NFKC", str(title)).replace("帐", "账")
    return "".join(plain.split()).rstrip("*").lower()


def _places(name: str, cells: list[list[Any]], columns: Sequence[Column]) -> tuple[dict[str, int], int]:
    """Key -> place, and the first row of data (from 0). Keys are looked for in the second row, titles in the first."""
    keys = {titled(column.key): column.key for column in columns}
    titles = {titled(title): column.key for column in columns for title in (column.title, *column.also)}
    for number, known in ((1, keys), (0, {**titles, **keys})):
        if len(cells) <= number:
            continue
        header = [titled(cell) for cell in cells[number]]
        found = {known[text]: place for place, text in enumerate(header) if text in known}
        if not found or (number == 1 and len(found) < 2 and len(columns) > 1):
            continue
        _refuse_strangers(name, cells, header, known, number)
        if len(found) < sum(text in known for text in header):
            listed = [known[text] for text in header if text in known]
            twice = next(column.title for column in columns if listed.count(column.key) > 1)
            zh = f"工作表“{name}”有重复的列“{twice}”，请只保留一列"
            raise refused("twice", zh, f'sheet "{name}" has the column "{twice}" twice: keep one')
        missing = [column for column in columns if column.required and column.key not in found]
        if missing:
            raise MissingColumns(name, number + 1, missing)
        return found, number + 1
    raise refused("columns", f"工作表“{name}”没有可识别的表头，请使用模板", f'sheet "{name}" has no known header')


def _refuse_strangers(name: str, cells: list[list[Any]], header: list[str], known: Iterable[str], number: int) -> None:
    """A column that nobody asked for is refused where it holds something: silence would lose what a clerk typed."""
    for place, text in enumerate(header):
        above = {titled(row[place]) for row in cells[: number + 1] if place < len(row)}
        if text in known or ERRORS in above:
            continue
        filled = text or any(row[place] not in ("", None) for row in cells[number + 1 :] if place < len(row))
        if filled:
            title = next((str(row[place])[:30] for row in cells[: number + 1] if row[place]), "")
            raise refused(
                "columns",
                f"工作表“{name}”有模板以外的列“{title or f'第 {place + 1} 列'}”，请删除或移到其他文件",
                f'sheet "{name}" has a column that the template lacks: "{title or f"column {place + 1}"}"',
            )


def _refuse_merged(name: str, ranges: list[tuple[tuple[int, int], tuple[int, int]]], first: int) -> None:
    for (top, left), (bottom, right) in ranges:
        if bottom >= first:
            area = f"{_address(max(top, first), left)}:{_address(bottom, right)}"
            raise refused(
                "merged",
                f"工作表“{name}”的 {area} 是合并单元格，请取消合并并逐行填写",
                f'sheet "{name}": {area} is merged; unmerge it and fill in every row',
            )


def _row(table: Table, number: int, cells: list[Any], columns: list[tuple[int, Column]], scan: Scan) -> dict[str, Any]:
    """The values of one row; a wrong cell's fault is kept and its value left out."""
    values: dict[str, Any] = {}
    for place, column in columns:
        cell = cells[place] if place < len(cells) else ""
        if wrong := _unreadable(scan, number, place + 1, cell):
            _fault(table, number, column, wrong)
            continue
        try:
            value = column.read(cell)
        except WrongCell as wrong:
            _fault(table, number, column, wrong)
            continue
        if value is not None:
            values[column.key] = value
    return values


def _unreadable(scan: Scan, row: int, column: int, cell: Any) -> WrongCell | None:
    """A cell whose value nobody typed, or that nobody sees."""
    if scan.computed(row, column):
        return WrongCell("是公式；请复制后“选择性粘贴—数值”", "is a formula: paste its value")
    if (row, column) in scan.errors:
        return WrongCell("是错误值（#N/A 等），原来的内容已丢失；请重新填写", "is an error value: type it again")
    if scan.hides(column) and not _empty(cell):
        return WrongCell("所在的列被隐藏，请取消隐藏并核对", "stands in a hidden column: show it and look")
    return None


def _look_at(table: Table, number: int, cells: list[Any], width: int, scan: Scan) -> None:
    """A row that holds more than the header has columns, or that is hidden or filtered away, is a fault of the row."""
    if len(cells) > width and any(not _empty(cell) for cell in cells):
        zh = "单元格比表头多，多出的内容无处可归（金额里的千分位逗号须去掉或加引号）"
        en = "holds more cells than the header has columns (a comma within an amount goes, or the amount is quoted)"
        table.faults.append(RowFault(sheet=table.name, row=number, key="", zh=zh, en=en))
    if number in scan.hidden_rows and any(not _empty(cell) for cell in cells):
        zh, en = (
            "此行被隐藏或筛选掉，请取消隐藏和筛选，核对后再导入",
            "this row is hidden or filtered away: show it and look",
        )
        table.faults.append(RowFault(sheet=table.name, row=number, key="", zh=zh, en=en))


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _fault(table: Table, number: int, column: Column, wrong: WrongCell) -> None:
    at = _address(number - 1, table.places[column.key])
    zh, en = f"{column.title} {wrong.zh}", f'"{column.title}": {wrong.en}'
    table.faults.append(RowFault(sheet=table.name, row=number, key=column.key, zh=zh, en=en, cell=at))


def _address(row: int, column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
