"""第 17 条: factory stores on tourist routes, and a shopping season for them."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE, CULTURE


@form
class Route:
    """One tourist route and the factory stores on it."""

    title: str = label("线路名称", "route")
    stores: tuple[str, ...] = label("沿线工厂店", "factory stores on it")

    def check(self) -> None:
        refuse_twins("stores", self.stores)


@form
class StorePlan(Plan):
    """The routes and the season events that the bureaus plan."""

    routes: tuple[Route, ...] = label("旅游线路", "routes", default=())
    stores: tuple[str, ...] = label("拟培育的精品工厂店", "factory stores to be fostered", default=())
    season_events: int = label("消费季活动场次", "season events", default=0)


@form
class StoreFacts(Reviewed):
    """What the reviewer certifies."""

    routes: tuple[Route, ...] = label("列入计划的线路", "routes in the plan", default=())
    stores: tuple[str, ...] = label("列入计划培育的工厂店", "stores to be fostered", default=())
    season_events: int = label("列入计划的消费季活动", "season events in the plan", default=0)

    def check(self) -> None:
        refuse_twins("routes", tuple(route.title for route in self.routes))
        refuse_twins("stores", self.stores)


def stores(facts: StoreFacts, sheet: Sheet) -> None:
    """Routes, stores to be fostered, events of the shopping season: tasks of their own, of which a plan has one or more."""
    review(facts, sheet)
    tasks = len(facts.routes) + len(facts.stores) + facts.season_events
    sheet.require(tasks >= 1, "计划中没有旅游线路、工厂店培育或消费季活动")
    words = f"线路 {len(facts.routes)} 条、培育工厂店 {len(facts.stores)} 家、消费季活动 {facts.season_events} 场"
    sheet.nothing_due(f"计划{words}，工厂店培育不涉及资金兑付")


GOOD = StoreFacts(
    name="算例工厂店计划",
    on_task=True,
    accountable=True,
    routes=(Route(title="算例线路", stores=("算例毛衫工厂店", "算例家居工厂店")),),
    season_events=1,
)

TOLD = "计划线路 {} 条、培育工厂店 {} 家、消费季活动 {} 场，工厂店培育不涉及资金兑付"

STORES = Work(
    id="M17",
    title=Text("工厂店旅游线路和消费季", "routes of factory stores and a shopping season"),
    claim=StorePlan,
    facts=StoreFacts,
    rule=stores,
    milestones=(
        milestone(3, "发布精品线路", "routes published"),
        milestone(6, "举办消费季活动", "shopping season held"),
        milestone(12, "年度小结", "yearly summary"),
    ),
    indicators=(
        indicator("M17-routes", "精品线路", "routes", "条"),
        indicator("M17-stores", "培育的精品工厂店", "factory stores fostered", "家"),
        indicator("M17-visitors", "接待游客", "visitors", "人次", per=Text("线路", "route"), among="routes"),
    ),
    examples=(
        Example(title="一条线路、一场活动", facts=GOOD, gives=TOLD.format(1, 0, 1)),
        Example(title="只有线路", facts=replace(GOOD, season_events=0), gives=TOLD.format(1, 0, 0)),
        Example(title="只有消费季活动", facts=replace(GOOD, routes=()), gives=TOLD.format(0, 0, 1)),
        Example(
            title="三项都没有",
            facts=replace(GOOD, routes=(), season_events=0),
            refused="计划中没有旅游线路、工厂店培育或消费季活动",
        ),
    ),
)

MEASURE = Measure(
    code="M17",
    clause="第 17 条",
    title=Text("鼓励开设工厂店", "factory stores"),
    units=(COMMERCE, CULTURE),
    items=(STORES,),
)
