"""Acts in bulk: cases chosen in a list and one form for them, or a workbook of acts; what each would do, then what each did."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework import act_list_workbook, bulk_acts
from casework.act_forms import CASE_FORMS, ActForm, parse
from casework.act_preview import ActPreview
from casework.bulk_acts import LineOutcome, ListLine
from casework.forms.form_fields import Fault, WrongForm
from casework.lifecycle.commands import Act
from casework.lifecycle.receipts import Receipt
from casework.shared.errors import Refused
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.views.bulk_choice import MOST_CHOSEN, ChosenCase, chosen_cases, common_fields, offered
from casework.views.decision_list import act_id, decision_list
from models import Duty
from policies.forms import Text
from web.act_fields import act_field_view, summary
from web.desk_words import DeskWords, letter_text
from web.guard import FORM_BYTES
from web.sent_files import template_sent
from web.uploaded import workbook
from web.visit import Form, Posted, SignedIn, Visit, officer

router = APIRouter(dependencies=[Depends(officer)])
MOST_CARRIED = FORM_BYTES * 3 // 4  # bytes of a form that a page carries along; digests and a token come beside them
Number = Annotated[str, StringConstraints(max_length=60)]
Cases = Annotated[list[Number] | None, Query(max_length=500)]  # as many as the inbox shows
Word = Annotated[str, Query(max_length=40)]


@router.get("/desk/bulk")
def bulk_page(visit: SignedIn, case: Cases = None, act: Word = "") -> Response:
    numbers = list(case or ())
    found = chosen_cases(visit.store, numbers, visit.reader)
    form = CASE_FORMS.get(act)
    if form is None or common_fields(form) is None:
        return visit.page(
            "bulk/start.html",
            w=DeskWords(visit),
            cases=found,
            acts={CASE_FORMS[word]: counts for word, counts in offered(found).items()},
            more=max(len(dict.fromkeys(numbers)) - MOST_CHOSEN, 0),
        )
    if form.command.second_factor:
        visit.step_up_first()  # before anything is typed
    chosen = {chosen_case.number for chosen_case in found if act in chosen_case.mine}
    return _form_page(visit, form, found, {}, chosen, str(uuid4()))


def _form_page(
    visit: Visit,
    form: ActForm[Act],
    cases: Sequence[ChosenCase],
    typed: Mapping[str, str],
    chosen: set[str],
    list_id: str,
    *,
    faults: Sequence[Fault] = (),
) -> Response:
    wrong = {fault.field: (fault.zh, fault.en) for fault in faults}
    english = visit.language == "en"
    fields = [
        act_field_view(field, typed.get(field.name, ""), wrong.get(field.name), english=english)
        for field in sorted(common_fields(form) or (), key=lambda field: field.name == "reason")
    ]
    said = [*summary(fields), *(("", fault.zh, fault.en) for fault in faults if fault.field == "case")]
    return visit.page(
        "bulk/form.html",
        status=422 if faults else 200,
        w=DeskWords(visit),
        form=form,
        cases=cases,
        fields=fields,
        chosen=chosen,
        list_id=list_id,
        target=_address(cases, form),
        faults=said,
    )


def _address(cases: Sequence[ChosenCase], form: ActForm[Act]) -> str:
    return f"/desk/bulk?{urlencode([*(('case', case.number) for case in cases), ('act', form.word)])}"


@router.post("/desk/bulk")
def bulk(visit: SignedIn, form: Form, case: Cases = None, act: Word = "") -> Response:
    wanted = CASE_FORMS.get(act)
    if wanted is None or common_fields(wanted) is None:
        raise HTTPException(404)
    if wanted.command.second_factor:
        visit.refuse_unless_stepped_up(form)
    found = chosen_cases(visit.store, case or (), visit.reader)
    list_id = form.uuid("list_id")
    known = {field.name for field in common_fields(wanted) or ()}
    typed = {name: text for name, text in form.texts().items() if name in known}
    chosen = set(form.list("case"))
    try:
        lines = [
            _line(visit, wanted, case_, typed, form, act_id(list_id, place))
            for place, case_ in enumerate(found)
            if case_.number in chosen
        ]
    except WrongForm as wrong:
        return _form_page(visit, wanted, found, typed, chosen, str(list_id), faults=wrong.faults)
    if not lines or form.get("_back"):
        none = [Fault("case", wanted.label, "请至少勾选一件案件", "tick at least one case")]
        return _form_page(visit, wanted, found, typed, chosen, str(list_id), faults=() if lines else none)
    return outcome(
        visit, lines, _agreed(form), list_id, carried=_carried(form), target=_address(found, wanted), label=wanted.label
    )


def _line(
    visit: Visit, form: ActForm[Act], case: ChosenCase, typed: Mapping[str, str], sent: Posted, made: UUID
) -> ListLine:
    """The act of one row; WrongForm, where what was typed is no such act."""
    if case.row is None:
        no = Refused("unknown_case", "没有这件案件，或您无权查看", "there is no such case, or it is not yours to see")
        return ListLine(case=case.number, action=form.word, refused=no)
    envelope = {"seen": sent.get(f"seen.{case.number}"), "act_id": str(made)}
    flags = [field for field in common_fields(form) or () if field.kind == "flag" and not typed.get(field.name)]
    faults = [Fault(field.name, field.label, "请选择", "choose one", missing=True) for field in flags]
    try:
        command = parse(form.word, {**typed, **envelope}, by=visit.person, case=case.row.id)
    except WrongForm as wrong:
        raise WrongForm((*wrong.faults, *faults)) from wrong
    if faults:
        raise WrongForm(faults)
    return ListLine(case=case.number, action=form.word, command=command)


def _agreed(form: Posted) -> dict[UUID, str]:
    """What was seen and agreed to, by act id."""
    try:
        return {UUID(name[7:]): form.get(name) for name in form.names() if name.startswith("agreed.")}
    except ValueError as error:
        raise Refused("form", "表单不完整，请返回重新填写", "the form is not whole: go back") from error


def _carried(form: Posted) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.carried() if not name.startswith(("_", "agreed."))]


def outcome(
    visit: Visit,
    lines: Sequence[ListLine],
    agreed: Mapping[UUID, str],
    list_id: UUID,
    *,
    carried: Sequence[tuple[str, str]],
    target: str,
    label: Text | None,
) -> Response:
    """What each line would do, to be confirmed; or what each did, and once more what has become another thing meanwhile."""
    if agreed:
        found = bulk_acts.carry_out(visit.store, lines, agreed)
    else:
        found = bulk_acts.look_at(visit.store, lines)
    return visit.page(
        "bulk/outcome.html",
        w=DeskWords(visit),
        done=bool(agreed),
        found=found,
        previews=[line for line in found if _preview(line) is not None],
        preview_of=_preview,
        receipts=sum(isinstance(line.came, Receipt) for line in found),
        is_receipt=lambda line: isinstance(line.came, Receipt),
        carried=carried,
        target=target,
        label=label,
        list_id=list_id,
        letter_text=letter_text,
    )


def _preview(line: LineOutcome) -> ActPreview | None:
    """What a line would do now: as it was looked at, or as it has become since it was agreed to."""
    found = getattr(line.came, "preview", line.came)
    return found if isinstance(found, ActPreview) else None


# a list as a workbook


@router.get("/desk/lists")
def lists_page(visit: SignedIn) -> Response:
    return _lists_page(visit)


def _lists_page(visit: Visit, no: Refused | None = None) -> Response:
    scope = visit.scope()
    duties = scope.duties if scope is not None else frozenset()
    return visit.page(
        "bulk/lists.html",
        status=422 if no else 200,
        wrong=no,
        rows=no.faults if isinstance(no, WrongWorkbook) else (),
        certifies=Duty.CERTIFIER in duties,
        files=Duty.CLERK in duties,
    )


@router.get("/desk/lists/template.xlsx")
def lists_template(visit: SignedIn) -> Response:
    return template_sent("acts.xlsx", act_list_workbook.write_template)


@router.post("/desk/lists")
def upload_list(visit: SignedIn, form: Form) -> Response:
    try:
        list_id, rows = _rows(visit, form)
        lines = bulk_acts.lines_of(visit.store, rows, by=visit.person, list_id=list_id)
        carried = carried_rows(rows, list_id)
    except Refused as no:
        return _lists_page(visit, no)
    if any(line.command is not None and line.command.second_factor for line in lines):
        agreed = [(name, value) for name, value in form.carried() if name.startswith("agreed.")]
        visit.refuse_unless_stepped_up(carried=[*carried, *agreed])
    return outcome(visit, lines, _agreed(form), list_id, carried=carried, target="/desk/lists", label=None)


def carried_rows(rows: Sequence[Mapping[str, Any]], list_id: UUID) -> list[tuple[str, str]]:
    """The lines as the page carries them to be confirmed; Refused where they are more than a form takes."""
    carried = [("rows", json.dumps(rows, ensure_ascii=False)), ("list_id", str(list_id))]
    if len(urlencode(carried)) > MOST_CARRIED:
        zh, en = "清单内容过多，请分成几份", "the list holds too much for one page: split it"
        raise Refused("many", zh, en, field="file")
    return carried


def _rows(visit: Visit, form: Posted) -> tuple[UUID, list[dict[str, Any]]]:
    """The lines of the file that was sent; of one that was looked at, as the page carried them."""
    if not form.get("rows"):
        with workbook(form.file("file")) as path:
            return bulk_acts.read(path, visit.person)
    broken = Refused("form", "表单不完整，请重新上传", "the form is not whole: send the file again", field="file")
    try:
        rows = json.loads(form.get("rows"))
    except (ValueError, RecursionError) as error:
        raise broken from error
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise broken
    return form.uuid("list_id"), rows[: bulk_acts.MOST_LINES]


@router.get("/desk/lists/{list_id}")
def list_page(visit: SignedIn, list_id: UUID) -> Response:
    rows = decision_list(visit.store, list_id, reader=visit.reader)
    if not rows:
        raise HTTPException(404)
    total = sum(row.case.amount_fen or 0 for row in rows)
    return visit.page("bulk/list.html", w=DeskWords(visit), rows=rows, total=total, list_id=list_id)
