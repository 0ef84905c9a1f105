"""The page on which a register's workbook is read in: its template, the upload, what is wrong row by row, what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response

from casework.shared.errors import Refused
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.spreadsheets.register_workbook import Imported, RegisterWorkbook
from web.fields import FieldView
from web.sent_files import template_sent
from web.uploaded import workbook
from web.visit import Posted, Visit

Words = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, kw_only=True)
class WorkbookPage:
    """One register's page. Its template is below it; `who`: what is said to whoever imports nothing here."""

    address: str
    file: str  # the name of the template
    back: tuple[str, str, str]  # address, Chinese, English
    title: Words
    says: Words
    who: Words
    book: RegisterWorkbook[Any]

    def shown(
        self,
        visit: Visit,
        *,
        may: bool,
        fields: Sequence[FieldView] = (),
        no: Refused | None = None,
        done: Imported | None = None,
    ) -> Response:
        """The page; `fields`: what is asked beside the file."""
        anchors = {field.path: field.id for field in fields} | {"file": "f-file"}
        anchor = "" if no is None else anchors.get(no.field, "")
        rows = no.faults if isinstance(no, WrongWorkbook) else ()
        said = [] if no is None else [(anchor, *(text.splitlines()[0] if rows else text for text in (no.zh, no.en)))]
        return visit.page(
            "desk/workbook.html",
            status=422 if no else 200,
            at=self,
            may=may,
            fields=fields,
            faults=said,
            wrong=no if anchor == "f-file" else None,
            rows=rows,
            done=done,
        )

    def template(self) -> Response:
        """The workbook to fill in."""
        return template_sent(self.file, self.book.template)


def read_in(form: Posted, bring_in: Callable[[Path], Imported]) -> Imported:
    """Reads the file that a form carried into its register: all of it, or none."""
    with workbook(form.file("file")) as path:
        return bring_in(path)
