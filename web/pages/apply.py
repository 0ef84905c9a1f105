"""Applying: a draft is opened, its claim typed, its papers handed in, everything checked, and then signed and filed."""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from casework.applications import claim_drafts
from casework.applications.case_opening import NewCase, open_case
from casework.applications.claim_drafts import ClaimDraft
from casework.applications.evidence_vault import FILE_BYTES, Vault
from casework.applications.media_types import BY_NAME
from casework.command_handler import act
from casework.forms.form_fields import Fault, WrongForm
from casework.lifecycle import commands
from casework.shared.errors import Refused
from casework.shared.qr_codes import qr_code
from casework.shared.verification_codes import address_of, code_of
from casework.views.filing_preview import FilingPreview, filing_preview, paper_slots
from casework.views.own_cases import OwnCase, OwnCaseFile, OwnParty, item_start, own_case, own_party
from models import State
from models.clock import business_date
from web.answers import answers
from web.fields import FieldView, field_views, linked, values_of
from web.visit import Applicant, Form, Posted, SignedIn, Visit
from web.wordings import minute

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class _Application:
    """A case on its applicant's application: what is filed, and what is typed since."""

    file: OwnCaseFile
    party: OwnParty
    draft: ClaimDraft

    @property
    def case(self) -> OwnCase:
        return self.file.case

    @property
    def address(self) -> str:
        return f"/apply/{self.case.number}"


def _application_of(visit: Visit, number: str) -> _Application:
    file, party = own_case(visit.store, visit.reader, number), own_party(visit.store, visit.reader)
    return _Application(file=file, party=party, draft=claim_drafts.typed(visit.store, party.id, file.case, file.claim))


# a new draft


@router.get("/apply/new")
def start_page(visit: SignedIn, policy: Annotated[str, Query()] = "", item: Annotated[str, Query()] = "") -> Response:
    if not (policy and item):
        return visit.go("/")
    return _start_page(visit, policy, item, act_id=str(uuid4()))


def _start_page(visit: Visit, policy: str, item: str, *, act_id: str, error: Refused | None = None) -> Response:
    start = item_start(visit.store, visit.reader, policy, item)
    return visit.page(
        "firm/start.html", status=422 if error else 200, start=start, act_id=act_id, faults=_faults(error)
    )


@router.post("/apply/new")
def start(visit: SignedIn, form: Form) -> Response:
    policy, item, act_id = form.get("policy"), form.get("item"), form.uuid("act_id")
    begun = item_start(visit.store, visit.reader, policy, item)
    new = NewCase(act_id=act_id, policy=policy, item=begun.item.id, party=begun.party.id, claim={}, unfinished=True)
    try:
        opened = open_case(visit.store, visit.person, new)
    except Refused as no:
        return _start_page(visit, policy, item, act_id=str(act_id), error=no)
    return visit.go(f"/apply/{opened.number}")


# the claim


@router.get("/apply/{number}")
def claim_page(visit: Applicant, number: str, all: Annotated[str, Query()] = "") -> Response:
    application = _application_of(visit, number)
    if not application.case.can_file:
        return visit.go(f"/my/cases/{application.case.number}")
    wrong = _wrong(visit, application.case, application.draft) if all else ()
    return _claim_page(visit, application, application.draft, wrong)


def _claim_page(
    visit: Visit,
    application: _Application,
    draft: ClaimDraft,
    wrong: tuple[Fault, ...] = (),
    *,
    status: int = 200,
    no: Any = None,
) -> Response:
    fields = field_views(application.case.item.claim, draft.values, wrong)
    return visit.page(
        "firm/claim.html",
        status=status,
        file=application.file,
        case=application.case,
        party=application.party,
        draft=draft,
        base=application.draft.digest,
        others=draft.by not in (None, visit.person),
        fields=fields,
        faults=[*_faults(no), *linked(fields, wrong)],
    )


