"""Parties and addresses from a workbook: every row, or none and each fault with its row."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from casework.parties import contact_workbook, party_workbook
from casework.shared.errors import Refused
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.spreadsheets.register_workbook import Imported
from models.store import Store
from web.pages.party_pages import keeps
from web.sent_files import template_sent
from web.uploaded import workbook
from web.visit import Form, Posted, SignedIn, Visit, officer

router = APIRouter(dependencies=[Depends(officer)])
PARTIES, ADDRESSES = "/desk/parties/import", "/desk/addresses/import"


@router.get(PARTIES)
def parties_page(visit: SignedIn) -> Response:
    return _page(visit, "parties/import.html")


@router.get("/desk/parties/template.xlsx")
def party_template(visit: SignedIn) -> Response:
    return template_sent("enterprises.xlsx", party_workbook.ENTERPRISES.template)


@router.post(PARTIES)
def import_parties(visit: SignedIn, form: Form) -> Response:
    return _import(visit, form, "parties/import.html", party_workbook.bring_in)


@router.get(ADDRESSES)
def addresses_page(visit: SignedIn) -> Response:
    return _page(visit, "parties/import_addresses.html")


@router.get("/desk/addresses/template.xlsx")
def address_template(visit: SignedIn) -> Response:
    return template_sent("contacts.xlsx", contact_workbook.CONTACTS.template)


@router.post(ADDRESSES)
def import_addresses(visit: SignedIn, form: Form) -> Response:
    return _import(visit, form, "parties/import_addresses.html", contact_workbook.bring_in)


def _page(visit: Visit, template: str, *, done: Imported | None = None, no: Refused | None = None) -> Response:
    return visit.page(
        template,
        status=422 if no else 200,
        wrong=no,
        rows=no.faults if isinstance(no, WrongWorkbook) else (),
        done=done,
        keeps=keeps(visit),
    )


def _import(visit: Visit, form: Posted, template: str, bring_in: Callable[[Store, UUID, Path], Imported]) -> Response:
    try:
        with workbook(form.file("file")) as path:
            done = bring_in(visit.store, visit.person, path)
    except Refused as no:
        return _page(visit, template, no=no)
    return _page(visit, template, done=done)
