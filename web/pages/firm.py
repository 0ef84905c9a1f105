"""An applicant's own cases: the list, one case with its steps, letters and acts, its withdrawal, and what was objected."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.command_handler import act
from casework.lifecycle import commands
from casework.shared.errors import Refused
from casework.views.dossier import priced_case
from casework.views.filing_preview import paper_slots
from casework.views.own_cases import own_case, own_cases, own_party
from casework.views.own_matches import own_matches
from casework.views.own_messages import own_messages, own_paper
from casework.views.own_objections import own_objections
from web.answers import answers
from web.desk_words import DeskWords
from web.downloads import attached
from web.pages.case_page import Again, law
from web.visit import Applicant, Form, SignedIn, Visit

router = APIRouter()


@router.get("/my")
def my(visit: Applicant, saved: Annotated[str, Query()] = "") -> Response:
    party, cases = own_party(visit.store, visit.reader), own_cases(visit.store, visit.reader)
    return visit.page(
        "firm/my.html",
        party=party,
        saved=saved if any(one.number == saved and one.can_file for one in cases) else "",
        tasks=[one for one in cases if one.to_do],
        others=[one for one in cases if not one.to_do and not one.ended],
        ended=[one for one in cases if one.ended],
    )


@router.get("/my/match")
def my_matches(visit: Applicant) -> Response:
    return visit.page("firm/match.html", found=own_matches(visit.store, visit.reader))


@router.get("/my/objections")
def my_objections(visit: Applicant) -> Response:
    return visit.page("firm/objections.html", found=own_objections(visit.store, visit.reader))


@router.get("/my/cases/{number}")
def my_case(visit: Applicant, number: str, done: Annotated[str, Query()] = "", again: Again = None) -> Response:
    file = own_case(visit.store, visit.reader, number)
    whole = priced_case(visit.store, number, reader=visit.reader)
    return visit.page(
        "firm/case.html",
        **law(visit, whole, file.case.item, again if file.granted_fen is not None else None, opens=True),
        w=DeskWords(visit),
        row=whole.case,
        awards=whole.awards[-1:] if file.granted_fen is not None else (),
        file=file,
        case=file.case,
        done=done,
        answers=answers(file.case.item.claim, file.claim),
        slots=paper_slots(visit.store, visit.reader, number, file.claim),
        messages=own_messages(visit.store, visit.reader, number, visit.language),
    )


@router.get("/my/cases/{number}/papers/{message}")
def my_paper(visit: Applicant, number: str, message: UUID) -> Response:
    """A written answer to be kept; browsers save it and do not show it inside the portal."""
    paper = own_paper(visit.store, visit.reader, number, message)
    name = f"{number}-{str(message)[:8]}.html"
    return Response(paper.content, media_type=paper.media_type, headers=attached(name))


@router.get("/my/cases/{number}/withdraw")
def withdraw_page(visit: Applicant, number: str) -> Response:
    return _withdraw_page(visit, number, act_id=str(uuid4()))


def _withdraw_page(
    visit: Visit, number: str, *, act_id: str, seen: int | None = None, reason: str = "", error: Refused | None = None
) -> Response:
    case = own_case(visit.store, visit.reader, number).case
    if not case.can_withdraw:
        return visit.go(f"/my/cases/{case.number}")
    shown = {"act_id": act_id, "seen": case.version if seen is None else seen, "reason": reason, "error": error}
    return visit.page("firm/withdraw.html", status=422 if error else 200, case=case, **shown)


@router.post("/my/cases/{number}/withdraw")
def withdraw(visit: SignedIn, number: str, form: Form) -> Response:
    case = own_case(visit.store, visit.reader, number).case
    reason, act_id, seen = form.get("reason"), form.uuid("act_id"), form.number("seen")
    try:
        if not reason:
            raise Refused("reason", "请写明撤回理由", "say why you withdraw", field="reason")
        act(
            visit.store,
            commands.Withdraw(case=case.id, by=visit.person, act_id=act_id, seen=seen, reason=reason),
        )
    except Refused as no:
        again = str(uuid4()) if no.code == "stale" else str(act_id)
        return _withdraw_page(
            visit, number, act_id=again, seen=None if no.code == "stale" else seen, reason=reason, error=no
        )
    return visit.go(f"/my/cases/{case.number}?done=withdrawn")
