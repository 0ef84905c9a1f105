"""Columns: what a sheet asks for, how a clerk's cell becomes a form's value, and what is wrong with it otherwise."""

import re
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, get_args, get_origin

from casework.forms.form_fields import Field, plan, printable
from casework.shared.text_normalization import narrow, yes_no
from policies.forms import Choice
from policies.memo import Milli
from policies.money import Money, Rate

_BETWEEN_FILES = re.compile(r"[；;\n]+")
_SEPARATORS = re.compile(r"[；;、\n]+")
_DATE = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?")
_DAMAGED = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]{1,3}")  # 1.23457E+17: a number that a spreadsheet shortened
_DIGITS = 15  # decimal digits that a spreadsheet's number keeps
_NOISE = Decimal("1e-15")


class CellKind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"  # text only: a number has lost its leading zeros, and a date may have been 3-15
    ORDINAL = "ordinal"  # a running number of the sheet's own: text or a whole number
    CODE = "code"  # credit codes, identity numbers, accounts: text only, or digits are lost
    DECIMAL = "decimal"  # yuan, quantities, rates: exact
    COUNT = "count"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    NAMES = "names"  # several, separated by ；
    FILES = "files"  # names of files, separated by ；: a 、 may be part of one


class WrongCell(ValueError):
    """A cell that is not what its column asks for; `zh` and `en` say what would be."""

    def __init__(self, zh: str, en: str, cell: Any = None) -> None:
        shown = "" if cell is None else printable(str(cell))
        super().__init__(zh)
        self.zh, self.en = (f"{zh}；现为 {shown}", f'{en}, not "{shown}"') if shown else (zh, en)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its key for programs, its title for people."""

    key: str
    title: str
    kind: CellKind = CellKind.TEXT
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # (value, Chinese wording)
    hint: str = ""
    also: tuple[str, ...] = ()  # further titles by which it is known

    def read(self, cell: Any) -> Any:
        """The cell as a form's value; None where it is empty. Raises WrongCell."""
        if cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()):
            return None
        return _READERS[self.kind](self, cell)


@lru_cache(maxsize=1024)
def of_form(form: type, *, prefix: str = "") -> tuple[Column, ...]:
    """The columns of a form's plain fields; lists of forms (cost lines) follow under their own prefix."""
    found: list[Column] = []
    for field in plan(form):
        inner = _inner_form(field)
        if inner is None:
            found.append(_column(field, prefix))
        else:
            found += [
                Column(**{**vars(column), "title": f"{field.label.zh}：{column.title}", "required": False})
                for column in of_form(inner, prefix=f"{field.name}.")
            ]
    return tuple(found)


@lru_cache(maxsize=1024)
def lists_of(form: type) -> tuple[str, ...]:
    """The fields of a form that repeat in rows of their own."""
    return tuple(field.name for field in plan(form) if _inner_form(field) is not None)


def _inner_form(field: Field) -> type | None:
    inner = get_args(field.kind)[0] if get_origin(field.kind) is tuple else None
    return inner if isinstance(inner, type) and is_dataclass(inner) else None


def _column(field: Field, prefix: str) -> Column:
    kind = field.kind
    choices: tuple[tuple[str, str], ...] = ()
    if get_origin(kind) is tuple:
        sort = CellKind.NAMES
    elif isinstance(kind, type) and issubclass(kind, Choice):
        sort, choices = CellKind.CHOICE, tuple((member.value, member.zh) for member in kind)
    else:
        sort = _KINDS[kind]
    return Column(
        key=prefix + field.name,
        title=field.label.zh,
        kind=sort,
        required=field.required,
        choices=choices,
        hint=field.metadata["hint"],
    )


_KINDS = {
    str: CellKind.TEXT,
    int: CellKind.COUNT,
    bool: CellKind.FLAG,
    date: CellKind.DATE,
    Money: CellKind.DECIMAL,
    Milli: CellKind.DECIMAL,
    Rate: CellKind.DECIMAL,
}


