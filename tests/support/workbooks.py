"""Workbooks as other programs write them: made with openpyxl, or patched in the zip, to be refused or read."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook of plain rows; a text that begins with = becomes a formula, as a person would have typed it."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
    book.save(path)
    return path


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """The workbook after `change(book)`."""
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


def repacked(
    path: Path, *, add: Mapping[str, bytes] | None = None, replace: Callable[[str, bytes], bytes] | None = None
) -> Path:
    """The same zip with parts added or replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**parts, **(add or {})}.items():
            archive.writestr(name, replace(name, data) if replace else data)
    return path


def rows_of(path: Path, sheet: str) -> list[list[Any]]:
    """Every cell of a sheet, by another reader than ours."""
    return [list(row) for row in load_workbook(path)[sheet].iter_rows(values_only=True)]
