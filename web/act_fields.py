"""The form of an act as fields of a page, and what came back from it as values for `act_forms.parse`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework.forms.act_fields import ActField, Word
from casework.forms.form_fields import Fault
from casework.views.case_act_form import CaseActForm
from policies.forms import Text
from web.fields import FieldView, field_views, values_of

UNDER = "typed."  # before the names of the item's own form
_KINDS = {"passage": "long", "lines": "long", "figures": "long", "flag": "choice", "form": "group"}
_EACH = {
    "lines": Text("每行一项", "one a line"),
    "figures": Text("每行一项，写成 名称=数值", "NAME=VALUE, one a line"),
}


@dataclass(frozen=True, kw_only=True)
class ActInput:
    """What was typed: by field's name the text, and the values of the item's own form where the act takes one."""

    texts: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)


def begun(sheet: CaseActForm) -> ActInput:
    """What a form shows before anything is typed."""
    source = _form_field(sheet)
    form = sheet.begins.get(source.name, {}) if source else {}
    return ActInput(
        texts={name: str(value) for name, value in sheet.begins.items() if isinstance(value, str)}, form=form
    )


def typed(sheet: CaseActForm, sent: Mapping[str, str]) -> ActInput:
    """What a page sent."""
    known = {one.name for one in sheet.form.fields if not one.hidden and one.kind != "form"}
    form = values_of(sheet.typed, sent, under=UNDER) if sheet.typed else {}
    return ActInput(texts={name: text for name, text in sent.items() if name in known}, form=form)


def raw(sheet: CaseActForm, given: ActInput) -> dict[str, Any]:
    """As `act_forms.parse` takes it."""
    source = _form_field(sheet)
    return {**given.texts, **({source.name: dict(given.form)} if source and given.form else {})}


def unsaid(sheet: CaseActForm, given: ActInput) -> list[Fault]:
    """A yes or no is never taken for granted: those that nobody gave."""
    asked = [one for one in shown(sheet) if one.kind == "flag" and not given.texts.get(one.name)]
    return [Fault(one.name, one.label, "请选择", "choose one", missing=True) for one in asked]


def shown(sheet: CaseActForm) -> list[ActField]:
    """The fields that the page shows: a choice of which the case knows none is left out, unless it is free text."""
    free = ("reason_codes",)
    return [
        one
        for one in sheet.form.fields
        if not one.hidden and (not one.source or one.source in free or one.kind == "form" or sheet.choices[one.source])
    ]


def views(
    sheet: CaseActForm,
    given: ActInput,
    faults: Iterable[Fault] = (),
    own: Iterable[Fault] = (),
    *,
    english: bool = False,
) -> tuple[FieldView, ...]:
    """The fields, those of the item's own form in their place; `faults` are the act's, `own` those of that form."""
    wrong = {one.field: (one.zh, one.en) for one in faults}
    found: list[FieldView] = []
    for one in sorted(shown(sheet), key=lambda one: one.name == "reason"):  # the reason comes last
        if one.kind == "form" and sheet.typed is not None:
            found += field_views(sheet.typed, given.form, own, under=UNDER)
        else:
            found.append(_view(sheet, one, given.texts.get(one.name, ""), wrong, english))
    return tuple(found)


def summary(views: Iterable[FieldView]) -> list[tuple[str, str, str]]:
    """Every fault with the place of its field and its label, for the summary at the head of the page."""
    found: list[tuple[str, str, str]] = []
    for one in views:
        if one.error:
            zh, en = one.error
            found.append((one.id, f"{one.label_zh}：{zh}", f"{one.label_en}: {en}"))
        found += summary(one.parts)
    return found


def _view(
    sheet: CaseActForm, one: ActField, value: str, wrong: Mapping[str, tuple[str, str]], english: bool
) -> FieldView:
    return act_field_view(one, value, wrong.get(one.name), sheet.choices.get(one.source, ()), english=english)


def act_field_view(
    asked: ActField, value: str, error: tuple[str, str] | None, choices: Sequence[Word] = (), *, english: bool = False
) -> FieldView:
    """A field of an act as a template draws it; `choices` where a case offers them."""
    words = choices or asked.choices
    hint = _EACH.get(asked.kind, asked.hint)
    said = "；".join(dict.fromkeys(text.en if english else text.zh for text in (asked.hint, hint) if text.zh))
    return FieldView(
        path=asked.name,
        label_zh=asked.label.zh,
        label_en=asked.label.en,
        kind="choice" if words else _KINDS.get(asked.kind, asked.kind),
        hint=said,
        required=asked.required or asked.kind == "flag",
        value=value,
        options=tuple((word.value, word.label.zh, word.label.en) for word in words),
        error=error,
    )


def _form_field(sheet: CaseActForm) -> ActField | None:
    return next((one for one in sheet.form.fields if one.kind == "form"), None)
