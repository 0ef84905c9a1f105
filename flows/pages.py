"""Where a measure's flow is found: the pages of flows, searched by the flow's name.

A renewed policy finds its flows on the page of the policy that it renews, because its measures keep their flows' names. Another
district has a page of its own, listed here in one line or found with its policy; two pages cannot use one name, for the engine
knows a flow by its name. A page from outside that cannot be used is told and leaves the other policies alone.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import ModuleType

from prefect import Flow

import policies
from casework.shared.run_summary import RunSummary
from flows.schedule import CALENDAR, schedules
from policies.finding import Place, WrongPolicies
from policies.forms import Text

PAGES = ["flows.xiuzhou_2023"]
MeasureFlow = Flow[..., RunSummary]


class NoFlow(LookupError):
    """A measure or a job without a flow; says in both languages where to write it, or why its page cannot be used."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(zh)


def names() -> list[str]:
    """Every page: those of this source tree, then those of the policies found outside of it."""
    return list(dict.fromkeys([*PAGES, *(outside.page for outside in policies.outside().values() if outside.page)]))


@dataclass(frozen=True, kw_only=True)
class Searched:
    """What the pages hold, and what of them cannot be used."""

    flows: dict[str, MeasureFlow] = field(default_factory=dict)
    wrong: dict[str, WrongPolicies] = field(
        default_factory=dict
    )  # by the page's name, or by a flow's that two pages have
    twins: dict[str, set[str]] = field(default_factory=dict)  # such a flow's pages, those of this source tree apart


def found() -> dict[str, MeasureFlow]:
    """Every measure's flow by its name, of all pages that can be used."""
    return _searched().flows


def unusable() -> dict[str, WrongPolicies]:
    """What is wrong with pages from outside, by the page's name, or the flow's where two pages have it."""
    return _searched().wrong


def _searched() -> Searched:
    return _search(tuple(names()), tuple(PAGES))


@cache
def _search(pages: tuple[str, ...], listed: tuple[str, ...]) -> Searched:
    all_, page_of = Searched(), dict[str, str]()
    for page in (*listed, *(page_name for page_name in pages if page_name not in listed)):
        try:
            here = on_page(_page(page))
        except WrongPolicies as why:
            all_.wrong[page] = why
            continue
        for name, flow in here.items():
            if name not in all_.flows:
                all_.flows[name], page_of[name] = flow, page
            elif page in listed:
                raise ValueError(f"两个政策页面都有流程 {name}：请给其中一个举措换一个文件名")
            elif all_.flows[name] is not flow:
                all_.wrong[name] = _twins(name, page_of[name], page)
                all_.twins.setdefault(name, {page_of[name]} - {*listed}).add(page)
    for name in all_.twins:
        if page_of[name] not in listed:  # which of two from outside is meant is not ours to guess
            del all_.flows[name]
    return all_


def _twins(name: str, first: str, second: str) -> WrongPolicies:
    """Two flows of one name, told with the place of the second."""
    zh = f"两个政策页面（{first}、{second}）都有流程 {name}：请给其中一个举措换一个文件名"
    en = f"two pages ({first}, {second}) have a flow {name}: give one of the measures' files another name"
    return _origin(second).wrong(zh, en)


def _origin(page: str) -> Place:
    """Where the policy of a page from outside was found."""
    return next(outside.origin for outside in policies.outside().values() if outside.page == page)


def _page(name: str) -> ModuleType:
    """A page as a module; one of a policy from outside that cannot be loaded is named with its place."""
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        if name in PAGES:
            raise
        said = f"{type(error).__name__}: {error}"
        zh, en = f"流程页面 {name} 不能载入（{said}）", f"the page {name} cannot be loaded ({said})"
        raise _origin(name).wrong(zh, en) from error


def on_page(page: ModuleType) -> dict[str, MeasureFlow]:
    """The flows written on one page."""
    return {value.name: value for value in vars(page).values() if isinstance(value, Flow)}


def scheduled_flow(name: str) -> MeasureFlow:
    """A flow of the calendar's page by its name."""
    found: MeasureFlow = getattr(import_module(CALENDAR), name)
    return found


def calendar_flow(kind: str) -> MeasureFlow:
    """The flow that carries out a job or moment of the calendar, by its kind; NoFlow where none does."""
    named = [schedule.flow for schedule in schedules() if schedule.kind == kind]
    if not named:
        raise NoFlow(
            f"定时任务 {kind} 没有流程：请写在 {CALENDAR} 上", f"the job {kind} has no flow: write one in {CALENDAR}"
        )
    return scheduled_flow(named[0])


def flow_of(policy: str, measure: str) -> MeasureFlow:
    """The flow of a policy's measure ("XZ2023", "M4"); an unknown policy, measure or flow raises LookupError."""
    name = policies.get(policy).measure(measure).flow
    if why := _why_not(policy, name):
        raise NoFlow(
            f"{policy} 第 {measure} 项没有流程 {name}：{why.zh}", f"{policy} {measure} has no flow {name}: {why.en}"
        )
    return found()[name]


def belongs(policy: str, flow: str) -> bool:
    """Whether a policy's measure goes by the flow of this name: not where its own page has another of the same name."""
    own = policies.outside().get(policy)
    return own is None or own.page not in _searched().twins.get(flow, ())


def _why_not(policy: str, flow: str) -> Text | None:
    """Why a policy has no flow of this name; None where it has one."""
    outside, wrong = policies.outside().get(policy), unusable()
    if flow in found() and belongs(policy, flow):
        return None
    for name in (flow, outside.page if outside else ""):
        if name in wrong:
            return Text(wrong[name].zh, wrong[name].en)
    listed = "、".join(names())
    return Text(f"请写在政策页面（{listed}）上", f"write it on the policy's page ({listed})")


def faults_of(page: str) -> list[Text]:
    """What is wrong with a page beside its chains: it does not load, or another page or the calendar has a flow of its names."""
    if not page:
        return []
    try:
        here = on_page(import_module(page))
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}"
        return [Text(f"流程页面 {page} 不能载入（{said}）", f"the page {page} cannot be loaded ({said})")]
    others = {name: other for other in names() if other != page for name in _names_on(other)}
    others |= {schedule.flow: CALENDAR for schedule in schedules()}
    return [
        Text(
            f"流程 {name} 在 {others[name]} 中已有：请给举措换一个文件名",
            f"{others[name]} has a flow {name} already: give the measure's file another name",
        )
        for name, flow in here.items()
        if name in others and found().get(name) is not flow
    ]


def _names_on(page: str) -> list[str]:
    try:
        return list(on_page(import_module(page)))
    except (Exception, SystemExit):  # told of that page itself
        return []
