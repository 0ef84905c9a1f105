"""What the register workbooks have in common: one sheet, one entry a row, every fault in its row, all or nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from casework.privacy import identity_numbers
from casework.shared.errors import Refused
from casework.shared.register_writes import arriving
from casework.spreadsheets.answered_workbook import Copy, Intake, WrongWorkbook
from casework.spreadsheets.columns import Column
from casework.spreadsheets.workbook_guard import HEADER_ROWS
from casework.spreadsheets.workbook_reading import RowFault, open_book, titled
from casework.spreadsheets.workbook_writing import template
from models.store import Store
from models.unit_of_work import UnitOfWork

New = TypeVar("New")


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[New]):
    """An entry and where it stands."""

    sheet: str
    row: int
    new: New


@dataclass(frozen=True, kw_only=True)
class Imported:
    """How many rows were read, and how many of them were new."""

    rows: int
    new: int
    warnings: tuple[tuple[str, str], ...] = ()  # what somebody may look at again, in Chinese and English


@dataclass(frozen=True, kw_only=True)
class RegisterWorkbook(Generic[New]):
    """A workbook of one list: its sheet, its columns, how a row becomes an entry (Refused names the column's key)."""

    sheet: str
    columns: tuple[Column, ...]
    make: Callable[[dict[str, Any]], New]
    legend: tuple[str, ...] = ()

    def template(self, path: Path) -> None:
        """Writes the workbook to fill in."""
        template(path, self.legend, {self.sheet: self.columns})

    def read(self, path: Path) -> Intake[Entry[New]]:
        """Reads the list's one sheet of a workbook (or a CSV file); nothing is written anywhere."""
        book = open_book(path)
        name = book.only(self.sheet)
        entries: list[Entry[New]] = []
        faults: list[RowFault] = []
        places: dict[str, dict[str, int]] = {}
        table = book.table(name, self.columns)
        places[name] = table.places
        faults += table.faults
        for row in table.rows:
            if row.sound:
                self._one(name, row.row, row.values, entries, faults)
        if not entries and not faults:
            empty = Refused("empty", "没有填写任何内容", "nothing is filled in")
            faults.append(RowFault.of(name, HEADER_ROWS + 1, empty))
        return Intake(book=book, rows=entries, faults=faults, places=places)

    def _one(
        self, sheet: str, row: int, values: dict[str, Any], entries: list[Entry[New]], faults: list[RowFault]
    ) -> None:
        missing = [column for column in self.columns if column.required and column.key not in values]
        faults += [RowFault.of(sheet, row, absent(absent_column.title), absent_column.key) for absent_column in missing]
        if missing:
            return
        try:
            entries.append(Entry(sheet=sheet, row=row, new=self.make(values)))
        except Refused as no:
            faults.append(RowFault.of(sheet, row, no))


def enter_all(
    store: Store, intake: Intake[Entry[New]], answer: Copy | None, enter: Callable[[UnitOfWork, New], bool]
) -> Imported:
    """Enters every row in one transaction, or none: what any row is refused for is said of all of them, in their order.

    `enter` says whether the row was new.
    """
    faults, new = list(intake.faults), 0
    try:
        with arriving(store) as work:
            for entry in intake.rows:
                try:
                    new += enter(work, entry.new)
                except Refused as no:
                    if no.field == "by":  # about who writes, not about the row
                        raise
                    faults.append(RowFault.of(entry.sheet, entry.row, no))
            if faults:
                raise WrongWorkbook(faults)
    except WrongWorkbook:
        if answer is not None:
            intake.with_faults(faults[len(intake.faults) :]).answer(answer)
        raise
    return Imported(rows=len(intake.rows), new=new)


def located(entries: Sequence[Entry[Any]], found: Iterable[tuple[int, Refused]]) -> list[RowFault]:
    """Refusals by position as faults of their rows."""
    return [RowFault.of(entries[index].sheet, entries[index].row, no) for index, no in found]


def county_warnings(found: Iterable[tuple[Entry[Any], str]]) -> tuple[tuple[str, str], ...]:
    """What may be looked at again of these entries' identity numbers, with their rows."""
    said = [(entry, identity_numbers.warning(number)) for entry, number in found if number]
    return tuple(
        (f"{entry.sheet} 第 {entry.row} 行：{words[0]}", f'sheet "{entry.sheet}" row {entry.row}: {words[1]}')
        for entry, words in said
        if words is not None
    )


def absent(title: str) -> Refused:
    """What is said of a required cell that is empty."""
    return Refused("required", f"{title} 必填", f'"{title}": required, fill it in')


def sound(intake: Intake[Entry[New]], answer: Copy | None) -> list[New]:
    """The entries, or the refusal; the copy with the column 错误 is written first where a path for it is given."""
    if intake.faults and answer is not None:
        intake.answer(answer)
    return [entry.new for entry in intake.sound()]


def among(value: str, wordings: dict[str, str], key: str, title: str) -> str:
    """The value behind a wording (or the value itself)."""
    for known, wording in wordings.items():
        if titled(value) in (titled(known), titled(wording)):
            return known
    listed = "、".join(wordings.values())
    raise Refused(key, f"{title}应为下列之一：{listed}；现为 {value}", f"{title}: one of {listed}", field=key)
