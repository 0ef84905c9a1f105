"""The check list of cases in words, as it was recorded last, and the overrides that stand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.cases import CaseView
from casework.conditions import LIFTED, latest
from casework.reference import policy_of
from models import Person, Waiver
from models.clock import business_date
from models.work import Work
from policies.measures import Item


def checks(work: Work, case: UUID) -> tuple[Mapping[str, Any], ...]:
    """What each check of a case said last, in the order of their first look."""
    found = latest(work, [case])[0].get(case, {})
    rows = sorted(found.values(), key=lambda row: row.sequence)
    waived = {(one["check"], one["data"]) for one in waivers(work, [case]).get(case, ())}
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


def waivers(work: Work, cases: Sequence[UUID]) -> dict[UUID, list[Mapping[str, Any]]]:
    """The overrides of each case, first confirmed first: which check, why, on which paper, by whom."""
    names = {row.id: row.name for row in work.execute(select(col(Person.id), col(Person.name)))}
    query = select(Waiver.__table__).where(col(Waiver.case_id).in_(cases))  # type: ignore[attr-defined]
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in work.execute(query.order_by(col(Waiver.confirmed_at), col(Waiver.id))):
        one = {"check": row.name, "data": row.data, "version": row.version, "reason_code": row.reason_code}
        two = {"reason": row.reason, "paper": row.paper, "asked_by": names.get(row.asked_by, "")}
        three = {"confirmed_by": names.get(row.confirmed_by, ""), "confirmed_at": row.confirmed_at}
        found.setdefault(row.case_id, []).append({**one, **two, **three})
    return found


def warned(work: Work, cases: Sequence[UUID]) -> dict[UUID, tuple[tuple[str, str], ...]]:
    """By case: in two languages what the newest check list has against it, overrides and hard ones marked as such."""
    known, given = latest(work, cases)[0], waivers(work, cases)
    found: dict[UUID, tuple[tuple[str, str], ...]] = {}
    for case, rows in known.items():
        mine = {(one["check"], one["data"]) for one in given.get(case, ())}
        said = [
            (f"例外：{row.words}", f"overridden: {row.words_en}")
            if (row.name, row.data) in mine
            else (f"{row.words}（硬性）", f"{row.words_en} (hard)")
            if row.hard
            else (row.words, row.words_en)
            for row in rows.values()
            if row.result == "fail" or (row.result == "no_data" and row.name.startswith("paper:"))
        ]
        if said:
            found[case] = tuple(said)
    return found


def titles(item: Item, given: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The Chinese names of the conditions that were overridden."""
    known = {one.id: one.title.zh for one in item.conditions}
    return tuple(dict.fromkeys(known.get(one["check"], one["check"]) for one in given))


def overridden(work: Work, cases: Iterable[CaseView], until: datetime | None = None) -> dict[UUID, tuple[str, ...]]:
    """By case the names of what was overridden, up to an instant; cases without an override are absent."""
    known = {case.id: case for case in cases}
    found = {}
    for case, given in waivers(work, list(known)).items():
        one = known[case]
        item = policy_of(one.policy).item_as(one.item, one.rule_version, business_date(one.filed_at or work.now))
        stood = [each for each in given if until is None or each["confirmed_at"] <= until]
        if stood:
            found[case] = titles(item, stood)
    return found
