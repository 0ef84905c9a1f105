"""Lists: what waits for the token's person, what is to be paid, what is on notice, what was paid."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from casework import views
from casework.payments.payment_lists import PayableCase
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.staff.tokens import TokenScope
from casework.views.inbox import Barred, InboxTask
from casework.views.paid_register import PaidFilter, PaidRow, paid
from casework.views.payment_desk import queue, queues
from casework.views.published_notices import NoticeRow, PublishedNotice
from models import Duty
from web.api.bearer import ReadsLists
from web.api.described import described
from web.api.json_shapes import shown

router = APIRouter(prefix="/lists", tags=["lists"])
Word = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True, kw_only=True)
class WaitingTasks:
    """What the person may do now, the most urgent first, and what the separation of duties keeps from them; `next`: the following
    page's `after`."""

    tasks: tuple[InboxTask, ...]
    barred: tuple[Barred, ...]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class PayableQueue:
    """Cases of a fund (UNIT:YEAR, or UNIT:YEAR:POLICY) that wait for the allocator or the maker, and what is due on them."""

    fund: str
    duty: str
    cases: int
    due_fen: int


@dataclass(frozen=True, kw_only=True)
class PayableListed:
    """A case of the fund that was asked for."""

    payable: PayableCase
    applicant: str


@dataclass(frozen=True, kw_only=True)
class Payables:
    """The queues by fund; of one fund and duty its cases too."""

    queues: tuple[PayableQueue, ...]
    cases: tuple[PayableListed, ...]


@dataclass(frozen=True, kw_only=True)
class NoticesListed:
    """Notices, the newest first."""

    notices: tuple[NoticeRow, ...]


@dataclass(frozen=True, kw_only=True)
class PaidListed:
    """Payments, the newest first; all of the filter counted and added up. `next`: the following page's `after`."""

    payments: tuple[PaidRow, ...]
    count: int
    total_fen: int
    next: str | None


@router.get("/inbox", **described("What the person may do now", WaitingTasks, scope=TokenScope.LISTS))
def inbox(
    visit: ReadsLists,
    after: Annotated[str, Query(max_length=120, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    found = views.whole_inbox(visit.store, visit.person, after=after, limit=limit)
    return JSONResponse(shown(WaitingTasks(tasks=found.tasks, barred=found.barred, next=found.further or None)))


@router.get("/payable", **described("What waits for an allocation or a batch", Payables, scope=TokenScope.LISTS))
def payable(
    visit: ReadsLists,
    fund: Annotated[str, Query(max_length=120, description="UNIT:YEAR or UNIT:YEAR:POLICY: its cases too")] = "",
    duty: Annotated[Duty | None, Query(description="allocator or maker, where a fund is asked for")] = None,
) -> Response:
    listed = queues(visit.store, reader=visit.person)
    shown_queues = tuple(
        PayableQueue(fund=waits.key.text, duty=waits.duty, cases=waits.cases, due_fen=waits.due_fen) for waits in listed
    )
    cases: tuple[PayableListed, ...] = ()
    if fund or duty:
        found = queue(visit.store, *_asked(fund, duty), reader=visit.person)
        cases = tuple(PayableListed(payable=row.payable, applicant=row.applicant) for row in found)
    return JSONResponse(shown(Payables(queues=shown_queues, cases=cases)))


def _asked(fund: str, duty: Duty | None) -> tuple[FundKey, Duty]:
    key = FundKey.of(fund)
    if key is None:
        raise Refused("query", "专项资金写成 单位:年度", "write the fund as UNIT:YEAR", field="fund")
    if duty not in (Duty.ALLOCATOR, Duty.MAKER):
        raise Refused("query", "请写明职责：allocator 或 maker", "say the duty: allocator or maker", field="duty")
    return key, duty


@router.get("/notices", **described("Public notices", NoticesListed, scope=TokenScope.LISTS))
def notices(visit: ReadsLists, open: Annotated[bool, Query(description="running ones only")] = False) -> Response:
    return JSONResponse(shown(NoticesListed(notices=views.notices(visit.store, open_only=open))))


@router.get("/notices/{number}", **described("One notice with its lines", PublishedNotice, scope=TokenScope.LISTS))
def notice(visit: ReadsLists, number: Annotated[str, Path(min_length=1, max_length=80)]) -> Response:
    return JSONResponse(shown(views.published_notice(visit.store, number)))


@router.get("/paid", **described("The register of payments", PaidListed, scope=TokenScope.LISTS))
def payments(
    visit: ReadsLists,
    policy: Word = "",
    item: Word = "",
    unit: Word = "",
    year: Annotated[int | None, Query(ge=1901, le=2199)] = None,
    after: Annotated[str, Query(max_length=80, description="the number of the last payment on the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    found = paid(visit.store, PaidFilter(policy=policy, item=item, unit=unit, year=year), after=after, limit=limit)
    listed = PaidListed(payments=found.rows, count=found.count, total_fen=found.total_fen, next=found.after or None)
    return JSONResponse(shown(listed))
