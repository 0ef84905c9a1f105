"""Every act on a case as an address of its own: its form, what it would do, and the act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from casework.act_forms import CASE_FORMS, ActForm, parse
from casework.act_preview import ActPreview, CaseOutcome, FundMovement, preview
from casework.command_handler import act
from casework.forms import typed_forms
from casework.forms.act_fields import ActField
from casework.forms.form_fields import Fault, WrongForm
from casework.lifecycle.commands import Act
from casework.shared.errors import Refused
from casework.staff.api_tokens import scope_of
from casework.views.case_act_form import CaseActForm, case_act_form
from casework.views.case_lists import ids_of
from policies.forms import Text
from web.act_fields import shown as fields_shown
from web.api.act_receipts import EXAMPLE, HEADERS, ActDone, answered, ask_for_code, stale
from web.api.bearer import ApiVisit, needs
from web.api.described import described, taking
from web.api.followed_cases import Number
from web.api.json_body import Body, Code, IfMatch, Key, only, version_seen
from web.api.json_shapes import AMOUNT, shown

router = APIRouter(tags=["acts"])
_TEXT, _OBJECT = {"type": "string"}, {"type": "object"}
_TYPES: Mapping[str, tuple[tuple[type, ...], Mapping[str, Any]]] = {
    "text": ((str,), _TEXT),
    "passage": ((str,), _TEXT),
    "money": ((str,), {**AMOUNT, "pattern": r"^\d+(\.\d{1,2})?$"}),
    "date": ((str,), {"type": "string", "format": "date"}),
    "count": ((int,), {"type": "integer", "minimum": 0}),
    "flag": ((bool,), {"type": "boolean"}),
    "choice": ((str,), _TEXT),
    "lines": ((list,), {"type": "array", "items": _TEXT}),
    "figures": ((dict,), {"type": "object", "additionalProperties": _TEXT}),
    "form": ((dict,), _OBJECT),
}


@dataclass(frozen=True, kw_only=True)
class ChoiceOfField:
    """A value that a field may have."""

    value: str
    label: Text


@dataclass(frozen=True, kw_only=True)
class FieldOfAct:
    """A field of an act's form on this case."""

    name: str
    kind: str
    label: Text
    hint: Text
    required: bool
    choices: tuple[ChoiceOfField, ...]


@dataclass(frozen=True, kw_only=True)
class FormOfAct:
    """The form of an act on a case. `form`: the schema of the item's own form that it takes; `begins`: what is there already."""

    action: str
    label: Text
    version: int
    mine: bool
    fields: tuple[FieldOfAct, ...]
    form: Mapping[str, Any] | None
    begins: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class MessageForeseen:
    """A message that the act would send, in Chinese and English."""

    kind: str
    to: tuple[str, str]
    heading: tuple[str, str]
    text: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class ActForeseen:
    """What an act would do just now; nothing was written."""

    case: CaseOutcome
    money: tuple[FundMovement, ...]
    messages: tuple[MessageForeseen, ...]
    digest: str


def _form(visit: ApiVisit, number: str, action: str) -> Response:
    visit.refuse_all_but_office()
    return JSONResponse(shown(_of_case(case_act_form(visit.store, number, action, visit.person))))


def _of_case(sheet: CaseActForm) -> FormOfAct:
    return FormOfAct(
        action=sheet.form.word,
        label=sheet.form.label,
        version=sheet.sheet.file.case.version,
        mine=sheet.can is not None and sheet.can.mine,
        fields=tuple(
            FieldOfAct(
                name=field.name,
                kind=field.kind,
                label=field.label,
                hint=field.hint,
                required=field.required or field.kind == "flag",
                choices=tuple(
                    ChoiceOfField(value=word.value, label=word.label)
                    for word in (sheet.choices.get(field.source) or field.choices)
                    if field.kind != "flag"
                ),
            )
            for field in fields_shown(sheet)
        ),
        form=typed_forms.schema(sheet.typed) if sheet.typed else None,
        begins=sheet.begins,
    )


def _do(
    visit: ApiVisit, number: str, action: str, body: Mapping[str, Any], key: UUID, if_match: str | None
) -> Response:
    command = _command(visit, number, action, body, key, if_match)
    ask_for_code(visit, command)
    try:
        return answered(act(visit.noting(act=action, act_id=str(key)), command))
    except Refused as no:
        raise stale(visit, number, command.seen or 0, no) from no


def _foresee(visit: ApiVisit, number: str, action: str, body: Mapping[str, Any], if_match: str | None) -> Response:
    command = _command(visit, number, action, body, uuid4(), if_match)
    try:
        found = preview(visit.store, command)
    except Refused as no:
        raise stale(visit, number, command.seen or 0, no) from no
    assert isinstance(found, ActPreview)  # under a fresh id nothing was done before
    told = tuple(
        MessageForeseen(kind=message.kind, to=message.to, heading=message.heading, text=message.text)
        for message in found.messages
    )
    return JSONResponse(shown(ActForeseen(case=found.case, money=found.money, messages=told, digest=found.digest)))


