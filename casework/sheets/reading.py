"""Reads a guarded workbook's sheets into rows of values, keeping every fault with its row and column."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from casework.errors import Refused
from casework.sheets.columns import Column, WrongCell
from casework.sheets.guard import HEADER_ROWS, ROWS, Guarded, Scan, guard, read_limited, refused
from policies.forms import Text

ERRORS = "错误"  # the column that answers add to a copy; ignored when the copy comes back
LEGEND = "填写说明"


@dataclass(frozen=True, kw_only=True)
class SheetFault:
    """What is wrong in one row: `row` as the spreadsheet counts it, `key` of the column where it is one cell's."""

    sheet: str
    row: int
    key: str
    zh: str
    en: str

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
            return f'sheet "{self.sheet}" row {self.row}: {self.en}'
        return f"{self.sheet} 第 {self.row} 行：{self.zh}"


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """One filled row: values by column key, empty cells left out. Not `sound`: a cell of it is wrong."""

    row: int
    values: dict[str, Any]
    sound: bool = True


@dataclass(frozen=True, kw_only=True)
class Table:
    """A sheet as read: its rows, its faults, and which column (from 0) each key stands in."""

    name: str
    rows: list[SheetRow] = field(default_factory=list)
    faults: list[SheetFault] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)


class Book:
    """A guarded workbook opened for reading."""

    def __init__(self, guarded: Guarded) -> None:
        self.guarded = guarded
        try:
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(guarded.data))
        except (CalamineError, ValueError) as broken:
            raise refused("damaged", "工作簿无法读取，请重新另存为 .xlsx", "the workbook cannot be read") from broken

    @property
    def names(self) -> list[str]:
        """The sheets in order, the legend left out."""
        return [name for name in self.guarded.sheets if name != LEGEND]

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
        formulas = self.guarded.sheets[name].formulas
        for index in range(first, len(cells)):
            before = len(table.faults)
            values = _row(table, index + 1, cells[index], by_place, formulas)
            sound = len(table.faults) == before
            if values or not sound:
                table.rows.append(SheetRow(row=index + 1, values=values, sound=sound))
        return table

    def _merged(self, name: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        return self._sheet(name).merged_cell_ranges or []

    def _sheet(self, name: str) -> CalamineSheet:
        try:
            return self._book.get_sheet_by_name(name)
        except (CalamineError, ValueError) as broken:
            raise refused("damaged", f"工作表“{name}”无法读取", f'sheet "{name}" cannot be read') from broken


class CsvBook(Book):
    """A CSV file as a workbook of one sheet; every cell is text."""

    def __init__(self, path: Path) -> None:
        data = read_limited(path)
        self._rows = _csv_rows(data)
        hash_ = hashlib.sha256(data).hexdigest()
        self.guarded = Guarded(name=path.name, data=data, sha256=hash_, sheets={path.stem: Scan()})

    def cells(self, name: str) -> list[list[Any]]:
        return self._rows

    def _merged(self, name: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        return []


def open_book(path: Path) -> Book:
    """A workbook, or a CSV file where the name says so."""
    return CsvBook(path) if path.suffix.lower() == ".csv" else Book(guard(path))


def _csv_rows(data: bytes) -> list[list[Any]]:
    """UTF-8, or GB 18030 as spreadsheets in China write it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise refused("kind", "文件不是 UTF-8 或 GB 18030 编码的 CSV", "no CSV in UTF-8 or GB 18030")
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
    """A title as compared: without blanks and the star of required columns."""
    return "".join(str(title).split()).rstrip("*").lower() if title is not None else ""


def _places(name: str, cells: list[list[Any]], columns: Sequence[Column]) -> tuple[dict[str, int], int]:
    """Key -> place, and the first row of data (from 0). Keys are looked for in the second row, titles in the first."""
    keys = {column.key: column.key for column in columns}
    titles = {titled(column.title): column.key for column in columns}
    for number, known in ((1, keys), (0, keys), (0, titles)):
        if len(cells) <= number:
            continue
        header = [titled(cell) if known is titles else str(cell).strip() for cell in cells[number]]
        found = {known[text]: place for place, text in enumerate(header) if text in known}
        if not found:
            continue
        _refuse_strangers(name, cells, header, known, number)
        if len(found) < sum(text in known for text in header):
            raise refused("twice", f"工作表“{name}”有重复的列", f'sheet "{name}" has a column twice')
        missing = [column.title for column in columns if column.required and column.key not in found]
        if missing:
            zh = f"工作表“{name}”缺少列：{'、'.join(missing)}；请使用模板"
            english = ", ".join(f'"{title}"' for title in missing)
            raise refused("columns", zh, f'sheet "{name}" lacks columns: {english}; use the template')
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


def _row(
    table: Table, number: int, cells: list[Any], columns: list[tuple[int, Column]], formulas: set[tuple[int, int]]
) -> dict[str, Any]:
    """The values of one row; a wrong cell's fault is kept and its value left out."""
    values: dict[str, Any] = {}
    for place, column in columns:
        cell = cells[place] if place < len(cells) else ""
        if formulas and (number, place + 1) in formulas:
            _fault(
                table, number, column, WrongCell("是公式；请复制后“选择性粘贴—数值”", "is a formula: paste its value")
            )
            continue
        try:
            value = column.read(cell)
        except WrongCell as wrong:
            _fault(table, number, column, wrong)
            continue
        if value is not None:
            values[column.key] = value
    return values


def _fault(table: Table, number: int, column: Column, wrong: WrongCell) -> None:
    zh, en = f"{column.title} {wrong.zh}", f'"{column.title}": {wrong.en}'
    table.faults.append(SheetFault(sheet=table.name, row=number, key=column.key, zh=zh, en=en))


def _address(row: int, column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
