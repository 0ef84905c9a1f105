"""Parties and addresses from a workbook: every row, or none and each fault with its row."""

from fastapi import APIRouter, Depends
from starlette.responses import Response

from casework.parties import contact_workbook, party_workbook
from casework.shared.errors import Refused
from web.pages.party_pages import keeps
from web.visit import Form, SignedIn, officer
from web.workbook_page import WorkbookPage, read_in

router = APIRouter(dependencies=[Depends(officer)])
BACK = ("/desk/parties", "返回申报主体", "Back to the parties")
KEEPERS = ("由代录人、受理人或系统管理员办理。", "Done by clerks, acceptors or administrators.")
PARTIES = WorkbookPage(
    address="/desk/parties/import",
    file="enterprises.xlsx",
    back=BACK,
    title=("导入申报主体", "Import parties"),
    says=(
        "每行一个主体，可带收款账户；账号与原登记不同即为账户变更，须由另一人核验。",
        "One party a row, with its account if you like; another account number is a change that a second person verifies.",
    ),
    who=KEEPERS,
    book=party_workbook.ENTERPRISES,
)
ADDRESSES = WorkbookPage(
    address="/desk/addresses/import",
    file="contacts.xlsx",
    back=BACK,
    title=("导入联系方式", "Import addresses"),
    says=(
        "每行一个人员、主体或单位的邮箱、手机或群聊。写明核验依据的即为已核验（不能核验自己的），其余在“待核验”页核验后使用。",
        "One mailbox, telephone or chat of a person, party or unit a row. With a proof it counts as verified (never one's own);"
        " the others are used once verified under To verify.",
    ),
    link=("/desk/verify", "待核验", "To verify"),
    who=KEEPERS,
    book=contact_workbook.CONTACTS,
)


@router.get(PARTIES.address)
def parties_page(visit: SignedIn) -> Response:
    return PARTIES.shown(visit, may=keeps(visit))


@router.get(f"{PARTIES.address}/template.xlsx")
def party_template(visit: SignedIn) -> Response:
    return PARTIES.template()


@router.post(PARTIES.address)
def import_parties(visit: SignedIn, form: Form) -> Response:
    try:
        done = read_in(form, lambda path: party_workbook.bring_in(visit.store, visit.person, path))
    except Refused as no:
        return PARTIES.shown(visit, may=keeps(visit), no=no)
    return PARTIES.shown(visit, may=True, done=done)


@router.get(ADDRESSES.address)
def addresses_page(visit: SignedIn) -> Response:
    return ADDRESSES.shown(visit, may=keeps(visit))


@router.get(f"{ADDRESSES.address}/template.xlsx")
def address_template(visit: SignedIn) -> Response:
    return ADDRESSES.template()


@router.post(ADDRESSES.address)
def import_addresses(visit: SignedIn, form: Form) -> Response:
    try:
        done = read_in(form, lambda path: contact_workbook.bring_in(visit.store, visit.person, path))
    except Refused as no:
        return ADDRESSES.shown(visit, may=keeps(visit), no=no)
    return ADDRESSES.shown(visit, may=True, done=done)
