"""The cases that the token's person may see: a list by number, and one with everything about it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from casework import views
from casework.shared.errors import Refused
from casework.staff.tokens import TokenScope
from casework.views.case_acts import PossibleAct
from casework.views.case_lists import CaseRow
from casework.views.dossier import Dossier
from casework.views.officer_case import officer_case
from casework.views.own_messages import OwnMessage, own_messages
from models import State
from web.api.bearer import ApiVisit, ReadsCases
from web.api.described import described
from web.api.json_shapes import shown

router = APIRouter(tags=["cases"])
MOST, COUNTED = 200, 1000
Number = Annotated[str, Path(min_length=1, max_length=60, examples=["XZ2023-M16-000001"])]
Word = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True, kw_only=True)
class CasesFound:
    """Cases by number; `total`: how many there are, 1001 where there are more; `next`: the following page's `after`."""

    cases: tuple[CaseRow, ...]
    total: int
    next: str | None


@dataclass(frozen=True, kw_only=True)
class ActOffered:
    """An act that the case allows now. `mine`: the person may do it; `why`: what stops it, in two languages."""

    action: str
    zh: str
    en: str
    mine: bool
    why: tuple[str, str] | None


@dataclass(frozen=True, kw_only=True)
class CaseFollowed:
    """A case: state, history, amount with its trace, what may be done; `messages`: to its applicant, for the applicant's people."""

    version: int
    file: Dossier
    acts: tuple[ActOffered, ...]
    messages: tuple[OwnMessage, ...]


@router.get(
    "/cases", **described("Cases by number, those that the person may see", CasesFound, scope=TokenScope.READ_CASES)
)
def cases(
    visit: ReadsCases,
    policy: Word = "",
    item: Word = "",
    state: Annotated[State | None, Query()] = None,
    unit: Word = "",
    applicant: Annotated[str, Query(max_length=100)] = "",
    overdue: Annotated[bool, Query()] = False,
    held: Annotated[bool | None, Query()] = None,
    after: Annotated[str, Query(max_length=60, description="the number of the last case on the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    found = views.cases(
        visit.store,
        policy=policy or None,
        item=item or None,
        state=state,
        unit=unit or None,
        applicant=applicant or None,
        overdue=overdue,
        held=held,
        after=after,
        limit=limit + 1,
        count_to=COUNTED + 1,
        reader=visit.person,
    )
    rows = found.rows[:limit]
    further = rows[-1].number if len(found.rows) > limit else None
    return JSONResponse(shown(CasesFound(cases=rows, total=found.total, next=further)))


@router.get(
    "/cases/{number}",
    **described(
        "One case: state, history, amount with its trace, messages",
        CaseFollowed,
        scope=TokenScope.READ_CASES,
        headers={"ETag": "the version, for If-Match"},
    ),
)
def case(visit: ReadsCases, number: Number, lang: Annotated[Literal["zh", "en"], Query()] = "zh") -> Response:
    sheet = officer_case(visit.store, number, visit.person)
    acts = tuple(_offered(act) for act in sheet.can.acts if act.mine or visit.token.party is None)
    version = sheet.file.case.version
    followed = CaseFollowed(version=version, file=sheet.file, acts=acts, messages=_messages(visit, number, lang))
    return JSONResponse(shown(followed), headers={"ETag": f'"{version}"'})


def _offered(act: PossibleAct) -> ActOffered:
    return ActOffered(action=act.action, zh=act.zh, en=act.en, mine=act.mine, why=act.why)


def _messages(visit: ApiVisit, number: str, language: str) -> tuple[OwnMessage, ...]:
    """Those of the applicant's own case; none of a case that the person sees by a duty."""
    if visit.token.party is None:
        return ()
    try:
        return own_messages(visit.store, visit.person, number, language)
    except Refused:
        return ()
