"""Batches: the list; one batch with its payees, totals and history; its check, approval, release, return and files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.act_forms import PAYMENT_FORMS
from casework.command_handler import act
from casework.payments.bank_export import export
from casework.payments.batch_list import BatchList, batch_list
from casework.payments.batch_preparation import DOUBTS
from casework.payments.commands import ApproveBatch, CheckBatch, RejectBatch, ReleaseBatch
from casework.shared.errors import Refused
from casework.views.payment_batch import BatchFile, batch_file
from casework.views.payment_desk import batch_rows
from models.people import Duty
from web.desk_words import DeskWords
from web.downloads import attached
from web.paying import duties, faults, missing
from web.visit import Form, Officer, Posted, Visit

router = APIRouter()
PAGE = 50
_TYPES = {
    ".xml": "application/xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_AGREE: Mapping[str, Callable[..., Any]] = {
    "check": CheckBatch,
    "approve": ApproveBatch,
    "release": ReleaseBatch,
}
_RECORDED_AS = {"check": "check_batch", "reject": "reject_batch"}  # a step of the page under its name in the records


@router.get("/pay/batches")
def batches_page(visit: Officer, before: Annotated[str, Query(max_length=20)] = "") -> Response:
    rows = batch_rows(visit.store, reader=visit.reader, under_way=False, before=before, limit=PAGE + 1)
    listed = rows[:PAGE]
    further = f"/pay/batches?before={listed[-1].number}" if len(rows) > PAGE else ""
    return visit.page("pay/batches.html", w=DeskWords(visit), batches=listed, further=further)


@router.get("/pay/batches/{number}")
def batch_page(visit: Officer, number: str, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    return _batch_page(visit, number, done=done)


def _batch_page(
    visit: Visit, number: str, *, done: str = "", form: Posted | None = None, step: str = "", no: Refused | None = None
) -> Response:
    file = _file(visit, number)
    sheet, hidden = _sheet(visit, file)
    same = form is not None and no is not None and no.code not in ("act_id", "stale")
    return visit.page(
        "pay/batch.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        file=file,
        row=file.row,
        sheet=sheet,
        hidden=hidden,
        standing={one.number: one for one in file.orders},
        doubts=DOUBTS,
        maker=Duty.MAKER in duties(visit),
        reconciler=Duty.RECONCILER in duties(visit),
        done=done if file.steps and file.steps[-1].act == _RECORDED_AS.get(done, done) else "",
        step=step,
        wrong=no,
        reason=form.get("reason") if form else "",
        faults=faults(no, {"reason": "f-reason"}),
        act_id=lambda name: form.get("act_id") if form and same and name == step else str(uuid4()),
    )


def _file(visit: Visit, number: str) -> BatchFile:
    try:
        return batch_file(visit.store, number, reader=visit.reader)
    except Refused as no:
        raise missing(no) from no


def _sheet(visit: Visit, file: BatchFile) -> tuple[BatchList | None, Refused | None]:
    """The payees, for those whose they are to see; else why not."""
    try:
        return batch_list(visit.store, file.row.number, by=visit.person), None
    except Refused as no:
        return None, no


@router.post("/pay/batches/{number}/export")
def export_(visit: Officer, number: str, form: Form) -> Response:
    try:
        export(visit.store, batch=number, folder=_folder(visit), by=visit.person)
    except Refused as no:
        return _batch_page(visit, number, form=form, step="export", no=no)
    return visit.go(f"/pay/batches/{number}?done=export")


def _folder(visit: Visit) -> Path:
    return visit.home.directory / "payments"


@router.get("/pay/batches/{number}/files/{name}")
def exported_file(visit: Officer, number: str, name: str) -> Response:
    """A file as it was exported, byte for byte: made again from the batch, and held against the hash that was kept then."""
    if name not in _file(visit, number).files:
        raise HTTPException(404)
    done = export(visit.store, batch=number, folder=_folder(visit), by=visit.person)
    path = next(path for path, _ in done.files if path.name == name)
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=attached(path.name))


@router.post("/pay/batches/{number}/{step}")
def act_on_batch(visit: Officer, number: str, step: str, form: Form) -> Response:
    if step not in (*_AGREE, "reject"):
        raise HTTPException(404)
    if PAYMENT_FORMS[_RECORDED_AS.get(step, step)].command.second_factor:
        visit.refuse_unless_stepped_up(form)
    try:
        _carry_out(visit, number, step, form)
    except Refused as no:
        return _batch_page(visit, number, form=form, step=step, no=no)
    return visit.go(f"/pay/batches/{number}?done={step}")


def _carry_out(visit: Visit, number: str, step: str, form: Posted) -> None:
    act_id: UUID = form.uuid("act_id")
    if step == "reject":
        act(visit.store, RejectBatch(batch=number, by=visit.person, act_id=act_id, reason=form.get("reason")))
        return
    seen = form.get("list_hash")
    if not seen:
        raise Refused("form", "表单不完整，请返回重新填写", "the form is not whole: go back", field="list_hash")
    act(visit.store, _AGREE[step](batch=number, by=visit.person, act_id=act_id, seen=seen))
