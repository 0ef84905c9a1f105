"""Payout rates: the official one from units' figures with its targets, and this plan's own apart from it; digest and alarm."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

import policies
from casework.calendar_jobs import payout_rate_watch as job
from casework.payments.bank_status import BankStatus
from casework.programmes import payout_rates
from casework.programmes import payout_workbook as sheet
from casework.programmes import reported_payouts as register
from casework.programmes.payout_progress import period_end
from casework.programmes.payout_rates import ALL_UNITS, percent
from casework.programmes.reported_payouts import NewFigure
from casework.shared.errors import Refused
from casework.shared.reference import reference, touch
from casework.shared.register_writes import SYSTEM
from models import Duty, PayoutFigure
from models.store import Store
from policies.kit import Watches
from policies.money import Money
from support.bilingual import in_both
from support.calendar_jobs import at, told
from support.paying import Paying
from support.stage import LEAD, MARKET, TREASURY, Stage, named, officer

POLICY = policies.get("XZ2023")
REFORM = "区发改局"
SUNDAY, MONDAY = date(2023, 10, 1), date(2023, 10, 2)


def figure(
    unit: str = LEAD, period: str = "2023-09", promised: int = 1000, paid: int = 790, **more: object
) -> NewFigure:
    given = {"unit": unit, "period": period, "source": "算例报表", **more}
    return NewFigure(promised=Money.yuan(promised), paid=Money.yuan(paid), **given)  # type: ignore[arg-type]


@pytest.fixture
def stage(store: Store) -> Stage:
    """An office on the first of October, when a target's day is over."""
    made = Stage(store).furnish()
    store.set_clock(at("2023-10-01"), frozen=True)
    return made


