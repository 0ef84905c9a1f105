"""rates.xlsx or rates.csv: official payout figures, one unit and month a row."""

from pathlib import Path
from typing import Any

from casework.programmes import reported_payouts
from casework.programmes.reported_payouts import NewFigure
from casework.shared.errors import Refused
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy, Intake
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Entry, Imported, RegisterWorkbook, located, sound
from models.store import Store
from policies.money import Money, WrongAmount
from policies.policy import Policy

COLUMNS = (
    Column(key="unit", title="责任单位", required=True),
    Column(key="period", title="期间", required=True, hint="到该月末的累计数，写成 2023-09"),
    Column(key="promised", title="应兑付金额（元）", kind=CellKind.DECIMAL, required=True),
    Column(key="paid", title="已兑付金额（元）", kind=CellKind.DECIMAL, required=True),
    Column(key="promised_cases", title="应兑付件数", kind=CellKind.COUNT),
    Column(key="paid_cases", title="已兑付件数", kind=CellKind.COUNT),
    Column(key="source", title="数据来源", required=True, hint="报表名称或文号"),
)
LEGEND = (
    "每行是一个单位到一个月末的累计数，口径为该单位全部惠企政策；金额单位为元。",
    "同一单位同一月份再次导入不同数值即为更正：另行追加，原数保留。",
    "有任何一行有误，整份表格都不导入；系统另存一份带“错误”列的副本，改好后重新导入即可。",
)


def _make(values: dict[str, Any]) -> NewFigure:
    return NewFigure(
        unit=values["unit"],
        period=values["period"],
        promised=_money(values, "promised"),
        paid=_money(values, "paid"),
        promised_cases=values.get("promised_cases"),
        paid_cases=values.get("paid_cases"),
        source=values["source"],
    )


def _money(values: dict[str, Any], key: str) -> Money:
    try:
        return Money.yuan(values[key])
    except WrongAmount as wrong:
        raise Refused(key, str(wrong), f'not an amount in yuan, like 120000.00: "{values[key]}"', field=key) from wrong


RATES: RegisterWorkbook[NewFigure] = RegisterWorkbook(sheet="兑付率", columns=COLUMNS, make=_make, legend=LEGEND)


def read(store: Store, path: Path) -> Intake[Entry[NewFigure]]:
    """Reads the list and compares it with the registers; nothing is written."""
    intake = RATES.read(path)
    return intake.with_faults(
        located(intake.rows, reported_payouts.faults(store, [entry.new for entry in intake.rows]))
    )


def bring_in(store: Store, actor: Actor, policy: Policy, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters every figure, or none."""
    new = sound(read(store, path), answer)
    return Imported(rows=len(new), new=reported_payouts.add_many(store, actor, policy, new))
