"""The official payout figures: what each unit promised and paid under all its policies for firms, month by month."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.register_writes import Actor, Writer, filled, of_the_unit, treasuries, writer, writing
from casework.staff import unit_register
from models import Duty, PayoutFigure
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.money import Money
from policies.policy import Policy

_PERIOD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_ROWS: Select[Any] = select(PayoutFigure.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class NewFigure:
    """What a unit reports for the end of a month, since when it has kept count; cases where the source counts them."""

    unit: str
    period: str
    promised: Money
    paid: Money
    source: str
    promised_cases: int | None = None
    paid_cases: int | None = None


def add(store: Store, actor: Actor, policy: Policy, new: NewFigure) -> bool:
    """Enters one figure; False where it is there already with the same values."""
    return add_many(store, actor, policy, [new]) == 1


def add_many(store: Store, actor: Actor, policy: Policy, new: Sequence[NewFigure]) -> int:
    """Enters all of them or none. Another value for the same unit and month is a correction: a later row. How many are new."""
    if not policy.watches.official_rate:
        zh, en = f"{policy.code} 没有兑付率要求", f"{policy.code} asks for no payout rate"
        raise Refused("policy", zh, en, field="policy")
    with writing(store) as work:
        last = _last(work, policy.code)
        return sum(
            _enter(work, reporter(store, work, actor, new_figure.unit), policy, new_figure, last) for new_figure in new
        )


def reporter(store: Store, work: UnitOfWork, actor: Actor, unit: str) -> Writer:
    """The person who reports a unit's figures: its own fund officer, or one of the treasury, which has all units' figures."""
    writer(store, work, actor, Duty.FUND_OFFICER, in_person=True)
    name = unit_register.must_exist(work, unit.strip(), "unit")
    said = (f"填报{name}的兑付数据", f"report the figures of {name}")
    return of_the_unit(store, work, actor, Duty.FUND_OFFICER, {name, *treasuries()}, *said)


def faults(store: Store, new: Sequence[NewFigure]) -> list[tuple[int, Refused]]:
    """What would be refused of each entry, all at once; nothing is written."""
    found: list[tuple[int, Refused]] = []
    seen: dict[tuple[str, str], int] = {}
    with store.read() as work:
        for index, new_figure in enumerate(new):
            try:
                _examined(work, new_figure)
                name = (new_figure.unit.strip(), month(new_figure.period, work.today))
                if seen.setdefault(name, index) != index:
                    zh, en = f"{name[0]} {name[1]} 在表中出现不止一次", "the same unit and month twice"
                    raise Refused("twice", zh, en, field="period")
            except Refused as no:
                found.append((index, no))
    return found


def month(text: str, today: date) -> str:
    """2023-09, from 2023-09, 2023.9 or 2023年9月; a month that has not begun has no figures."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None or not 1 <= int(match[2]) <= 12:
        zh, en = f"期间应写成 2023-09；现为 {text}", f'write the month like 2023-09, not "{text}"'
        raise Refused("period", zh, en, field="period")
    found = f"{int(match[1]):04d}-{int(match[2]):02d}"
    if found > today.isoformat()[:7]:
        raise Refused("period", f"{found} 尚未开始，不能填报", f"{found} has not begun", field="period")
    return found


def rows(work: UnitOfWork, policy: str) -> list[Any]:
    """Every figure ever entered, corrections included, by month, unit and number."""
    mine = _ROWS.where(col(PayoutFigure.policy) == policy)
    ordered = mine.order_by(col(PayoutFigure.period), col(PayoutFigure.unit), col(PayoutFigure.sequence))
    return list(work.execute(ordered))


def in_force(found: Iterable[Any]) -> dict[tuple[str, str], Any]:
    """The figure that counts for each unit and month: the last one entered."""
    return {(row.unit, row.period): row for row in found}


def _last(work: UnitOfWork, policy: str) -> dict[tuple[str, str], Any]:
    return in_force(rows(work, policy))


def _enter(
    work: UnitOfWork, who: Writer, policy: Policy, new_figure: NewFigure, last: dict[tuple[str, str], Any]
) -> int:
    values = _examined(work, new_figure)
    before = last.get((values["unit"], values["period"]))
    if before is not None and all(getattr(before, name) == value for name, value in values.items()):
        return 0
    sequence = 1 if before is None else before.sequence + 1
    made: UUID = work.new_id()
    work.add(
        PayoutFigure, id=made, policy=policy.code, sequence=sequence, entered_by=who.id, entered_at=work.now, **values
    )
    work.audit(actor=who.text, action="rates.add", subject=str(made), version=sequence, content=values)
    return 1


def _examined(work: UnitOfWork, new_figure: NewFigure) -> dict[str, Any]:
    """The figure as stored, if it can be one."""
    unit = unit_register.must_exist(work, new_figure.unit.strip(), "unit")
    period = month(new_figure.period, work.today)
    for name, value in (("promised", new_figure.promised), ("paid", new_figure.paid)):
        if type(value) is not Money or not 0 <= value <= Money.LARGEST:
            raise Refused(name, "金额应为不小于零的元数，最多两位小数", "an amount in yuan, not negative", field=name)
    if new_figure.paid > new_figure.promised:
        zh = f"已兑付 {new_figure.paid.grouped} 元超过应兑付 {new_figure.promised.grouped} 元，请核对"
        raise Refused("paid", zh, f"paid {new_figure.paid} is more than promised {new_figure.promised}", field="paid")
    if (new_figure.promised_cases is None) != (new_figure.paid_cases is None):
        zh, en = "应兑付件数和已兑付件数要么都填，要么都不填", "give both counts of cases, or neither"
        raise Refused("cases", zh, en, field="paid_cases")
    if new_figure.promised_cases is not None and not 0 <= (new_figure.paid_cases or 0) <= new_figure.promised_cases:
        zh, en = "已兑付件数应在零与应兑付件数之间", "paid cases lie between zero and promised cases"
        raise Refused("cases", zh, en, field="paid_cases")
    return {
        "unit": unit,
        "period": period,
        "promised_fen": int(new_figure.promised),
        "paid_fen": int(new_figure.paid),
        "promised_cases": new_figure.promised_cases,
        "paid_cases": new_figure.paid_cases,
        "source": filled(new_figure.source, "source", "数据来源", "the source"),
    }
