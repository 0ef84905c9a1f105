"""Benefits received elsewhere: entered one by one or from a workbook, noted as given back; and comparisons that wait for a word."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from casework import views
from casework.awards import benefit_workbook, external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.parties import party_register
from casework.shared.errors import Refused
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.views.benefit_list import benefit_page
from casework.views.comparison_list import LIKENESS
from policies.benefits import WRITTEN, KeyKind, Level
from web.desk_words import DeskWords
from web.fields import FieldView, typed_fields
from web.sent_files import template_sent
from web.uploaded import workbook
from web.visit import Form, Posted, SignedIn, Visit, officer, required

router = APIRouter(dependencies=[Depends(officer)])
PAGE = 50
_TYPED = ("party", "kind", "basis", "source", "level", "reference", "amount", "first", "last", "paid")
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get("/desk/benefits")
def list_page(
    visit: SignedIn,
    party: Annotated[str, Query(max_length=100)] = "",
    offset: Offset = 0,
    done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    return _list_page(visit, party, offset, done=done)


def _list_page(visit: Visit, party: str, offset: int = 0, *, done: str = "", **shown: Any) -> Response:
    found = benefit_page(visit.store, party=party, offset=offset, limit=PAGE, reader=visit.reader)
    last = offset + PAGE
    return visit.page(
        "benefits/list.html",
        status=422 if shown.get("no") else 200,
        found=found,
        party=party,
        enters=_enters(visit),
        further=f"/desk/benefits?{urlencode({'party': party, 'offset': last})}" if found.total > last else "",
        done=done,
        **{"no": None, "wrong": None, "proof": "", **shown},
    )


def _enters(visit: Visit) -> bool:
    scope = visit.scope()
    return scope is not None and bool(scope.duties & set(external_benefits.WRITERS))


# one


@router.get("/desk/benefits/new")
def new_page(visit: SignedIn) -> Response:
    return _new_page(visit, {})


def _new_page(visit: Visit, typed: Mapping[str, str], no: Refused | None = None) -> Response:
    fields = _fields(visit, typed, no)
    known = {field.path: field for field in fields}
    anchor = f"f-{no.field}" if no is not None and no.field in known else ""
    said = [] if no is None else [(anchor, no.zh, no.en)]
    return visit.page(
        "benefits/new.html",
        status=422 if no else 200,
        fields=fields,
        faults=said,
        enters=_enters(visit),
        written=[(kind.zh, kind.en, WRITTEN[kind]) for kind in KeyKind],
    )


def _fields(visit: Visit, typed: Mapping[str, str], no: Refused | None) -> tuple[FieldView, ...]:
    field = typed_fields(typed, no, no.field if no else "")
    kinds = tuple((kind.value, kind.zh, kind.en) for kind in KeyKind)
    levels = tuple((level.value, level.zh, level.en) for level in Level)
    told = visit.t("各部分以 | 隔开，写法见下", "its parts separated by |, as below")
    return (
        field("party", "申报主体的代码或名称", "Code or name of the party"),
        field("kind", "依据类别", "Kind of basis", "choice", options=kinds),
        field("basis", "依据", "Basis", hint=told),
        field("source", "补助来源", "Which policy"),
        field("level", "级别", "Level", "choice", options=levels),
        field("reference", "文号", "Document"),
        field("amount", "金额（元）", "Amount (yuan)", "money"),
        field("first", "期间起日", "First day", "date", required=False),
        field("last", "期间止日", "Last day", "date", required=False),
        field("paid", "已到账", "Paid already", "flag"),
    )


@router.post("/desk/benefits/new")
def enter(visit: SignedIn, form: Form) -> Response:
    try:
        new = external_benefits.add(visit.store, visit.person, [_benefit(visit, form)])
    except Refused as no:
        return _new_page(visit, {name: form.get(name) for name in _TYPED}, no)
    return visit.go(f"/desk/benefits?done={'new' if new else 'known'}")


def _benefit(visit: Visit, form: Posted) -> NewBenefit:
    with visit.store.read() as work:
        party = party_register.named(visit.store, work, form.get("party"))
    if form.get("paid") not in ("true", "false"):
        raise Refused("paid", "请说明是否已到账", "say whether it is paid already", field="paid")
    return NewBenefit(
        party=party,
        kind=_among(KeyKind, form, "kind"),
        basis=form.get("basis"),
        source=form.get("source"),
        level=_among(Level, form, "level"),
        reference=form.get("reference"),
        amount=required(form.money("amount"), "amount", "金额", "the amount"),
        first=form.day("first"),
        last=form.day("last"),
        paid=form.get("paid") == "true",
    )


def _among(kind: Any, form: Posted, name: str) -> Any:
    found = next((member for member in kind if member.value == form.get(name)), None)
    if found is None:
        raise Refused("choice", "请选择一项", "choose one", field=name)
    return found


# a workbook


@router.get("/desk/benefits/import")
def import_page(visit: SignedIn) -> Response:
    return _import_page(visit)


def _import_page(visit: Visit, no: Refused | None = None) -> Response:
    rows = no.faults if isinstance(no, WrongWorkbook) else ()
    return visit.page(
        "benefits/import.html", status=422 if no else 200, wrong=no, rows=rows, enters=_enters(visit), done=None
    )


@router.get("/desk/benefits/template.xlsx")
def benefit_template(visit: SignedIn) -> Response:
    return template_sent("benefits.xlsx", benefit_workbook.BENEFITS.template)


@router.post("/desk/benefits/import")
def import_(visit: SignedIn, form: Form) -> Response:
    try:
        with workbook(form.file("file")) as path:
            done = benefit_workbook.bring_in(visit.store, visit.person, path)
    except Refused as no:
        return _import_page(visit, no)
    return visit.page("benefits/import.html", wrong=None, rows=(), enters=True, done=done)


# given back


@router.post("/desk/benefits/{benefit}/returned")
def returned(visit: SignedIn, benefit: UUID, form: Form) -> Response:
    try:
        external_benefits.set_returned(visit.store, visit.person, benefit, proof=form.get("proof"))
    except Refused as no:
        return _list_page(visit, form.get("party"), no=no, wrong=benefit, proof=form.get("proof"))
    return visit.go("/desk/benefits?done=returned")


# what may be the same


@router.get("/desk/comparisons")
def comparisons_page(
    visit: SignedIn, of: Annotated[str, Query(max_length=10)] = "open", offset: Offset = 0
) -> Response:
    every = of == "all"
    found = views.comparisons(visit.store, open_only=not every, limit=PAGE, offset=offset, reader=visit.reader)
    further = f"/desk/comparisons?of={'all' if every else 'open'}&offset={offset + PAGE}"
    return visit.page(
        "benefits/comparisons.html",
        w=DeskWords(visit),
        found=found,
        every=every,
        likeness=LIKENESS,
        further=further if found.total > offset + PAGE else "",
    )
