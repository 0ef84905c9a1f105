"""A table as comma-separated text for a spreadsheet: no cell of it is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)  # the last four: their wide forms
BOM = "\ufeff"  # spreadsheets then know that it is UTF-8


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The table line by line, the mark of its encoding first; a text that begins like a formula gets an apostrophe."""
    yield BOM
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([_cell(cell) for cell in row])
        yield line.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