def _command(
    visit: ApiVisit, number: str, action: str, body: Mapping[str, Any], key: UUID, if_match: str | None
) -> Act:
    """The act as it was sent; WrongForm with every fault, yes or no that nobody said among them."""
    only(body, version=int, fields=dict)
    case = ids_of(visit.store, [number.strip().upper()], reader=visit.person).get(number.strip().upper())
    if case is None:
        raise Refused("unknown_case", "没有这个案件", "there is no such case", field="case")
    fields = body.get("fields") or {}
    faults = list(_faults(CASE_FORMS[action], fields))
    envelope = {"seen": version_seen(body, if_match), "act_id": key}
    try:
        command = parse(action, {**fields, **envelope}, by=visit.person, case=case)
    except WrongForm as wrong:
        told = {fault.field for fault in faults}
        raise WrongForm([*faults, *(fault for fault in wrong.faults if fault.field not in told)]) from wrong
    if faults:
        raise WrongForm(faults)
    return command


def _faults(form: ActForm[Act], fields: Mapping[str, Any]) -> list[Fault]:
    """Values of another JSON type than their field's, hidden fields, and flags that were left out."""
    known = {field.name: field for field in form.fields} | {
        field.contrary: field for field in form.fields if field.contrary
    }
    found = []
    for name, value in fields.items():
        field = known.get(name)
        if field is not None and field.hidden:
            found.append(Fault(name, field.label, "不在 fields 中填写", "it does not belong into fields"))
        elif field is not None and value is not None and not _fits(field, value):
            zh, en = f"JSON 类型应为 {_type(field)}", f"its JSON type is {_type(field)}"
            found.append(Fault(name, field.label, zh, en))
    for field in form.fields:
        if (
            field.kind == "flag"
            and not field.hidden
            and all(fields.get(name) is None for name in (field.name, field.contrary))
        ):
            found.append(Fault(field.name, field.label, "请选择", "choose one", missing=True))
    return found


def _fits(field: ActField, value: Any) -> bool:
    kinds = _TYPES[field.kind][0]
    if isinstance(value, bool) and bool not in kinds:
        return False
    if field.kind in ("lines", "figures"):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
        return isinstance(value, kinds) and all(isinstance(entry, str) for entry in inner)
    return isinstance(value, kinds)


def _type(field: ActField) -> str:
    return str(_TYPES[field.kind][1]["type"])


def _schema(field: ActField) -> dict[str, Any]:
    schema = dict(_TYPES[field.kind][1])
    if field.choices and field.kind == "choice":
        schema["enum"] = [word.value for word in field.choices]
    said = "; ".join(text for text in (field.label.en, field.hint.en) if text)
    return {**schema, "title": field.label.zh, "description": said}


def _body(form: ActForm[Act]) -> dict[str, Any]:
    """The schema of the act's body."""
    asked = [field for field in form.fields if not field.hidden]
    required = [field.name for field in asked if field.required or field.kind == "flag"]
    fields = {
        "type": "object",
        "properties": {field.name: _schema(field) for field in asked},
        "required": required,
        "additionalProperties": False,
    }
    version = {"type": "integer", "minimum": 1, "description": "the version that was looked at (or If-Match)"}
    example = {field.name: _example(field) for field in asked if field.name in required}
    return taking({"version": version, "fields": fields}, ["version", "fields"], {"version": 3, "fields": example})


def _example(field: ActField) -> Any:
    """A value that the field takes."""
    if field.kind == "choice" and field.choices:
        return field.choices[0].value
    known = {
        "flag": True,
        "count": 1,
        "money": "150000.50",
        "date": "2023-09-01",
        "lines": [field.label.zh],
        "figures": {},
        "form": {},
    }
    return known.get(field.kind, field.label.zh)


def _offer(form: ActForm[Act]) -> None:
    """The three addresses of an act."""
    word, scope = form.word, scope_of(form.command)
    visits = Annotated[ApiVisit, Depends(needs(scope))]
    path, title, body = f"/cases/{{number}}/acts/{word}", f"{form.label.en} ({form.label.zh})", _body(form)

    def read(visit: visits, number: Number) -> Response:
        return _form(visit, number, word)

    def do(
        visit: visits, number: Number, key: Key, body: Body, if_match: IfMatch = None, code: Code = None
    ) -> Response:
        return _do(visit, number, word, body, key, if_match)

    def foresee(visit: visits, number: Number, body: Body, if_match: IfMatch = None) -> Response:
        return _foresee(visit, number, word, body, if_match)

    routes: tuple[tuple[str, str, Callable[..., Response], dict[str, Any]], ...] = (
        ("GET", path, read, described(f"Form of: {title}", FormOfAct, scope=scope)),
        ("POST", path, do, described(title, ActDone, scope=scope, body=body, example=EXAMPLE, headers=HEADERS)),
        ("POST", f"{path}/preview", foresee, described(f"Foresee: {title}", ActForeseen, scope=scope, body=body)),
    )
    for method, address, endpoint, said in routes:
        router.add_api_route(address, endpoint, methods=[method], name=f"{endpoint.__name__}_{word}", **said)


for known_form in CASE_FORMS.values():
    _offer(known_form)
