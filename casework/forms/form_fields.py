"""How one field of a form is read from JSON or a sheet: strictly, with every fault kept and said in two languages."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from casework.shared.errors import Refused
from policies.contradictions import english
from policies.forms import Choice, Text, WrongFacts
from policies.memo import Milli
from policies.money import Money, Rate, WrongAmount

LINES = 1000  # entries of a list
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_PLAIN_YUAN = re.compile(r"[0-9]{1,12}\.[0-9]{2}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)
_TEXT_LIMIT, _COUNT_LIMIT = 500, 10**9  # as in policies.forms, where a label names no limit of its own


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field: its path ("cost_lines[2].claimed"), its name, and what to do about it."""

    field: str
    label: Text
    zh: str
    en: str
    missing: bool = False  # nothing was given yet, where something must be

    def words(self, language: str = "zh") -> str:
        """One line."""
        if language == "en":
            return f"{self.field} ({self.label.en}): {self.en}"
        return f"{self.label.zh}（{self.field}）：{self.zh}"


class WrongForm(Refused):
    """A form with all its faults; `field` is the first one's path."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        zh = "\n".join(fault.words() for fault in self.faults)
        en = "\n".join(fault.words("en") for fault in self.faults)
        super().__init__("wrong-form", zh, en, field=self.faults[0].field)


Faults = list[Fault]
Read = Callable[[Any, str, Text, Faults], Any]


@dataclass(frozen=True)
class Field:
    """One field of a form, ready to be read."""

    name: str
    label: Text
    kind: Any
    read: Read
    required: bool
    nullable: bool
    default: Any
    metadata: Mapping[str, Any]
    write: Callable[[Any], Any]


@lru_cache(maxsize=1024)
def plan(form: type) -> tuple[Field, ...]:
    """A form's fields in order, each with its reader."""
    hints = get_type_hints(form)
    return tuple(_field(field, hints[field.name]) for field in fields(form))


def _field(declared: Any, hint: Any) -> Field:
    kind, nullable = _without_none(hint)
    return Field(
        name=declared.name,
        label=declared.metadata["label"],
        kind=kind,
        read=_reader(kind, declared.metadata, required=declared.default is MISSING),
        required=declared.default is MISSING,
        nullable=nullable or declared.default is None,
        default=declared.default,
        metadata=declared.metadata,
        write=_writer(kind),
    )


def content(instance: Any) -> dict[str, Any]:
    """A form's value as JSON: money in yuan text, dates in ISO, choices as their values. `read_form` reads it back."""
    found: dict[str, Any] = {}
    for field in plan(instance.__class__):
        value = getattr(instance, field.name)
        found[field.name] = None if value is None else field.write(value)
    return found


def _writer(kind: Any) -> Callable[[Any], Any]:
    if get_origin(kind) is tuple:
        inner = _writer(get_args(kind)[0])
        return lambda values: [inner(value) for value in values]
    if kind is date:
        return date.isoformat
    if kind in (Money, Milli, Rate):
        return str
    if isinstance(kind, type) and issubclass(kind, Choice):
        return lambda choice: choice.value
    return content if is_dataclass(kind) else lambda value: value


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        (kind,) = [argument for argument in get_args(hint) if argument is not type(None)]
        return kind, True
    return hint, False


def read_form(form: type, values: Any, at: str, label: Text, faults: Faults) -> Any:
    """The form's value, or None with faults added; every field is looked at, whatever the others hold."""
    if not isinstance(values, Mapping):
        faults.append(Fault(at, label, "应为一组字段（对象）", "give an object with named fields"))
        return None
    known, before, ready = plan(form), len(faults), {}
    prefix = f"{at}." if at else ""
    for field in known:
        name = field.name
        value = values.get(name, MISSING)
        if value is MISSING or (value is None and field.nullable):
            if field.required:
                faults.append(Fault(prefix + name, field.label, "必填，尚未填写", "required: fill it in", missing=True))
            continue
        ready[name] = field.read(value, prefix + name, field.label, faults)
    if not values.keys() <= _names(form):
        _refuse_unknown(form, values, prefix, faults)
    if len(faults) > before:
        return None
    try:
        return form(**ready)
    except WrongFacts as wrong:
        named = next((field.label for field in known if field.name == wrong.field), label)
        faults.append(Fault(prefix + wrong.field, named, wrong.zh, english(wrong)))
        return None


