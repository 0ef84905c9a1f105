"""Typed forms of the law as fields of a page, and what came back from it as values for `typed_forms`.

A field's name on the page is its path in the form: `cost_lines[0].claimed`. A list shows what it holds and one empty entry more
than it holds, up to `LINES`; entries in which nothing was typed are left out when they are read.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date
from typing import Any, get_args, get_origin

from casework.forms.form_fields import Fault, Field, plan
from casework.shared.errors import Refused
from policies.forms import Choice
from policies.memo import Milli
from policies.money import Money, Rate

LINES = 200
_INDEX = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, kw_only=True)
class FieldView:
    """One field as a template draws it. `kind`: text, long, count, money, quantity, rate, date, flag, choice, group or list."""

    path: str
    label_zh: str
    label_en: str
    kind: str
    hint: str = ""
    required: bool = True
    value: Any = ""
    options: tuple[tuple[str, str, str], ...] = ()  # value, Chinese, English
    parts: tuple["FieldView", ...] = ()  # of a group: its fields; of a list: its entries, each a group or a field
    error: tuple[str, str] | None = None
    most: int | None = None  # characters

    @property
    def required_somewhere(self) -> bool:
        """Whether its label says itself under what condition it must be filled in."""
        return not self.required and self.label_zh.endswith("必填）")

    @property
    def id(self) -> str:
        """The field's id in the page."""
        return "f-" + re.sub(r"[^A-Za-z0-9_-]", "-", self.path)


def field_views(
    form: type, values: Mapping[str, Any], faults: Iterable[Fault] = (), *, under: str = ""
) -> tuple[FieldView, ...]:
    """A form's fields in order, with what was typed and what is wrong with it; `under` is put before their names (`facts.`)."""
    wrong = {under + one.field: (one.zh, one.en) for one in faults}
    return tuple(_view(one, under + one.name, values.get(one.name), wrong) for one in plan(form))


def _view(one: Field, path: str, value: Any, wrong: Mapping[str, tuple[str, str]]) -> FieldView:
    kind = one.kind
    common: dict[str, Any] = {
        "path": path,
        "label_zh": one.label.zh,
        "label_en": one.label.en,
        "hint": one.metadata.get("hint") or "",
        "required": one.required,
        "error": wrong.get(path),
    }
    if get_origin(kind) is tuple:
        return FieldView(**common, kind="list", parts=_entries(get_args(kind)[0], one, path, value, wrong))
    if _grouped(kind):
        return FieldView(**common, kind="group", parts=_group(kind, path, value, wrong))
    default = "" if one.required or one.default is None else one.write(one.default)
    shown = default if value is None else value
    options = tuple((member.value, member.zh, member.en) for member in kind) if _choice(kind) else ()
    return FieldView(
        **common,
        kind=_kind(kind, one),
        value=shown if isinstance(shown, bool) else str(shown),
        options=options,
        most=one.metadata.get("maximum") if kind is str else None,
    )


def _entries(
    kind: Any, one: Field, path: str, value: Any, wrong: Mapping[str, tuple[str, str]]
) -> tuple[FieldView, ...]:
    held = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    shown = [*held, None] if len(held) < LINES else held
    entries = []
    for index, entry in enumerate(shown):
        at = f"{path}[{index}]"
        names: dict[str, Any] = {
            "path": at,
            "label_zh": f"{one.label.zh} {index + 1}",
            "label_en": f"{one.label.en} {index + 1}",
        }
        if _grouped(kind):
            entries.append(FieldView(**names, kind="group", required=False, parts=_group(kind, at, entry, wrong)))
        else:
            entries.append(
                FieldView(
                    **names,
                    kind=_plain_kind(kind),
                    required=False,
                    value="" if entry is None else str(entry),
                    options=tuple((member.value, member.zh, member.en) for member in kind) if _choice(kind) else (),
                    error=wrong.get(at),
                )
            )
    return tuple(entries)


def _group(kind: type, path: str, value: Any, wrong: Mapping[str, tuple[str, str]]) -> tuple[FieldView, ...]:
    held = value if isinstance(value, Mapping) else {}
    return tuple(_view(one, f"{path}.{one.name}", held.get(one.name), wrong) for one in plan(kind))


def _grouped(kind: Any) -> bool:
    return isinstance(kind, type) and is_dataclass(kind) and kind is not Rate


def _choice(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Choice)


def _kind(kind: Any, one: Field) -> str:
    if kind is str and (one.metadata.get("maximum") or 0) > 200:
        return "long"
    return _plain_kind(kind)


def _plain_kind(kind: Any) -> str:
    if _choice(kind):
        return "choice"
    known = {str: "text", int: "count", bool: "flag", date: "date", Money: "money", Milli: "quantity", Rate: "rate"}
    return known[kind]


def typed_fields(typed: Mapping[str, str], no: Refused | None, at: str) -> Callable[..., FieldView]:
    """Draws fields that no form of the law describes, each with what was typed; what is refused stands at the field `at`."""

    def field(name: str, zh: str, en: str, kind: str = "text", **more: Any) -> FieldView:
        error = (no.zh, no.en) if no is not None and at == name else None
        return FieldView(path=name, label_zh=zh, label_en=en, kind=kind, value=typed.get(name, ""), error=error, **more)

    return field


# and back


def values_of(form: type, sent: Mapping[str, str], *, under: str = "") -> dict[str, Any]:
    """What a page sent as values for `typed_forms.parse`: nothing typed is nothing given; what cannot be read stays as typed."""
    return _values(plan(form), under, sent)


def _values(fields: Sequence[Field], prefix: str, sent: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields:
        value = _value(one.kind, prefix + one.name, sent)
        if value is not None:
            found[one.name] = value
    return found


def _value(kind: Any, path: str, sent: Mapping[str, str]) -> Any:
    if get_origin(kind) is tuple:
        return _listed(get_args(kind)[0], path, sent)
    if _grouped(kind):
        return _values(plan(kind), f"{path}.", sent) or None
    text = sent.get(path, "").strip()
    if not text:
        return None
    if kind is bool:
        return {"true": True, "false": False}.get(text, text)
    if kind is int:
        return int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else text
    if kind is Money:
        return text.replace(",", "").replace("，", "")
    return text


def _listed(kind: Any, path: str, sent: Mapping[str, str]) -> list[Any] | None:
    numbers = sorted(
        {int(found[1]) for name in sent if name.startswith(path + "[") and (found := _INDEX.match(name, len(path)))}
    )
    if not numbers:
        return None
    entries = [_value(kind, f"{path}[{number}]", sent) for number in numbers]
    return [entry for entry in entries if entry is not None]


def linked(fields: Iterable[FieldView], faults: Iterable[Fault]) -> list[tuple[str, str, str]]:
    """Each fault with the id of its field, for the summary of a page; one of an entry that is not shown leads to its list."""
    known = {field.path: field.id for field in _all(fields)}
    found = []
    for fault in faults:
        path = fault.field
        while path and path not in known:
            path = path.rpartition(".")[0] if "." in path else path.rpartition("[")[0]
        said = (f"{fault.label.zh}：{fault.zh}", f"{fault.label.en}: {fault.en}")
        found.append((known.get(path, ""), *said))
    return found


def _all(fields: Iterable[FieldView]) -> list[FieldView]:
    return [each for field in fields for each in (field, *_all(field.parts))]
