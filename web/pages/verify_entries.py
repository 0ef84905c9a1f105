"""What waits for a second person: payee accounts to be laid beside the bank's paper, addresses to be checked."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework.parties import payee_accounts
from casework.shared.errors import Refused
from casework.staff import contact_addresses
from casework.views.value_wordings import term
from web.visit import Form, Posted, SignedIn, Visit, officer

router = APIRouter(dependencies=[Depends(officer)])
PAGE = "/desk/verify"


@router.get(PAGE)
def verify_page(visit: SignedIn, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    return _page(visit, done=done)


def _page(
    visit: Visit, *, done: str = "", wrong: UUID | None = None, typed: Mapping[str, str] = {}, no: Refused | None = None
) -> Response:
    """The page, with what was typed beside one of its entries and why that was refused."""
    scope = visit.scope()
    duties = scope.duties if scope is not None else frozenset()
    banks, keeps = duties & set(payee_accounts.VERIFIERS), duties & set(contact_addresses.WRITERS)
    addresses = contact_addresses.waiting(visit.store, visit.person) if keeps else []
    accounts = payee_accounts.waiting(visit.store, visit.person) if banks else []
    shown = {row.id for row in addresses} | {row.id for row in accounts}
    fields = {"paper": f"f-{wrong}", "proof": f"f-{wrong}", "reason": f"r-{wrong}"}
    anchor = fields.get(no.field, "") if no is not None and wrong in shown else ""
    return visit.page(
        "desk/verify.html",
        status=422 if no else 200,
        banks=bool(banks),
        keeps=bool(keeps),
        accounts=accounts,
        addresses=[(row, term("channel", row.channel)) for row in addresses],
        wrong=wrong,
        typed=typed,
        no=no,
        faults=[] if no is None else [(anchor, no.zh, no.en)],
        done=done,
    )


@router.post(PAGE + "/accounts/{account}")
def verify_account(visit: SignedIn, account: UUID, form: Form) -> Response:
    act = partial(payee_accounts.verify, visit.store, visit.person, account, paper=form.get("proof"))
    return _judged(visit, form, account, "account", act)


@router.post(PAGE + "/addresses/{contact}")
def verify_address(visit: SignedIn, contact: UUID, form: Form) -> Response:
    act = partial(contact_addresses.verify, visit.store, visit.person, contact, proof=form.get("proof"))
    return _judged(visit, form, contact, "address", act)


@router.post(PAGE + "/accounts/{account}/reject")
def reject_account(visit: SignedIn, account: UUID, form: Form) -> Response:
    act = partial(payee_accounts.reject, visit.store, visit.person, account, reason=form.get("reason"))
    return _judged(visit, form, account, "account-no", act)


@router.post(PAGE + "/addresses/{contact}/reject")
def reject_address(visit: SignedIn, contact: UUID, form: Form) -> Response:
    act = partial(contact_addresses.reject, visit.store, visit.person, contact, reason=form.get("reason"))
    return _judged(visit, form, contact, "address-no", act)


def _judged(visit: Visit, form: Posted, entry: UUID, done: str, act: Callable[[], object]) -> Response:
    """The page again: what was done with an entry, or why not, with all that was typed."""
    visit.refuse_unless_stepped_up(form)
    try:
        act()
    except Refused as no:
        return _page(visit, wrong=entry, typed=_typed(form), no=no)
    return visit.go(f"{PAGE}?done={done}")


def _typed(form: Posted) -> Mapping[str, str]:
    return {name: form.get(name) for name in ("proof", "reason")}
