"""`/my/firm`: what the register holds of an applicant, what its people change themselves, and who changes the rest."""

from collections.abc import Iterable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.parties import party_register, payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.shared.errors import Refused
from casework.staff import contact_addresses
from casework.views.own_cases import own_party
from casework.views.own_firm import own_firm
from casework.views.value_wordings import term
from models import Duty
from web.fields import FieldView, typed_fields
from web.pages.message_preferences import address_fields, end_address, enter_address, shown_addresses, typed_address
from web.visit import Applicant, Form, SignedIn, Visit

router = APIRouter()
PAGE, ACCOUNT, ADDRESSES = "/my/firm", "/my/firm/account", "/my/firm/addresses"
_TYPED = ("number", "bank", "holder", "clearing_code", "proof")
_AT = {"account": "number"}  # where a refusal of an account stands


@router.get(PAGE)
def firm_page(visit: Applicant, done: Annotated[str, Query(max_length=10)] = "") -> Response:
    return _page(visit, done=done)


def _page(visit: Visit, *, done: str = "", new: Mapping[str, str] | None = None, no: Refused | None = None) -> Response:
    firm = own_firm(visit.store, visit.reader)
    asked = address_fields(new or {}, no)
    anchors = {field.path: field.id for field in asked}
    return visit.page(
        "firm/firm.html",
        status=422 if no else 200,
        firm=firm,
        kind=term("party", firm.party.kind),
        account_state=term("account", firm.party.account_status) if firm.party.account_status else ("", ""),
        addresses=shown_addresses(firm.addresses),
        asked=asked,
        keepers=_duties(visit, party_register.WRITERS),
        verifiers=_duties(visit, payee_accounts.VERIFIERS),
        faults=[] if no is None else [(anchors.get(no.field, ""), no.zh, no.en)],
        done=done,
    )


def _duties(visit: Visit, duties: Iterable[Duty]) -> str:
    """Duties in words, one of which is enough."""
    return visit.t("、", ", ").join(visit.t(*term("duty", duty)) for duty in duties)


def _holder(visit: Visit) -> str:
    return contact_addresses.party(own_party(visit.store, visit.reader).id)


@router.post(ADDRESSES)
def add_address(visit: SignedIn, form: Form) -> Response:
    holder = _holder(visit)
    try:
        enter_address(visit, form, holder)
    except Refused as no:
        return _page(visit, new=typed_address(form), no=no)
    return visit.go(f"{PAGE}?done=added")


@router.post(ADDRESSES + "/{contact}/end")
def take_address_off(visit: SignedIn, contact: UUID, form: Form) -> Response:
    try:
        end_address(visit, form, contact, _holder(visit))
    except Refused as no:
        return _page(visit, no=no)
    return visit.go(f"{PAGE}?done=ended")


# the account


@router.get(ACCOUNT)
def account_page(visit: Applicant) -> Response:
    visit.step_up_first()
    return _account_page(visit, {})


def _account_page(visit: Visit, typed: Mapping[str, str], no: Refused | None = None) -> Response:
    party = own_party(visit.store, visit.reader)
    fields = _account_fields(visit, typed, no)
    at = "" if no is None else _AT.get(no.field, no.field)
    anchors = {field.path: field.id for field in fields}
    return visit.page(
        "firm/account.html",
        status=422 if no else 200,
        party=party,
        fields=fields,
        verifiers=_duties(visit, payee_accounts.VERIFIERS),
        faults=[] if no is None else [(anchors.get(at, ""), no.zh, no.en)],
    )


def _account_fields(visit: Visit, typed: Mapping[str, str], no: Refused | None) -> tuple[FieldView, ...]:
    field = typed_fields(typed, no, "" if no is None else _AT.get(no.field, no.field))
    return (
        field("number", "账号", "Account number"),
        field("bank", "开户银行（到支行）", "Bank, with its branch"),
        field("clearing_code", "联行号（12 位）", "Clearing code (12 digits)", required=False),
        field(
            "holder", "户名", "Holder", required=False,
            hint=visit.t("与本单位名称相同的不用填", "leave it empty where it is your own name"),
        ),
        field(
            "proof", "户名不同的证明材料", "Proof, where the holder is another", required=False,
            hint=visit.t("如授权书、合并文件的名称和文号", "such as a power of attorney, with its number"),
        ),
    )  # fmt: skip


@router.post(ACCOUNT)
def enter_account(visit: SignedIn, form: Form) -> Response:
    party, typed = own_party(visit.store, visit.reader), {name: form.get(name) for name in _TYPED}
    visit.refuse_unless_stepped_up(form)
    try:
        payee_accounts.enter(visit.store, visit.person, party.id, NewAccount(**typed))
    except Refused as no:
        return _account_page(visit, typed, no)
    return visit.go(f"{PAGE}?done=account")
