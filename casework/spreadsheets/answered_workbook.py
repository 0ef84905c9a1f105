"""What came of reading a workbook: the good rows, or the faults, which can be written into a copy of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from casework.shared.errors import Refused
from casework.spreadsheets.workbook_reading import OpenWorkbook, RowFault
from casework.spreadsheets.workbook_writing import answered

Row = TypeVar("Row")
SHOWN = 10  # faults in the message; all of them stand in the copy and in the JSON


@dataclass(frozen=True)
class Copy:
    """Where the copy with the column 错误 goes, and the language of who reads it: Chinese always, English beside it."""

    path: Path
    language: str = "zh"


class WrongWorkbook(Refused):
    """A workbook with all its faults; the message counts the rows and shows the first few."""

    def __init__(
        self, faults: Sequence[RowFault], zh: str = "未导入任何内容", en: str = "nothing was imported"
    ) -> None:
        sheets = list(dict.fromkeys(found.sheet for found in faults))
        self.faults = tuple(sorted(faults, key=lambda faulty: (sheets.index(faulty.sheet), faulty.row)))
        rows = len({(fault.sheet, fault.row) for fault in faults})
        shown, english = (
            "\n".join(each_fault.words(language) for each_fault in self.faults[:SHOWN]) for language in ("zh", "en")
        )
        super().__init__(
            "sheet",
            f"{rows} 行有误，{zh}；请按“错误”列修改后重新导入\n{shown}",
            f"{rows} rows are wrong, {en}: mend them and import again\n{english}",
            field="file",
        )


@dataclass(frozen=True, kw_only=True)
class Intake(Generic[Row]):
    """The rows of a workbook. While there are faults, nothing of it may be imported."""

    book: OpenWorkbook
    rows: Sequence[Row] = ()
    faults: Sequence[RowFault] = ()
    places: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def file_hash(self) -> str:
        """SHA-256 of the workbook."""
        return self.book.guarded.sha256

    def with_faults(self, faults: Sequence[RowFault]) -> "Intake[Row]":
        """The same with further faults, found when the rows were compared with the registers."""
        return Intake(book=self.book, rows=self.rows, faults=[*self.faults, *faults], places=self.places)

    def answer(self, copy: Copy) -> None:
        """Writes the copy with the column 错误."""
        answered(self.book, self.faults, self.places, copy.path, english=copy.language == "en")

    def sound(self) -> Sequence[Row]:
        """The rows, if nothing at all is wrong; else a refusal with every fault."""
        if self.faults:
            raise WrongWorkbook(self.faults)
        return self.rows