@router.post("/apply/{number}")
def claim(visit: SignedIn, number: str, form: Form) -> Response:
    application = _application_of(visit, number)
    values = values_of(application.case.item.claim, form.texts())
    try:
        draft = _kept(visit, application, form)
    except Refused as no:
        return _claim_page(
            visit, application, ClaimDraft(values=values), status=409 if no.code == "newer" else 422, no=no
        )
    if more := form.get("_more"):
        return visit.go(f"{application.address}#{FieldView(path=more[:80], label_zh='', label_en='', kind='list').id}")
    if form.get("_go") == "later":
        return visit.go(f"/my?saved={application.case.number}")
    wrong = _wrong(visit, application.case, draft)
    if wrong:
        return _claim_page(visit, replace(application, draft=draft), draft, wrong, status=422)
    return visit.go(f"{application.address}/evidence")


@router.post("/apply/{number}/save")
def save(visit: SignedIn, number: str, form: Form) -> Response:
    """What the page sends by itself while somebody types."""
    application = _application_of(visit, number)
    try:
        draft = _kept(visit, application, form)
    except Refused as no:
        return JSONResponse({"text": visit.t(no.zh, no.en)}, status_code=409)
    at = minute(visit.real)[-5:]
    return JSONResponse({"text": visit.t(f"已保存 {at}", f"saved at {at}"), "base": draft.digest})


def _kept(visit: Visit, application: _Application, form: Posted) -> ClaimDraft:
    values = values_of(application.case.item.claim, form.texts())
    return claim_drafts.keep(
        visit.store,
        visit.person,
        application.party.id,
        application.case,
        values,
        now=visit.real,
        newest=application.draft,
        base=form.get("_base"),
    )


def _wrong(visit: Visit, case: OwnCase, draft: ClaimDraft) -> tuple[Fault, ...]:
    return claim_drafts.faults_of(case.item, draft.values, today=business_date(visit.now))


# papers


@router.get("/apply/{number}/evidence")
def evidence_page(visit: Applicant, number: str, added: Annotated[str, Query()] = "") -> Response:
    application = _application_of(visit, number)
    if not _takes_papers(application.case):
        return visit.go(f"/my/cases/{application.case.number}")
    return _evidence_page(visit, application, added=added)


def _takes_papers(case: OwnCase) -> bool:
    """Whether the page is of use; whether a paper is taken the vault itself decides."""
    return case.can_file or case.state == State.FILED


def _evidence_page(
    visit: Visit, application: _Application, *, added: str = "", slot: str = "", error: Refused | None = None
) -> Response:
    slots = paper_slots(visit.store, visit.reader, application.case.number, application.draft.values)
    return visit.page(
        "firm/evidence.html",
        status=422 if error else 200,
        file=application.file,
        case=application.case,
        slots=slots,
        added=next((one.slot.title for one in slots if one.slot.id == added), None),
        wrong_slot=slot,
        error=error,
        faults=[(f"f-{slot}" if slot else "", error.zh, error.en)] if error else [],
        accepts=",".join(BY_NAME),
        most=FILE_BYTES // 1024**2,
    )


@router.post("/apply/{number}/evidence")
def add_evidence(visit: SignedIn, number: str, form: Form) -> Response:
    application = _application_of(visit, number)
    slot, sent = form.get("slot"), form.file("file")
    known = {one.id for one in application.case.item.evidence}
    try:
        if sent is None:
            raise Refused("file", "请先选择文件", "choose a file first", field="file")
        _add(visit, application, slot, sent)
    except Refused as no:
        return _evidence_page(visit, application, slot=slot if slot in known else "", error=no)
    return visit.go(f"{application.address}/evidence?added={slot}#s-{slot}")


def _add(visit: Visit, application: _Application, slot: str, sent: Any) -> None:
    """Through a file of our own naming: the sender's name is a name only, never a path."""
    with tempfile.TemporaryDirectory(prefix="duixian-paper-") as folder:
        path = Path(folder, "paper")
        with path.open("wb") as target:
            shutil.copyfileobj(sent.file, target, 1024**2)
        Vault(visit.home.evidence).add(
            visit.store,
            path,
            case=application.case.id,
            slot=slot,
            by=visit.person,
            name=PurePath(str(sent.filename).replace("\\", "/")).name or "paper",
            claim=application.draft.values,
        )


# check, sign, file


