"""The page of an act on a case: its form, what came of it, and who may where it is not the reader's."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework.act_forms import PAYMENT_FORMS, parse
from casework.act_preview import ActPreview, OutcomeChanged, confirm, preview
from casework.forms.form_fields import Fault, WrongForm
from casework.lifecycle.commands import Act, Certify
from casework.shared.errors import Problem, Refused
from casework.views.act_words import said_with
from casework.views.case_act_form import CaseActForm, case_act_form
from casework.views.certification_preview import certification_preview
from casework.views.cost_sheet import cost_sheet
from web.act_fields import ActInput, begun, raw, summary, typed, unsaid, views
from web.case_filter import INBOX, kept
from web.desk_words import DeskWords, letter_text
from web.pages.case_page import shown
from web.visit import Form, Posted, SignedIn, officer

router = APIRouter(dependencies=[Depends(officer)])
Listed = Annotated[str, Query(alias="list", max_length=500)]
_HIDDEN_ANYWAY = frozenset({"not_yours", "unknown_case"})


@router.get("/desk/cases/{number}/do/{action}")
def act_page(visit: SignedIn, number: str, action: str, listed: Listed = INBOX) -> Response:
    if action in PAYMENT_FORMS:
        return visit.go("/pay")
    sheet = case_act_form(visit.store, number, action, visit.reader)
    if sheet.form.command.second_factor and _theirs(sheet):
        visit.step_up_first()  # before anything is typed
    return _page(visit, sheet, begun(sheet), listed, status=200 if _theirs(sheet) else 403)


@router.post("/desk/cases/{number}/do/{action}")
def do(visit: SignedIn, form: Form, number: str, action: str, listed: Listed = INBOX) -> Response:
    sheet = case_act_form(visit.store, number, action, visit.reader)
    if sheet.form.command.second_factor:
        visit.refuse_unless_stepped_up(form)
    given = typed(sheet, form.texts())
    if form.get("_more") or form.get("_back"):
        return _page(visit, sheet, given, listed)
    try:
        command = _command(visit, sheet, given, form)
    except WrongForm as wrong:
        return _page(visit, sheet, given, listed, status=422, faults=wrong.faults)
    try:
        agreed = form.get("_agreed")
        done = confirm(visit.store, command, agreed) if agreed else preview(visit.store, command)
    except OutcomeChanged as changed:
        return _effects(visit, sheet, form, listed, changed.preview, command, changed)
    except Problem as no:
        if no.code in _HIDDEN_ANYWAY:
            raise
        return _refused(visit, case_act_form(visit.store, number, action, visit.reader), given, listed, no)
    if isinstance(done, ActPreview):
        return _effects(visit, sheet, form, listed, done, command)
    return visit.go(f"/desk/cases/{done.number}?done={action}&{kept(listed)}")


def _effects(
    visit: SignedIn,
    sheet: CaseActForm,
    form: Posted,
    listed: str,
    found: ActPreview,
    command: Act,
    no: Problem | None = None,
) -> Response:
    """What was typed and what the act will do, with all that was typed carried along unseen; confirming sends the digest of it."""
    carried = [(name, value) for name, value in form.carried() if not name.startswith("_")]
    return visit.page(
        "desk/effects.html",
        status=409 if no else 200,
        **(shown(visit, sheet.sheet, listed) | _said(visit, sheet, command)),
        act=sheet,
        found=found,
        carried=carried,
        faults=[("", no.zh, no.en)] if no else [],
        letter_text=letter_text,
    )


def _said(visit: SignedIn, sheet: CaseActForm, command: Act) -> dict[str, Any]:
    """What the act says: its fields in words, of facts what is certified beside the claim, and what its award would lack."""
    file, item, words = sheet.sheet.file, sheet.sheet.item, DeskWords(visit)
    told = said_with(sheet.form.word, command.content, item)
    said = [(visit.t(label.zh, label.en), visit.t(text.zh, text.en)) for label, text in told]
    if command.reason:
        said.append((visit.t("理由", "Reason"), command.reason))
    if not isinstance(command, Certify):
        return {"said": said, "certified": None}
    certified = certification_preview(visit.store, file.case.policy, item, command.facts)
    return {
        "said": said,
        "certified": certified,
        "beside": words.beside(item, file.claim, certified.facts),
        "costs": cost_sheet(file.claim, certified.facts),
    }


def _command(visit: SignedIn, sheet: CaseActForm, given: ActInput, form: Posted) -> Act:
    """The act as it was typed; WrongForm with every fault, choices that nobody made among them."""
    faults = unsaid(sheet, given)
    envelope = {"seen": form.get("seen"), "act_id": str(form.uuid("act_id"))}
    try:
        command = parse(sheet.form.word, raw(sheet, given) | envelope, by=visit.person, case=sheet.sheet.file.case.id)
    except WrongForm as wrong:
        raise WrongForm((*wrong.faults, *faults)) from wrong
    if faults:
        raise WrongForm(faults)
    return command


def _refused(visit: SignedIn, sheet: CaseActForm, given: ActInput, listed: str, no: Problem) -> Response:
    """The page again with all that was typed: at its fields what is wrong with them, or why not and who may."""
    if isinstance(no, WrongForm):
        return _page(visit, sheet, given, listed, status=422, own=no.faults)
    status = 409 if isinstance(no, Refused) else 503
    known = {one.name: one.label for one in sheet.form.fields if not one.hidden}
    if no.field in known:
        return _page(visit, sheet, given, listed, status=422, faults=[Fault(no.field, known[no.field], no.zh, no.en)])
    return _page(visit, sheet, given, listed, status=status, no=no)


def _theirs(sheet: CaseActForm) -> bool:
    second = sheet.sheet.can.second
    return (sheet.can is not None and sheet.can.mine) or (
        second is not None and second.mine and second.action == sheet.form.word
    )


def _page(
    visit: SignedIn,
    sheet: CaseActForm,
    given: ActInput,
    listed: str,
    *,
    status: int = 200,
    faults: Sequence[Fault] = (),
    own: Sequence[Fault] = (),
    no: Problem | None = None,
) -> Response:
    fields = views(sheet, given, faults, own, english=visit.language == "en")
    listed_faults: list[Any] = [*summary(fields), *([("", no.zh, no.en)] if no else [])]
    if (faults or own) and not listed_faults:  # at a field that the page does not show
        listed_faults = [("", one.words(), one.words("en")) for one in (*faults, *own)]
    return visit.page(
        "desk/act.html",
        status=status,
        **shown(visit, sheet.sheet, listed),
        act=sheet,
        fields=fields,
        faults=listed_faults,
        theirs=_theirs(sheet) or bool(faults or own or no),
    )
