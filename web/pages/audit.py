"""For auditors: the chain of what was done, the proof of every invariant, the chain to keep, its head as an anchor."""

import tempfile
import threading
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response

from casework.shared.errors import Refused
from casework.views import find_case
from casework.views.audit_trail import (
    TrailFilter,
    actions,
    begin_proof,
    chain_head,
    last_proof,
    proof,
    trail,
    written_chain,
)
from models.people import ONLOOKERS
from models.verify import Report
from web.desk_words import DeskWords
from web.downloads import attached
from web.paying import duties
from web.visit import Form, SignedIn, Visit, officer

PAGE, PATIENCE_SECONDS = 50, 20.0
_proving = threading.Lock()


def onlooker(visit: SignedIn) -> Visit:
    """Who audits or administers; for anybody else these pages do not exist."""
    officer(visit)
    if not duties(visit) & ONLOOKERS:
        raise HTTPException(404)
    return visit


router = APIRouter(dependencies=[Depends(onlooker)])
Text = Annotated[str, Query(max_length=120)]


@router.get("/audit")
def page(
    visit: SignedIn,
    actor: Text = "",
    action: Text = "",
    subject: Text = "",
    first: Text = "",
    last: Text = "",
    before: Annotated[int, Query(ge=0, le=2**53)] = 0,
    proof: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    typed = {"actor": actor.strip(), "action": action.strip(), "subject": subject.strip(), "first": first, "last": last}
    faults: list[tuple[str, str, str]] = []
    wanted = TrailFilter(
        actor=typed["actor"],
        action=typed["action"],
        subject=typed["subject"],
        first=_day(first, "f-first", faults),
        last=_day(last, "f-last", faults),
    )
    found = trail(visit.store, wanted, before=before, limit=PAGE, reader=visit.reader)
    query = urlencode({name: value for name, value in typed.items() if value})
    return visit.page(
        "audit/trail.html",
        status=422 if faults else 200,
        **_parts(visit),
        faults=faults,
        typed=typed,
        found=found,
        known=_known(visit),
        further=f"/audit?{query}{'&' if query else ''}before={found.before}" if found.before else "",
        first_page=not before,
        query=query,
        proof=proof,
        report=None,
    )


@router.post("/audit/proof")
def prove(visit: SignedIn, form: Form) -> Response:
    """Runs `verify` now: its report where it is done soon, else it goes on by itself and its result stands on the page later."""
    done: list[Report] = []
    if not _proving.acquire(blocking=False):  # one at a time: each reads every row
        return visit.go("/audit?proof=running")

    def prove_it() -> None:
        try:
            done.append(proof(visit.store))
        finally:
            _proving.release()

    try:
        begin_proof(visit.store, visit.person)
        runs = threading.Thread(target=prove_it, daemon=True)
        runs.start()
    except BaseException:
        _proving.release()
        raise
    runs.join(PATIENCE_SECONDS)
    if not done:
        return visit.go("/audit?proof=running" if runs.is_alive() else "/audit?proof=failed")
    return visit.page("audit/report.html", **_parts(visit), report=done[0])


@router.get("/audit/chain.jsonl")
def chain(visit: SignedIn) -> Response:
    """The chain as `duixian audit export` writes it, which scripts/verify_audit.py proves without this system."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "audit.jsonl"
    end = written_chain(visit.store, path, visit.reader)
    headers = {"x-audit-head": f"{end.seq} {end.hash}"}
    return FileResponse(
        path,
        media_type="application/x-ndjson",
        filename="audit.jsonl",
        headers=headers,
        background=BackgroundTask(folder.cleanup),
    )


@router.get("/audit/head.txt")
def head_(visit: SignedIn) -> Response:
    """The head as `duixian audit head` prints it: an anchor for `duixian verify --anchor`."""
    end = chain_head(visit.store, visit.reader)
    return PlainTextResponse(f"{end.seq}  {end.hash}\n", headers=attached("audit-head.txt"))


@router.get("/audit/recompute")
def recompute(visit: SignedIn, number: Annotated[str, Query(alias="case", max_length=60)] = "") -> Response:
    """To the case's page, where each award can be computed again."""
    try:
        with visit.store.read() as work:
            found = find_case(work, number).number
    except Refused as no:
        raise HTTPException(404) from no
    return visit.go(f"/desk/cases/{found}?again=0")


def _parts(visit: Visit) -> dict[str, Any]:
    return {
        "w": DeskWords(visit),
        "head": chain_head(visit.store, visit.reader),
        "last": last_proof(visit.store, visit.reader),
    }


def _known(visit: Visit) -> list[tuple[str, str]]:
    """What was done, as stored and as the rows say it."""
    words = DeskWords(visit)
    return sorted(
        ((name, words.term("act", name) or name) for name in actions(visit.store, visit.reader)), key=itemgetter(1)
    )


def _day(text: str, anchor: str, faults: list[tuple[str, str, str]]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.append((anchor, f"日期应写成 2023-09-01；现为 {text}", f"write the date like 2023-09-01, not {text}"))
        return None
