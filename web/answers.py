"""What was answered in a form, a line a field, as a page shows it again: choices and flags in words, money with separators."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from web.fields import FieldView, field_views

_FLAG = {"true": ("是", "yes"), "false": ("否", "no")}


@dataclass(frozen=True, kw_only=True)
class AnswerLine:
    """One answer. `before`: what was filed earlier, where it was another; `anchor`: the field's id in the form."""

    path: str
    anchor: str
    label: tuple[str, str]
    value: tuple[str, str]
    before: tuple[str, str] | None = None


def answers(form: type, values: Mapping[str, Any], earlier: Mapping[str, Any] | None = None) -> list[AnswerLine]:
    """Every answer in the form's order; entries of a list one by one, an empty list as one line without an answer."""
    then = {one.path: one.value for one in _lines(field_views(form, earlier))} if earlier is not None else {}
    now = list(_lines(field_views(form, values)))
    if earlier is None:
        return now
    gone = [one for one in _lines(field_views(form, earlier)) if one.path not in {each.path for each in now}]
    changed = [_compared(one, then.get(one.path, ("", ""))) for one in now]
    return changed + [_compared(_without_value(one), one.value) for one in gone]


def _compared(one: AnswerLine, before: tuple[str, str]) -> AnswerLine:
    if one.value == before:
        return one
    return AnswerLine(path=one.path, anchor=one.anchor, label=one.label, value=one.value, before=before)


def _without_value(one: AnswerLine) -> AnswerLine:
    return AnswerLine(path=one.path, anchor=one.anchor, label=one.label, value=("", ""))


def _lines(views: Sequence[FieldView], under: tuple[str, str] = ("", "")) -> Iterator[AnswerLine]:
    for one in views:
        label = (under[0] + one.label_zh, under[1] + one.label_en)
        if one.kind == "group":
            yield from _lines(one.parts, (f"{label[0]} · ", f"{label[1]} · "))
        elif one.kind == "list" and len(one.parts) > 1:
            yield from _lines(one.parts[:-1])  # the last entry is the empty one
        else:
            value = ("", "") if one.kind == "list" else _words(one)
            yield AnswerLine(path=one.path, anchor=one.id, label=label, value=value)


def _words(one: FieldView) -> tuple[str, str]:
    text = str(one.value).strip()
    if one.kind == "flag":
        return _FLAG.get(text.lower(), (text, text))
    if one.kind == "choice":
        return next(((zh, en) for value, zh, en in one.options if value == text), (text, text))
    if one.kind == "money":
        whole, dot, rest = text.partition(".")
        grouped = f"{int(whole):,}{dot}{rest}" if whole.isascii() and whole.isdigit() else text
        return grouped, grouped
    return text, text