def _text(_column: Column, cell: Any) -> str:
    if not isinstance(cell, str):
        what, english = ("日期", "a date") if isinstance(cell, (date, datetime)) else ("数字", "a number")
        zh = f"是{what}格式，后几位可能已丢失，前面的 0、“3-15”这样的写法也保不住；请把该列设为“文本”格式后重新录入"
        en = f"is {english}, not text, and what was typed may be lost: format the column as text and type it again"
        raise WrongCell(zh, en, cell)
    return _undamaged(cell.strip())


def _undamaged(text: str) -> str:
    if _DAMAGED.fullmatch(text):
        zh = "是表格缩写过的数字，后几位已丢失；请按原件以文本格式录入"
        raise WrongCell(zh, "is a number that a spreadsheet shortened: type it as text", text)
    return text


def _ordinal(column: Column, cell: Any) -> str:
    return str(_count(column, cell)) if not isinstance(cell, str) else cell.strip()


def _code(_column: Column, cell: Any) -> str:
    if not isinstance(cell, str):
        zh = "是数字格式，后几位可能已丢失；请把该列设为“文本”格式后重新录入"
        raise WrongCell(zh, "is a number, whose last digits may be lost: format the column as text and type it again")
    return _undamaged(narrow(cell))


def _decimal(_column: Column, cell: Any) -> str:
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        raise WrongCell("应为数字，例如 120000.50", "give a number, like 120000.50")
    return narrow(cell) if isinstance(cell, str) else _exact(cell)


def _exact(number: float) -> str:
    """The number as a spreadsheet shows it: to 15 digits, where the last bits of a computed cell are noise.

    One that holds more digits than that was damaged on its way here and is refused.
    """
    exact, shown = Decimal(repr(number)), Decimal(f"{number:.{_DIGITS}g}")
    if not exact.is_finite():
        raise WrongCell("不是有效数字", "is no number")
    if abs(exact - shown) > abs(exact) * _NOISE or abs(exact) >= 10**_DIGITS:
        zh = f"数字超过 {_DIGITS} 位，表格已不能准确保存；请用“文本”格式录入"
        raise WrongCell(zh, f"has more than {_DIGITS} digits, which a spreadsheet cannot keep: type it as text")
    return f"{shown.normalize():f}"


def _count(_column: Column, cell: Any) -> int:
    number = isinstance(cell, (int, float)) and not isinstance(cell, bool)
    text = narrow(cell) if isinstance(cell, str) else _exact(cell) if number else ""
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise WrongCell("应为整数", "give a whole number", cell)
    return int(text)


def _date(_column: Column, cell: Any) -> str:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise WrongCell("应为日期，不含时刻", "give a date without a time", cell)
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    match = _DATE.fullmatch(narrow(cell)) if isinstance(cell, str) else None
    if match is None:
        raise WrongCell("应为日期，例如 2023-09-01", "give a date like 2023-09-01", cell)
    return f"{int(match[1]):04d}-{int(match[2]):02d}-{int(match[3]):02d}"


def _flag(_column: Column, cell: Any) -> bool:
    known = yes_no(cell)
    if known is None:
        raise WrongCell("应为 是 或 否", "give yes or no", cell)
    return known


def _choice(column: Column, cell: Any) -> str:
    text = cell.strip() if isinstance(cell, str) else ""
    for value, wording in column.choices:
        if text in (value, wording):
            return value
    among = "、".join(wording for _, wording in column.choices)
    english = ", ".join(f'{value} ("{wording}")' for value, wording in column.choices)
    raise WrongCell(f"应为下列之一：{among}", f"give one of {english}", cell)


def _names(column: Column, cell: Any) -> list[str]:
    return [part.strip() for part in _SEPARATORS.split(_text(column, cell)) if part.strip()]


def _files(column: Column, cell: Any) -> list[str]:
    return [part.strip() for part in _BETWEEN_FILES.split(_text(column, cell)) if part.strip()]


_READERS: dict[CellKind, Callable[[Column, Any], Any]] = {
    CellKind.TEXT: _text,
    CellKind.ORDINAL: _ordinal,
    CellKind.CODE: _code,
    CellKind.DECIMAL: _decimal,
    CellKind.COUNT: _count,
    CellKind.DATE: _date,
    CellKind.FLAG: _flag,
    CellKind.CHOICE: _choice,
    CellKind.NAMES: _names,
    CellKind.FILES: _files,
}
