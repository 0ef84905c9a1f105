"""Typed forms: what an applicant states (claim) and what a unit certifies (facts), with labels in two languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, dataclass_transform

from policies.money import Money

_Form = TypeVar("_Form")
_LONGEST = 500  # characters of a text field
_MOST = 10**9  # of anything counted
_INVOICE_DIGITS = 16  # code and number together are 18 or 20, or one number of 20
_DAY = re.compile(r"(?<!\d)([12]\d{3})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})日?(?!\d)", re.ASCII)
_YEAR = re.compile(r"(?<!\d)([12]\d{3})年度?", re.ASCII)


class WrongFacts(ValueError):
    """Facts that contradict themselves or lack a field; `field` names it. Never a lawful no, which is data."""

    def __init__(self, field: str, zh: str, en: str = "") -> None:
        super().__init__(f"{field}：{zh}")
        self.field, self.zh, self.en = field, zh, en


@dataclass(frozen=True)
class Text:
    """One wording in Chinese and in English; Chinese is the one that counts."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh


class Choice(StrEnum):
    """An enumeration whose members carry their wordings: `NATIONAL = "national", "国内", "national"`."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str = "") -> Choice:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.en = zh, en or value
        return member


def label(
    zh: str,
    en: str,
    *,
    default: Any = MISSING,
    minimum: int | None = None,
    maximum: int | None = None,
    hint: str = "",
) -> Any:
    """A form's field with its wordings and limits (whole numbers, fen, or characters of a text)."""
    metadata = {"label": Text(zh, en), "minimum": minimum, "maximum": maximum, "hint": hint}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(label,))
def form(cls: type[_Form]) -> type[_Form]:
    """Make a frozen keyword-only dataclass that refuses values outside its limits and fields it does not know."""
    open_class: Any = cls
    open_class.__post_init__ = _checked
    open_class.__pydantic_config__ = {"extra": "forbid"}
    return dataclass(frozen=True, kw_only=True)(cls)


@cache
def labels(form: Any) -> Mapping[str, Text]:
    """Field name -> wordings, in the form's order."""
    return {f.name: f.metadata["label"] for f in fields(form)}


def _checked(self: Any) -> None:
    for one in fields(self):
        value = getattr(self, one.name)
        if value is None and one.default is None:
            continue
        _check_limits(one.name, value, one.metadata, required=one.default is MISSING)
    for ancestor in reversed(type(self).__mro__):
        if "check" in vars(ancestor):  # every part of a form checks its own fields
            vars(ancestor)["check"](self)


def _check_limits(name: str, value: Any, metadata: Any, *, required: bool) -> None:
    low, high = metadata["minimum"] or 0, metadata["maximum"]
    if isinstance(value, float) or value is None:
        raise WrongFacts(name, "必填，且不接受浮点数", "required, and no floating point")
    if isinstance(value, (str, tuple)):
        if required and not (value.strip() if isinstance(value, str) else value):
            raise WrongFacts(name, "必填", "required")
        if isinstance(value, str) and len(value) > (high or _LONGEST):
            most = high or _LONGEST
            raise WrongFacts(name, f"不得超过 {most} 字", f"at most {most} characters")
    elif isinstance(value, int):
        high = high if high is not None else (Money.LARGEST if isinstance(value, Money) else _MOST)
        if not low <= value <= high:
            first, last = type(value)(low), type(value)(high)
            raise WrongFacts(name, f"应在 {first} 至 {last} 之间", f"must lie between {first} and {last}")


@form
class CostClaim:
    """One cost line as the applicant states it."""

    document: str = label(
        "凭证编号",
        "document",
        hint="发票代码+号码、合同号+行号或报关单号 / invoice code and number, contract and line, or declaration number",
    )
    description: str = label("内容", "description", default="")
    claimed: Money = label("申报金额（元）", "claimed (yuan)")

    @property
    def key(self) -> str:
        """The document's identity: the same paper gives the same key however it was typed."""
        return document_key(self.document)


