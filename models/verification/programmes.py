"""Programmes: none is closed without its figures, or below its target, unless a second officer said why."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, or_, select
from sqlmodel import col

from models.cases import Case, Snapshot
from models.clock import business_date
from models.decisions import Decision
from models.parties import Party
from models.programmes import IndicatorValue
from models.statements import Prepared
from models.verification import payouts
from models.verification.recompute import Forms, facts_forms, restore, restore_facts
from models.verification.report import Check, Scope
from policies.programme import Reported, Work, shortfalls

_PASSED = Prepared(
    select(
        col(Case.id), col(Case.number), col(Case.policy), col(Case.item), col(Case.rule_version), col(Decision.decided_at),
        col(Decision.reason), col(Decision.person_id), col(Party.name).label("unit"),
    )
    .join(Decision, col(Decision.case_id) == Case.id)
    .join(Party, col(Party.id) == col(Case.party_id))
    .where(
        col(Decision.action) == "review",
        col(Decision.to_state) == "reviewed",
        or_(col(Case.state) == "reviewed", col(Case.state) == "closed"),
    )
    .order_by(col(Case.number), col(Decision.version))
)  # fmt: skip
_FACTS = Prepared(
    select(col(Snapshot.case_id), col(Snapshot.content))
    .where(col(Snapshot.kind) == "facts")
    .order_by(col(Snapshot.version))
)
_FIGURES = Prepared(
    select(IndicatorValue.__table__)  # type: ignore[attr-defined]
    .where(col(IndicatorValue.policy) == bindparam("wanted"))
    .order_by(col(IndicatorValue.sequence))
)


def _closed_short(connection: Connection, scope: Scope) -> Iterator[str]:
    """Programmes whose last review passed them silently although something was short at that moment."""
    passed = {row.id: row for row in _PASSED.rows(connection)}
    silent = [row for row in passed.values() if not row.reason.strip()]
    if not silent:
        return
    facts = {row.case_id: loads(row.content) for row in _FACTS.rows(connection)}
    figures = {code: list(_FIGURES.rows(connection, wanted=code)) for code in {row.policy for row in silent}}
    for row in silent:
        try:
            policy = scope.policy(row.policy)
            item = policy.item_as(row.item, row.rule_version, business_date(row.decided_at))
        except LookupError:
            scope.notes.append(f"政策 {row.policy} 未安装，{row.number} 的成果未核对 (not installed: {row.number})")
            continue
        if isinstance(item, Work) and row.id in facts:
            forms = facts_forms(item, policy.versions_of(row.item))
            for words in _short(item, forms, row, facts, figures[row.policy], policy.opens):
                yield f"{row.number}: {words}"
            for words in payouts.short(connection, policy, item, row.unit, row.decided_at):
                yield f"{row.number}: {words}"


def _short(
    item: Work, forms: Forms, row: Any, facts: Mapping[UUID, Any], figures: list[Any], opens: Any
) -> Iterator[str]:
    known = restore(item.facts, facts[row.id])
    then = _in_force(figures, row.decided_at)
    own = [figure for case, figure in then if case == row.id]
    whole = [figure for case, figure in then if not item.whole or _same(item, forms, known, facts.get(case))]
    yield from (one.zh for one in shortfalls(item, known, own, whole, opens))


def _same(item: Work, forms: Forms, known: Any, stored: Any) -> bool:
    try:
        return stored is not None and item.same_whole(restore_facts(forms, stored)) == item.same_whole(known)
    except (TypeError, KeyError, ValueError, AttributeError):
        return False  # the facts of another item


def _in_force(figures: list[Any], moment: datetime) -> list[tuple[UUID, Reported]]:
    """The figures as they stood at a moment: of each the last that had been entered."""
    latest = {(f.case_id, f.indicator, f.unit, f.about, f.period): f for f in figures if f.entered_at <= moment}
    return [
        (
            f.case_id,
            Reported(indicator=f.indicator, unit=f.unit, about=f.about, period=f.period, value=Fraction(f.value)),
        )
        for f in latest.values()
    ]


CHECKS = (
    Check(
        id="I20-programmes",
        zh="没有数据或未达目标的工作不会无理由办结",
        en="no programme is closed without its figures or below its target unless somebody said why",
        find=_closed_short,
    ),
)
