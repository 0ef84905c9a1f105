"""第 12 条: matchmaking events, and at least three sales fairs of end products while the plan is in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from policies.kit import Choice, Example, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Target, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE

FAIRS = 3  # 3 场以上: three are enough


class Kind(Choice):
    """What an event brings together."""

    FAIR = "fair", "终端产品展销会", "sales fair of end products"
    SALES = "sales", "产销对接", "makers and sellers"
    INVESTMENT = "investment", "产投对接", "makers and investors"
    GOVERNMENT = "government", "政企对接", "firms and government"
    FINANCE = "finance", "产融对接", "makers and banks"
    TALENT = "talent", "产才对接", "makers and talent"


@form
class Event:
    """One event, planned or held."""

    title: str = label("活动名称", "event")
    kind: Kind = label("活动类别", "kind")
    held_on: date = label("举办日期", "held on")


@form
class EventPlan(Plan):
    """The calendar of events that the bureau files."""

    events: tuple[Event, ...] = label("活动安排", "events")


@form
class EventFacts(Reviewed):
    """The events that the reviewer finds arranged."""

    events: tuple[Event, ...] = label("已落实的活动", "events arranged", default=())

    def check(self) -> None:
        refuse_twins("events", tuple(event.title for event in self.events))


def events(facts: EventFacts, sheet: Sheet) -> None:
    """A plan with fewer than three sales fairs inside the policy's time does not do what the clause asks."""
    review(facts, sheet)
    fairs = sum(event.kind is Kind.FAIR and sheet.covers(event.held_on) for event in facts.events)
    sheet.require(fairs >= FAIRS, f"有效期内的终端产品展销会少于 {FAIRS} 场")
    sheet.nothing_due(f"有效期内安排展销会 {fairs} 场，对接活动不涉及资金兑付")


def fairs_on(*days: date) -> tuple[Event, ...]:
    """Sales fairs of worked examples, one on each of the days."""
    return tuple(Event(title=f"算例展销会 {day}", kind=Kind.FAIR, held_on=day) for day in days)


EDGES = (date(2023, 7, 1), date(2023, 11, 11), date(2024, 6, 30))
SEASON = EventFacts(name="算例对接计划", on_task=True, accountable=True, events=fairs_on(*EDGES))
TOO_FEW = f"有效期内的终端产品展销会少于 {FAIRS} 场"

EVENTS = Work(
    id="M12",
    title=Text("“十链百场千企”对接和终端产品展销会", "matchmaking events and sales fairs"),
    claim=EventPlan,
    facts=EventFacts,
    rule=events,
    milestones=tuple(milestone(month, "按计划举办当季活动", "events of the quarter held") for month in (3, 6, 9, 12)),
    indicators=(
        indicator("M12-fairs", "终端产品展销会", "sales fairs", "场", targets=(Target(at_least=Fraction(FAIRS)),)),
        indicator("M12-events", "对接活动", "matchmaking events", "场"),
        indicator("M12-firms", "参加企业", "firms that took part", "家次"),
    ),
    examples=(
        Example(title="首日、末日各一场", facts=SEASON, gives="有效期内安排展销会 3 场，对接活动不涉及资金兑付"),
        Example(title="只有两场", facts=replace(SEASON, events=fairs_on(*EDGES[:2])), refused=TOO_FEW),
        Example(
            title="第三场在有效期后一日",
            facts=replace(SEASON, events=fairs_on(*EDGES[:2], date(2024, 7, 1))),
            refused=TOO_FEW,
        ),
    ),
)

MEASURE = Measure(
    code="M12",
    clause="第 12 条",
    title=Text("积极开展展销对接", "matchmaking and sales fairs"),
    units=(COMMERCE,),
    items=(EVENTS,),
)
