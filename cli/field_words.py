"""How a field of a form is written: its kind, the values that it takes, and the fields of what it lists."""

from __future__ import annotations

from dataclasses import is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, get_args, get_origin

from cli.language import half, named, t

if TYPE_CHECKING:
    from casework.forms.form_fields import Field


def rows(form: type) -> list[tuple[str, str, str, str]]:
    """Each field's name, title, whether it must be given, and how it is written."""
    from casework.forms.form_fields import plan

    needed = t("必填", "required")
    return [(field.name, named(field.label), needed if field.required else "", _how(field)) for field in plan(form)]


def _how(field: Field) -> str:
    hint = half(field.metadata["hint"])
    return _kind(field.kind) + (f"\n{hint}" if hint else "")


def _kind(kind: Any) -> str:
    from policies.forms import Choice
    from policies.memo import Milli
    from policies.money import Money, Rate

    if get_origin(kind) is tuple:
        each = _kind(get_args(kind)[0])
        return t(f"列表 […]，每项为\n{each}", f"a list […], each\n{each}")
    simple = {
        Money: ('元，如 "10000.00"', 'yuan, like "10000.00"'),
        Milli: ('数量，至多三位小数，如 "1.5"', 'a quantity, like "1.5"'),
        Rate: ('比例，如 "30%"', 'a rate, like "30%"'),
        date: ('日期，如 "2023-09-01"', 'a date, like "2023-09-01"'),
        bool: ("true 或 false", "true or false"),
        int: ("整数", "a whole number"),
        str: ("文字", "text"),
    }
    if kind in simple:
        return t(*simple[kind])
    if isinstance(kind, type) and issubclass(kind, Choice):
        return "\n".join(t(f"{choice.value}（{choice.zh}）", f"{choice.value} ({choice.en})") for choice in kind)
    return _object(kind) if is_dataclass(kind) else ""


def _object(form: Any) -> str:
    from casework.forms.form_fields import plan

    parts = [t(f"  {field.name}（{field.label.zh}）", f"  {field.name} ({field.label.en})") for field in plan(form)]
    return "\n".join((t("对象 {…}：", "an object {…}:"), *parts))