def listed(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def official(store: Store, basis: str = "amount") -> dict[tuple[str, str], str]:
    with store.read() as work:
        return {
            (figure.unit, figure.period): percent(figure.rate.counts)
            for figure in payout_rates.official(work, POLICY, basis)
        }


def refused(call: Callable[..., object], *arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value


def test_a_correction_is_a_later_row_and_the_same_figure_again_is_none(stage: Stage) -> None:
    store = stage.store
    assert register.add(store, officer(Duty.FUND_OFFICER), POLICY, figure())
    assert not register.add(store, officer(Duty.FUND_OFFICER), POLICY, figure(period="2023年9月"))
    assert register.add(store, officer(Duty.FUND_OFFICER), POLICY, figure(paid=1000))
    assert official(store) == {(LEAD, "2023-09"): "100.00%", (ALL_UNITS, "2023-09"): "100.00%"}
    with store.read() as work:
        rows = work.execute(
            select(col(PayoutFigure.sequence), col(PayoutFigure.paid_fen)).order_by(col(PayoutFigure.sequence))
        )
        assert [tuple(row) for row in rows] == [(1, 79_000), (2, 100_000)]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"unit": "无名局"}, "unit", "没有单位"),
        ({"period": "2023-13"}, "period", "应写成"),
        ({"period": "2023-11"}, "period", "尚未开始"),
        ({"paid": 1001}, "paid", "超过应兑付"),
        ({"promised_cases": 3}, "paid_cases", "都填"),
        ({"promised_cases": 3, "paid_cases": 4}, "paid_cases", "之间"),
        ({"source": " "}, "source", "必填"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_wrong_figure_names_its_field(stage: Stage, changes: dict[str, object], field: str, words: str) -> None:
    no = refused(register.add, stage.store, officer(Duty.FUND_OFFICER), POLICY, figure(**changes))  # type: ignore[arg-type]
    assert no.field == field and words in no.zh and no.en
    assert official(stage.store) == {}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_those_who_keep_funds_enter_figures_and_only_for_a_policy_with_targets(stage: Stage) -> None:
    assert refused(register.add, stage.store, officer(Duty.ACCEPTOR), POLICY, figure()).code == "no_duty"
    without = POLICY.renewed(code="XZ0000", opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={})
    object.__setattr__(without, "watches", Watches())
    assert refused(register.add, stage.store, officer(Duty.FUND_OFFICER), without, figure()).field == "policy"


def test_a_units_own_fund_officer_reports_its_figures_or_the_treasurys_and_nobody_else(stage: Stage) -> None:
    store = stage.store
    with store.write() as work:
        for login, unit in (("own", LEAD), ("other", MARKET), ("treasurer", TREASURY)):
            stage.person(work, login)
            stage.grant(work, login, Duty.FUND_OFFICER, unit)
        touch(work)
    for actor, code in (
        (SYSTEM, "in_person"), (officer(Duty.ADMINISTRATOR), "no_duty"), (named("other"), "no_duty"),
    ):  # fmt: skip
        assert refused(register.add, store, actor, POLICY, figure()).code == code
    mixed = [figure(), figure(MARKET)]
    assert MARKET in refused(register.add_many, store, named("own"), POLICY, mixed).zh
    with store.read() as work:
        assert register.rows(work, POLICY.code) == [], "all of a list or nothing"
    assert register.add(store, named("own"), POLICY, figure())
    assert register.add_many(store, named("treasurer"), POLICY, [figure(paid=791), figure(MARKET)]) == 2


def test_a_sheet_comes_in_whole_or_not_at_all(stage: Stage, tmp_path: Path) -> None:
    head = "责任单位,期间,应兑付金额（元）,已兑付金额（元）,应兑付件数,已兑付件数,数据来源"
    good = [f"{LEAD},2023-08,1000,500,10,4,算例月报", f"{MARKET},2023-08,3000.50,3000.50,,,算例月报"]
    bad = [
        f"{LEAD},2023-08,1000,600,10,4,算例月报",
        "无名局,2023-08,1,1,,,算例月报",
        f"{MARKET},2023-08,一千,1,,,算例月报",
    ]
    wrong = listed(tmp_path / "wrong.csv", head, *good, *bad)
    no = refused(sheet.bring_in, stage.store, officer(Duty.FUND_OFFICER), POLICY, wrong)
    assert (
        "第 4 行" in no.zh and "不止一次" in no.zh and "没有单位" in no.zh and "应兑付金额" in no.zh
    ) or "一千" in no.zh
    assert 'not an amount in yuan, like 120000.00: "一千"' in in_both(no).en and 'no unit "无名局"' in no.en
    assert official(stage.store) == {}
    done = sheet.bring_in(stage.store, officer(Duty.FUND_OFFICER), POLICY, listed(tmp_path / "good.csv", head, *good))
    assert (done.rows, done.new) == (2, 2)
    assert official(stage.store) == {
        (LEAD, "2023-08"): "50.00%", (MARKET, "2023-08"): "100.00%", (ALL_UNITS, "2023-08"): "87.50%",
    }  # fmt: skip
    assert official(stage.store, "case") == {
        (LEAD, "2023-08"): "40.00%",
        (MARKET, "2023-08"): "–",
        (ALL_UNITS, "2023-08"): "–",
    }


def test_a_rate_is_cut_off_and_never_rounded_up_to_a_target(stage: Stage) -> None:
    register.add(stage.store, officer(Duty.FUND_OFFICER), POLICY, figure(promised=10_000_000, paid=9_999_999))
    assert official(stage.store)[LEAD, "2023-09"] == "99.99%"
    job.missed(stage.store, SUNDAY)
    assert {message.content["rate"] for message in told(stage.store, "rate_below")} == {"99.99%"}


def test_the_baseline_reminds_nobody_and_the_target_only_when_its_day_is_over(stage: Stage) -> None:
    store = stage.store
    for new in (figure(period="2023-06", paid=100), figure(MARKET, period="2023-06"), figure(MARKET, paid=1000)):
        register.add(store, officer(Duty.FUND_OFFICER), POLICY, new)
    with store.read() as work:
        found = payout_rates.standings(POLICY, payout_rates.official(work, POLICY, "amount"), date(2023, 9, 30))
    seen = {(standing.unit, standing.by.isoformat()): (standing.standing, standing.baseline) for standing in found}
    assert seen[LEAD, "2023-06-30"] == ("below", True) and seen[MARKET, "2023-06-30"] == ("below", True)
    assert seen[LEAD, "2023-09-30"] == ("ahead", False) and seen[MARKET, "2023-09-30"] == ("met", False)
    assert job.missed(store, date(2023, 9, 30)).waiting == []
    assert told(store, "rate_below", "rate_missing") == []
    for day in (SUNDAY, MONDAY):
        job.missed(store, day)
    assert sorted((message.to, message.content["unit"]) for message in told(store, "rate_missing")) == [
        (f"unit:{REFORM}:head", LEAD), (f"unit:{LEAD}:head", LEAD),
    ]  # fmt: skip
    register.add(store, officer(Duty.FUND_OFFICER), POLICY, figure(paid=999))
    late = dict(job.missed(store, MONDAY).waiting)
    assert late == {f"{LEAD} 2023-09-30": "99.90%，目标 100.00%", f"{ALL_UNITS} 2023-09-30": "99.95%，目标 100.00%"}
    below = told(store, "rate_below")
    assert sorted((message.to, message.content["unit"]) for message in below) == [
        (f"unit:{REFORM}:head", ALL_UNITS), (f"unit:{REFORM}:head", LEAD), (f"unit:{LEAD}:head", LEAD),
    ]  # fmt: skip


def test_nobody_who_never_reported_is_forgotten_by_the_lead_unit(stage: Stage) -> None:
    job.missed(stage.store, SUNDAY)
    assert [(message.to, message.content["unit"]) for message in told(stage.store, "rate_missing")] == [
        (f"unit:{REFORM}:head", ALL_UNITS)
    ]


def test_the_digest_tells_each_unit_its_own_and_the_lead_everybodys_once_a_week(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(cases=2)
    batch = paying.sent([paying.cases[0]])
    assert batch and paying.read(paying.say((0, BankStatus.SETTLED))).settled == 1
    register.add(store, officer(Duty.FUND_OFFICER), POLICY, figure(MARKET, period="2023-08"))
    register.add(store, officer(Duty.FUND_OFFICER), POLICY, figure(MARKET, paid=900))
    for _ in range(2):
        job.weekly(store, MONDAY)
    digests = {message.to: message.content for message in told(store, "rates_digest")}
    assert set(digests) == {f"unit:{LEAD}:head", f"unit:{MARKET}:head", f"unit:{REFORM}:head"}
    line = f"{LEAD} M4a 50.00% (200,000.00/400,000.00) 50.00% (1/2)"
    assert digests[f"unit:{LEAD}:head"]["own"] == [line] and digests[f"unit:{LEAD}:head"]["official"] == []
    assert digests[f"unit:{MARKET}:head"]["official"] == [f"{MARKET} 2023-09 90.00% (2023-08 79.00%)"]
    assert digests[f"unit:{REFORM}:head"]["own"] == [line] and len(digests[f"unit:{REFORM}:head"]["official"]) == 2
    with store.read() as work:
        weeks = payout_rates.own_trend(work, POLICY, "week")
        assert payout_rates.basis(reference(store, work), POLICY, work.today) == "amount"
    assert (weeks[-1].approved_fen, weeks[-1].paid_fen) == (40_000_000, 20_000_000)
    assert [week.up_to for week in weeks] == sorted(week.up_to for week in weeks)


def test_periods_end_on_sunday_and_on_the_last_of_the_month() -> None:
    assert period_end(MONDAY, "week") == date(2023, 10, 8) and period_end(SUNDAY, "week") == SUNDAY
    assert period_end(date(2024, 2, 1), "month") == date(2024, 2, 29)
