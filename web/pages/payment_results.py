"""What comes back from the bank: its files, payments that failed or returned, results that fit nothing, the three-way check."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.lifecycle.read_access import refuse_payments
from casework.payments.bank_results import match_by_hand
from casework.payments.import_reports import import_and_keep, kept_report
from casework.payments.payment_lists import Unmatched, overdue, reconcile, unmatched
from casework.payments.reading import shared_key
from casework.shared.errors import Refused
from casework.views.payment_desk import failed_payments
from models.people import Duty
from web.desk_words import DeskWords
from web.paying import duties, faults, missing
from web.visit import Form, Officer, Posted, Visit

router = APIRouter()
PAGE = 200


# a file of the bank


@router.get("/pay/import")
def import_page(visit: Officer) -> Response:
    return _import_page(visit, act_id=str(uuid4()))


def _import_page(visit: Visit, *, act_id: str, signature: str = "", no: Refused | None = None) -> Response:
    with visit.store.read() as work:
        refuse_payments(visit.store, work, visit.reader)
    return visit.page(
        "pay/import.html",
        status=422 if no else 200,
        mine=Duty.RECONCILER in duties(visit),
        signed=shared_key() is not None,
        signature=signature,
        wrong=no,
        faults=faults(no, {"file": "f-file", "signature": "f-signature"}),
        act_id=act_id,
    )


@router.post("/pay/import")
def import_(visit: Officer, form: Form) -> Response:
    act_id, sent = form.uuid("act_id"), form.file("file")
    try:
        if sent is None:
            raise Refused("file", "请先选择文件", "choose a file first", field="file")
        _read_in(visit, sent, act_id, form.get("signature"))
    except Refused as no:
        again = str(uuid4()) if no.code == "act_id" else str(act_id)
        return _import_page(visit, act_id=again, signature=form.get("signature"), no=no)
    return visit.go(f"/pay/import/{act_id}")


def _read_in(visit: Visit, sent: Any, act_id: UUID, signature: str) -> None:
    """Through a file of our own naming: what the sender calls it counts for nothing."""
    with tempfile.TemporaryDirectory(prefix="duixian-results-") as folder:
        path = Path(folder, "results")
        with path.open("wb") as target:
            shutil.copyfileobj(sent.file, target, 1024**2)
        import_and_keep(visit.store, path, by=visit.person, act_id=act_id, signature=signature, key=shared_key())


@router.get("/pay/import/{act_id}")
def report_page(visit: Officer, act_id: UUID, page: Annotated[int, Query(ge=0, le=100_000)] = 0) -> Response:
    try:
        kept = kept_report(visit.store, act_id, reader=visit.reader)
    except Refused as no:
        raise missing(no) from no
    rows = kept.lines[page * PAGE : (page + 1) * PAGE]
    further = f"/pay/import/{act_id}?page={page + 1}" if len(kept.lines) > (page + 1) * PAGE else ""
    why = {(one.line, one.reference): one for one in kept.report.refused}
    return visit.page(
        "pay/report.html", w=DeskWords(visit), kept=kept, report=kept.report, rows=rows, further=further, why=why
    )


# what came to nothing


@router.get("/pay/returns")
def returns_page(visit: Officer) -> Response:
    found = failed_payments(visit.store, reader=visit.reader)
    return visit.page("pay/returns.html", w=DeskWords(visit), found=found, maker=Duty.MAKER in duties(visit))


# what does not agree


@router.get("/pay/reconcile")
def reconcile_page(visit: Officer, done: Annotated[str, Query(max_length=10)] = "") -> Response:
    with visit.store.read() as work:
        refuse_payments(visit.store, work, visit.reader)
        found: dict[str, Any] = {
            "differences": reconcile(work),
            "unmatched": unmatched(work),
            "late": overdue(work),
        }
    mine = Duty.RECONCILER in duties(visit)
    return visit.page("pay/reconcile.html", **found, w=DeskWords(visit), mine=mine, done=done)


@router.get("/pay/unmatched/{result}")
def match_page(visit: Officer, result: UUID) -> Response:
    return _match_page(visit, _unmatched(visit, result), act_id=str(uuid4()))


def _unmatched(visit: Visit, result: UUID) -> Unmatched:
    with visit.store.read() as work:
        refuse_payments(visit.store, work, visit.reader)
        found = next((one for one in unmatched(work) if one.id == result), None)
    if found is None:
        raise HTTPException(404)
    return found


def _match_page(
    visit: Visit, result: Unmatched, *, act_id: str, form: Posted | None = None, no: Refused | None = None
) -> Response:
    names = ("order", "reason", "amount", "account")
    typed = {name: form.get(name) if form else "" for name in names}
    if form is None and result.match == "refused":
        typed["order"] = result.reference
    return visit.page(
        "pay/match.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        result=result,
        typed=typed,
        wrong=no,
        faults=faults(no, {name: f"f-{name}" for name in names}),
        mine=Duty.RECONCILER in duties(visit),
        act_id=act_id,
    )


@router.post("/pay/unmatched/{result}")
def match(visit: Officer, result: UUID, form: Form) -> Response:
    act_id = form.uuid("act_id")
    try:
        amount = form.money("amount")
        match_by_hand(
            visit.store,
            result=result,
            order=form.get("order").upper(),
            by=visit.person,
            act_id=act_id,
            reason=form.get("reason"),
            amount_fen=None if amount is None else int(amount),
            account=form.get("account"),
        )
    except Refused as no:
        if no.code == "result" and _gone(visit, result):  # matched meanwhile, or the same page sent again
            return visit.go("/pay/reconcile?done=gone")
        return _match_page(visit, _unmatched(visit, result), act_id=str(act_id), form=form, no=no)
    return visit.go("/pay/reconcile?done=match")


def _gone(visit: Visit, result: UUID) -> bool:
    with visit.store.read() as work:
        return all(one.id != result for one in unmatched(work))
