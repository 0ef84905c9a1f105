"""An evaluation under way (赛马) on the day after its first ranking is due: units, catalogue, figures."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import policies
from casework.lifecycle import commands as r
from casework.programmes import ranking_catalogue as register
from casework.programmes import ranking_snapshots
from casework.programmes.ranking_catalogue import NewValue
from casework.shared.reference import touch
from models import Duty, State, UnitRecord
from models.store import Store
from support.calendar_jobs import at
from support.stage import FINANCE, LEAD, MARKET, TOWN, VALUES, Stage, officer
from support.walk import Walk

POLICY = policies.get("XZ2023")
UNITS, REFORM = (MARKET, FINANCE, TOWN), "区发改局"
FIRST, AFTER = date(2023, 9, 30), date(2023, 10, 1)
CATALOGUE = [
    {"title": "算例产值增速", "weight": 60, "source": "统计部门", "every": "quarter", "direction": "higher"},
    {"title": "算例单位能耗", "weight": 40, "source": "统计部门", "every": "month", "direction": "lower"},
]
FIGURES = {"算例产值增速": ("6.5", "6.5", "3"), "算例单位能耗": ("0.40", "0.30", "0.20")}


@dataclass
class EvaluatedUnits:
    """An evaluation under way, on the day after its first ranking is due."""

    store: Store

    def figures(self, *, period: str = "2023-09", only: str = "") -> list[NewValue]:
        return [
            NewValue(indicator=title, unit=unit, period=period, value=value, source="算例年鉴")
            for title, values in FIGURES.items()
            for unit, value in zip(UNITS, values, strict=True)
            if only in ("", title)
        ]

    def enter(self, **more: str) -> int:
        return register.enter(self.store, officer(Duty.CERTIFIER), POLICY, self.figures(**more))

    def shown(self) -> list[list[str]]:
        with self.store.read() as work:
            return [ranking_snapshots.lines(row.content) for row in ranking_snapshots.listed(work, POLICY)]


def evaluation(store: Store, **values: Any) -> EvaluatedUnits:
    walk = Walk(Stage(store).furnish(values={**VALUES, "P-lead": {"S1": LEAD}, **values}))
    with store.write() as work:  # the other unit of the clause gives its opinion
        work.add(UnitRecord, name=REFORM, kind="bureau")
        work.flush()
        walk.stage.grant(work, f"{Duty.JOINT_REVIEWER}-0", Duty.JOINT_REVIEWER, REFORM)
        touch(work)
    plan = {"name": "算例评估", "starts": "2023-07-01", "ends": "2024-06-30", "summary": "算例"}
    made = walk.open("S1", 1)
    walk.do(r.File, walk.stage.case(made), claim={**plan, "evaluated": list(UNITS), "catalogue": CATALOGUE})
    facts = {"name": "算例评估", "on_task": True, "accountable": True, "duties_assigned": True, "catalogue": CATALOGUE}
    walk.do(r.Certify, walk.to(made, State.PLANNED, Duty.CERTIFIER), facts=facts)
    walk.to(made, State.IN_PROGRESS)
    store.set_clock(at("2023-10-01"), frozen=True)
    return EvaluatedUnits(store)
