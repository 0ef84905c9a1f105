"""Columns: what a sheet asks for, how a clerk's cell becomes a form's value, and what is wrong with it otherwise."""

import re
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, get_args, get_origin

from casework.fields import Field, plan, printable
from policies.forms import Choice
from policies.memo import Milli
from policies.money import Money, Rate

_SEPARATORS = re.compile(r"[；;、\n]+")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_YES, _NO = frozenset({"是", "有", "y", "yes", "true", "√"}), frozenset({"否", "无", "n", "no", "false", "×"})
_DIGITS = 15  # decimal digits that a spreadsheet's number keeps
_NOISE = Decimal("1e-15")


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    CODE = "code"  # credit codes, identity numbers, accounts: text only, or digits are lost
    DECIMAL = "decimal"  # yuan, quantities, rates: exact
    COUNT = "count"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    NAMES = "names"  # several, separated by ；


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
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()  # (value, Chinese wording)
    hint: str = ""

    def read(self, cell: Any) -> Any:
        """The cell as a form's value; None where it is empty. Raises WrongCell."""
        if cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()):
            return None
        return _READERS[self.kind](self, cell)


@lru_cache(maxsize=1024)
def of_form(form: type, *, prefix: str = "") -> tuple[Column, ...]:
    """The columns of a form's plain fields; lists of forms (cost lines) follow under their own prefix."""
    found: list[Column] = []
    for one in plan(form):
        inner = _inner_form(one)
        if inner is None:
            found.append(_column(one, prefix))
        else:
            found += [
                Column(**{**vars(column), "title": f"{one.label.zh}：{column.title}", "required": False})
                for column in of_form(inner, prefix=f"{one.name}.")
            ]
    return tuple(found)


@lru_cache(maxsize=1024)
def lists_of(form: type) -> tuple[str, ...]:
    """The fields of a form that repeat in rows of their own."""
    return tuple(one.name for one in plan(form) if _inner_form(one) is not None)


def _inner_form(one: Field) -> type | None:
    inner = get_args(one.kind)[0] if get_origin(one.kind) is tuple else None
    return inner if isinstance(inner, type) and is_dataclass(inner) else None


def _column(one: Field, prefix: str) -> Column:
    kind = one.kind
    choices: tuple[tuple[str, str], ...] = ()
    if get_origin(kind) is tuple:
        sort = Kind.NAMES
    elif isinstance(kind, type) and issubclass(kind, Choice):
        sort, choices = Kind.CHOICE, tuple((member.value, member.zh) for member in kind)
    else:
        sort = _KINDS[kind]
    return Column(
        key=prefix + one.name,
        title=one.label.zh,
        kind=sort,
        required=one.required,
        choices=choices,
        hint=one.metadata["hint"],
    )


_KINDS = {
    str: Kind.TEXT,
    int: Kind.COUNT,
    bool: Kind.FLAG,
    date: Kind.DATE,
    Money: Kind.DECIMAL,
    Milli: Kind.DECIMAL,
    Rate: Kind.DECIMAL,
}


def _text(_column: Column, cell: Any) -> str:
    """Text; a whole number typed without a text format is taken as typed while no digit can have been lost."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, (int, float)):
        return _exact(cell)
    if isinstance(cell, (datetime, date)):
        return _date(_column, cell)
    if isinstance(cell, str):
        return cell.strip()
    raise WrongCell("应为文字", "give text")


def _code(_column: Column, cell: Any) -> str:
    if not isinstance(cell, str):
        zh = "是数字格式，后几位可能已丢失；请把该列设为“文本”格式后重新录入"
        raise WrongCell(zh, "is a number, whose last digits may be lost: format the column as text and type it again")
    return cell.strip()


def _decimal(_column: Column, cell: Any) -> str:
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        raise WrongCell("应为数字，例如 120000.50", "give a number, like 120000.50")
    return cell.strip() if isinstance(cell, str) else _exact(cell)


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
    text = cell.strip() if isinstance(cell, str) else "" if isinstance(cell, bool) else _text(_column, cell)
    if not re.fullmatch(r"-?\d{1,15}", text):
        raise WrongCell("应为整数", "give a whole number", cell)
    return int(text)


def _date(_column: Column, cell: Any) -> str:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise WrongCell("应为日期，不含时刻", "give a date without a time", cell)
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    match = _DATE.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        raise WrongCell("应为日期，例如 2023-09-01", "give a date like 2023-09-01", cell)
    return f"{int(match[1]):04d}-{int(match[2]):02d}-{int(match[3]):02d}"


def _flag(_column: Column, cell: Any) -> bool:
    text = cell.strip().lower() if isinstance(cell, str) else cell
    if text is True or text in _YES:
        return True
    if text is False or text in _NO:
        return False
    raise WrongCell("应为 是 或 否", "give yes or no", cell)


def _choice(column: Column, cell: Any) -> str:
    text = cell.strip() if isinstance(cell, str) else ""
    for value, wording in column.choices:
        if text in (value, wording):
            return value
    among = "、".join(wording for _, wording in column.choices)
    english = ", ".join(f'{value} ("{wording}")' for value, wording in column.choices)
    raise WrongCell(f"应为下列之一：{among}", f"give one of {english}", cell)


def _names(column: Column, cell: Any) -> list[str]:
    return [one.strip() for one in _SEPARATORS.split(_text(column, cell)) if one.strip()]


_READERS: dict[Kind, Callable[[Column, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.CODE: _code,
    Kind.DECIMAL: _decimal,
    Kind.COUNT: _count,
    Kind.DATE: _date,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.NAMES: _names,
}
