"""For administrators: whether the system is well, messages that reached nobody, the calendar's jobs. Auditors look on."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.calendar_jobs import job_control
from casework.operations import message_resend
from casework.shared.errors import Problem, Refused
from casework.views.operations_sheet import job_sheet, operations_sheet
from models.people import Duty
from web.desk_words import DeskWords
from web.pages.audit import onlooker
from web.paying import duties, faults
from web.visit import Form, SignedIn, Visit, required

router = APIRouter(dependencies=[Depends(onlooker)])
Done = Annotated[str, Query(max_length=20)]


@router.get("/ops")
def page(visit: SignedIn, done: Done = "") -> Response:
    return _page(visit, done=done)


def _page(visit: Visit, *, done: str = "", no: Refused | None = None, reason: str = "", message: str = "") -> Response:
    return visit.page(
        "ops/overview.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        sheet=operations_sheet(visit.store, visit.reader),
        may=Duty.ADMINISTRATOR in duties(visit),
        done=done,
        reason=reason,
        message=message,
        faults=faults(no, {"reason": "undelivered", "message": "undelivered"}),
    )


@router.post("/ops/resend")
def resend(visit: SignedIn, form: Form) -> Response:
    """Sends again what reached nobody: one message, or all that are listed."""
    named = form.get("message")
    try:
        message_resend.resend(
            visit.store, visit.person, message=form.uuid("message") if named else None, reason=form.get("reason")
        )
    except Refused as no:
        return _page(visit, no=no, reason=form.get("reason"), message=named)
    return visit.go("/ops?done=resent")


@router.get("/ops/jobs/{kind}")
def job(visit: SignedIn, kind: str, done: Done = "") -> Response:
    return _job_page(visit, kind, {}, done=done)


@router.post("/ops/jobs/{kind}")
def start_or_skip(visit: SignedIn, kind: str, form: Form) -> Response:
    """Runs a job for a date now, or settles the date without it; the reason is kept in the audit."""
    typed = {name: form.get(name) for name in ("act", "date", "again", "reason")}
    try:
        if typed["act"] == "skip":
            day = required(form.day("date"), "date", "日期", "the date")
            job_control.skip(visit.store, visit.person, kind, day, reason=typed["reason"])
            return visit.go(f"/ops/jobs/{kind}?done=skipped")
        if typed["act"] != "run":
            raise HTTPException(404)
        wanted = form.day("date")
        _, outcome = job_control.run_now(visit.store, visit.person, kind, wanted, again=typed["again"])
    except Refused as no:
        if no.code == "kind":
            raise HTTPException(404) from no
        return _job_page(visit, kind, typed, no=no)
    except Problem as trouble:  # another process has it
        return _job_page(visit, kind, typed, no=Refused("taken", trouble.zh, trouble.en))
    return visit.go(f"/ops/jobs/{kind}?done={'failed' if outcome.failed else 'ran'}")


def _job_page(visit: Visit, kind: str, typed: dict[str, str], *, done: str = "", no: Refused | None = None) -> Response:
    try:
        row, dates = job_sheet(visit.store, kind, visit.reader)
    except Refused as refused:
        raise (HTTPException(404) if refused.code == "kind" else refused) from refused
    skipping = typed.get("act") == "skip"
    date_typed = "f-skip-date" if skipping else "f-date"
    fields = {"--date": date_typed, "date": date_typed, "reason": "f-reason"}
    kept = {name: typed.get(name, "") for name in ("act", "date", "again", "reason")}
    shown: dict[str, Any] = {"row": row, "dates": dates, "typed": kept, "done": done}
    return visit.page(
        "ops/job.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        may=Duty.ADMINISTRATOR in duties(visit),
        faults=faults(no, fields),
        **shown,
    )
