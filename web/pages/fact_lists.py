"""A workbook of certified facts: written with one's cases as claimed, changed by hand, seen row by row, then certified."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework import bulk_acts
from casework.applications import fact_workbook
from casework.shared.errors import Refused
from casework.shared.policies_in_use import of_store
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.views.facts_to_certify import facts_to_certify
from models import Duty
from web.pages.bulk import carried_rows, outcome
from web.sent_files import template_sent
from web.uploaded import workbook
from web.visit import Form, SignedIn, Visit, officer
from web.workbook_page import policy_asked

router = APIRouter(dependencies=[Depends(officer)])
PAGE = "/desk/facts"
Chosen = Annotated[str, Query(max_length=60)]


@router.get(PAGE)
def facts_page(visit: SignedIn, policy: Chosen = "") -> Response:
    return _page(visit, policy)


def _page(visit: Visit, policy: str, no: Refused | None = None) -> Response:
    known = of_store(visit.store)
    chosen = policy_asked(known, policy)
    scope = visit.scope()
    return visit.page(
        "bulk/facts.html",
        status=422 if no else 200,
        wrong=no,
        rows=no.faults if isinstance(no, WrongWorkbook) else (),
        policies=known,
        policy=chosen,
        certifies=scope is not None and Duty.CERTIFIER in scope.duties,
        count=len(facts_to_certify(visit.store, chosen, visit.person)),
        most=bulk_acts.MOST_LINES,
    )


@router.get(PAGE + "/facts.xlsx")
def written(visit: SignedIn, policy: Chosen = "") -> Response:
    """The first of one's cases, as many as a page takes back."""
    chosen = policy_asked(of_store(visit.store), policy)
    mine = facts_to_certify(visit.store, chosen, visit.person)[: bulk_acts.MOST_LINES]
    if not mine:
        no = Refused("empty", "没有等您认定的案件", "no case waits for your certification", field="by")
        return _page(visit, policy, no)
    return template_sent("facts.xlsx", lambda path: fact_workbook.write(path, mine))


@router.post(PAGE)
def upload(visit: SignedIn, form: Form) -> Response:
    """What certifying would do, case by case; it is confirmed like any list of acts."""
    code = form.get("policy")
    try:
        chosen = policy_asked(of_store(visit.store), code)
        with workbook(form.file("file")) as path:
            list_id, rows = bulk_acts.read_facts(path, chosen, visit.person)
        lines = bulk_acts.lines_of(visit.store, rows, by=visit.person, list_id=list_id)
        carried = carried_rows(rows, list_id)
    except Refused as no:
        return _page(visit, "" if no.field == "policy" else code, no)
    return outcome(visit, lines, {}, list_id, carried=carried, target="/desk/lists", label=None)