@router.get("/apply/{number}/check")
def check_page(visit: Applicant, number: str) -> Response:
    application = _application_of(visit, number)
    if not application.case.can_file:
        return visit.go(f"/my/cases/{application.case.number}")
    return _check_page(visit, application, act_id=str(uuid4()))


def _check_page(visit: Visit, application: _Application, *, act_id: str, error: Refused | None = None) -> Response:
    case, values = application.case, application.draft.values
    wrong = _wrong(visit, case, application.draft)
    preview = _preview(visit, application)
    fields = field_views(case.item.claim, values)
    blocked = bool(wrong or preview.refused or case.not_now)
    return visit.page(
        "firm/check.html",
        status=422 if error else 200,
        file=application.file,
        case=case,
        party=application.party,
        draft=application.draft,
        answers=answers(case.item.claim, values, application.file.claim if application.file.filings else None),
        wrong=linked(fields, wrong),
        preview=preview,
        blocked=blocked,
        act_id=act_id,
        faults=_faults(error),
    )


@router.post("/apply/{number}/check")
def sign(visit: SignedIn, number: str, form: Form) -> Response:
    application, act_id = _application_of(visit, number), form.uuid("act_id")
    if any(one["act_id"] == act_id for one in application.file.filings):
        return visit.go(f"{application.address}/done?act={act_id}")  # the same page sent again
    if not application.case.can_file:
        return visit.go(f"/my/cases/{application.case.number}")
    try:
        _file(visit, application, form)
    except Refused as no:
        again = str(uuid4()) if no.code in ("stale", "act_id") else str(act_id)
        return _check_page(visit, _application_of(visit, number), act_id=again, error=no)
    claim_drafts.forget(visit.store, application.party.id, application.case)
    return visit.go(f"{application.address}/done?act={act_id}")


def _preview(visit: Visit, application: _Application) -> FilingPreview:
    return filing_preview(visit.store, visit.reader, application.case.number, application.draft.values)


def _file(visit: Visit, application: _Application, form: Posted) -> None:
    if form.get("truth") != "yes":
        zh, en = "请勾选真实性声明", "tick the statement of truth"
        raise Refused("truth", zh, en, field="truth")
    if form.get("unchanged") != "yes" and _preview(visit, application).unchanged:
        zh = "与上次提交相同：内容没有修改，也没有新的材料；补正只有一次，确需原样提交的请勾选确认"
        en = "nothing differs from what was filed before, and it is corrected once only: tick to confirm, or correct it"
        raise Refused("unchanged", zh, en, field="unchanged")
    if form.get("checked") != application.draft.digest:
        zh = "您核对之后，申报内容又有修改；请重新核对下面的内容再提交"
        raise Refused("changed", zh, "the claim changed after you checked it: look at it again", field="")
    act(
        visit.store,
        commands.File(
            case=application.case.id,
            by=visit.person,
            act_id=form.uuid("act_id"),
            seen=form.number("seen"),
            claim=application.draft.values,
        ),
    )


@router.get("/apply/{number}/done")
def done_page(visit: Applicant, number: str, filed: Annotated[UUID | None, Query(alias="act")] = None) -> Response:
    """The lasting confirmation of a filing, from the records; of the newest where the address names none."""
    file = own_case(visit.store, visit.reader, number)
    if not file.filings:
        return visit.go(f"/apply/{file.case.number}")
    filing = next((one for one in file.filings if one["act_id"] == filed), None) if filed else file.filings[-1]
    if filing is None:
        raise HTTPException(404)
    address = address_of(visit.settings.address, filing["record"])
    return visit.page(
        "firm/done.html",
        file=file,
        case=file.case,
        filing=filing,
        code=code_of(filing["record"]),
        address=address,
        drawing=qr_code(address),
    )


# what is wrong, for the summary at the head of a page


def _faults(error: Refused | None) -> list[tuple[str, str, str]]:
    if error is None:
        return []
    if isinstance(error, WrongForm):
        return [("", f"{one.label.zh}：{one.zh}", f"{one.label.en}: {one.en}") for one in error.faults]
    return [(f"f-{error.field}" if error.field in ("truth", "unchanged") else "", error.zh, error.en)]
