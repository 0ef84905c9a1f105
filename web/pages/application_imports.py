"""Applications that a clerk files for others, from a workbook with its papers: compared with the registers first, then filed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework import command_handler
from casework.applications import application_import, application_workbook
from casework.applications.application_import import ImportedApplications
from casework.applications.application_workbook import Application
from casework.applications.evidence_vault import Vault
from casework.parties import party_register
from casework.privacy import identity_numbers
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.shared.policies_in_use import of_store
from casework.spreadsheets.answered_workbook import WrongWorkbook
from models import Duty, PartyKind
from models.clock import business_date
from policies.policy import Policy
from web.sent_files import template_sent
from web.uploaded import bundle
from web.visit import Form, Posted, SignedIn, Visit, officer
from web.workbook_page import policy_asked

router = APIRouter(dependencies=[Depends(officer)])
PAGE = "/desk/applications/import"
MOST = 500  # applications that a page takes at once; more go in at the command line
Chosen = Annotated[str, Query(max_length=60)]


@router.get(PAGE)
def import_page(visit: SignedIn, policy: Chosen = "") -> Response:
    return _page(visit, policy)


def _page(
    visit: Visit,
    policy: str,
    *,
    no: Refused | None = None,
    compared: tuple[Application, ...] = (),
    done: ImportedApplications | None = None,
) -> Response:
    scope = visit.scope()
    return visit.page(
        "bulk/applications.html",
        status=422 if no else 200,
        wrong=no,
        rows=no.faults if isinstance(no, WrongWorkbook) else (),
        policies=of_store(visit.store),
        policy=policy_asked(of_store(visit.store), policy),
        files=scope is not None and Duty.CLERK in scope.duties,
        compared=[(row, *_shown(row)) for row in compared],
        done=done,
        most=MOST,
    )


def _shown(row: Application) -> tuple[str, str]:
    """Code and name of the applicant as pages show them: a natural person's masked."""
    if party_register.is_code(row.code) or not identity_numbers.plausible(row.code):
        return row.code, row.name
    return identity_numbers.masked(row.code), party_name(PartyKind.PERSON, row.name)


@router.get("/desk/applications/template.xlsx")
def template(visit: SignedIn, policy: Chosen = "") -> Response:
    chosen, today = policy_asked(of_store(visit.store), policy), business_date(visit.now)
    return template_sent(
        "applications.xlsx", lambda path: application_workbook.write_template(chosen, path, today=today)
    )


@router.post(PAGE)
def import_(visit: SignedIn, form: Form) -> Response:
    """Compared only, or filed: what is filed follows from the file, so that the same one files nothing twice."""
    code = form.get("policy")
    try:
        return _imported(visit, form, policy_asked(of_store(visit.store), code))
    except Refused as no:
        return _page(visit, "" if no.field == "policy" else code, no=no)


def _imported(visit: Visit, form: Posted, policy: Policy) -> Response:
    with bundle(form.file("file")) as (path, folder):
        intake, _ = application_import.compare(visit.store, visit.person, path, policy=policy, folder=folder)
        rows = tuple(intake.sound())
        if len(rows) > MOST:
            zh = f"一次最多 {MOST} 份申报，现有 {len(rows)} 份；请分成几份，或用 duixian import"
            raise Refused(
                "many", zh, f"at most {MOST} applications here: split it, or use duixian import", field="file"
            )
        if form.get("word") != "import":
            return _page(visit, policy.code, compared=rows)
        done = application_import.bring_in(
            visit.store,
            visit.person,
            path,
            policy=policy,
            act_list=command_handler.act_list,
            vault=Vault(visit.home.evidence),
            folder=folder,
        )
    return _page(visit, policy.code, done=done)
