"""The end of retention: natural persons who are due, proposed by one person; what would be destroyed, and confirmed by another."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.applications.evidence_vault import Vault
from casework.privacy import retention
from casework.shared.errors import Refused
from casework.views.retention_sheet import AnonymisationSheet, anonymisation_sheet, retention_page
from models import Erasure
from web.desk_words import DeskWords
from web.fields import typed_fields
from web.visit import Form, Posted, SignedIn, Visit, officer

router = APIRouter(dependencies=[Depends(officer)])
PAGE = 50
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Done = Annotated[str, Query(max_length=20)]


@router.get("/desk/retention")
def list_page(
    visit: SignedIn, of: Annotated[str, Query(max_length=10)] = "due", offset: Offset = 0, done: Done = ""
) -> Response:
    return _list_page(visit, of, offset, done=done)


def _list_page(visit: Visit, of: str, offset: int = 0, *, done: str = "", no: list[Refused] | None = None) -> Response:
    every = of == "all"
    found = retention_page(visit.store, due_only=not every, offset=offset, limit=PAGE, reader=visit.reader)
    further = f"/desk/retention?of={'all' if every else 'due'}&offset={offset + PAGE}"
    return visit.page(
        "retention/list.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        found=found,
        every=every,
        further=further if found.total > offset + PAGE else "",
        faults=[("f-party" if refused.field == "party" else "", refused.zh, refused.en) for refused in no or ()],
        done=done,
    )


@router.post("/desk/retention")
def propose(visit: SignedIn, form: Form) -> Response:
    """Proposes those who were ticked, one after another; who cannot be proposed is named, the others are."""
    visit.refuse_unless_stepped_up(form)
    made, refused = 0, []
    for party in _parties(form):
        try:
            retention.propose(visit.store, visit.person, party)
            made += 1
        except Refused as no:
            refused.append(no)
    if not made and not refused:
        refused.append(Refused("choice", "请至少勾选一人", "tick at least one person", field="party"))
    if refused:
        return _list_page(visit, form.get("of"), no=refused, done="proposed" if made else "")
    return visit.go("/desk/retention?done=proposed")


def _parties(form: Posted) -> list[UUID]:
    try:
        return [UUID(text) for text in dict.fromkeys(form.list("party"))]
    except ValueError as wrong:
        raise Refused("form", "表单不完整，请返回重新填写", "the form is not whole: go back", field="party") from wrong


@router.get("/desk/retention/{proposal}")
def proposal_page(visit: SignedIn, proposal: UUID, done: Done = "") -> Response:
    found = _proposal(visit, proposal)
    if found.extent is not None and found.hinders is None:
        visit.step_up_first()  # before anything is decided
    return _proposal_page(visit, found, done=done)


def _proposal(visit: Visit, proposal: UUID) -> AnonymisationSheet:
    try:
        return anonymisation_sheet(visit.store, proposal, reader=visit.reader)
    except Refused as no:
        raise (HTTPException(404) if no.code == "unknown_proposal" else no) from no


def _proposal_page(
    visit: Visit, found: AnonymisationSheet, *, done: str = "", reason: str = "", no: Refused | None = None
) -> Response:
    field = typed_fields({"reason": reason}, no, no.field if no else "")
    return visit.page(
        "retention/proposal.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        found=found,
        field=field("reason", "驳回理由", "Why it is turned down", "long", most=200),
        faults=[("f-reason" if no.field == "reason" else "", no.zh, no.en)] if no else [],
        done=done,
    )


@router.post("/desk/retention/{proposal}")
def settle(visit: SignedIn, proposal: UUID, form: Form) -> Response:
    """A second person anonymises, or turns the proposal down."""
    word, target = form.get("word"), f"/desk/retention/{proposal}"
    if word not in ("run", "reject"):
        raise HTTPException(404)
    visit.refuse_unless_stepped_up(form)
    try:
        if word == "reject":
            retention.reject(visit.store, visit.person, proposal, reason=form.get("reason"))
            return visit.go(f"{target}?done=rejected")
        if not form.get("seen"):
            raise Refused("form", "表单不完整，请重新核对", "the form is not whole: look again", field="seen")
        retention.confirm(visit.store, Vault(visit.home.evidence), visit.person, proposal, seen=form.get("seen"))
    except Refused as no:
        found = _proposal(visit, proposal)
        settled = {"reject": (Erasure.REJECTED,), "run": (Erasure.CONFIRMED, Erasure.CLEARED)}[word]
        if no.code == "proposal" and found.row["status"] in settled:
            return visit.go(target)  # the same page sent again
        return _proposal_page(visit, found, reason=form.get("reason"), no=no)
    return visit.go(f"{target}?done=cleared")
