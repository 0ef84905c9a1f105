"""rankings.xlsx or rankings.csv: figures of the units evaluated, one indicator, unit and month a row."""

from pathlib import Path
from typing import Any

from casework.programmes import ranking_catalogue
from casework.programmes.ranking_catalogue import NewValue
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy, Intake
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Entry, Imported, RegisterWorkbook, located, sound
from models.store import Store
from policies.policy import Policy

COLUMNS = (
    Column(key="indicator", title="指标", required=True, hint="与指标目录中的名称一致"),
    Column(key="unit", title="评估对象", required=True),
    Column(key="period", title="期间", required=True, hint="写成 2023-09"),
    Column(key="value", title="数值", kind=CellKind.DECIMAL, required=True),
    Column(key="source", title="数据来源", required=True),
)
LEGEND = (
    "每行是一个评估对象在一项指标上一个月的数值；指标和评估对象须在评估方案内。",
    "同一指标、对象和月份再次导入不同数值即为更正：另行追加，原数保留；已公布的排名用 rankings correct 更正。",
    "有任何一行有误，整份表格都不导入；系统另存一份带“错误”列的副本，改好后重新导入即可。",
)


def _make(values: dict[str, Any]) -> NewValue:
    return NewValue(**{column.key: values[column.key] for column in COLUMNS})


RANKINGS: RegisterWorkbook[NewValue] = RegisterWorkbook(sheet="赛马", columns=COLUMNS, make=_make, legend=LEGEND)


def read(store: Store, policy: Policy, path: Path) -> Intake[Entry[NewValue]]:
    """Reads the list and compares it with the evaluation in force; nothing is written."""
    intake = RANKINGS.read(path)
    new = [entry.new for entry in intake.rows]
    return intake.with_faults(located(intake.rows, ranking_catalogue.faults(store, policy, new)))


def bring_in(store: Store, actor: Actor, policy: Policy, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters every figure, or none."""
    new = sound(read(store, policy, path), answer)
    return Imported(rows=len(new), new=ranking_catalogue.enter(store, actor, policy, new))
