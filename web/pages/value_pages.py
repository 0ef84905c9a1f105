"""Parameters and program settings: what each decides, its values and their law; proposed by one person, confirmed by another."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.policy_settings import parameter_register as register
from casework.policy_settings.value_examples import forms, shape_words
from casework.policy_settings.value_texts import as_typed, by_lines, choices_of, value_typed
from casework.shared.errors import Refused
from casework.shared.policies_in_use import of_store
from casework.views.value_sheets import ProposalSheet, ValueSheet, proposal_sheet, value_rows, value_sheet
from casework.views.value_words import decides_in_words, in_words
from policies.kinds import DateKind
from policies.parameters import Origin
from web.desk_words import DeskWords
from web.fields import FieldView, typed_fields
from web.visit import Form, Posted, SignedIn, Visit, officer

router = APIRouter(dependencies=[Depends(officer)])
_TYPED = ("value", "citation", "first", "last", "origin", "drops")


@router.get("/desk/parameters")
def list_page(
    visit: SignedIn, of: Annotated[str, Query(max_length=20)] = "", policy: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    known = of_store(visit.store)
    chosen = next((policy_ for policy_ in known if policy_.code == policy), known[0] if known else None)
    if chosen is None:
        raise HTTPException(404)
    ours = of == "settings"
    rows, waiting = value_rows(visit.store, chosen, ours=ours, reader=visit.reader)
    return visit.page(
        "values/list.html",
        w=DeskWords(visit),
        policies=known,
        policy=chosen,
        ours=ours,
        unset=[row for row in rows if row.status == "unset" and not ours],
        proposed=[row for row in rows if row.status == "proposed"],
        rows=rows,
        waiting=waiting,
        shown=lambda row: in_words(row.default if row.status == "unset" else row.value, chosen, row.name),
    )


@router.get("/desk/parameters/proposals/{proposal}")
def proposal_page(visit: SignedIn, proposal: UUID, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    found = _proposal(visit, proposal)
    if found.confirms:
        visit.step_up_first()  # before anything is decided
    return _proposal_page(visit, found, done=done)


def _proposal(visit: Visit, proposal: UUID) -> ProposalSheet:
    try:
        return proposal_sheet(visit.store, proposal, reader=visit.reader)
    except Refused as no:
        raise _missing(no) from no


def _missing(no: Refused) -> Exception:
    return HTTPException(404) if no.code == "unknown_value" else no


def _proposal_page(
    visit: Visit, found: ProposalSheet, *, done: str = "", reason: str = "", no: Refused | None = None
) -> Response:
    anchor = "f-reason" if no is not None and no.field == "reason" else ""
    return visit.page(
        "values/proposal.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        found=found,
        sheet=found.sheet,
        done=done if done == found.status or done == "proposed" else "",
        reason=reason,
        faults=[(anchor, no.zh, no.en)] if no else [],
        decides=decides_in_words,
        shown=lambda value: in_words(value, found.sheet.policy, found.row.name),
    )


@router.post("/desk/parameters/proposals/{proposal}")
def decide(visit: SignedIn, proposal: UUID, form: Form) -> Response:
    turned_down = form.get("word") == "reject"
    if not turned_down:
        visit.refuse_unless_stepped_up(form)
    try:
        if turned_down:
            register.reject(visit.store, visit.person, proposal, reason=form.get("reason"))
        else:
            register.confirm(visit.store, visit.person, proposal, seen=form.get("seen"))
    except Refused as no:
        found = _proposal(visit, proposal)
        if no.code == "proposal" and found.status == ("rejected" if turned_down else "confirmed"):
            return visit.go(f"/desk/parameters/proposals/{proposal}")  # the same page sent again
        return _proposal_page(visit, found, reason=form.get("reason"), no=no)
    return visit.go(f"/desk/parameters/proposals/{proposal}?done={'rejected' if turned_down else 'confirmed'}")


@router.get("/desk/parameters/{policy}/{name}")
def value_page(visit: SignedIn, policy: str, name: str) -> Response:
    sheet = _value(visit, policy, name)
    if sheet.proposes:
        visit.step_up_first()  # before anything is typed
    begins = "" if sheet.in_force is None else as_typed(sheet.in_force, sheet.what.what.kind)
    return _value_page(visit, sheet, {"value": begins})


def _value(visit: Visit, policy: str, name: str) -> ValueSheet:
    try:
        return value_sheet(visit.store, policy, name, reader=visit.reader)
    except Refused as no:
        raise _missing(no) from no


def _value_page(visit: Visit, sheet: ValueSheet, typed: dict[str, str], no: Refused | None = None) -> Response:
    named = {"valid_from": "first", "valid_to": "last"}
    at = named.get(no.field, no.field) if no else ""
    fields = _fields(visit, sheet, {name: typed.get(name, "") for name in _TYPED}, at, no)
    known = {field.path for field in fields}
    kind = sheet.what.what.kind
    return visit.page(
        "values/value.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        sheet=sheet,
        fields=fields,
        drops=bool(typed.get("drops")),
        asks_drops=no is not None and no.code == "removes",
        faults=[(f"f-{at}" if at in known else "", no.zh, no.en)] if no else [],
        decides=decides_in_words,
        shown=lambda value: in_words(value, sheet.policy, sheet.what.name),
        examples=[
            (shape_words(value), as_typed(value, kind))
            for value in ([] if choices_of(kind) else forms(sheet.what.name.partition(":")[0], kind))
        ],
    )


def _fields(
    visit: Visit, sheet: ValueSheet, typed: dict[str, str], at: str, no: Refused | None
) -> tuple[FieldView, ...]:
    field = typed_fields(typed, no, at)
    kind = sheet.what.what.kind
    words = [(value, in_words(_chosen(value), sheet.policy, sheet.what.name)) for value in choices_of(kind)]
    long = by_lines(kind) or len(typed["value"]) > 60
    drawn = "choice" if words else "date" if isinstance(kind, DateKind) else "long" if long else "text"
    fields = [
        field("value", "值", "Value", drawn, options=tuple((value, said.zh, said.en) for value, said in words)),
        field(
            "citation",
            "依据和理由",
            "Document and reason",
            "text",
            hint=visit.t("文号、条款、会议纪要；写明为什么这样定", "the document, clause or minutes, and why it is so"),
            most=500,
        ),
        field(
            "first",
            "生效日（含）",
            "First day",
            "date",
            required=False,
            hint=visit.t("不填：政策首日", "left empty: the policy's first day"),
        ),
        field(
            "last",
            "失效日（含）",
            "Last day",
            "date",
            required=False,
            hint=visit.t("不填：长期", "left empty: open"),
        ),
    ]
    if visit.demo:
        origins = (("demo", "演示值", "a demo value"), ("official", "正式（有文件依据）", "official (from a document)"))
        fields.append(field("origin", "来源", "Origin", "choice", required=False, options=origins))
    return tuple(fields)


def _chosen(value: str) -> Any:
    return {"true": True, "false": False}.get(value, value)


@router.post("/desk/parameters/{policy}/{name}")
def propose(visit: SignedIn, policy: str, name: str, form: Form) -> Response:
    sheet = _value(visit, policy, name)
    visit.refuse_unless_stepped_up(form)
    try:
        made = register.propose(visit.store, visit.person, _proposed(visit, sheet, form))
    except Refused as no:
        return _value_page(visit, _value(visit, policy, name), {name_: form.get(name_) for name_ in _TYPED}, no)
    return visit.go(f"/desk/parameters/proposals/{made}?done=proposed")


def _proposed(visit: Visit, sheet: ValueSheet, form: Posted) -> register.Proposal:
    if not form.get("value"):
        raise Refused("required", "值必填", "a value is required", field="value")
    said = form.get("origin")
    return register.Proposal(
        policy=sheet.policy.code,
        name=sheet.what.name,
        value=value_typed(form.get("value"), sheet.what),
        citation=form.get("citation"),
        valid_from=form.day("first"),
        valid_to=form.day("last"),
        origin=Origin.DEMO if visit.demo and said != Origin.OFFICIAL else Origin.OFFICIAL,
        keeps=not form.get("drops"),
        seen=form.get("seen"),
    )
