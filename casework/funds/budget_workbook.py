"""budgets.xlsx or budgets.csv: money appropriated to a unit for a year, one document a row; all rows in one transaction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casework.funds import budget_register
from casework.shared.errors import Refused
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Imported, RegisterWorkbook, enter_all
from casework.staff.unit_workbooks import LEGEND, UNIT
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.money import Money, WrongAmount


@dataclass(frozen=True, kw_only=True)
class NewBudget:
    """An appropriation as a row gives it."""

    unit: str
    year: int
    amount: Money
    document: str
    policy: str = ""


def _budget(values: dict[str, Any]) -> NewBudget:
    try:
        amount = Money.yuan(values["amount"])
    except WrongAmount as wrong:
        zh, en = str(wrong), f'not an amount in yuan, like 120000.00: "{values["amount"]}"'
        raise Refused("amount", zh, en, field="amount") from wrong
    named = {key: values[key] for key in ("unit", "year", "document", "policy") if key in values}
    return NewBudget(amount=amount, **named)


BUDGETS: RegisterWorkbook[NewBudget] = RegisterWorkbook(
    sheet="预算",
    columns=(
        UNIT,
        Column(key="year", title="年度", kind=CellKind.COUNT, required=True),
        Column(key="amount", title="金额（元）", kind=CellKind.DECIMAL, required=True, also=("金额",)),
        Column(key="document", title="文号", required=True, also=("预算文号",)),
        Column(key="policy", title="政策", hint="政策代码；不填为本单位各政策共用", also=("政策代码",)),
    ),
    make=_budget,
    legend=LEGEND,
)


def budgets_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Appropriates money."""

    def enter(work: UnitOfWork, new: NewBudget) -> bool:
        who = budget_register.officer(store, work, actor, new.unit)
        return budget_register.appropriate_in(work, who, **vars(new)).new

    return enter_all(store, BUDGETS.read(path), answer, enter)
