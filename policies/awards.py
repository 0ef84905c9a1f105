"""What an item yields for one case: an amount, a lawful no, or the parameters still missing; with its whole trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from policies.forms import Choice, CostLine
from policies.money import Money, Rate


class AwardUnit(Choice):
    """What is awarded."""

    MONEY = "money", "资金", "money"
    QUOTA = "quota", "要素指标", "quota"
    PRICE = "price", "起始价", "starting price"
    PLACE = "place", "名单席位", "place on a list"
    NONE = "none", "不涉及资金", "no money"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A lawful no: its reason code, its words and the clause it rests on."""

    code: str  # M14b-R1: the item's first requirement
    text: str
    clause: str


@dataclass(frozen=True, kw_only=True)
class Used:
    """A parameter as it entered a line."""

    id: str
    value: Any
    citation: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Input:
    """A certified fact as it entered a line, with the evidence it rests on."""

    name: str
    label: str
    value: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One step of the computation, readable by the firm and by an auditor."""

    step: str  # cost, price, upgrade, cap, share, note
    clause: str
    formula: str
    parameters: tuple[Used, ...] = ()
    inputs: tuple[Input, ...] = ()
    unrounded: str = ""  # yuan, exact
    amount: Money | None = None  # after this step
    ceiling: Money | None = None
    capped: bool = False


@dataclass(frozen=True, kw_only=True)
class Prior:
    """An earlier award of the same applicant and item: what it was for, its year, its fen, and further keys."""

    subject: str
    period: str
    amount: Money
    keys: Mapping[str, str] = field(default_factory=dict)  # season, brand … where the item has them

    def key(self, scope: str) -> str:
        """What a scope counts over: subject, year, applicant or one of the further keys."""
        known = {"subject": self.subject, "year": self.period, "applicant": ""}
        return known[scope] if scope in known else self.keys.get(scope, "")


@dataclass(frozen=True, kw_only=True)
class Award:
    """Exactly one of: an amount (or something in kind, with 0 yuan), a refusal, or missing parameters."""

    item: str
    clause: str
    subject: str  # what the award is for: the key of 就高不重复 and of ceilings
    period: str  # the year of the event
    event_date: date | None
    keys: Mapping[str, str] = field(default_factory=dict)
    unit: AwardUnit = AwardUnit.MONEY
    amount: Money | None = None
    quantity: str = ""  # of a quota, price or place
    note: str = ""  # why 0 yuan, what was given, or what a parameter leaves unsaid
    refused: Refusal | None = None
    missing: tuple[str, ...] = ()
    cost_lines: tuple[CostLine, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def payable(self) -> bool:
        """Money is due."""
        return self.amount is not None and self.amount > 0

    @property
    def text(self) -> str:
        """The answer in one sentence."""
        if self.refused:
            return f"不予兑付：{self.refused.text}（{self.refused.clause}）"
        if self.missing:
            gap = f"（{self.note}）" if self.note else ""
            return f"不可兑付：缺少参数 {'、'.join(self.missing)}{gap}"
        if self.unit is not AwardUnit.MONEY:
            return self.note
        assert self.amount is not None
        return f"{self.amount.grouped} 元（{self.amount.capitals()}）"

    def as_prior(self) -> Prior:
        """This award as an earlier one, for ceilings and upgrades of a later case."""
        return Prior(subject=self.subject, period=self.period, amount=self.amount or Money(0), keys=self.keys)


def plain(value: Any) -> Any:
    """Any value of this package as JSON: money as yuan text, dates as ISO, choices as their words' keys."""
    if is_dataclass(value) and not isinstance(value, (type, Rate)):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, (Money, Rate)) else value
