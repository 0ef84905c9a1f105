"""The register of parties: found, entered, and changed by two officers: one proposes with a proof, another confirms."""

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.parties import party_corrections, party_register
from casework.parties.party_corrections import Asking
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.privacy import identity_numbers
from casework.shared.errors import Refused
from casework.staff import unit_register
from casework.views.party_sheets import ChangeSheet, PartySheet, change_sheet, changes_waiting, party_page, party_sheet
from models import PartyKind
from web.desk_words import DeskWords
from web.fields import FieldView, typed_fields
from web.visit import Form, Posted, SignedIn, Visit, officer, required

router = APIRouter(dependencies=[Depends(officer)])
PAGE = "/desk/parties"
MOST = 50
_NEW = (
    "kind", "name", "code", "town", "sector", "registered_on", "contact", "account", "bank", "clearing_code", "code_proof",
)  # fmt: skip
_NO_TOWN = "-"  # the choice of none; no unit is called so
# What each proposal asks for; a field's name on the page is `rename.name`.
_ASKED = {
    "rename": ("name", "proof"),
    "correct": ("code", "town", "sector", "proof"),
    "merge": ("into", "proof"),
}
Done = Annotated[str, Query(max_length=20)]


@router.get(PAGE)
def list_page(
    visit: SignedIn,
    name: Annotated[str, Query(max_length=140)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    found = party_page(visit.store, name=name, kind=kind, offset=offset, limit=MOST, reader=visit.reader)
    last = offset + MOST
    asked = urlencode({"name": name, "kind": kind, "offset": last})
    return visit.page(
        "parties/list.html",
        w=DeskWords(visit),
        found=found,
        name=name,
        kind=kind,
        kinds=tuple(PartyKind),
        keeps=keeps(visit),
        waiting=changes_waiting(visit.store, reader=visit.reader),
        further=f"{PAGE}?{asked}" if found.total > last else "",
    )


def keeps(visit: Visit) -> bool:
    """Whether the reader may enter parties and their addresses; both are for the same duties."""
    scope = visit.scope()
    return scope is not None and bool(scope.duties & set(party_register.WRITERS))


# entered


@router.get(PAGE + "/new")
def new_page(visit: SignedIn) -> Response:
    return _new_page(visit, {}, str(uuid4()))


def _new_page(visit: Visit, typed: Mapping[str, str], act_id: str, no: Refused | None = None) -> Response:
    fields = _new_fields(visit, {**typed, "town": typed.get("town") or _NO_TOWN}, no)
    at = _at(no)
    anchor = f"f-{at}" if at in _NEW else ""
    return visit.page(
        "parties/new.html",
        status=422 if no else 200,
        fields=fields,
        faults=[] if no is None else [(anchor, no.zh, no.en)],
        keeps=keeps(visit),
        act_id=act_id,
    )


def _at(no: Refused | None) -> str:
    """The field of the page at which a refusal stands."""
    if no is None:
        return ""
    return {"number": "account", "proof": "code_proof", "holder": "account"}.get(no.field, no.field)


def _new_fields(visit: Visit, typed: Mapping[str, str], no: Refused | None) -> tuple[FieldView, ...]:
    field = typed_fields(typed, no, _at(no))
    words = DeskWords(visit)
    kinds = tuple((kind.value, words.term("party", kind), words.term("party", kind)) for kind in PartyKind)
    told = visit.t(
        "统一社会信用代码；自然人填身份证号，责任单位填单位全称",
        "the credit code; of a person the identity number, of a unit its full name",
    )
    odd = visit.t(
        "仅在证照所载代码的校验位不符时填写：看到的证照。这样的登记须另一人确认，账户和联系方式随后录入",
        "only where the certificate itself shows a code whose check digit does not fit: which certificate. Another officer "
        "confirms it; accounts and contacts follow later",
    )
    return (
        field("kind", "主体类别", "Kind", "choice", options=kinds),
        field("name", "名称", "Name", most=140),
        field("code", "代码或证件号", "Code or number", hint=told),
        field("town", "所属镇（街道）", "Town", "choice", required=False, options=_towns(visit, "不填", "none")),
        field("sector", "行业", "Sector", required=False),
        field("registered_on", "成立日期", "Date of registration", "date", required=False),
        field(
            "contact", "联系方式", "Contact", required=False, hint=visit.t("邮箱或手机号", "e-mail or mobile number")
        ),
        field("account", "收款账号", "Account number", required=False),
        field("bank", "开户银行", "Bank", required=False),
        field("clearing_code", "联行号", "Clearing code", required=False),
        field("code_proof", "校验位不符的证明", "Proof of an odd check digit", required=False, hint=odd, most=200),
    )


def _towns(visit: Visit, zh: str, en: str) -> tuple[tuple[str, str, str], ...]:
    """Every town, behind the choice of none: a choice that was made can be taken back without script."""
    towns = (unit for unit in unit_register.listed(visit.store) if unit.kind == "town")
    return ((_NO_TOWN, zh, en), *((unit.name, unit.name, unit.name_en or unit.name) for unit in towns))


@router.post(PAGE + "/new")
def enter(visit: SignedIn, form: Form) -> Response:
    made = form.uuid("act_id")
    try:
        new = _new_party(form)
        if proof := form.get("code_proof"):
            change = party_corrections.add_odd(visit.store, visit.person, new, proof=proof, asking=Asking(change=made))
            return visit.go(f"{PAGE}/changes/{change}?done=proposed")
        entered = party_register.add_many(visit.store, visit.person, [new])
    except Refused as no:
        return _new_page(visit, {name: form.get(name) for name in _NEW}, str(made), no)
    odd = new.kind == PartyKind.PERSON and identity_numbers.warning(new.code) is not None
    done = "doubtful" if odd else "new" if entered.new else "known"
    return visit.go(f"{PAGE}/{entered.ids[0]}?done={done}")


def _town(text: str) -> str:
    return "" if text == _NO_TOWN else text


def _new_party(form: Posted) -> NewParty:
    kind = form.get("kind")
    if kind not in set(PartyKind):
        raise Refused("kind", "请选择主体类别", "choose the kind", field="kind")
    account = None
    if any(form.get(name) for name in ("account", "bank", "clearing_code")):
        number = required(form.get("account"), "account", "收款账号", "the account number")
        account = NewAccount(number=number, bank=form.get("bank"), clearing_code=form.get("clearing_code"))
    return NewParty(
        kind=PartyKind(kind),
        name=form.get("name"),
        code=form.get("code"),
        town=_town(form.get("town")),
        sector=form.get("sector"),
        registered_on=form.day("registered_on"),
        contact=form.get("contact"),
        account=account,
    )


# a change that waits for a second person, or was answered


@router.get(PAGE + "/changes/{change}")
def change_page(visit: SignedIn, change: UUID, done: Done = "") -> Response:
    found = _change(visit, change)
    if found.status == "proposed" and found.why_not is None:
        visit.step_up_first()  # before anything is decided
    return _change_page(visit, found, done=done)


def _change(visit: Visit, change: UUID) -> ChangeSheet:
    try:
        return change_sheet(visit.store, change, reader=visit.reader)
    except Refused as no:
        raise _missing(no) from no


def _missing(no: Refused) -> Exception:
    return HTTPException(404) if no.code in ("unknown_party", "unknown_change") else no


def _change_page(
    visit: Visit, found: ChangeSheet, *, done: str = "", reason: str = "", no: Refused | None = None
) -> Response:
    anchor = "f-reason" if no is not None and no.field == "reason" and found.rejects else ""
    return visit.page(
        "parties/change.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        found=found,
        done=done if done == found.status else "",
        reason=reason,
        faults=[(anchor, no.zh, no.en)] if no else [],
    )


@router.post(PAGE + "/changes/{change}")
def decide(visit: SignedIn, change: UUID, form: Form) -> Response:
    turned_down = form.get("word") == "reject"
    if not turned_down:
        visit.refuse_unless_stepped_up(form)
    try:
        if turned_down:
            party_corrections.reject(visit.store, visit.person, change, reason=form.get("reason"))
        else:
            party_corrections.confirm(visit.store, visit.person, change, seen=form.get("seen"))
    except Refused as no:
        found = _change(visit, change)
        if no.code == "change" and found.status == ("rejected" if turned_down else "confirmed"):
            return visit.go(f"{PAGE}/changes/{change}")  # the same page sent again
        return _change_page(visit, found, reason=form.get("reason"), no=no)
    return visit.go(f"{PAGE}/changes/{change}?done={'rejected' if turned_down else 'confirmed'}")


# one party


@router.get(PAGE + "/{party}")
def sheet_page(visit: SignedIn, party: UUID, done: Done = "") -> Response:
    return _sheet_page(visit, _sheet(visit, party), done=done)


def _sheet(visit: Visit, party: UUID) -> PartySheet:
    try:
        return party_sheet(visit.store, party, reader=visit.reader)
    except Refused as no:
        raise _missing(no) from no


def _sheet_page(
    visit: Visit,
    sheet: PartySheet,
    *,
    done: str = "",
    word: str = "",
    typed: Mapping[str, str] | None = None,
    act_id: str = "",
    no: Refused | None = None,
) -> Response:
    """The party, with what was typed into one of its forms and why that was refused."""
    at = f"{word}.{no.field}" if no is not None and no.field in _ASKED.get(word, ()) else ""
    return visit.page(
        "parties/party.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        sheet=sheet,
        row=sheet.row,
        forms=_forms(visit, typed or {}, no, at),
        ids={name: act_id if name == word and act_id else str(uuid4()) for name in _ASKED},
        word=word,
        done=done,
        faults=[(f"f-{at.replace('.', '-')}" if at else "", no.zh, no.en)] if no else [],
    )


def _forms(visit: Visit, typed: Mapping[str, str], no: Refused | None, at: str) -> dict[str, tuple[FieldView, ...]]:
    field = typed_fields({**typed, "correct.town": typed.get("correct.town") or _NO_TOWN}, no, at)

    def proof(word: str, zh: str, en: str) -> FieldView:
        return field(f"{word}.proof", "证明材料", "The proof", hint=visit.t(zh, en), most=200)

    towns = _towns(visit, "不更正", "as it is")
    return {
        "rename": (
            field("rename.name", "新名称", "The new name", most=140),
            proof("rename", "准予变更登记通知书的文号等", "the notice of the changed registration"),
        ),
        "correct": (
            field("correct.code", "正确的代码或证件号", "The right code or number", required=False),
            field("correct.town", "登记所在的镇（街道）", "Town of registration", "choice", required=False, options=towns),
            field("correct.sector", "行业", "Its sector", required=False),
            proof("correct", "看到的证照等", "the certificate that was seen"),
        ),
        "merge": (
            field("merge.into", "承继主体的代码或名称", "The successor's code or name"),
            proof("merge", "合并公告、合并协议等", "the notice or agreement of the merger"),
        ),
    }  # fmt: skip


@router.post(PAGE + "/{party}/rename")
def rename(visit: SignedIn, party: UUID, form: Form) -> Response:
    def propose(given: Mapping[str, str], asking: Asking) -> UUID:
        name, proof = given["name"], given["proof"]
        return party_corrections.rename(visit.store, visit.person, party, name=name, proof=proof, asking=asking)

    return _propose(visit, party, form, "rename", propose)


@router.post(PAGE + "/{party}/correct")
def correct(visit: SignedIn, party: UUID, form: Form) -> Response:
    def propose(given: Mapping[str, str], asking: Asking) -> UUID:
        code, town, sector = given["code"], _town(given["town"]), given["sector"]
        return party_corrections.correct(
            visit.store, visit.person, party, proof=given["proof"], code=code, town=town, sector=sector, asking=asking
        )

    return _propose(visit, party, form, "correct", propose)


@router.post(PAGE + "/{party}/merge")
def merge(visit: SignedIn, party: UUID, form: Form) -> Response:
    def propose(given: Mapping[str, str], asking: Asking) -> UUID:
        with visit.store.read() as work:
            into = party_register.named(visit.store, work, _into(given["into"]))
        return party_corrections.merge(visit.store, visit.person, party, into=into, proof=given["proof"], asking=asking)

    return _propose(visit, party, form, "merge", propose)


def _into(text: str) -> str:
    return required(text, "into", "承继主体", "the successor")


def _propose(
    visit: Visit, party: UUID, form: Posted, word: str, propose: Callable[[Mapping[str, str], Asking], UUID]
) -> Response:
    sheet, made = _sheet(visit, party), form.uuid("act_id")
    given = {name: form.get(f"{word}.{name}") for name in _ASKED[word]}
    try:
        change = propose(given, Asking(change=made, seen=form.get("seen")))
    except Refused as no:
        if word == "merge" and no.code == "party":
            no.field = "into"  # who was named, not whose page this is
        typed = {f"{word}.{name}": text for name, text in given.items()}
        return _sheet_page(visit, _sheet(visit, sheet.row.id), word=word, typed=typed, act_id=str(made), no=no)
    return visit.go(f"{PAGE}/changes/{change}?done=proposed")