@lru_cache(maxsize=1024)
def _names(form: type) -> frozenset[str]:
    return frozenset(field.name for field in plan(form))


def _refuse_unknown(form: type, values: Mapping[str, Any], prefix: str, faults: Faults) -> None:
    wanted = "、".join(field.name for field in plan(form))
    for name in values:
        if name not in _names(form):
            text = printable(str(name))
            zh, en = f"没有此字段，请删除；可填：{wanted}", f"no such field: remove it; there are {wanted}"
            faults.append(Fault(prefix + text, Text(text, text), zh, en))


def printable(text: str, most: int = 60) -> str:
    """A user's text as a message may show it: without control characters and not too long."""
    clean = CONTROLS.sub("?", text)
    return clean if len(clean) <= most else clean[:most] + "…"


def _reader(kind: Any, metadata: Mapping[str, Any], *, required: bool) -> Read:
    """The reader of a kind; a kind that no form may have is a fault of the form and raises at once."""
    if get_origin(kind) is tuple:
        return _list_reader(get_args(kind)[0], required)
    if isinstance(kind, type) and is_dataclass(kind) and kind is not Rate:
        form: type = kind
        return lambda value, at, label, faults: read_form(form, value, at, label, faults)
    if isinstance(kind, type) and issubclass(kind, Choice):
        return _choice_reader(kind)
    if kind in (Money, Milli):
        return _quantity_reader(kind, metadata)
    simple: dict[Any, Callable[..., Read]] = {str: _text_reader, int: _count_reader}
    if kind in simple:
        return simple[kind](metadata, required)
    return {bool: _read_flag, date: _read_date, Rate: _read_rate}[kind]


def _list_reader(kind: Any, required: bool) -> Read:
    inner = _reader(kind, {"minimum": None, "maximum": None}, required=True)

    def read(value: Any, at: str, label: Text, faults: Faults) -> Any:
        if not isinstance(value, (list, tuple)):
            faults.append(Fault(at, label, "应为列表", "give a list"))
        elif required and not value:
            faults.append(Fault(at, label, "必填，至少一项", "required: at least one entry", missing=True))
        elif len(value) > LINES:
            faults.append(Fault(at, label, f"最多 {LINES} 项，现有 {len(value)} 项", f"at most {LINES} entries"))
        else:
            return tuple([inner(each, f"{at}[{index}]", label, faults) for index, each in enumerate(value)])
        return None

    return read


def _choice_reader(kind: type[Choice]) -> Read:
    members: dict[Any, Choice] = {member.value: member for member in kind}

    def read(value: Any, at: str, label: Text, faults: Faults) -> Any:
        found = members.get(value) if isinstance(value, str) else None
        if found is None:
            among_zh = "、".join(f"{m.value}（{m.zh}）" for m in kind)
            among_en = ", ".join(f"{m.value} ({m.en})" for m in kind)
            faults.append(Fault(at, label, f"应为下列之一：{among_zh}", f"give one of {among_en}"))
        return found

    return read


