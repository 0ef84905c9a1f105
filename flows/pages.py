"""Where a measure's flow is found: the pages of flows, searched by the flow's name.

A renewed policy finds its flows on the page of the policy that it renews, because its measures keep their flows' names. Another
district has a page of its own, listed here in one line or found with its policy; two pages cannot use one name, for the engine
knows a flow by its name.
"""

from functools import cache
from importlib import import_module
from types import ModuleType

from prefect import Flow

import policies
from casework.outcome import Outcome
from policies.finding import WrongPolicies

PAGES = ["flows.xiuzhou_2023"]
MeasureFlow = Flow[..., Outcome]


class NoFlow(LookupError):
    """A measure without a flow; the message says where to write it."""


def add_page(name: str) -> None:
    """Adds a page by its module's name."""
    if name not in PAGES:
        PAGES.append(name)


def names() -> list[str]:
    """Every page: those of this source tree, then those of the policies found outside of it."""
    return list(dict.fromkeys([*PAGES, *(one.page for one in policies.outside().values() if one.page)]))


def found() -> dict[str, MeasureFlow]:
    """Every measure's flow by its name."""
    return _flows(tuple(names()), tuple(PAGES))


@cache
def _flows(pages: tuple[str, ...], listed: tuple[str, ...]) -> dict[str, MeasureFlow]:
    flows: dict[str, MeasureFlow] = {}
    for page in (*listed, *(one for one in pages if one not in listed)):
        for name, one in on_page(_page(page)).items():
            if name in flows and (page in listed or flows[name] is not one):
                raise _twins(name, page)
            flows[name] = one
    return flows


def _twins(name: str, page: str) -> Exception:
    """Two flows of one name; told with the place of the policy where the second is from outside."""
    zh = f"两个政策页面都有流程 {name}：请给其中一个举措换一个文件名"
    place = _place(page)
    return WrongPolicies(place, zh, f"two pages have a flow {name}: rename one") if place else ValueError(zh)


def _place(page: str) -> str:
    """The place in DUIXIAN_POLICIES that a page comes from; "" for one of this source tree."""
    return next((one.place for one in policies.outside().values() if one.page == page and page not in PAGES), "")


def _page(name: str) -> ModuleType:
    """A page as a module; one of a policy from outside that cannot be loaded is named with its place."""
    try:
        return import_module(name)
    except Exception as error:
        if not (place := _place(name)):
            raise
        said = f"{type(error).__name__}: {error}"
        zh, en = f"流程页面 {name} 不能载入（{said}）", f"the page {name} cannot be loaded ({said})"
        raise WrongPolicies(place, zh, en) from error


def on_page(page: ModuleType) -> dict[str, MeasureFlow]:
    """The flows written on one page."""
    return {one.name: one for one in vars(page).values() if isinstance(one, Flow)}


def flow_of(policy: str, measure: str) -> MeasureFlow:
    """The flow of a policy's measure ("XZ2023", "M4"); an unknown policy, measure or flow raises LookupError."""
    name = policies.get(policy).measure(measure).flow
    if name not in found():
        raise NoFlow(f"{policy} 第 {measure} 项没有流程 {name}：请写在政策页面（{'、'.join(names())}）上")
    return found()[name]
