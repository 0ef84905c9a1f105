"""Programmes: none is closed without its figures, or below its target, unless a second officer said why."""

from collections import Counter
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
from models.verification import payout_invariants
from models.verification.award_invariants import Forms, facts_forms, restore, restore_facts
from models.verification.chain_order import came_before, places_by_version
from models.verification.invariant import Check, FoundAct, VerifiedScope
from policies.programme import Reported, Work, shortfalls

_PASSED = Prepared(
    select(
        col(Case.id), col(Case.number), col(Case.policy), col(Case.item), col(Case.rule_version), col(Decision.decided_at),
        col(Decision.reason), col(Decision.person_id), col(Decision.version), col(Party.name).label("unit"),
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
_REPORTS = Prepared(
    select(
        col(Case.number), col(Decision.case_id), col(Decision.version), col(Decision.decided_at), col(Decision.content)
    )
    .join(Case, col(Case.id) == col(Decision.case_id))
    .where(col(Decision.action) == "report")
    .order_by(col(Decision.case_id), col(Decision.version))
)
_FIGURES = Prepared(
    select(IndicatorValue.__table__)  # type: ignore[attr-defined]
    .where(col(IndicatorValue.policy) == bindparam("wanted"))
    .order_by(col(IndicatorValue.sequence))
)


def _closed_short(connection: Connection, scope: VerifiedScope) -> Iterator[str | FoundAct]:
    """Programmes whose last review passed them silently although something was short at that moment."""
    passed = {row.id: row for row in _PASSED.rows(connection)}
    silent = [row for row in passed.values() if not row.reason.strip()]
    if not silent:
        return
    facts = {row.case_id: loads(row.content) for row in _FACTS.rows(connection)}
    figures = {code: list(_FIGURES.rows(connection, wanted=code)) for code in {row.policy for row in silent}}
    entered = {code: _entered(connection, rows) for code, rows in figures.items()}
    closed = places_by_version(connection, "review")
    for row in silent:
        place = closed.get((row.number, row.version))
        try:
            policy = scope.policy(row.policy)
            item = policy.item_as(row.item, row.rule_version, business_date(row.decided_at))
        except LookupError:
            scope.notes.append(f"政策 {row.policy} 未安装，{row.number} 的成果未核对 (not installed: {row.number})")
            continue
        if isinstance(item, Work) and row.id in facts:
            forms = facts_forms(item, policy.versions_of(row.item))
            then = _in_force(figures[row.policy], entered[row.policy], row.decided_at, place)
            for words in _short(item, forms, row, facts, then, policy.opens):
                yield f"{row.number}: {words}"
            for words in payout_invariants.short(connection, policy, item, row.unit, row.decided_at, place):
                yield FoundAct(f"{row.number}: {words}", place)  # payout figures were not looked at always


def _short(
    item: Work, forms: Forms, row: Any, facts: Mapping[UUID, Any], then: list[tuple[UUID, Reported]], opens: Any
) -> Iterator[str]:
    known = restore(item.facts, facts[row.id])
    own = [figure for case, figure in then if case == row.id]
    whole = [figure for case, figure in then if not item.whole or _same(item, forms, known, facts.get(case))]
    yield from (shortfall.zh for shortfall in shortfalls(item, known, own, whole, opens))


def _same(item: Work, forms: Forms, known: Any, stored: Any) -> bool:
    try:
        return stored is not None and item.same_whole(restore_facts(forms, stored)) == item.same_whole(known)
    except (TypeError, KeyError, ValueError, AttributeError):
        return False  # the facts of another item


def _entered(connection: Connection, figures: list[Any]) -> list[int | None]:
    """The place in the audit chain of each figure's report; several in one instant of a standing clock come in their order."""
    reports: dict[Any, list[int]] = {}
    places = places_by_version(connection, "report")
    for row in _REPORTS.rows(connection):
        for name in {key.partition("@")[0].strip() for key in loads(row.content).get("indicators", {})}:
            if (place := places.get((row.number, row.version))) is not None:
                reports.setdefault((row.case_id, name, row.decided_at), []).append(place)
    seen: Counter[Any] = Counter()
    found: list[int | None] = []
    for f in figures:
        known = reports.get((f.case_id, f.indicator, f.entered_at), ())
        which = (f.case_id, f.indicator, f.unit, f.about, f.period, f.entered_at)
        found.append(known[min(seen[which], len(known) - 1)] if known else None)
        seen[which] += 1
    return found


def _in_force(
    figures: list[Any], entered: list[int | None], moment: datetime, place: int | None
) -> list[tuple[UUID, Reported]]:
    """The figures as they stood at a place in the audit chain: of each the last that had been entered."""
    known = [f for f, at in zip(figures, entered, strict=True) if came_before(at, place, f.entered_at, moment)]
    latest = {(f.case_id, f.indicator, f.unit, f.about, f.period): f for f in known}
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
