"""Flows as plain functions, on both databases: every chain to its end, bad cases apart, other policies on the same page."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from other_policies.lakeside.policy import POLICY as LAKESIDE
from other_policies.xiuzhou_2024_renewal import POLICY as RENEWED

import policies
from casework.awards import computation
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from flows import pages
from flows.chains import WrongChain, chain, chains
from flows.pages import flow_of
from flows.runs import as_markdown, in_order
from flows.scheduled import lapse_unanswered, sweep
from flows.sweeping import due_jobs
from models import Case, Duty, UnitRecord
from models.clock import end_of
from models.store import Store
from models.verify import verify
from policies.kit import Money
from support.season import certified, filed, to_the_end
from support.stage import add_draft, claim, hand_in, named
from support.walk import Walk
from tasks.compute import compute as price_step
from tasks.deliver import deliver
from tasks.pay import pay
from tasks.submit import submit

pytestmark = pytest.mark.usefixtures("home")
MANY = 120


@pytest.mark.parametrize("item", ["M4a", "M9", "M10"])
def test_a_case_goes_from_filing_to_its_end_by_its_measures_flow(item: str, walk: Walk) -> None:
    case = walk.open(item, 1)
    done = to_the_end(walk, [case])
    assert walk.stage.case(case).state == "closed"
    assert not done.failed
    assert (walk.stage.case(case).number, "closed") in done.moved


def test_a_flow_follows_the_chain_of_each_item(walk: Walk) -> None:
    money, place = filed(walk, "M4a", 1)[0], filed(walk, "M9", 1, first=1)[0]
    assert flow_of("XZ2023", "M4").fn().moved == [(walk.stage.case(money).number, "filed")]
    assert flow_of("XZ2023", "M9").fn().moved == [(walk.stage.case(place).number, "filed")]


Called = list[tuple[str, list[UUID]]]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Called:
    """Which steps were called over which cases; each step does its work all the same."""
    called: Called = []

    def noting(cases: list[UUID], *chosen: Any) -> RunSummary:
        called.extend((step.name, cases) for step in chosen)
        return in_order(cases, *chosen)

    monkeypatch.setattr("flows.chains.in_order", noting)
    return called


def test_items_of_one_measure_go_their_own_ways_in_one_run(walk: Walk, steps: Called) -> None:
    with walk.stage.store.write() as work:
        place, money = walk.stage.draft(work, "M14a", 1), walk.stage.draft(work, "M14b", 2)
    assert not flow_of("XZ2023", "M14").fn([money, place]).failed
    before = ["submit", "certify", "compute", "announce"]
    assert steps == [(name, [place]) for name in (*before, "deliver")] + [(name, [money]) for name in (*before, "pay")]


def test_items_that_go_one_way_are_taken_together(walk: Walk, steps: Called) -> None:
    with walk.stage.store.write() as work:
        cases = [walk.stage.draft(work, "M4a", 1), walk.stage.draft(work, "M4b", 2)]
    assert not flow_of("XZ2023", "M4").fn(cases).failed
    assert [name for name, _ in steps] == ["submit", "certify", "compute", "announce", "pay"]
    assert all(set(taken) == set(cases) for _, taken in steps)


@pytest.mark.parametrize(
    ("measure", "ways", "told"),
    [
        (
            "M4",
            [submit, price_step, deliver],
            "m04_new_products：M4a 是资金兑付，步骤应以 pay 结束，现为：submit、compute、deliver",
        ),
        ("M4", [submit, pay, price_step], "现为：submit、pay、compute"),
        ("M9", [submit, deliver, pay], "M9 是要素与名单支持，步骤应以 deliver 结束"),
        ("M3", [], "M3 是工作推进，步骤应以 report 结束，现为：无"),
        ("M14", {"b": (submit, pay)}, "M14a 是要素与名单支持，步骤应以 deliver 结束，现为：无"),
        (
            "M14",
            {"a": (submit, pay), "b": (submit, pay)},
            "M14a 是要素与名单支持，步骤应以 deliver 结束，现为：submit、pay",
        ),
    ],
)
def test_no_case_goes_a_way_whose_end_is_not_the_laws(
    walk: Walk, measure: str, ways: Any, told: str, steps: Called
) -> None:
    known = policies.get("XZ2023").measure(measure)
    with pytest.raises(WrongChain, match=told):
        chains(known, None, **ways) if isinstance(ways, dict) else chain(known, None, *ways)
    assert steps == []


def test_a_wrong_chain_puts_its_cases_off_and_says_so_on_them(walk: Walk) -> None:
    case = filed(walk, "M4a", 1)[0]
    with pytest.raises(WrongChain):
        chain(policies.get("XZ2023").measure(4), None, submit, deliver)
    seen = walk.stage.case(case)
    assert (seen.problem, seen.next_duty) == ("流程运行出错（WrongChain），已通知运维", "system")
    assert flow_of("XZ2023", "M4").fn() == RunSummary(), "tried again in a minute, not at once"


def test_a_flow_says_for_whom_its_cases_wait(walk: Walk) -> None:
    case = filed(walk, "M4a", 1)[0]
    number = walk.stage.case(case).number
    assert flow_of("XZ2023", "M4").fn().waiting == [(number, "待受理：等区经商局受理人")]
    walk.forward(case)
    assert flow_of("XZ2023", "M4").fn([case]).waiting == [(number, "已受理：等算例镇初审人")]


def test_a_flow_with_nothing_due_does_nothing(walk: Walk) -> None:
    assert flow_of("XZ2023", "M4").fn() == RunSummary()


def test_a_flow_moves_only_the_cases_named_and_reports_those_that_are_not_its_own(walk: Walk) -> None:
    case, other = filed(walk, "M4a", 2)
    stranger = filed(walk, "M9", 1, first=7)[0]
    nobody = uuid4()
    done = flow_of("XZ2023", "M4").fn([case, stranger, nobody])
    assert [number for number, _ in done.moved] == [walk.stage.case(case).number]
    assert walk.stage.case(other).next_duty == "system"
    assert done.failed == [
        (str(nobody), "没有这个案件"),
        (walk.stage.case(stranger).number, "不属于本举措（应由 XZ2023 M9 办理）"),
    ]


@pytest.mark.tampers
def test_a_case_that_cannot_be_read_is_flagged_and_the_others_move_on(walk: Walk) -> None:
    good = filed(walk, "M4a", 20)
    bad = uuid4()
    with walk.stage.store.write() as work:
        work.add(
            Case, id=bad, number="XZ2023-M04-000999", policy="XZ2023", measure="M4", item="M4z",
            party_id=named("firm-0"), state="filed", next_duty=Duty.SYSTEM, next_due=work.now,
            filed_at=work.now, opened_at=work.now, changed_at=work.now,
        )  # fmt: skip
    done = flow_of("XZ2023", "M4").fn()
    assert sorted(number for number, _ in done.moved) == sorted(walk.stage.case(case).number for case in good)
    assert [number for number, _ in done.failed] == ["XZ2023-M04-000999"]
    flagged = walk.stage.case(bad)
    assert flagged.problem and flagged.state == "filed"
    assert flow_of("XZ2023", "M4").fn() == RunSummary(), "tried again in an hour, not at once"


def test_a_case_on_which_a_step_breaks_is_flagged_and_the_others_move_on(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = certified(walk, "M4a", 20)
    bad = walk.stage.case(cases[7]).number
    price = computation._price

    def breaking(collected: Any, case: CaseView) -> None:
        if case.number == bad:
            raise ZeroDivisionError
        price(collected, case)

    monkeypatch.setattr(computation, "_price", breaking)
    done = flow_of("XZ2023", "M4").fn()
    assert len(done.moved) == 19
    assert done.failed == [(bad, "系统处理出错（ZeroDivisionError），已通知运维")]
    assert done.waiting[0][1] == "已核算，待审定：等区经商局核算复核人"
    monkeypatch.undo()
    due = walk.stage.case(cases[7]).next_due
    assert due is not None
    walk.stage.store.set_clock(due, frozen=True)
    assert flow_of("XZ2023", "M4").fn().moved == [(bad, "computed")], "nothing of it was lost"


@pytest.mark.slow
def test_two_runs_at_once_move_each_case_once(walk: Walk, home: Home) -> None:
    cases = certified(walk, "M4a", MANY)
    outcomes: list[RunSummary] = []
    start = threading.Barrier(3)

    def run() -> None:
        with home.in_use():
            start.wait()
            outcomes.append(flow_of("XZ2023", "M4").fn())

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moved = [number for outcome in outcomes for number, _ in outcome.moved]
    assert len(outcomes) == 3 and not [fault for outcome in outcomes for fault in outcome.failed]
    assert sorted(moved) == sorted(walk.stage.case(case).number for case in cases), "once each"


def test_the_sweep_starts_only_the_flows_that_have_something(walk: Walk) -> None:
    assert due_jobs() == ([], RunSummary())
    filed(walk, "M4a", 2)
    filed(walk, "M9", 1, first=5)
    assert [job.name for job in due_jobs()[0]] == ["m04_new_products", "m09_flexible_production"]
    walk.open("M16", 9)
    walk.stage.store.set_clock(end_of(policies.get("XZ2023").closes), frozen=True)
    assert due_jobs()[0][0].name == "lapse_unanswered"
    assert lapse_unanswered.fn().moved == [("XZ2023-M16-000009", "lapsed")]
    assert due_jobs()[0][0].name == "m04_new_products"


def test_the_sweep_tells_of_what_is_due_but_has_no_flow(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = filed(walk, "M4a", 1)[0]
    monkeypatch.setattr(pages, "found", dict)
    _, nobody = due_jobs()
    assert nobody.failed[0][0] == "XZ2023 M4" and "没有流程 m04_new_products" in nobody.failed[0][1]
    assert walk.stage.case(case).next_duty == "system", "it stays due"


def draft_of(store: Store, policy: str, item: str, number: int) -> UUID:
    """A draft under another policy, with its papers."""
    made = named(f"{policy}-{number}")
    with store.write() as work:
        closes = end_of(policies.get(policy).closes)
        add_draft(work, made, item, number, party=named("firm-0"), policy=policy, closes=closes)
        hand_in(work, made, item, policy=policy)
    return made


def certify(walk: Walk, case: UUID, stated: dict[str, object], found: dict[str, object]) -> None:
    """File, accept, screen, certify; the measure's flow whenever it is the system's turn."""
    seen = walk.stage.case(case)
    walk.do(r.File, seen, claim=stated)
    for _ in range(6):
        seen = walk.stage.case(case)
        if seen.next_duty == Duty.SYSTEM:
            flow_of(seen.policy, seen.measure).fn()
        elif seen.next_duty == Duty.CERTIFIER:
            walk.do(r.Certify, seen, facts=found)
            flow_of(seen.policy, seen.measure).fn()
            return
        else:
            walk.forward(case)


def test_what_a_renewal_adds_goes_as_the_items_of_its_kind(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, steps: Called
) -> None:
    monkeypatch.setitem(policies._registered, RENEWED.code, RENEWED)
    case = draft_of(walk.stage.store, "XZ2024", "M14c", 1)
    flow_of("XZ2023", "M14").fn([case])
    assert steps == [(name, [case]) for name in ("submit", "certify", "compute", "announce", "pay")]


@pytest.mark.tampers  # the renewal is taken away again before the store is looked over
def test_a_renewed_policy_uses_the_same_page_with_its_own_amounts(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policies._registered, RENEWED.code, RENEWED)
    walk.stage.store.set_clock(datetime(2024, 9, 10, 4, tzinfo=UTC), frozen=True)
    assert flow_of("XZ2024", "M4") is flow_of("XZ2023", "M4")
    case = draft_of(walk.stage.store, "XZ2024", "M4a", 1)
    stated = {**claim("M4a", 1), "level": "international", "certified_on": "2024-09-01"}
    certify(walk, case, stated, stated)
    seen = walk.stage.case(case)
    assert (seen.state, seen.amount_fen) == ("computed", int(Money.wan(300)))
    assert verify(walk.stage.store).ok


def test_another_district_has_a_page_of_its_own_and_neither_flow_takes_the_others_cases(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policies._registered, LAKESIDE.code, LAKESIDE)
    monkeypatch.setattr(pages, "PAGES", [*pages.PAGES, "other_policies.lakeside.page"])
    store = walk.stage.store
    with store.write() as work:
        work.add(UnitRecord, name=LAKESIDE.units[0].zh, kind="bureau")
    case = draft_of(store, "LS2023", "M1", 1)
    walk.do(r.File, walk.stage.case(case), claim={"roof": "A-1", "kilowatts": 150, "connected_on": "2023-05-01"})
    assert flow_of("XZ2023", "M1").fn() == RunSummary(), "the same code M1, but another policy's"
    done = flow_of("LS2023", "M1").fn()
    assert [number for number, _ in done.moved] == ["LS2023-M01-000001"]
    assert [job.name for job in due_jobs()[0]] == []


def test_an_artifact_names_cases_states_and_reasons_in_chinese_and_counts_what_it_leaves_out() -> None:
    many = [(f"XZ2023-M04-{n:06d}", "closed") for n in range(250)]
    told = as_markdown("M4 新产品", RunSummary(moved=many, refused=[("XZ2023-M04-000999", "未认定|见附件\n第二行")]))
    assert "推进 250，等待 0，不予支持 1，失败 0" in told
    assert "| XZ2023-M04-000000 | 已办结 |" in told
    assert "……其余 50 件从略" in told
    assert "| XZ2023-M04-000999 | 未认定\\|见附件 第二行 |" in told
    assert "### 失败" not in told


def test_the_whole_sweep_as_a_function_moves_everything_due(walk: Walk) -> None:
    filed(walk, "M4a", 3)
    filed(walk, "M9", 2, first=5)
    assert len(sweep.fn().moved) == 5