@form
class CostLine(CostClaim):
    """One cost line as the unit certifies it: never above the claim, and no cut without its reason."""

    recognised: Money = label("认定金额（元）", "recognised (yuan)")
    reason: str = label("核减原因", "reason of the cut", default="")

    def check(self) -> None:
        if self.recognised > self.claimed:
            zh = f"认定金额 {self.recognised} 元高于申报金额 {self.claimed} 元"
            raise WrongFacts("recognised", zh, f"{self.recognised} yuan recognised of {self.claimed} yuan claimed")
        if self.recognised < self.claimed and not self.reason.strip():
            cut = self.claimed - self.recognised
            zh = f"凭证 {self.document} 核减 {cut} 元，须写明原因"
            raise WrongFacts("reason", zh, f'say why document "{self.document}" is cut by {cut} yuan')


@form
class PossibleCosts:
    """Facts that may list costs; a shape that prices costs asks for them."""

    cost_lines: tuple[CostLine, ...] = label("费用明细", "cost lines", default=())

    def check(self) -> None:
        refuse_repeated_documents(self.cost_lines)
        if self.recognised > Money.LARGEST:
            raise WrongFacts("cost_lines", "认定金额合计过大", "the sum recognised is too large")

    @property
    def recognised(self) -> Money:
        """Sum of what was recognised, in fen: what every shape prices."""
        return Money(sum(line.recognised for line in self.cost_lines))


@form
class Costs(PossibleCosts):
    """Facts that must list at least one cost."""

    cost_lines: tuple[CostLine, ...] = label("费用明细", "cost lines")


@form
class CostsClaimed:
    """A claim that lists at least one cost."""

    cost_lines: tuple[CostClaim, ...] = label("费用明细", "cost lines")

    def check(self) -> None:
        refuse_repeated_documents(self.cost_lines)


@form
class PossibleCostsClaimed(CostsClaimed):
    """A claim that may list costs."""

    cost_lines: tuple[CostClaim, ...] = label("费用明细", "cost lines", default=())


def refuse_repeated_documents(lines: Iterable[CostClaim]) -> None:
    """One document counts once in one case."""
    seen: set[str] = set()
    for line in lines:
        if line.key in seen:
            zh, en = f"凭证 {line.document} 重复列示", f'document "{line.document}" is listed twice'
            raise WrongFacts("cost_lines", zh, en)
        seen.add(line.key)


def document_key(text: str) -> str:
    """The one normal form of anything that names a subject: a document, a standard, a product, a place, a day.

    Width, case, spaces, dashes, slashes, brackets, dots and invisible characters say nothing (GB/T 12345—2023, gbt12345-2023
    and its full-width twin are one), nor does the way in which a date is written. Two figures that stand apart stay apart, so
    that the line of a contract is not the contract; an invoice's code and number (16 digits or more) are one figure.
    """
    seen = ""
    while seen != text:  # what was a separator may bring letters together that are one in the normal form of Unicode
        seen, text = text, _runs(unicodedata.normalize("NFKC", text).upper())
    return text


def _runs(text: str) -> str:
    """Letters and figures in runs, with a dash wherever a figure begins or ends."""
    visible = "".join(one for one in text if unicodedata.category(one) != "Cf")
    spelt = _YEAR.sub(r"\1 ", _DAY.sub(_padded, visible))
    joined = ""
    for run in re.findall(r"\d+|[^\W\d_]+", spelt):
        joined += ("-" if joined and (run[0].isdecimal() or joined[-1].isdecimal()) else "") + run
    figures = joined.replace("-", "")
    return figures if figures.isdecimal() and len(figures) >= _INVOICE_DIGITS else joined


def _padded(found: re.Match[str]) -> str:
    year, month, day = (int(one) for one in found.groups())
    return f" {year}-{month:02d}-{day:02d} " if 1 <= month <= 12 and 1 <= day <= 31 else found.group()
