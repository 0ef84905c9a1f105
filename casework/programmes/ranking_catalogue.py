"""What units are ranked by: the certified catalogue, the units evaluated, and their figures, corrected by later rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from casework.lifecycle.procedure import procedure_on
from casework.programmes.reported_payouts import month
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.shared.register_writes import Actor, Writer, filled, writer, writing
from casework.staff import unit_register
from models import Case, Duty, IndicatorValue, MilestoneRecord, Party, Snapshot, State
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy

WRITERS = (Duty.CERTIFIER, Duty.HEAD)
_RUNNING = (State.IN_PROGRESS, State.REPORTED, State.REVIEWED, State.CLOSED)
_VALUES: Select[Any] = select(IndicatorValue.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class NewValue:
    """A unit's figure for one indicator of the catalogue and a month."""

    indicator: str
    unit: str
    period: str
    value: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Contest:
    """The evaluation that is in force: its case, who is ranked, by what (as certified), and on which days."""

    case: UUID
    number: str
    lead: str
    evaluated: tuple[str, ...]
    catalogue: tuple[Mapping[str, Any], ...]
    days: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The indicators."""
        return tuple(str(row["title"]) for row in self.catalogue)


def contest(store: Store, work: UnitOfWork, policy: Policy) -> Contest | None:
    """The evaluation whose plan was reviewed, the lead unit's own before others', the newest first; None before there is one."""
    if not policy.watches.ranking:
        return None
    lead = procedure_on(reference(store, work), policy, policy.watches.ranking, work.today).lead
    query: Select[Any] = (
        select(col(Case.id), col(Case.number), col(Party.name).label("unit"), col(Case.filed_at))
        .join(Party, col(Party.id) == col(Case.party_id))
        .where(col(Case.policy) == policy.code, col(Case.item) == policy.watches.ranking, col(Case.state).in_(_RUNNING))
    )
    found = sorted(work.execute(query), key=lambda row: (row.unit == lead, row.filed_at), reverse=True)
    if not found:
        return None
    newest = found[0]
    claim, facts = _frozen(work, newest.id, "claim"), _frozen(work, newest.id, "facts")
    days = (
        select(col(MilestoneRecord.due_on))
        .where(col(MilestoneRecord.case_id) == newest.id)
        .order_by(col(MilestoneRecord.position))
    )
    return Contest(
        case=newest.id,
        number=newest.number,
        lead=lead,
        evaluated=tuple(claim.get("evaluated", ())),
        catalogue=tuple(facts.get("catalogue", ())),
        days=tuple(work.execute(days).scalars()),
    )


def enter(store: Store, actor: Actor, policy: Policy, new: Sequence[NewValue]) -> int:
    """Enters all figures or none; another value for the same month is a correction: a later row. How many are new."""
    with writing(store) as work:
        held = running(store, work, policy)
        who = keeper(store, work, actor, held)
        last = figures(work, policy)
        return sum(_enter(work, who, policy, held, new_value, last) for new_value in new)


def keeper(store: Store, work: UnitOfWork, actor: Actor, held: Contest) -> Writer:
    """Who may enter figures and correct rankings: the lead unit's certifier or head, or the operator at the machine."""
    who = writer(store, work, actor, *WRITERS)
    facts = reference(store, work)
    if who.id is not None and not any(facts.holding(who.id, duty, held.lead, work.now) for duty in WRITERS):
        zh, en = f"{who.name} 不是牵头单位{held.lead}的认定人或负责人", f"{who.name} has no such duty in {held.lead}"
        raise Refused("no_duty", zh, en, field="by")
    return who


def faults(store: Store, policy: Policy, new: Sequence[NewValue]) -> list[tuple[int, Refused]]:
    """What would be refused of each entry, all at once; nothing is written."""
    found: list[tuple[int, Refused]] = []
    seen: set[tuple[str, str, str]] = set()
    with store.read() as work:
        held = running(store, work, policy)
        for index, new_value in enumerate(new):
            try:
                values = _examined(work, held, new_value)
                name = (values["indicator"], values["unit"], values["period"])
                if name in seen:
                    raise Refused(
                        "twice", f"{'、'.join(name)} 在表中出现不止一次", "the same figure twice", field="period"
                    )
                seen.add(name)
            except Refused as no:
                found.append((index, no))
    return found


def running(store: Store, work: UnitOfWork, policy: Policy) -> Contest:
    """The evaluation in force; without one there is nothing to rank."""
    held = contest(store, work, policy)
    if held is None:
        zh = f"{policy.code} 还没有通过审核的评估方案（事项 {policy.watches.ranking or '未设'}），尚无指标目录"
        raise Refused("no_catalogue", zh, f"{policy.code} has no reviewed evaluation plan yet", field="policy")
    return held


def figures(work: UnitOfWork, policy: Policy) -> dict[tuple[str, str, str], Any]:
    """The figure in force by indicator, unit and month: the last one entered."""
    prefix = f"{policy.watches.ranking}:"
    mine = _VALUES.where(col(IndicatorValue.policy) == policy.code, col(IndicatorValue.indicator).startswith(prefix))
    rows = work.execute(mine.order_by(col(IndicatorValue.sequence)))
    return {(row.indicator.removeprefix(prefix), row.unit, row.period): row for row in rows}


def _frozen(work: UnitOfWork, case: UUID, kind: str) -> dict[str, Any]:
    mine = select(col(Snapshot.content)).where(col(Snapshot.case_id) == case, col(Snapshot.kind) == kind)
    content = work.execute(mine.order_by(col(Snapshot.version).desc()).limit(1)).scalars().first()
    found: dict[str, Any] = loads(content) if content else {}
    return found


def _enter(
    work: UnitOfWork, who: Writer, policy: Policy, held: Contest, new_value: NewValue, last: dict[Any, Any]
) -> int:
    values = _examined(work, held, new_value)
    before = last.get((values["indicator"], values["unit"], values["period"]))
    if before is not None and (before.value, before.source) == (values["value"], values["source"]):
        return 0
    sequence, made = (1 if before is None else before.sequence + 1), work.new_id()
    stored = {**values, "indicator": f"{policy.watches.ranking}:{values['indicator']}"}
    work.add(
        IndicatorValue, id=made, case_id=held.case, policy=policy.code, sequence=sequence, entered_by=who.id,
        entered_at=work.now, **stored,
    )  # fmt: skip
    work.audit(actor=who.text, action="rankings.enter", subject=str(made), version=sequence, content=stored)
    return 1


def _examined(work: UnitOfWork, held: Contest, new_value: NewValue) -> dict[str, str]:
    title, unit = new_value.indicator.strip(), new_value.unit.strip()
    if title not in held.titles:
        zh = f"指标目录中没有“{title}”；目录为：{'、'.join(held.titles)}"
        raise Refused("indicator", zh, f'the catalogue has no "{title}"', field="indicator")
    if unit not in held.evaluated:
        zh = f"“{unit}”不是评估对象；评估对象为：{'、'.join(held.evaluated)}"
        raise Refused("unit", zh, f'"{unit}" is not evaluated', field="unit")
    return {
        "indicator": title,
        "unit": unit_register.must_exist(work, unit, "unit"),
        "period": month(new_value.period, work.today),
        "value": _exact(new_value.value),
        "source": filled(new_value.source, "source", "数据来源", "the source"),
    }


def _exact(text: str) -> str:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise Refused("value", f"数值应为数字；现为 {text}", f'not a number: "{text}"', field="value")
    return format(value, "f")
