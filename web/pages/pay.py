"""Payments begin here: funds, what waits for an allocation or a batch, and the two acts on chosen cases of a fund."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework import views
from casework.command_handler import act
from casework.lifecycle.read_access import refuse_payments
from casework.payments.batch_preparation import DOUBTS
from casework.payments.commands import AllocateFund, PrepareBatch
from casework.payments.payment_context import AllExcluded
from casework.payments.payment_lists import overdue
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.views.payment_batch import allocation_file
from casework.views.payment_desk import batch_rows, queue, queues
from models.people import Duty
from web.desk_words import DeskWords
from web.paying import duties, faults, fund_in, missing
from web.visit import Form, Officer, Posted, Visit

router = APIRouter()
LISTED = 500  # cases on one page: what is chosen on it is one allocation or one batch
_BATCHES = 100
FundName = Annotated[str, Query(max_length=120)]


@router.get("/pay")
def overview(visit: Officer) -> Response:
    try:
        waits = queues(visit.store, reader=visit.reader)
    except Refused:
        if Duty.FUND_OFFICER in duties(visit):  # who keeps budgets sees funds, not payments
            return visit.go("/pay/funds")
        raise
    with visit.store.read() as work:
        refuse_payments(visit.store, work, visit.reader)
        late = overdue(work)
    return visit.page(
        "pay/overview.html",
        w=DeskWords(visit),
        funds=views.funds(visit.store, reader=visit.reader),
        queues=waits,
        batches=batch_rows(visit.store, reader=visit.reader, under_way=True, limit=_BATCHES),
        late=late,
        duties=duties(visit),
    )


# allocation


@router.get("/pay/allocate")
def allocate_page(visit: Officer, fund: FundName = "") -> Response:
    return _chosen_page(visit, "pay/allocate.html", fund_in(fund), Duty.ALLOCATOR, act_id=str(uuid4()))


@router.post("/pay/allocate")
def allocate_(visit: Officer, form: Form) -> Response:
    fund, act_id = fund_in(form.get("fund")), form.uuid("act_id")
    try:
        document = AllocateFund(
            number=form.get("number"),
            fund=fund,
            cases=tuple(_cases(form)),
            by=visit.person,
            act_id=act_id,
            budget_line=form.get("budget_line"),
        )
        act(visit.store, document)
    except Refused as no:
        return _chosen_page(
            visit, "pay/allocate.html", fund, Duty.ALLOCATOR, act_id=_again(act_id, no), form=form, no=no
        )
    return visit.go(f"/pay/allocations/{act_id}")


@router.get("/pay/allocations/{identity}")
def allocation_page(visit: Officer, identity: UUID) -> Response:
    try:
        file = allocation_file(visit.store, identity, reader=visit.reader)
    except Refused as no:
        raise missing(no) from no
    return visit.page("pay/allocation.html", w=DeskWords(visit), file=file, duties=duties(visit))


# a batch


@router.get("/pay/prepare")
def prepare_page(visit: Officer, fund: FundName = "", confirm: Annotated[str, Query(max_length=60)] = "") -> Response:
    asked = {confirm: None} if confirm else {}
    return _chosen_page(
        visit, "pay/prepare.html", fund_in(fund), Duty.MAKER, act_id=str(uuid4()), asked=asked, only=confirm
    )


@router.post("/pay/prepare")
def prepare_(visit: Officer, form: Form) -> Response:
    fund, act_id = fund_in(form.get("fund")), form.uuid("act_id")
    confirmed = {name.removeprefix("why-"): form.get(name) for name in form.names() if name.startswith("why-")}
    try:
        batch = PrepareBatch(
            fund=fund,
            cases=tuple(_cases(form)),
            by=visit.person,
            act_id=act_id,
            confirmed={number: why for number, why in confirmed.items() if why},
        )
        receipt = act(visit.store, batch)
    except Refused as no:
        left = no.excluded if isinstance(no, AllExcluded) else ()
        asked: dict[str, Any] = {**dict.fromkeys(confirmed), **{one.case: one for one in left if one.code in DOUBTS}}
        return _chosen_page(
            visit, "pay/prepare.html", fund, Duty.MAKER, act_id=_again(act_id, no), form=form, no=no, asked=asked
        )
    return visit.go(f"/pay/batches/{receipt.number}?done=prepare")


def _cases(form: Posted) -> list[UUID]:
    try:
        found = [UUID(one) for one in form.list("case")]
    except ValueError as wrong:
        raise Refused("form", "表单不完整，请返回重新填写", "the form is not whole: go back", field="cases") from wrong
    if not found:
        raise Refused("cases", "请至少勾选一件案件", "tick at least one case", field="cases")
    return found


def _again(act_id: UUID, no: Refused) -> str:
    """A refused act may be sent again under its id, unless that belongs to another act."""
    return str(uuid4()) if no.code == "act_id" else str(act_id)


def _chosen_page(
    visit: Visit,
    template: str,
    fund: FundKey,
    duty: Duty,
    *,
    act_id: str,
    form: Posted | None = None,
    no: Refused | None = None,
    asked: dict[str, Any] | None = None,
    only: str = "",
) -> Response:
    """The cases of a fund that wait for a duty, to be chosen from; with everything that was typed where the act was refused."""
    try:
        rows: Sequence[Any] = queue(visit.store, fund, duty, reader=visit.reader)
    except Refused as refused:
        if refused.code == "fund":
            raise HTTPException(404) from refused
        raise
    listed = [one for one in rows if one.payable.number in (only, *(asked or ()))] if only else rows[:LISTED]
    chosen = set(form.list("case")) if form else {str(one.payable.case) for one in listed if not one.payable.held}
    return visit.page(
        template,
        status=422 if no else 200,
        w=DeskWords(visit),
        fund=fund,
        rows=listed,
        more=0 if only else len(rows) - len(listed),
        chosen=chosen,
        due_fen=sum(one.payable.due_fen for one in listed),
        mine=duty in duties(visit),
        asked=asked or {},
        typed=dict(form.texts()) if form else {},
        excluded=no.excluded if isinstance(no, AllExcluded) else (),
        wrong=no,
        faults=faults(no, {"number": "f-number", "cases": "f-cases", "budget_line": "f-budget_line"}),
        act_id=act_id,
    )
