"""好差评: applicants rate the finished steps of their case; leaders see the grades added up."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from casework.lifecycle.step_ratings import GRADES, LONGEST, NewRating, rate
from casework.shared.errors import Refused
from casework.views.own_cases import own_case, own_ratings
from casework.views.rating_summary import rating_summary
from web.visit import Applicant, Form, Officer, Posted, SignedIn, Visit

router = APIRouter()


@router.get("/my/cases/{number}/rate")
def rate_page(visit: Applicant, number: str, done: str = "") -> Response:
    return _rate_page(visit, number, done=done == "yes")


def _rate_page(
    visit: Visit,
    number: str,
    *,
    done: bool = False,
    said: Mapping[str, tuple[str, str]] | None = None,
    error: Refused | None = None,
) -> Response:
    case = own_case(visit.store, visit.reader, number).case
    return visit.page(
        "firm/rate.html",
        status=422 if error else 200,
        case=case,
        steps=own_ratings(visit.store, visit.reader, number),
        grades=GRADES,
        most=LONGEST,
        done=done,
        said=said or {},
        faults=[("", error.zh, error.en)] if error else [],
    )


@router.post("/my/cases/{number}/rate")
def rate_steps(visit: SignedIn, number: str, form: Form) -> Response:
    case = own_case(visit.store, visit.reader, number).case
    said = {step.id: _said(form, step.id) for step in own_ratings(visit.store, visit.reader, number) if step.open}
    try:
        rate(visit.store, visit.person, case.number, {step: _rating(*both) for step, both in said.items() if any(both)})
    except Refused as no:
        return _rate_page(visit, number, said=said, error=no)
    return visit.go(f"/my/cases/{case.number}/rate?done=yes")


def _said(form: Posted, step: str) -> tuple[str, str]:
    return form.get(f"grade-{step}"), form.get(f"comment-{step}")


def _rating(grade: str, comment: str) -> NewRating:
    """As typed; what is no grade is refused where grades are known."""
    return NewRating(
        grade=int(grade) if grade.isascii() and grade.isdigit() and len(grade) == 1 else 0, comment=comment
    )


@router.get("/desk/ratings")
def ratings_page(visit: Officer) -> Response:
    return visit.page(
        "desk/ratings.html", found=rating_summary(visit.store, visit.reader), grades=tuple(GRADES.values())
    )
