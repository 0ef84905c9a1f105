"""Programmes: filed by the unit in charge, on the plan's own days, closed with their figures and targets or with a reason."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.awards import computation
from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from casework.views import dossier
from models import (
    IndicatorValue,
    JointOpinion,
    Message,
    MilestoneRecord,
)  # fmt: skip
from models.clock import end_of
from models.store import Store
from models.verify import verify
from policies.programme import Every, Reported, indicator, period_on, total
from support.programme_plans import CERTIFIED, CLAIMS, FACTS, PLAN, D, S, begin, file, hold, planner, refused, report
from support.stage import LEAD, MARKET, TOWN, Stage, named, officer
from support.walk import Walk


@pytest.fixture
def walk(make_store: Callable[..., Store]) -> Walk:
    return Walk(Stage(make_store()).furnish(firms=1))


# Who files


@pytest.mark.parametrize(("item", "unit"), [("M12", MARKET), ("M20", LEAD), ("S2", LEAD), ("M17", TOWN)])
def test_a_plan_is_filed_by_the_unit_in_charge_only(walk: Walk, item: str, unit: str) -> None:
    claim = {**CLAIMS[item], **({"town": unit} if item == "S2" else {})}
    no = refused("not_in_charge", lambda: file(walk, item, unit=unit, claim=claim))
    assert unit in no.zh


def test_a_town_files_no_other_towns_plan(walk: Walk) -> None:
    refused("not_in_charge", lambda: file(walk, "S2", claim={**CLAIMS["S2"], "town": "另一算例镇"}))
    file(walk, "S2", 2)


@pytest.mark.parametrize(
    ("starts", "ends", "passes"),
    [
        ("2023-01-01", "2023-06-30", False),
        ("2023-01-01", "2023-07-01", True),
        ("2024-06-30", "2025-01-01", True),
        ("2024-07-01", "2025-01-01", False),
    ],
)
def test_a_plan_reaches_into_the_policys_time(walk: Walk, starts: str, ends: str, passes: bool) -> None:
    claim = {**CLAIMS["M12"], "starts": starts, "ends": ends}
    if passes:
        file(walk, "M12", claim=claim)
    else:
        refused("plan_dates", lambda: file(walk, "M12", claim=claim))


# What happens to a plan


def test_the_joint_units_of_a_programme_give_their_opinion(walk: Walk) -> None:
    with walk.stage.store.write() as work:
        hold(walk, work, D.JOINT_REVIEWER, "区文旅局")
    case = walk.stage.case(file(walk, "M17"))
    walk.do(r.Certify, case, facts=FACTS["M17"])
    case = walk.stage.case(case.id)
    assert (case.state, case.next_duty) == (S.UNDER_JOINT_REVIEW, D.JOINT_REVIEWER)
    with walk.stage.store.read() as work:
        assert list(work.execute(select(col(JointOpinion.unit))).scalars()) == ["区文旅局"]
    walk.do(r.Opine, case)
    computation.compute(walk.stage.store)
    assert walk.stage.case(case.id).state == S.IN_PROGRESS


@pytest.mark.parametrize("by", ["rule", "refuse", "return"])
def test_a_plan_that_does_not_do_goes_back_and_comes_again_without_a_court_in_its_letter(walk: Walk, by: str) -> None:
    case = walk.stage.case(file(walk, "M12"))
    if by == "rule":
        walk.do(r.Certify, case, facts={**FACTS["M12"], "on_task": False})
        computation.compute(walk.stage.store)
    elif by == "refuse":
        walk.do(r.Refuse, case, reason="算例：内容不符")
    else:
        walk.do(r.ReturnForCorrection, case, missing=("算例：写明责任人",))
    back = walk.stage.case(case.id)
    assert (back.state, back.next_duty, back.corrections) == (S.IN_CORRECTION, D.APPLICANT, 1)
    with walk.stage.store.read() as work:
        kinds = set(work.execute(select(col(Message.kind)).where(col(Message.case_id) == case.id)).scalars())
    assert "returned" in kinds and "refused" not in kinds
    walk.do(r.File, back, by=planner(1), claim=CLAIMS["M12"])
    again = walk.stage.case(case.id)
    assert (again.state, again.next_duty) == (S.PLANNED, D.CERTIFIER)
    walk.do(r.Certify, again, facts=FACTS["M12"])
    computation.compute(walk.stage.store)
    assert walk.stage.case(case.id).state == S.IN_PROGRESS
    assert verify(walk.stage.store).ok


@pytest.mark.parametrize("then", ["positive", "overridden"])
def test_what_was_said_of_a_plan_that_went_back_stays_on_record_and_stops_nothing(walk: Walk, then: str) -> None:
    with walk.stage.store.write() as work:
        hold(walk, work, D.JOINT_REVIEWER, "区文旅局")
    walk.do(r.Certify, walk.stage.case(file(walk, "M17")), facts=FACTS["M17"])
    case = named("case-1")
    walk.do(r.Opine, walk.stage.case(case), positive=False, reason="算例：场次不足")
    walk.do(r.Refuse, walk.stage.case(case), reason="算例：请修改计划")
    assert walk.stage.case(case).state == S.IN_CORRECTION
    walk.do(r.File, walk.stage.case(case), by=planner(1), claim=CLAIMS["M17"])
    walk.do(r.Certify, walk.stage.case(case), facts=FACTS["M17"])
    if then == "positive":
        walk.do(r.Opine, walk.stage.case(case))
    else:
        walk.do(r.Opine, walk.stage.case(case), positive=False, reason="算例：场次仍不足")
        walk.do(r.OverrideOpinion, walk.stage.case(case), reason="算例：区里已另行安排")
    computation.compute(walk.stage.store)
    assert walk.stage.case(case).state == S.IN_PROGRESS
    with walk.stage.store.read() as work:
        said = work.execute(select(col(JointOpinion.opinion)).order_by(col(JointOpinion.round))).scalars().all()
    assert said == ["negative", then]
    assert verify(walk.stage.store).ok


def test_the_plans_own_days_carry_its_milestones(walk: Walk) -> None:
    case = begin(walk, "M12", claim={**CLAIMS["M12"], "starts": "2023-09-15", "ends": "2024-01-31"})
    with walk.stage.store.read() as work:
        days = list(work.execute(select(col(MilestoneRecord.due_on)).order_by(col(MilestoneRecord.position))).scalars())
    assert days == ["2023-11-30", "2024-01-31", "2024-01-31", "2024-01-31"]
    assert case.next_due == end_of(date(2023, 11, 30))
    walk.do(r.ReportMilestone, case, by=planner(1), milestone=1, text="算例进展")
    assert walk.stage.case(case.id).next_due == end_of(date(2024, 1, 31)), "the next milestone's day"


# Figures


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        ("M20-long", "about"),
        ("M20-long@算例丙行", "about"),
        ("M20-long@算例甲行@2023-13", "period"),
        ("M20-long@算例甲行@2023-10", "period"),
        ("M20-long@算例甲行@八月", "period"),
        ("M20-long@算例甲行@2023-Q3", "period"),
        ("M20-long@算例甲行@2023", "period"),
        ("M20-nothing@算例甲行", "indicator"),
        ("M20-long@算例甲行@2023-07@x", "indicator"),
    ],
)
def test_a_figure_says_whose_it_is_and_for_when(walk: Walk, figure: str, code: str) -> None:
    case = begin(walk, "M20")
    refused(
        code,
        lambda: walk.do(r.ReportMilestone, case, by=planner(1), milestone=1, text="算例", indicators={figure: "1"}),
    )


def test_a_figure_has_the_kind_of_period_of_its_indicator_so_that_none_counts_twice(walk: Walk) -> None:
    """Three fairs in three months and three in their quarter are three fairs, not six."""
    case = begin(walk, "M12")

    def reported(name: str, **more: str) -> Callable[[], object]:
        return lambda: walk.do(
            r.ReportMilestone, case, by=planner(1), milestone=1, text="算例", indicators={name: "3"}, **more
        )

    for attempt in (
        reported("M12-fairs@@2023-08"),
        reported("M12-fairs@@2023"),
        reported("M12-fairs", period="2023-09"),
    ):
        assert "按“每季”填报" in refused("period", attempt).zh
    reported("M12-fairs")()
    with walk.stage.store.read() as work:
        assert work.execute(select(col(IndicatorValue.period))).scalars().all() == ["2023-Q3"]


def test_the_last_of_figures_that_do_not_add_is_the_one_whose_period_ends_last() -> None:
    share = indicator("X-share", "占比", "share", "%", adds=False)
    told = [
        Reported(indicator="X-share", unit="u", about="", period=period, value=Fraction(value))
        for period, value in (("2023-Q3", 40), ("2023-12", 55), ("2023-09", 41))
    ]
    assert total(share, told) == 55
    assert [period_on(every, date(2023, 9, 30)) for every in Every] == ["2023", "2023-09", "2023-Q3", "2023"]


def test_many_months_of_many_banks_are_kept_apart_and_corrected_by_later_rows(walk: Walk) -> None:
    case = begin(walk, "M20")
    figures = {
        f"M20-long@{bank}@2023-{month:02d}": f"{month}{n}.50"
        for n, bank in enumerate(("算例甲行", "算例乙行"))
        for month in (7, 8, 9)
    }
    walk.do(r.ReportMilestone, case, by=planner(1), milestone=1, text="算例", indicators=figures)
    case = walk.stage.case(case.id)
    walk.do(
        r.ReportMilestone, case, by=planner(1), milestone=2, text="更正", indicators={"M20-long@算例甲行@2023-07": "99"}
    )
    with walk.stage.store.read() as work:
        rows = work.execute(select(IndicatorValue.__table__).order_by(col(IndicatorValue.sequence))).all()  # type: ignore[attr-defined]
    assert len(rows) == 7
    latest = {(row.about, row.period): row.value for row in rows}
    assert latest["算例甲行", "2023-07"] == "99" and latest["算例乙行", "2023-07"] == "71.50"
    assert latest["算例甲行", "2023-09"] == "90.50"


def test_a_register_of_its_own_is_not_reported_by_hand(walk: Walk) -> None:
    with walk.stage.store.write() as work:
        hold(walk, work, D.CERTIFIER, "区发改局")
    claim = {**PLAN, "items": [{"title": "算例事项", "access": "on_application"}]}
    case = begin(walk, "M19", unit=MARKET, claim=claim, facts={**CERTIFIED, "complete": True})
    refused(
        "indicator",
        lambda: walk.do(
            r.ReportMilestone, case, by=planner(1), milestone=1, text="算例", indicators={"M19-all@区经商局": "80"}
        ),
    )


# Closing


def test_reports_without_figures_do_not_close_a_programme_unless_somebody_says_why(walk: Walk) -> None:
    case = report(walk, begin(walk, "M12"))
    assert case.state == S.REPORTED
    no = refused("shortfall", lambda: walk.do(r.Review, case))
    assert "没有数据" in no.zh
    walk.do(r.Review, case, reason="算例：活动取消，数据为零")
    shown = dossier(walk.stage.store, case.number).history[-1]
    assert (shown.outcome, shown.reason) == ("satisfied_in_spite", "算例：活动取消，数据为零")
    assert any("没有数据" in line for line in shown.content["short"])
    assert verify(walk.stage.store).ok


@pytest.mark.parametrize(("mine", "others", "closes"), [("2", None, False), ("2", "1", True), ("3", None, True)])
def test_the_target_of_three_fairs_is_judged_over_all_plans(
    walk: Walk, mine: str, others: str | None, closes: bool
) -> None:
    figures = {"M12_events": "4", "M12_firms": "30"}
    if others:
        report(walk, begin(walk, "M12", 2), 2, M12_fairs=others, **figures)
    case = report(walk, begin(walk, "M12"), M12_fairs=mine, **figures)
    if closes:
        walk.do(r.Review, case)
        assert walk.stage.case(case.id).state == S.REVIEWED
    else:
        assert "合计 2，目标 ≥ 3" in refused("shortfall", lambda: walk.do(r.Review, case)).zh


def test_every_bank_of_the_plan_has_reported_before_it_closes(walk: Walk) -> None:
    indicators = ("long", "long_share", "unsecured", "unsecured_share", "rate", "fees")
    one_bank = {f"M20_{name}__算例甲行": "1" for name in indicators} | {"M20_guarantees__算例担保": "1"}
    case = report(walk, begin(walk, "M20"), **one_bank)
    assert "算例乙行" in refused("shortfall", lambda: walk.do(r.Review, case)).zh


@pytest.mark.tampers
@pytest.mark.parametrize(("fairs", "found"), [("2", True), ("3", False)])
def test_a_programme_closed_below_its_target_without_a_reason_is_found(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, fairs: str, found: bool
) -> None:
    case = report(walk, begin(walk, "M12"), M12_fairs=fairs, M12_events="3", M12_firms="1")
    monkeypatch.setattr("casework.programmes.fulfilment.shortfalls", lambda *_: [])
    walk.do(r.Review, case)
    bad = {invariant.id: invariant.bad for invariant in verify(walk.stage.store).bad}
    assert ("I20-programmes" in bad) is found
    assert not found or case.number in str(bad["I20-programmes"])


# Over the whole, by the records


def test_a_towns_third_industry_is_seen_in_its_other_plan(walk: Walk) -> None:
    begin(walk, "S2", 1, facts={**FACTS["S2"], "industries": ["毛衫", "家居"]})
    case = begin(
        walk, "S2", 2, claim={**CLAIMS["S2"], "industries": ["服装"]}, facts={**FACTS["S2"], "industries": ["服装"]}
    )
    assert case.state == S.IN_CORRECTION
    same = begin(walk, "S2", 3, facts={**FACTS["S2"], "industries": ["家居"]})
    assert same.state == S.IN_PROGRESS
    assert verify(walk.stage.store).ok


def test_the_trace_names_the_papers_that_the_facts_rest_on(walk: Walk) -> None:
    case = walk.open("M16", 9)
    walk.to(case, S.COMPUTED)
    lines = dossier(walk.stage.store, "XZ2023-M16-000009").awards[-1].trace["lines"]
    price = next(line for line in lines if line["step"] == "price")
    named_ = [paper for each_input in price["inputs"] for paper in each_input["evidence"]]
    assert {paper.split(":")[0] for paper in named_} == {
        "lease", "first_store", "contract", "invoices", "bank_slips", "photos",
    }  # fmt: skip
    assert verify(walk.stage.store).ok


def test_a_second_officer_reviews(walk: Walk) -> None:
    case = report(walk, begin(walk, "M12"), M12_fairs="3", M12_events="3", M12_firms="1")
    with pytest.raises(Refused):
        act(walk.stage.store, r.Review(case=case.id, by=planner(1), act_id=walk.act_id(), seen=case.version))
    walk.do(r.Review, case, by=officer(D.CERTIFIER, 0))


def test_figures_dated_after_the_closing_that_followed_them_count(walk: Walk) -> None:
    """The clock is put right between the report and its review."""
    case = report(walk, begin(walk, "M12"), M12_fairs="3", M12_events="4", M12_firms="30")
    with walk.stage.store.read() as work:
        now = work.now
    walk.stage.store.set_clock(now - timedelta(hours=2), frozen=True)
    walk.do(r.Review, case)
    assert verify(walk.stage.store).ok


@pytest.mark.tampers
def test_figures_that_follow_a_closing_do_not_count_though_dated_before_it(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = begin(walk, "M12", 2)
    case = report(walk, begin(walk, "M12"), M12_fairs="2", M12_events="4", M12_firms="30")
    monkeypatch.setattr("casework.programmes.fulfilment.shortfalls", lambda *_: [])
    walk.do(r.Review, case)
    with walk.stage.store.read() as work:
        now = work.now
    walk.stage.store.set_clock(now - timedelta(hours=2), frozen=True)
    report(walk, other, 2, M12_fairs="1")
    assert case.number in str(
        {invariant.id: invariant.bad for invariant in verify(walk.stage.store).bad}["I20-programmes"]
    )
