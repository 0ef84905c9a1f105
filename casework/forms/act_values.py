"""How a value of an act is read: text as it is typed, or what it is to become; every fault is kept and said in two languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from casework.forms.act_fields import ActField
from casework.forms.form_fields import Fault, Faults, WrongForm, printable
from casework.shared.fund_key import FundKey
from casework.shared.text_normalization import narrow, yes_no
from policies.forms import Text
from policies.money import Money, WrongAmount

_CAN_BE_EMPTY = frozenset({"text", "passage", "lines", "figures"})  # kinds that a command can leave empty
_SEPARATORS = re.compile(r"[；;\n]")
_WHOLE = re.compile(r"[0-9]{1,15}")


def _fault(field: ActField, at: str, faults: Faults, zh: str, en: str, value: Any = None) -> None:
    now = printable(value if isinstance(value, str) else repr(value))
    zh, en = (zh, en) if value is None else (f"{zh}；现为 {now}", f"{en}, not {now}")
    faults.append(Fault(at, field.label, zh, en))


def _text(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value).strip()
    return _fault(field, at, faults, "应为文字", "give text", value)


def _money(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    try:
        found = Money.yuan(narrow(str(value)))
    except WrongAmount:
        return _fault(field, at, faults, "金额有误，写成 120000.50，最多两位小数", "give yuan like 120000.50", value)
    if found <= 0:
        return _fault(field, at, faults, "金额应大于零", "the amount must be positive", value)
    return int(found)


def _date(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    try:
        return date.fromisoformat(narrow(str(value))).isoformat()
    except ValueError:
        return _fault(field, at, faults, "应为日期，写成 2023-09-01", "give a date like 2023-09-01", value)


def _count(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    text = "" if isinstance(value, bool) else narrow(str(value)).removesuffix(".0")
    return int(text) if _WHOLE.fullmatch(text) else _fault(field, at, faults, "应为整数", "give a whole number", value)


def _flag(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    for word in field.choices:
        if isinstance(value, str) and narrow(value) in (word.value, word.label.zh, word.label.en):
            return word is field.choices[0]
    return _yes_or_no(field, value, at, faults)


def _yes_or_no(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    """A flag by the words of yes and no alone."""
    known = yes_no(value)
    return _fault(field, at, faults, "应为 是 或 否", "give yes or no", value) if known is None else known


def _choice(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    text = narrow(str(value)).lower()
    for word in field.choices:
        if text in (word.value, word.label.zh, word.label.en, *word.also):
            return word.value
    among = "、".join(f"{word.value}（{word.label.zh}）" for word in field.choices)
    english = ", ".join(word.value for word in field.choices)
    return _fault(field, at, faults, f"应为下列之一：{among}", f"give one of {english}", value)


def _lines(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    listed: Sequence[Any] = _SEPARATORS.split(value) if isinstance(value, str) else value
    if not isinstance(listed, (list, tuple)):
        return _fault(field, at, faults, "应为列表", "give a list", value)
    return tuple(text for text in (str(entry).strip() for entry in listed) if text)


def _form(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    found = value
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return _fault(field, at, faults, "应为 JSON 对象", "give a JSON object", value)
    if not isinstance(found, Mapping):
        return _fault(field, at, faults, "应为 JSON 对象", "give a JSON object", value)
    return dict(found)


def _figures(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    if isinstance(value, Mapping) or (isinstance(value, str) and value.lstrip().startswith("{")):
        found = _form(field, value, at, faults)
        return None if found is None else {str(name): str(figure) for name, figure in found.items()}
    figures = {}
    for entry in _lines(field, value, at, faults) or ():
        name, sign, figure = entry.partition("=")
        if not sign:
            return _fault(field, at, faults, "应写成 名称=数值", "write NAME=VALUE", entry)
        figures[name.strip()] = figure.strip()
    return figures


def _id(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    try:
        return value if isinstance(value, UUID) else UUID(str(value).strip())
    except ValueError:
        return _fault(field, at, faults, "应为 UUID", "give a UUID", value)


def _ids(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    listed = (value,) if isinstance(value, (str, UUID)) else value
    found = tuple(_id(field, entry, at, faults) for entry in listed)
    return None if None in found else found


def _fund(field: ActField, value: Any, at: str, faults: Faults) -> Any:
    found = value if isinstance(value, FundKey) else FundKey.of(str(value))
    if found is not None:
        return found
    zh = "专项资金写成 单位:年度，如 区经商局:2023；某政策自己的资金写成 单位:年度:政策代码"
    return _fault(field, at, faults, zh, "write the fund as UNIT:YEAR, or UNIT:YEAR:POLICY for a policy's own", value)


READERS: Mapping[str, Callable[[ActField, Any, str, Faults], Any]] = {
    "text": _text, "passage": _text, "money": _money, "date": _date, "count": _count, "flag": _flag, "choice": _choice,
    "lines": _lines, "figures": _figures, "form": _form, "id": _id, "ids": _ids, "fund": _fund,
}  # fmt: skip


def value_of(field: ActField, value: Any, at: str, faults: Faults, *, contrary: bool = False) -> Any:
    """The command's value of what was handed in; a fault says what would be right, and the value is None then."""
    if not contrary:
        return READERS[field.kind](field, value, at, faults)
    stated = _yes_or_no(field, value, at, faults)
    return None if stated is None else not stated


def blank(value: Any) -> bool:
    """Whether nothing was given: no value, blanks, an empty list or object. No and nought are values."""
    return value is None or (isinstance(value, str) and not value.strip()) or (value in ((), [], {}))


def read(
    known: Sequence[ActField], raw: Mapping[str, Any], *, complete: bool = True, shown: Callable[[str], str] = str
) -> dict[str, Any]:
    """The command's values by attribute, of what was handed in by name; WrongForm with every fault, unknown names among them.

    A value may be text, several texts, or what it is to become (a number, yes or no as a bool, an object). What is blank counts
    as not given. `complete=False` leaves texts and lists that are missing to the act itself, which refuses them after it has
    looked at who acts. `shown` says how a name is written where it was handed in (an option, a column).
    """
    faults: Faults = []
    found: dict[str, Any] = {}
    names = {field.name: field for field in known} | {field.contrary: field for field in known if field.contrary}
    for name, value in raw.items():
        field = names.get(name)
        if field is None:
            faults.append(_unknown(name, known, shown))
        elif not blank(value):
            found[field.attribute] = value_of(field, value, shown(name), faults, contrary=name == field.contrary)
    for field in known:
        lacking = field.required and field.attribute not in found
        if lacking and (complete or field.kind not in _CAN_BE_EMPTY):
            zh, en = "必填，尚未填写", "required: fill it in"
            faults.append(Fault(shown(field.name), field.label, zh, en, missing=True))
    if faults:
        raise WrongForm(faults)
    return found


def _unknown(name: str, known: Sequence[ActField], shown: Callable[[str], str]) -> Fault:
    among = [shown(field.contrary or field.name) for field in sorted(known, key=lambda field: field.hidden)]
    zh, en = f"本动作不用此项；可用：{'、'.join(among)}", f"this act does not take it; there are {', '.join(among)}"
    return Fault(shown(name), Text(name, name), zh, en)
