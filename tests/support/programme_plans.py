"""Plans of units for the tests of programmes: filed, begun, reported."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.awards import computation
from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.errors import Refused
from casework.shared.reference import touch
from models import (
    Duty,
    Evidence,
    MilestoneRecord,
    Party,
    Person,
    State,
    UnitRecord,
)  # fmt: skip
from models.parties import PartyKind
from models.unit_of_work import UnitOfWork
from support.stage import BEFORE, LEAD, TOWN, add_draft, named
from support.walk import Walk

S, D = State, Duty
PLAN = {"name": "算例计划", "starts": "2023-07-01", "ends": "2024-06-30", "summary": "算例"}
FAIRS = [{"title": f"算例展销会{n}", "kind": "fair", "held_on": f"2023-10-0{n}"} for n in range(1, 5)]
CERTIFIED = {"name": "算例计划", "on_task": True, "accountable": True}
CLAIMS: dict[str, dict[str, Any]] = {
    "M12": {**PLAN, "events": FAIRS},
    "M20": {**PLAN, "banks": ["算例甲行", "算例乙行"]},
    "M17": {**PLAN, "season_events": 1},
    "S2": {**PLAN, "town": TOWN, "industries": ["毛衫"]},
}
FACTS: dict[str, dict[str, Any]] = {
    "M12": {**CERTIFIED, "events": FAIRS},
    "M20": {**CERTIFIED, "banks": ["算例甲行", "算例乙行"], "manufacturing_only": True, "monthly": True},
    "M17": {**CERTIFIED, "season_events": 1},
    "S2": {**CERTIFIED, "town": TOWN, "industries": ["毛衫"], "traditional": True, "detailed_plan": True},
}
UNITS = {"M12": LEAD, "M17": LEAD, "M20": "区金融办", "S2": TOWN}


def file(walk: Walk, item: str, number: int = 1, *, unit: str = "", claim: dict[str, Any] | None = None) -> UUID:
    """A plan of a unit, filed."""
    party, case = named(f"unit-{number}"), named(f"case-{number}")
    with walk.stage.store.write() as work:
        work.add(
            Party, id=party, kind=PartyKind.UNIT, name=unit or UNITS[item], code=f"U{number}", town=TOWN,
            created_at=BEFORE, demo=True,
        )  # fmt: skip
        walk.stage.person(work, f"planner-{number}", firm=None)
        work.flush()
        work.execute(update(Person).where(col(Person.id) == named(f"planner-{number}")).values(party_id=party))
        add_draft(work, case, item, number, party=party)
        work.add(
            Evidence, case_id=case, slot="plan", name="plan.pdf", sha256="a" * 64, size=1, media_type="application/pdf",
            added_at=work.now,
        )  # fmt: skip
    act(walk.stage.store, r.File(case=case, by=planner(number), act_id=walk.act_id(), claim=claim or CLAIMS[item]))
    return case


def hold(walk: Walk, work: UnitOfWork, duty: Duty, unit: str) -> None:
    """One more unit with its officer."""
    work.add(UnitRecord, name=unit, kind="bureau")
    work.flush()
    walk.stage.grant(work, f"{duty}-0", duty, unit)
    touch(work)


def planner(number: int) -> UUID:
    return named(f"planner-{number}")


def begin(walk: Walk, item: str, number: int = 1, *, facts: dict[str, Any] | None = None, **more: Any) -> CaseView:
    """A plan filed, certified, seen by the joint units and begun."""
    case = walk.stage.case(file(walk, item, number, **more))
    walk.do(r.Certify, case, facts=facts or FACTS[item])
    case = walk.stage.case(case.id)
    while case.state == S.UNDER_JOINT_REVIEW:
        walk.do(r.Opine, case)
        case = walk.stage.case(case.id)
    outcome = computation.compute(walk.stage.store)
    assert not outcome.failed, outcome.failed
    return walk.stage.case(case.id)


def report(walk: Walk, case: CaseView, number: int = 1, **figures: str) -> CaseView:
    """Reports every open milestone, the figures with the first."""
    said: dict[str, str] = {name.replace("__", "@").replace("_", "-"): value for name, value in figures.items()}
    with walk.stage.store.read() as work:
        positions = [
            row.position
            for row in work.execute(select(MilestoneRecord.__table__).where(col(MilestoneRecord.case_id) == case.id))  # type: ignore[attr-defined]
            if row.state in ("planned", "in_progress")
        ]
    for position in sorted(positions):
        case = walk.stage.case(case.id)
        walk.do(r.ReportMilestone, case, by=planner(number), milestone=position, text="算例进展", indicators=said)
        said = {}
    return walk.stage.case(case.id)


def refused(code: str, attempt: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as no:
        attempt()
    assert no.value.code == code, no.value.zh
    return no.value
