"""The page of flows: one literal flow a measure, found by the engine's own search, saying what its measure says."""

import ast
import asyncio
import inspect
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args
from uuid import UUID

import anyio
import pytest
from prefect import Flow, Task
from prefect._internal.ast_utils import find_flow_functions_in_file
from prefect.flows import load_flow_from_entrypoint

import policies
from casework.shared.run_summary import RunSummary
from flows import pages, scheduled
from flows.hooks import crashed, failed
from flows.options import TIMEOUT_SECONDS, description, options, tags_of, version
from flows.pages import NoFlow
from policies.conformity import missing
from policies.kit import Measure, Money
from support import tree

PAGE = Path("flows/xiuzhou_2023.py")
POLICY = policies.get("XZ2023")
WITH_FLOW = [each_measure for each_measure in POLICY.measures if each_measure.items]


def searched() -> list[str]:
    """The flows that the engine's own search finds on the page, without running it."""
    found = asyncio.run(find_flow_functions_in_file(anyio.Path(tree.ROOT / PAGE)))
    return [deployment["flow_name"] for deployment in found]


def test_every_measure_has_exactly_one_flow_found_by_the_engines_search_in_the_policys_order() -> None:
    assert searched() == [schedule.flow for schedule in WITH_FLOW]
    assert len(WITH_FLOW) == 22 + 4


def test_nothing_is_missing_and_a_missing_flow_is_told_with_its_lines() -> None:
    assert missing(POLICY, flows=pages.found()) == []
    told = "\n".join(gap.en for gap in missing(POLICY, flows=set(pages.found()) - {"m14_trade_fairs"}))
    written = tree.text(PAGE)
    start = written.index("@flow(**options(M[14]))")
    assert written[start : written.index("\n\n\n", start)] in told


@pytest.mark.parametrize("measure", WITH_FLOW, ids=lambda measure: measure.code)
def test_the_flow_loads_by_its_entrypoint_and_is_named_as_its_function(measure: Measure) -> None:
    flow = load_flow_from_entrypoint(f"flows.xiuzhou_2023.{measure.flow}")
    assert flow.name == flow.fn.__name__ == measure.flow
    assert flow.version == version(measure)
    assert flow.retries == 0, "a flow around money is not repeated by the engine"
    assert measure.title.zh in str(flow.description) and measure.lead.zh in str(flow.description)


def test_a_flow_loads_by_its_file_too() -> None:
    assert load_flow_from_entrypoint(f"{tree.ROOT / PAGE}:m04_new_products").name == "m04_new_products"


def test_each_flow_is_one_statement_under_its_options() -> None:
    functions = [node for node in tree.tree(PAGE).body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == len(WITH_FLOW)
    assert all(len(node.body) == len(node.decorator_list) == 1 for node in functions)


def test_the_version_is_another_where_an_amount_could_be_another() -> None:
    stores = POLICY.measure(16)
    item = replace(stores.items[0], ceiling=Money.wan(60))
    assert version(replace(stores, items=(item,))) != version(stores)
    renamed = replace(stores.items[0], title=stores.title)
    assert version(replace(stores, items=(renamed,))) == version(stores), "words do not change an amount"


def test_options_say_name_description_version_limit_and_hooks_and_nothing_else() -> None:
    fair = POLICY.measure(14)
    said: dict[str, object] = dict(options(fair))
    assert [said.pop(name) for name in ("on_failure", "on_crashed")] == [[failed], [crashed]]
    words = {"name": fair.flow, "description": description(fair), "version": version(fair)}
    assert said == {**words, "timeout_seconds": TIMEOUT_SECONDS}
    assert tags_of(fair) == ["M14", fair.lead.zh, "cash_grant", "in_kind"]


def flows_and_tasks() -> list[Flow[..., RunSummary] | Task[..., RunSummary]]:
    """Everything that the engine is told parameters of."""
    import tasks.announce
    import tasks.certify
    import tasks.compute
    import tasks.deliver
    import tasks.lapse
    import tasks.on_a_date
    import tasks.pay
    import tasks.post
    import tasks.report
    import tasks.submit

    modules = [
        getattr(tasks, name)
        for name in "announce certify compute deliver lapse on_a_date pay post report submit".split()
    ]
    own = [value for module in modules for value in vars(module).values() if isinstance(value, Task)]
    return [*pages.found().values(), *pages.on_page(scheduled).values(), *own]


def test_only_ids_and_dates_go_into_flows_and_tasks_and_only_an_outcome_comes_out() -> None:
    for callable_ in flows_and_tasks():
        signature = inspect.signature(callable_.fn, eval_str=True)
        assert signature.return_annotation is RunSummary
        for parameter in signature.parameters.values():
            ids, dates = (list[UUID], list[UUID] | None), (date, date | None)
            assert parameter.annotation in (*ids, *dates), f"{callable_.name}: {parameter}"
    assert all(get_args(hint) for hint in RunSummary.__annotations__.values() if not isinstance(hint, str))


def test_a_measure_without_a_flow_is_told_where_to_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from other_policies.lakeside.policy import POLICY as LAKESIDE

    monkeypatch.setitem(policies._registered, LAKESIDE.code, LAKESIDE)
    with pytest.raises(NoFlow, match=r"LS2023 第 M1 项没有流程 m01_solar_roofs：请写在政策页面"):
        pages.flow_of("LS2023", "M1")


def test_two_pages_cannot_use_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGES", [*pages.PAGES, "flows.xiuzhou_2023"])
    with pytest.raises(ValueError, match="两个政策页面都有流程 m01_overseas_centres"):
        pages.found()


def test_names_are_unique_over_all_flows() -> None:
    names = Counter(callable_.name for callable_ in flows_and_tasks() if isinstance(callable_, Flow))
    assert max(names.values()) == 1