def _quantity_reader(kind: type[Money] | type[Milli], metadata: Mapping[str, Any]) -> Read:
    low, high = metadata["minimum"] or 0, metadata["maximum"]
    high = high if high is not None else (Money.LARGEST if kind is Money else 10**9)
    parse: Callable[[Any], Any] = _yuan if kind is Money else Milli.of
    what, like, places = ("金额（元）", "120000.50", 2) if kind is Money else ("数量", "12.5", 3)

    def read(value: Any, at: str, label: Text, faults: Faults) -> Any:
        if isinstance(value, (float, bool)):
            zh = f"不接受浮点数，请写成文字形式的{what}，例如 “{like}”"
            faults.append(Fault(at, label, zh, f'no floating point: write it as text, for instance "{like}"'))
            return None
        try:
            amount = value if type(value) is kind else parse(value)
        except (ValueError, TypeError, ArithmeticError):
            zh = f"应为{what}，最多 {places} 位小数且不过大，例如 “{like}”；现为 {_shown(value)}"
            en = f'give a number with at most {places} decimals, not too large, for instance "{like}"'
            faults.append(Fault(at, label, zh, en))
            return None
        if not low <= amount <= high:
            faults.append(_outside(at, label, kind(low), kind(high)))
            return None
        return amount

    return read


def _yuan(value: Any) -> Money:
    """`Money.yuan`, with a short way for the usual spelling."""
    if type(value) is str and _PLAIN_YUAN.fullmatch(value):
        return Money(int(value[:-3] + value[-2:]))
    return Money.yuan(value)


def _count_reader(metadata: Mapping[str, Any], _required: bool) -> Read:
    low, high = metadata["minimum"] or 0, metadata["maximum"]
    high = _COUNT_LIMIT if high is None else high

    def read(value: Any, at: str, label: Text, faults: Faults) -> Any:
        if type(value) is not int:
            faults.append(Fault(at, label, f"应为整数；现为 {_shown(value)}", "give a whole number"))
            return None
        if not low <= value <= high:
            faults.append(_outside(at, label, low, high))
            return None
        return value

    return read


def _text_reader(metadata: Mapping[str, Any], required: bool) -> Read:
    high = metadata["maximum"] or _TEXT_LIMIT

    def read(value: Any, at: str, label: Text, faults: Faults) -> Any:
        if type(value) is not str:
            faults.append(Fault(at, label, f"应为文字；现为 {_shown(value)}", "give text"))
            return None
        text = value.strip()
        if not text and required:
            faults.append(Fault(at, label, "必填，尚未填写", "required: fill it in", missing=True))
        elif len(text) > high:
            zh = f"最多 {high} 字，现有 {len(text)} 字"
            faults.append(Fault(at, label, zh, f"at most {high} characters, this has {len(text)}"))
        elif CONTROLS.search(text):
            faults.append(Fault(at, label, "含不可见的控制字符，请重新输入", "holds control characters: type it again"))
        return text

    return read


def _read_flag(value: Any, at: str, label: Text, faults: Faults) -> Any:
    if type(value) is not bool:
        faults.append(Fault(at, label, f"应为 true 或 false；现为 {_shown(value)}", "give true or false"))
        return None
    return value


def _read_date(value: Any, at: str, label: Text, faults: Faults) -> Any:
    day = value if isinstance(value, date) and not isinstance(value, datetime) else None
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
    if day is None or not _EARLIEST <= day < _LATEST:
        zh = f"应为 1900 年以后的日期，写成 2023-09-01；现为 {_shown(value)}"
        faults.append(Fault(at, label, zh, "give a date from 1900 on, like 2023-09-01"))
        return None
    return day


def _read_rate(value: Any, at: str, label: Text, faults: Faults) -> Any:
    try:
        return Rate.parse(value)
    except WrongAmount:
        zh = f"应为 0 至 1 的比例，写成 “0.3” 或 “30%”；现为 {_shown(value)}"
        faults.append(Fault(at, label, zh, 'give a rate from 0 to 1, like "0.3" or "30%"'))
        return None


def _outside(at: str, label: Text, low: Any, high: Any) -> Fault:
    return Fault(at, label, f"应在 {low} 至 {high} 之间", f"must lie between {low} and {high}")


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "空"
    return printable(value) if isinstance(value, str) else printable(repr(value))
