"""The check list of cases in words, as it was recorded last, and the overrides that stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.conditions.condition_gates import LIFTED, latest
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.findings import CheckResult, Finding, Findings, Result
from casework.shared.people_names import names_of
from casework.shared.reference import is_installed, policy_of
from models import Waiver
from models.clock import business_date
from models.unit_of_work import UnitOfWork
from policies.conditions import PAPER, Gate, applicant_can
from policies.forms import Text
from policies.measures import Item

_GATES = {str(gate.value): gate for gate in Gate}


def checks(work: UnitOfWork, case: UUID) -> tuple[Mapping[str, Any], ...]:
    """What each check of a case said last, in the order of their first look."""
    found = latest(work, [case])[0].get(case, {})
    rows = sorted(found.values(), key=lambda row: row.sequence)
    waived = {(waiver["check"], waiver["data"]) for waiver in waivers(work, [case]).get(case, ())}
    return tuple(
        {
            "check": row.name,
            "hard": row.hard,
            "needed": row.needed,
            "result": row.result,
            "waived": (row.name, row.data) in waived,
            "words": row.words,
            "words_en": row.words_en,
            "rule": row.rule,
            "data": row.data,
            "looked_at": row.looked_at,
        }
        for row in rows
        if row.result != LIFTED
    )


def recorded(work: UnitOfWork, items: Mapping[UUID, Item]) -> dict[UUID, Findings]:
    """What the newest check list of each case found, by case; `items`: each in the version that binds the case."""
    known, given = latest(work, list(items))[0], waivers(work, list(items))
    found: dict[UUID, Findings] = {}
    for case, rows in known.items():
        conditions = {condition.id: condition for condition in items[case].conditions}
        waived = {(waiver["check"], waiver["data"]) for waiver in given.get(case, ())}
        found[case] = tuple(
            Finding(
                condition=replace(conditions[row.name], needed=_GATES[row.needed]),
                result=CheckResult(id=row.name, result=Result(row.result), words=Text(row.words, row.words_en)),
                waived=(row.name, row.data) in waived,
            )
            for row in rows.values()
            if row.result != LIFTED and row.name in conditions
        )
    return found


def waivers(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, list[Mapping[str, Any]]]:
    """The overrides of each case, first confirmed first: which check, why, on which paper, by whom."""
    query = select(Waiver.__table__).where(col(Waiver.case_id).in_(cases))  # type: ignore[attr-defined]
    given = work.execute(query.order_by(col(Waiver.confirmed_at), col(Waiver.id))).all()
    names = names_of(work, [person for row in given for person in (row.asked_by, row.confirmed_by)])
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in given:
        waiver = {"check": row.name, "data": row.data, "version": row.version, "reason_code": row.reason_code}
        two = {"reason": row.reason, "paper": row.paper, "asked_by": names.get(row.asked_by, "")}
        three = {"confirmed_by": names.get(row.confirmed_by, ""), "confirmed_at": row.confirmed_at}
        found.setdefault(row.case_id, []).append({**waiver, **two, **three})
    return found


def warned(
    work: UnitOfWork, cases: Sequence[UUID], *, applicant: bool = False
) -> dict[UUID, tuple[tuple[str, str], ...]]:
    """By case: in two languages what the newest check list has against it, overrides and hard ones marked as such; to an
    applicant only what the applicant can still do something about, and what that is."""
    known, given = latest(work, cases)[0], waivers(work, cases)
    found: dict[UUID, tuple[tuple[str, str], ...]] = {}
    for case, rows in known.items():
        mine = {(waiver["check"], waiver["data"]) for waiver in given.get(case, ())}
        against = [
            row for row in rows.values() if row.result == "fail" or (row.result, row.name[:6]) == ("no_data", PAPER)
        ]
        told = [_told(row, (row.name, row.data) in mine, applicant) for row in against]
        if said := tuple(words for words in told if words is not None):
            found[case] = said
    return found


def _told(row: Any, waived: bool, applicant: bool) -> tuple[str, str] | None:
    if applicant:
        can = None if waived else applicant_can(row.name)
        return (f"{row.words}；{can.zh}", f"{row.words_en}: {can.en}") if can else None
    if waived:
        return f"例外：{row.words}", f"overridden: {row.words_en}"
    return (f"{row.words}（硬性）", f"{row.words_en} (hard)") if row.hard else (row.words, row.words_en)


def titles(item: Item, given: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The Chinese names of the conditions that were overridden."""
    known = {condition.id: condition.title.zh for condition in item.conditions}
    return tuple(dict.fromkeys(known.get(waiver["check"], waiver["check"]) for waiver in given))


def overridden(
    work: UnitOfWork, cases: Iterable[CaseView], until: Mapping[UUID, int] | None = None
) -> dict[UUID, tuple[str, ...]]:
    """By case the names of what was overridden, up to a version of it; cases without an override are absent."""
    known = {case.id: case for case in cases}
    found = {}
    for case, given in waivers(work, list(known)).items():
        words = known[case]
        if not is_installed(words.policy):
            continue
        item = policy_of(words.policy).item_as(
            words.item, words.rule_version, business_date(words.filed_at or work.now)
        )
        stood = [each for each in given if until is None or each["version"] <= until.get(case, 0)]
        if stood:
            found[case] = titles(item, stood)
    return found
