"""Writes workbooks: templates with titles, keys and drop-downs, and copies of a sheet with its faults in red.

Every text is written as a text cell, so that a value that begins with = + - or @ stays a value; where it does, the cell
also carries the quote prefix that keeps it one when somebody edits it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from casework.shared.atomic_files import written
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.workbook_reading import ERRORS, LEGEND, OpenWorkbook, RowFault

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_767  # characters of a cell
_PREPARED = 2_000  # rows of a template that carry drop-downs and the text format
_DROP_DOWN = 255  # characters that a drop-down may list in place


class WorkbookWriter:
    """A workbook being written; every cell goes through `put`."""

    def __init__(self, path: Path) -> None:
        self._book: Workbook = xlsxwriter.Workbook(str(path), _OPTIONS)
        self._book.set_properties({"created": datetime(2023, 1, 1)})  # noqa: DTZ001 - the same bytes each time
        self.text = self._format(num_format="@")
        self.quoted = self._format(num_format="@", quote_prefix=True)
        self.title = self._format(bold=True, bg_color="#DDEBF7", border=1, text_wrap=True, valign="top")
        self.key = self._format(font_color="#808080", italic=True, font_size=8)
        self.wrong = self._format(bg_color="#FFC7CE", font_color="#9C0006", num_format="@")
        self.note = self._format(text_wrap=True, valign="top")

    def _format(self, **properties: Any) -> Format:
        return self._book.add_format(properties)

    def sheet(self, name: str) -> Worksheet:
        """A new sheet."""
        return self._book.add_worksheet(name)

    def put(self, sheet: Worksheet, row: int, column: int, value: Any, form: Format | None = None) -> None:
        """Any value as an inert cell; row and column count from 0."""
        if value is None or value == "":
            if form is not None:
                sheet.write_blank(row, column, None, form)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, form)
        elif type(value) in (int, float):
            sheet.write_number(row, column, value, form)
        else:
            text = value.isoformat() if isinstance(value, (date, datetime)) else str(value)
            chosen = form or (self.quoted if text.startswith(_ACTIVE) else self.text)
            sheet.write_string(row, column, text[:_LONGEST], chosen)

    def close(self) -> None:
        """Finishes the file."""
        self._book.close()


def template(path: Path, legend: Sequence[str], tables: Mapping[str, Sequence[Column]]) -> None:
    """A workbook to fill in: the legend, then a sheet per table with titles, keys, hints and drop-downs."""
    with written(path) as temporary:
        writer = WorkbookWriter(temporary)
        page = writer.sheet(LEGEND)
        page.set_column(0, 0, 100)
        for number, line in enumerate(legend):
            writer.put(page, number, 0, line, writer.note)
        for name, columns in tables.items():
            _blank(writer, writer.sheet(name), columns)
        writer.close()


def table(path: Path, tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[Any]]]]) -> None:
    """A workbook of plain tables: sheet name -> (titles, rows). Money is given as text in yuan."""
    with written(path) as temporary:
        writer = WorkbookWriter(temporary)
        for name, (titles, rows) in tables.items():
            page = writer.sheet(name)
            page.freeze_panes(1, 0)
            for place, title in enumerate(titles):
                writer.put(page, 0, place, title, writer.title)
            for number, row in enumerate(rows, start=1):
                for place, value in enumerate(row):
                    writer.put(page, number, place, value)
        writer.close()


def filled(
    path: Path, legend: Sequence[str], tables: Mapping[str, tuple[Sequence[Column], Iterable[Mapping[str, Any]]]]
) -> None:
    """A template with rows filled in by column key, as a clerk would have."""
    with written(path) as temporary:
        writer = WorkbookWriter(temporary)
        page = writer.sheet(LEGEND)
        for number, line in enumerate(legend):
            writer.put(page, number, 0, line, writer.note)
        for name, (columns, rows) in tables.items():
            page = writer.sheet(name)
            _head(writer, page, columns)
            for number, row in enumerate(rows, start=2):
                for place, column in enumerate(columns):
                    writer.put(page, number, place, row.get(column.key))
        writer.close()


def answered(
    book: OpenWorkbook,
    faults: Sequence[RowFault],
    places: Mapping[str, Mapping[str, int]],
    path: Path,
    *,
    english: bool = False,
) -> None:
    """A copy of a workbook in which each wrong row says in the column 错误 what is wrong, and wrong cells are red.

    It says so in Chinese, and where `english` is asked for, in English below.
    """
    by_sheet: dict[str, dict[int, list[RowFault]]] = {}
    for fault in faults:
        by_sheet.setdefault(fault.sheet, {}).setdefault(fault.row, []).append(fault)
    with written(path) as temporary:
        writer = WorkbookWriter(temporary)
        for name in book.guarded.sheets:
            page = writer.sheet(name)
            said = {row: (found, _said(found, english)) for row, found in by_sheet.get(name, {}).items()}
            _copy(writer, page, book.cells(name), said, places.get(name, {}))
        writer.close()


def _head(writer: WorkbookWriter, page: Worksheet, columns: Sequence[Column]) -> None:
    page.freeze_panes(2, 0)
    for place, column in enumerate(columns):
        writer.put(page, 0, place, column.title + ("*" if column.required else ""), writer.title)
        writer.put(page, 1, place, column.key, writer.key)
        page.set_column(place, place, max(12, min(40, 2 * len(column.title))), writer.text)


def _blank(writer: WorkbookWriter, page: Worksheet, columns: Sequence[Column]) -> None:
    _head(writer, page, columns)
    for place, column in enumerate(columns):
        if column.hint:
            page.write_comment(0, place, column.hint)
        wordings = ["是", "否"] if column.kind is CellKind.FLAG else [zh for _, zh in column.choices]
        if wordings and len(",".join(wordings)) <= _DROP_DOWN:
            page.data_validation(2, place, _PREPARED, place, {"validate": "list", "source": wordings})


def _copy(
    writer: WorkbookWriter,
    page: Worksheet,
    cells: list[list[Any]],
    faults: Mapping[int, tuple[Sequence[RowFault], str]],
    places: Mapping[str, int],
) -> None:
    width = max((len(row) for row in cells), default=0)
    old = next((place for place, title in enumerate(cells[0] if cells else ()) if title == ERRORS), None)
    errors = width if old is None else old
    if faults:
        writer.put(page, 0, errors, ERRORS, writer.title)
        page.set_column(errors, errors, 60)
    for number, row in enumerate(cells, start=1):
        wrong, said = faults.get(number, ((), ""))
        red = {places[fault.key] for fault in wrong if fault.key in places}
        for place, value in enumerate(row):
            if place != errors:
                writer.put(page, number - 1, place, value, writer.wrong if place in red else None)
        if wrong:
            writer.put(page, number - 1, errors, said, writer.wrong)


def _said(faults: Sequence[RowFault], english: bool) -> str:
    """What the column 错误 says of a row."""
    zh, en = "；".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults)
    return f"{zh}\n{en}" if english else zh
