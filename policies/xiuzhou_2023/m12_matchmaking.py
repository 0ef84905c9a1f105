"""第 12 条: matchmaking events, and at least three sales fairs of end products in the district's season."""

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
    """The events that the reviewer finds in the plan."""

    events: tuple[Event, ...] = label("列入计划的活动", "events in the plan", default=())

    def check(self) -> None:
        refuse_twins("events", tuple(event.title for event in self.events))


def events(facts: EventFacts, sheet: Sheet) -> None:
    """A plan of events. Three sales fairs are the district's target for the season, over all plans, not this plan's."""
    review(facts, sheet)
    within = [event for event in facts.events if sheet.covers(event.held_on)]
    sheet.require(len(within) >= 1, "计划中没有有效期内的活动")
    fairs = sum(event.kind is Kind.FAIR for event in within)
    sheet.nothing_due(f"有效期内安排展销会 {fairs} 场，对接活动不涉及资金兑付")


def fairs_on(*days: date) -> tuple[Event, ...]:
    """Sales fairs of worked examples, one on each of the days."""
    return tuple(Event(title=f"算例展销会 {day}", kind=Kind.FAIR, held_on=day) for day in days)


EDGES = (date(2023, 7, 1), date(2023, 11, 11), date(2024, 6, 30))
SEASON = EventFacts(name="算例对接计划", on_task=True, accountable=True, events=fairs_on(*EDGES))
NONE = "计划中没有有效期内的活动"

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
        Example(
            title="第三场在有效期后一日，只计两场",
            facts=replace(SEASON, events=fairs_on(*EDGES[:2], date(2024, 7, 1))),
            gives="有效期内安排展销会 2 场，对接活动不涉及资金兑付",
        ),
        Example(title="全在有效期以外", facts=replace(SEASON, events=fairs_on(date(2024, 7, 1))), refused=NONE),
    ),
)

MEASURE = Measure(
    code="M12",
    clause="第 12 条",
    title=Text("积极开展展销对接", "matchmaking and sales fairs"),
    units=(COMMERCE,),
    items=(EVENTS,),
)
