"""Units and duties as lists: units, roles, delegations; all rows in one transaction, or none."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casework.shared.errors import Refused
from casework.shared.register_writes import Actor, writer
from casework.spreadsheets.answered_workbook import Copy
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Imported, RegisterWorkbook, enter_all
from casework.staff import delegations, duty_grants, unit_register
from models.store import Store
from models.unit_of_work import UnitOfWork

UNIT = Column(key="unit", title="单位", required=True)
_DUTY = Column(key="duty", title="职责", required=True, hint="如 acceptor 或 受理人")
LEGEND = ("每行一项；带 * 的列必填，第二行请勿删改。有任何一行有误，整份表格都不导入。",)


def _day(values: dict[str, Any], key: str) -> date | None:
    try:
        return date.fromisoformat(values[key]) if key in values else None
    except ValueError:
        raise Refused("date", f"{values[key]} 不是日期", f'"{values[key]}" is no date', field=key) from None


UNITS: RegisterWorkbook[dict[str, Any]] = RegisterWorkbook(
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

    def enter(work: UnitOfWork, new: dict[str, Any]) -> bool:
        return unit_register.add_in(work, writer(store, work, actor, *unit_register.WRITERS), **new)

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


ROLES: RegisterWorkbook[NewRole] = RegisterWorkbook(
    sheet="职责",
    columns=(
        Column(key="person", title="登录名", required=True, also=("人员",)),
        _DUTY,
        UNIT,
        Column(key="from", title="起始日", kind=CellKind.DATE),
        Column(key="to", title="截止日", kind=CellKind.DATE),
    ),
    make=_role,
    legend=LEGEND,
)


def roles_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Gives duties."""

    def enter(work: UnitOfWork, new: NewRole) -> bool:
        who = writer(store, work, actor, *duty_grants.WRITERS)
        return duty_grants.give(work, who, **vars(new))[1]

    return enter_all(store, ROLES.read(path), answer, enter)


def _delegation(values: dict[str, Any]) -> dict[str, Any]:
    named = {key: values[key] for key in ("principal", "delegate", "duty", "unit", "reason")}
    return {**named, "first": _day(values, "from"), "last": _day(values, "to")}


DELEGATIONS: RegisterWorkbook[dict[str, Any]] = RegisterWorkbook(
    sheet="委托",
    columns=(
        Column(key="principal", title="委托人", required=True),
        Column(key="delegate", title="受托人", required=True),
        _DUTY,
        UNIT,
        Column(key="from", title="起始日", kind=CellKind.DATE, required=True),
        Column(key="to", title="截止日", kind=CellKind.DATE, required=True),
        Column(key="reason", title="原因", required=True),
    ),
    make=_delegation,
    legend=LEGEND,
)


def delegations_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters delegations."""

    def enter(work: UnitOfWork, new: dict[str, Any]) -> bool:
        return delegations.let(store, work, actor, **new)[1]

    return enter_all(store, DELEGATIONS.read(path), answer, enter)
