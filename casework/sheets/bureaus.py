"""Units and duties as lists: units, roles, delegations, budgets; all rows in one transaction, or none."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casework.errors import Refused
from casework.registers import budgets, delegations, grants, units
from casework.registers.desk import Actor, writer
from casework.sheets.answers import Copy
from casework.sheets.columns import Column, Kind
from casework.sheets.lists import Imported, ListSheet, enter_all
from models.store import Store
from models.work import Work
from policies.money import Money, WrongAmount

_UNIT = Column(key="unit", title="单位", required=True)
_DUTY = Column(key="duty", title="职责", required=True, hint="如 acceptor 或 受理人")
LEGEND = ("每行一项；带 * 的列必填，第二行请勿删改。有任何一行有误，整份表格都不导入。",)


def _day(values: dict[str, Any], key: str) -> date | None:
    try:
        return date.fromisoformat(values[key]) if key in values else None
    except ValueError:
        raise Refused("date", f"{values[key]} 不是日期", f'"{values[key]}" is no date', field=key) from None


UNITS: ListSheet[dict[str, Any]] = ListSheet(
    sheet="单位",
    columns=(
        Column(key="name", title="单位名称", required=True),
        Column(key="kind", title="类别", hint="town、bureau、zone、office；不填为 town"),
        Column(key="name_en", title="英文名"),
    ),
    make=lambda values: {"kind": "town", "name_en": "", **values},
    legend=LEGEND,
)


def units_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters units."""

    def enter(work: Work, new: dict[str, Any]) -> bool:
        return units.add_in(work, writer(store, work, actor, *units.WRITERS), **new)

    return enter_all(store, UNITS.read(path), answer, enter)


@dataclass(frozen=True, kw_only=True)
class NewRole:
    """A duty as a row gives it."""

    person: str
    duty: str
    unit: str
    first: date | None
    last: date | None


def _role(values: dict[str, Any]) -> NewRole:
    named = {key: values[key] for key in ("person", "duty", "unit")}
    return NewRole(**named, first=_day(values, "from"), last=_day(values, "to"))


ROLES: ListSheet[NewRole] = ListSheet(
    sheet="职责",
    columns=(
        Column(key="person", title="登录名", required=True, also=("人员",)),
        _DUTY,
        _UNIT,
        Column(key="from", title="起始日", kind=Kind.DATE),
        Column(key="to", title="截止日", kind=Kind.DATE),
    ),
    make=_role,
    legend=LEGEND,
)


def roles_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Gives duties."""

    def enter(work: Work, new: NewRole) -> bool:
        who = writer(store, work, actor, *grants.WRITERS)
        return grants.give(work, who, **vars(new))[1]

    return enter_all(store, ROLES.read(path), answer, enter)


def _delegation(values: dict[str, Any]) -> dict[str, Any]:
    named = {key: values[key] for key in ("principal", "delegate", "duty", "unit", "reason")}
    return {**named, "first": _day(values, "from"), "last": _day(values, "to")}


DELEGATIONS: ListSheet[dict[str, Any]] = ListSheet(
    sheet="委托",
    columns=(
        Column(key="principal", title="委托人", required=True),
        Column(key="delegate", title="受托人", required=True),
        _DUTY,
        _UNIT,
        Column(key="from", title="起始日", kind=Kind.DATE, required=True),
        Column(key="to", title="截止日", kind=Kind.DATE, required=True),
        Column(key="reason", title="原因", required=True),
    ),
    make=_delegation,
    legend=LEGEND,
)


def delegations_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters delegations."""

    def enter(work: Work, new: dict[str, Any]) -> bool:
        return delegations.let(store, work, actor, **new)[1]

    return enter_all(store, DELEGATIONS.read(path), answer, enter)


@dataclass(frozen=True, kw_only=True)
class NewBudget:
    """An appropriation as a row gives it."""

    unit: str
    year: int
    amount: Money
    document: str


def _budget(values: dict[str, Any]) -> NewBudget:
    try:
        amount = Money.yuan(values["amount"])
    except WrongAmount as wrong:
        zh, en = str(wrong), f'not an amount in yuan, like 120000.00: "{values["amount"]}"'
        raise Refused("amount", zh, en, field="amount") from wrong
    return NewBudget(unit=values["unit"], year=values["year"], amount=amount, document=values["document"])


BUDGETS: ListSheet[NewBudget] = ListSheet(
    sheet="预算",
    columns=(
        _UNIT,
        Column(key="year", title="年度", kind=Kind.COUNT, required=True),
        Column(key="amount", title="金额（元）", kind=Kind.DECIMAL, required=True, also=("金额",)),
        Column(key="document", title="文号", required=True, also=("预算文号",)),
    ),
    make=_budget,
    legend=LEGEND,
)


def budgets_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Appropriates money."""

    def enter(work: Work, new: NewBudget) -> bool:
        return budgets.appropriate_in(work, budgets.officer(store, work, actor, new.unit), **vars(new))[1]

    return enter_all(store, BUDGETS.read(path), answer, enter)
