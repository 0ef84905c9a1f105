"""The page on which a register's workbook is read in: its template, the upload, what is wrong row by row, what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.spreadsheets.register_workbook import Imported, RegisterWorkbook
from policies.policy import Policy
from web.fields import FieldView, typed_fields
from web.sent_files import template_sent
from web.uploaded import workbook
from web.visit import Posted, Visit

Words = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, kw_only=True)
class WorkbookPage:
    """One register's page, its template below it. `who`: what is said to who imports nothing here; `link`: where one goes on."""

    address: str
    file: str  # the name of the template
    back: tuple[str, str, str]  # address, Chinese, English
    title: Words
    says: Words
    who: Words
    book: RegisterWorkbook[Any]
    link: tuple[str, str, str] | None = None

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


def policy_field(known: Sequence[Policy], chosen: str, no: Refused | None = None) -> FieldView:
    """The choice of the policy to which the rows of a workbook belong."""
    options = tuple(
        (policy.code, f"{policy.code} {policy.title.zh}", f"{policy.code} {policy.title.en}") for policy in known
    )
    return typed_fields({"policy": chosen}, no, no.field if no else "")(
        "policy", "政策", "Policy", "choice", options=options
    )


def policy_sent(known: Sequence[Policy], form: Posted) -> Policy:
    """The policy that was chosen; none is taken for one."""
    found = next((policy for policy in known if policy.code == form.get("policy")), None)
    if found is None:
        raise Refused("choice", "请选择政策", "choose a policy", field="policy")
    return found


def first_or_named(known: Sequence[Policy], code: str) -> Policy:
    """The policy that a page is about: the one that its address names, the first one where it names none; else there is no page."""
    found = next((policy for policy in known if code in ("", policy.code)), None)
    if found is None:
        raise HTTPException(404)
    return found


def policy_asked(known: Sequence[Policy], code: str) -> Policy:
    """The same for a form, which says so where there is no such policy."""
    found = next((policy for policy in known if code in ("", policy.code)), None)
    if found is None:
        raise Refused("policy", f"没有政策 {code[:60]}", f"there is no policy {code[:60]}", field="policy")
    return found
