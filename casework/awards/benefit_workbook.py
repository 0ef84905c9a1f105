"""benefits.xlsx: sums received elsewhere, one a row, for 就高不重复."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.privacy import identity_numbers
from casework.shared.errors import Refused
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy, Intake
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Entry, Imported, RegisterWorkbook, located, sound
from models import Party
from models.store import Store
from policies.benefits import WRITTEN, KeyKind, Level
from policies.money import Money, WrongAmount

COLUMNS = (
    Column(key="code", title="统一社会信用代码", kind=CellKind.CODE, required=True, hint="自然人填身份证号；须先登记"),
    Column(
        key="kind",
        title="依据类别",
        kind=CellKind.CHOICE,
        required=True,
        choices=tuple((k.value, k.zh) for k in KeyKind),
    ),
    Column(
        key="basis", title="依据", kind=CellKind.CODE, required=True, hint="按类别填写，各部分以 | 隔开，见表头说明"
    ),
    Column(key="source", title="补助来源", required=True),
    Column(
        key="level",
        title="级别",
        kind=CellKind.CHOICE,
        required=True,
        choices=tuple((level.value, level.zh) for level in Level),
    ),
    Column(key="reference", title="文号", required=True),
    Column(key="amount", title="金额（元）", kind=CellKind.DECIMAL, required=True),
    Column(key="first", title="期间起日", kind=CellKind.DATE),
    Column(key="last", title="期间止日", kind=CellKind.DATE),
    Column(key="paid", title="已到账", kind=CellKind.FLAG, hint="不填视为已到账"),
    Column(key="returned", title="已退回", kind=CellKind.FLAG, hint="不填视为未退回"),
)
LEGEND = (
    "登记申报主体从其他政策（国家、省、市、区、镇）已享受或将享受的补助，用于“就高不重复”。",
    "依据须写明发票、合同、设备、奖项等；同一来源、文号、依据只登记一次。",
    "依据写法：" + "；".join(f"{kind.zh}：{form.zh}" for kind, form in WRITTEN.items()) + "。",
    "全角半角、大小写、空格、横线、括号和日期写法不影响比对。",
)
_NOBODY = UUID(int=0)


@dataclass(frozen=True, kw_only=True)
class Received:
    """A benefit whose party is still a code."""

    code: str
    benefit: NewBenefit


def _make(values: dict[str, Any]) -> Received:
    try:
        amount = Money.yuan(values["amount"])
    except WrongAmount as wrong:
        raise Refused(
            "amount", str(wrong), f'not an amount in yuan, like 120000.00: "{values["amount"]}"', field="amount"
        ) from wrong
    new = NewBenefit(
        party=_NOBODY,
        kind=next(kind for kind in KeyKind if kind == values["kind"]),
        basis=values["basis"],
        source=values["source"],
        level=next(level for level in Level if level == values["level"]),
        reference=values["reference"],
        amount=amount,
        first=_day(values, "first"),
        last=_day(values, "last"),
        paid=values.get("paid", True),
        returned=values.get("returned", False),
    )
    external_benefits.examine(new)
    return Received(code=values["code"], benefit=new)


def _day(values: dict[str, Any], key: str) -> date | None:
    try:
        return date.fromisoformat(values[key]) if key in values else None
    except ValueError:
        raise Refused("date", f"{values[key]} 不是日期", f'"{values[key]}" is no date', field=key) from None


BENEFITS: RegisterWorkbook[Received] = RegisterWorkbook(sheet="已享受补助", columns=COLUMNS, make=_make, legend=LEGEND)


def read(store: Store, path: Path) -> Intake[Entry[NewBenefit]]:
    """Reads the workbook and finds its parties; nothing is written."""
    intake = BENEFITS.read(path)
    known = _parties(store, intake.rows)
    missing = Refused("code", "代码未登记为申报主体，请先导入申报主体", "no such party: enter it first", field="code")
    wrong = [(index, missing) for index, entry in enumerate(intake.rows) if known[entry.new.code] is None]
    rows = [
        Entry(sheet=entry.sheet, row=entry.row, new=replace(entry.new.benefit, party=known[entry.new.code] or _NOBODY))
        for entry in intake.rows
    ]
    return Intake(book=intake.book, rows=rows, faults=intake.faults, places=intake.places).with_faults(
        located(intake.rows, [*wrong, *external_benefits.faults(store, [row.new for row in rows])])
    )


def bring_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters every row, or none."""
    new = sound(read(store, path), answer)
    return Imported(rows=len(new), new=external_benefits.add(store, actor, new))


def _parties(store: Store, entries: Sequence[Entry[Received]]) -> dict[str, UUID | None]:
    """Code as typed -> party; identity numbers are compared by their blind index."""
    found: dict[str, UUID | None] = {}
    with store.read() as work:
        by_code = {row.code: row.id for row in work.execute(select(col(Party.code), col(Party.id)))}
        for code in {entry.new.code for entry in entries}:
            compact = "".join(code.split()).upper()
            found[code] = by_code.get(compact) or by_code.get(code)
            if found[code] is None and identity_numbers.plausible(code):
                found[code] = by_code.get(identity_numbers.blind(store, work, identity_numbers.checked(code)))
    return found
