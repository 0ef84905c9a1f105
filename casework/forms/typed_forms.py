"""Forms in and out: JSON or sheet values to the law's typed forms, all faults at once; schemas; JSON again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import is_dataclass
from datetime import date
from typing import Any, TypeVar, get_args, get_origin

from casework.forms.form_fields import Fault, Field, WrongForm, content, plan, read_form
from policies.forms import Choice, Text
from policies.measures import Item
from policies.memo import Milli
from policies.money import Money, Rate

__all__ = ["WrongForm", "claim_of", "content", "draft_of", "facts_of", "missing", "names", "parse", "schema"]

T = TypeVar("T")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_FORM = Text("表单", "the form")


def parse(
    form: type[T], values: Mapping[str, Any], *, today: date | None = None, past: Collection[str] | None = None
) -> T:
    """The form's value, or WrongForm with every fault. `past`: the fields whose dates may not lie after `today` (all).

    Money is text in yuan, dates are ISO text, choices are their values; nothing is guessed or rounded.
    """
    faults: list[Fault] = []
    found: T = read_form(form, values, "", _FORM, faults)
    if today is not None and isinstance(values, Mapping):
        told = {fault.field for fault in faults}
        faults += [fault for fault in _future(form, values, today, past) if fault.field not in told]
    if faults:
        raise WrongForm(faults)
    return found


def claim_of(item: Item, values: Mapping[str, Any], *, today: date | None = None) -> Any:
    """What an applicant states for an item; what it says has happened cannot lie in the future."""
    return parse(item.claim, values, today=today, past=item.event_dates)


def draft_of(item: Item, values: Mapping[str, Any], *, today: date | None = None) -> dict[str, Any]:
    """A claim that may be unfinished, as JSON: what is given must be right, what is missing may come later."""
    try:
        return content(claim_of(item, values, today=today))
    except WrongForm as wrong:
        faults = [fault for fault in wrong.faults if not fault.missing]
        if faults:
            raise WrongForm(faults) from wrong
        return dict(values)


def missing(item: Item, values: Mapping[str, Any]) -> tuple[Fault, ...]:
    """What a claim still lacks before it can be filed."""
    try:
        claim_of(item, values)
    except WrongForm as wrong:
        return tuple(fault for fault in wrong.faults if fault.missing)
    return ()


def facts_of(item: Item, values: Mapping[str, Any], *, today: date | None = None) -> Any:
    """What a unit certifies for an item."""
    return parse(item.facts, values, today=today, past=item.event_dates)


def _future(form: type, values: Mapping[str, Any], today: date, past: Collection[str] | None) -> Iterable[Fault]:
    for field in plan(form):
        if field.kind is not date or (past is not None and field.name not in past):
            continue
        given = str(values.get(field.name) or "")
        if given > today.isoformat() and len(given) == len("2023-09-01"):
            zh = f"{given} 在今天（{today}）之后，尚未发生的事项不能填报"
            yield Fault(field.name, field.label, zh, f"{given} lies after today ({today})")


def schema(form: type) -> dict[str, Any]:
    """The form's JSON schema (draft 2020-12) with Chinese titles; the English ones stand beside them."""
    return {"$schema": DRAFT, **_object(form)}


def _object(form: type) -> dict[str, Any]:
    known = plan(form)
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in known},
        "required": [field.name for field in known if field.required],
        "additionalProperties": False,
    }


def _property(field: Field) -> dict[str, Any]:
    hint = field.metadata["hint"]
    body = {"title": field.label.zh, "x-title-en": field.label.en, **_kind(field.kind, field.metadata)}
    if hint:
        body["description"] = hint
    if not field.required:
        body["default"] = field.default if field.default is None else field.write(field.default)
    if field.nullable:
        body["type"] = [body["type"], "null"]
        if "enum" in body:
            body["enum"] = [*body["enum"], None]
    elif field.required and body["type"] in ("string", "array"):
        body.setdefault("minLength" if body["type"] == "string" else "minItems", 1)
    return body


def _kind(kind: Any, metadata: Mapping[str, Any]) -> dict[str, Any]:
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _kind(get_args(kind)[0], {"minimum": None, "maximum": None})}
    if kind in (Money, Milli):
        places = 2 if kind is Money else 3
        pattern = rf"^\d+(\.\d{{1,{places}}})?$"
        return {"type": "string", "pattern": pattern, "format": "yuan" if kind is Money else "quantity"}
    if kind is Rate:
        return {"type": "string", "pattern": r"^\d+(\.\d+)?%?$", "format": "rate"}
    if isinstance(kind, type) and issubclass(kind, Choice):
        return {"type": "string", "enum": [m.value for m in kind], "x-labels": {m.value: m.zh for m in kind}}
    if isinstance(kind, type) and is_dataclass(kind):
        return _object(kind)
    return _simple(kind, metadata["minimum"], metadata["maximum"])


def _simple(kind: Any, low: int | None, high: int | None) -> dict[str, Any]:
    if kind is str:
        return {"type": "string", "maxLength": high or 500}
    if kind is int:
        return {"type": "integer", "minimum": low or 0, "maximum": 10**9 if high is None else high}
    return {bool: {"type": "boolean"}, date: {"type": "string", "format": "date"}}[kind]


def names(form: type) -> tuple[str, ...]:
    """The form's field names, in order."""
    return tuple(field.name for field in plan(form))
