"""Where a measure's flow is found: the pages of flows, searched by the flow's name.

A renewed policy finds its flows on the page of the policy that it renews, because its measures keep their flows' names. Another
district has a page of its own, listed here in one line; two pages cannot use one name, for the engine knows a flow by its name.
"""

from functools import cache
from importlib import import_module
from types import ModuleType

from prefect import Flow

import policies
from casework.outcome import Outcome

PAGES = ["flows.xiuzhou_2023"]
MeasureFlow = Flow[..., Outcome]


class NoFlow(LookupError):
    """A measure without a flow; the message says where to write it."""


def add_page(name: str) -> None:
    """Adds a page by its module's name."""
    if name not in PAGES:
        PAGES.append(name)
        found.cache_clear()


@cache
def found() -> dict[str, MeasureFlow]:
    """Every measure's flow by its name."""
    flows: dict[str, MeasureFlow] = {}
    for page in map(import_module, PAGES):
        for name, one in on_page(page).items():
            if name in flows:
                raise ValueError(f"两个政策页面都有流程 {name}：请给其中一个举措换一个文件名")
            flows[name] = one
    return flows


def on_page(page: ModuleType) -> dict[str, MeasureFlow]:
    """The flows written on one page."""
    return {one.name: one for one in vars(page).values() if isinstance(one, Flow)}


def flow_of(policy: str, measure: str) -> MeasureFlow:
    """The flow of a policy's measure ("XZ2023", "M4"); an unknown policy, measure or flow raises LookupError."""
    name = policies.get(policy).measure(measure).flow
    if name not in found():
        raise NoFlow(f"{policy} 第 {measure} 项没有流程 {name}：请写在政策页面（{'、'.join(PAGES)}）上")
    return found()[name]
