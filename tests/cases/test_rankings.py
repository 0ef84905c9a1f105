"""Rankings (赛马): by the certified catalogue, frozen with a hash, told to all ranked, corrected by a later one."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.calendar_jobs import ranking_days as job
from casework.programmes import ranking_catalogue as register
from casework.programmes import ranking_snapshots
from casework.programmes import ranking_workbook as sheet
from casework.programmes.ranking_catalogue import NewValue
from casework.programmes.ranking_page import page
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from models import Duty, IndicatorValue, Ranking
from models.store import Store
from models.verify import verify
from policies.ranking import Measured, Placed, ranked
from support.bilingual import in_both
from support.calendar_jobs import told
from support.evaluated_units import AFTER, FIRST, POLICY, UNITS, EvaluatedUnits, evaluation
from support.stage import FINANCE, LEAD, MARKET, TOWN, Stage, officer


@pytest.fixture
def contest(store: Store) -> EvaluatedUnits:
    return evaluation(store)


def refused(call: Any, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **more)
    return caught.value


def placed(found: tuple[Placed, ...]) -> list[tuple[int, str, Fraction]]:
    return [(row.place, row.unit, row.points) for row in found]


def test_equal_points_share_a_place_and_the_next_is_left_out() -> None:
    indicator = Measured(
        title="a", weight=60, higher_is_better=True, figures={"x": Fraction(2), "y": Fraction(2), "z": Fraction(1)}
    )
    assert placed(ranked([indicator], "places")) == [
        (1, "x", Fraction(60)),
        (1, "y", Fraction(60)),
        (3, "z", Fraction(20)),
    ]
    assert placed(ranked([indicator], "range")) == [
        (1, "x", Fraction(60)),
        (1, "y", Fraction(60)),
        (3, "z", Fraction(0)),
    ]
    lower = Measured(
        title="b", weight=40, higher_is_better=False, figures={"x": Fraction(3), "y": Fraction(1), "z": Fraction(2)}
    )
    both = ranked([indicator, lower], "range")
    assert placed(both) == [(1, "y", Fraction(100)), (2, "x", Fraction(60)), (3, "z", Fraction(20))]
    same = Measured(title="c", weight=10, higher_is_better=True, figures={"x": Fraction(1), "y": Fraction(1)})
    assert [row.place for row in ranked([same], "range")] == [1, 1]
    with pytest.raises(ValueError, match="不存在"):
        ranked([same], "guess")


def test_a_ranking_waits_for_its_figures_and_comes_by_itself_when_they_are_there(contest: EvaluatedUnits) -> None:
    contest.enter(only="算例产值增速")
    for day in (AFTER, date(2023, 10, 2)):
        assert job.snapshots(contest.store, day).waiting == [("XZ2023 2023-09-30", "缺少 3 项数据")]
    (asked,) = told(contest.store, "ranking_missing")
    assert asked.to == f"unit:{LEAD}:head" and asked.content["missing"] == [f"算例单位能耗：{unit}" for unit in UNITS]
    assert contest.shown() == []
    contest.enter()
    assert job.snapshots(contest.store, date(2023, 10, 3)).moved == [("XZ2023 2023-09-30", "赛马排名已公布")]
    assert job.snapshots(contest.store, date(2023, 10, 4)).idle
    assert contest.shown() == [[f"1 {FINANCE} 86.66", f"2 {MARKET} 73.33", f"3 {TOWN} 60.00"]]
    published = told(contest.store, "ranking_published")
    assert {message.to for message in published} == {f"unit:{unit}:head" for unit in (LEAD, *UNITS)}
    assert published[0].content["lines"] == contest.shown()[0]


def test_figures_too_old_for_their_cycle_do_not_count(contest: EvaluatedUnits) -> None:
    contest.enter(period="2023-07", only="算例产值增速")  # of the quarter: counts
    contest.enter(period="2023-08", only="算例单位能耗")  # of the month before: does not
    assert job.snapshots(contest.store, AFTER).waiting == [("XZ2023 2023-09-30", "缺少 3 项数据")]


def test_a_correction_is_the_next_version_and_the_first_stays(contest: EvaluatedUnits) -> None:
    head = officer(Duty.HEAD)
    assert refused(ranking_snapshots.correct, contest.store, head, POLICY, FIRST, reason="算例更正").field == "date"
    contest.enter()
    job.snapshots(contest.store, AFTER)
    assert refused(ranking_snapshots.correct, contest.store, head, POLICY, FIRST, reason="算例更正").code == "unchanged"
    better = NewValue(indicator="算例产值增速", unit=TOWN, period="2023-09", value="9", source="算例年鉴更正")
    assert register.enter(contest.store, head, POLICY, [better]) == 1
    assert (
        refused(ranking_snapshots.correct, contest.store, officer(Duty.ACCEPTOR), POLICY, FIRST, reason="算例更正").code
        == "no_duty"
    )
    assert ranking_snapshots.correct(contest.store, head, POLICY, FIRST, reason="算例更正") == 2
    first, second = contest.shown()
    assert first[0] == f"1 {FINANCE} 86.66" and second[0] == f"1 {TOWN} 100.00"
    assert len(told(contest.store, "ranking_published")) == 8
    with contest.store.read() as work:
        rows = list(
            work.execute(
                select(col(IndicatorValue.value), col(IndicatorValue.sequence))
                .where(col(IndicatorValue.unit) == TOWN, col(IndicatorValue.indicator) == "S1:算例产值增速")
                .order_by(col(IndicatorValue.sequence))
            )
        )
        assert [tuple(row) for row in rows] == [("3", 1), ("9", 2)]
        assert work.execute(select(col(Ranking.reason)).where(col(Ranking.sequence) == 2)).scalar_one() == "算例更正"
        newest = ranking_snapshots.listed(work, POLICY)[-1]
    assert verify(contest.store).ok
    printed = page(newest, demo=True)
    assert "演示 DEMO" in printed and "算例更正" in printed and newest.hash in printed and "算例年鉴更正" in printed


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_method_is_a_setting_of_ours(store: Store) -> None:
    contest = evaluation(store, **{"P-ranking-points": "range"})
    contest.enter()
    job.snapshots(store, AFTER)
    assert contest.shown() == [[f"1 {FINANCE} 80.00", f"2 {MARKET} 60.00", f"3 {TOWN} 40.00"]]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_sheet_comes_in_whole_or_not_at_all(contest: EvaluatedUnits, tmp_path: Path) -> None:
    head = "指标,评估对象,期间,数值,数据来源"
    good = [
        f"{figure.indicator},{figure.unit},{figure.period},{figure.value},{figure.source}"
        for figure in contest.figures()
    ]
    bad = [
        "算例无此项,区金融办,2023-09,1,算例",
        f"算例产值增速,{LEAD},2023-09,1,算例",
        f"算例产值增速,{TOWN},2023-12,1,算例",
    ]
    path = tmp_path / "figures.csv"
    path.write_text("\n".join([head, *good, *bad]), encoding="utf-8-sig")
    no = refused(sheet.bring_in, contest.store, SYSTEM, POLICY, path)
    assert "指标目录中没有" in no.zh and "不是评估对象" in no.zh and "尚未开始" in no.zh
    assert 'the catalogue has no "算例无此项"' in in_both(no).en and "has not begun" in no.en
    path.write_text("\n".join([head, *good]), encoding="utf-8-sig")
    assert sheet.bring_in(contest.store, SYSTEM, POLICY, path).new == 6
    assert sheet.bring_in(contest.store, SYSTEM, POLICY, path).new == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_a_reviewed_plan_there_is_nothing_to_rank(store: Store) -> None:
    Stage(store).furnish()
    assert job.snapshots(store, AFTER).idle
    assert refused(register.enter, store, SYSTEM, POLICY, []).code == "no_catalogue"
