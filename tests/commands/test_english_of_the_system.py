"""What the system says of itself is English on an English screen; what a person typed stays as typed."""

import re
from datetime import date
from typing import Any

import pytest

from casework.calendar_jobs import job_registry
from casework.calendar_jobs.job_control import history, listed
from casework.calendar_jobs.job_runner import run
from casework.calendar_jobs.job_summaries_in_english import in_english, reason
from casework.policy_settings.value_error_translations import in_english as wrong_in_english
from casework.shared.errors import Refused
from casework.shared.problem_translations import in_english as problem_in_english
from casework.shared.run_summary import RunSummary
from casework.views import cases
from models import Likeness
from models.store import Store
from policies.forms import Text
from policies.kinds import (
    AmountKind,
    ChoiceKind,
    CodeKind,
    CountKind,
    DateKind,
    DaysKind,
    FlagKind,
    ListKind,
    LoweringKind,
    NamedKind,
    RateKind,
    TableKind,
    TextKind,
)
from policies.parameters import Parameter
from policies.shape_kind import ShapeKind
from policies.shapes import ByLevel, Tiers
from support.bilingual import CHINESE
from support.stage import LEAD, Stage
from support.walk import Walk

SAID = (
    "期限 已提示 3；暂定期限 已重新计算 2", "委托 已通知 1", "提醒 4 份；P-1 应于 2023-09-08 前有结果", "核验 已重新核验 7",
    "2024 工作日安排尚未录入，已提醒管理员", "XZ2023 2023-09-30 赛马排名已公布", "XZ2023 2023-09-30 缺少 2 项数据",
    "XZ2023 已提醒 9", "retention 2 名自然人已过保存期限，待提议匿名化；P-retention-months 未设定保存期限，不作匿名化",
    "018a5e58-ea00 个人信息已清除", "XZ2023 2023-09-04 兑付率周报 3 份", "LEAD 2023-09-30 未填报 2023-09 的数据",
    "LEAD 2023-09-30 76.00%，目标 80.00%", "XZ2023 开始申报，已通知 12", "XZ2023 申报期已延至 2024-07-10，届时截止",
    "XZ2023 申报截止；继续办理的申报人 3，期满报告 2", "由 2023-09-30 的一次一并办理", "系统处理出错（ValueError）；另有 4 项",
)  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_each_sentence_of_the_jobs_has_its_english(said: str) -> None:
    english = in_english(said)
    assert english != said and not CHINESE.search(english), english


def test_what_a_person_typed_stays() -> None:
    typed = "由 2023-09-30 的一次一并办理"
    assert reason(typed, "skipped", "person-1") == (typed, typed)
    assert reason(typed, "skipped", "system") == (typed, "done together with that of 2023-09-30")
    assert in_english("指标尚未核定") == "指标尚未核定"


def test_jobs_and_retention_speak_english_on_an_english_screen(office: Any) -> None:
    office("jobs", "run", "window_opens", "--date", "2023-07-01")
    office("jobs", "skip", "rankings", "--date", "2023-09-04", "--reason", "指标尚未核定")
    assert "filing opens, " in office("jobs", lang="en")
    shown = office("jobs", "history", "window_opens", lang="en")
    assert "told" in shown and not CHINESE.search(shown.replace("演示数据", "").replace("【", "").replace("】", ""))
    assert "指标尚未核定" in office("jobs", "history", "rankings", lang="en")
    assert "开始申报" in office.json("jobs", "history", "window_opens")["dates"][0]["outcome"]


def test_a_failed_job_says_why_in_both_languages(store: Store) -> None:
    """The job really runs and meets its refusal; the sentence of either language is kept whole."""
    no = Refused("figures", "指标数据尚未填报", "the figures are not entered yet")

    def refuses(_day: date) -> RunSummary:
        raise no

    job = job_registry.JOBS[0]
    with store.read() as work:
        today = work.today
    run(store, job, today, refuses)
    (kept,) = history(store, job.kind)
    assert (kept.status, kept.reason, kept.reason_en) == ("failed", no.zh, no.en)
    row = next(each_row for each_row in listed(store) if each_row.kind == job.kind)
    assert (row.reason, row.reason_en) == (no.zh, no.en)


WRONG = (
    (RateKind(), "0%"), (RateKind(), "5"), (RateKind(), "half"), (LoweringKind(), "100%"), (CountKind(), 0),
    (ChoiceKind(among=("a", "b")), "c"), (ListKind(), []), (ListKind(among=("a", "b")), ["c"]), (TextKind(), " "),
    (CodeKind(), "FIRM"), (NamedKind(what="事项", among=("M4a", "M16"), example="M4a"), "M4"),
    (NamedKind(what="事项", among=("M4a", "M16"), example="M4a"), "zzz"), (DaysKind(), ["0"]), (DateKind(), "2024"),
    (FlagKind(), 1), (TableKind(of=TextKind()), {}), (AmountKind(), "0"), (ShapeKind(), 5), (ShapeKind(), "none"),
    (ShapeKind(), {"shape": "assessed", "rate": "5%"}), (ShapeKind(), {"shape": "ratio"}),
    (ShapeKind(shapes=(Tiers,)), {"shape": "tiers", "tiers": []}),
    (ShapeKind(shapes=(Tiers,)), {"shape": "tiers", "tiers": [{"from": "8", "amount": "3"}, {"from": "0", "amount": "8"}]}),
    (ShapeKind(shapes=(ByLevel,), levels=Likeness), {"shape": "by_level", "levels": {"none": "5"}}),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), WRONG)
def test_each_sentence_about_a_wrong_value_has_its_english(kind: Any, value: Any) -> None:
    with pytest.raises(ValueError) as wrong:  # the law's own and the money's
        Parameter(id="P-x", title=Text("甲", "x"), decides=Text("甲", "x"), kind=kind).parse(value)
    english = wrong_in_english(str(wrong.value))
    assert english.startswith("the value of P-x is wrong: ") and not CHINESE.search(english), english


PROBLEMS = (
    "不可兑付：缺少参数 P16-rate、P16-scope", "不可兑付：缺少参数 P2b-shape（补助方式未定）",
    "有 2 项补助可能相同，须由认定单位比对：duixian comparisons list --case XZ2023-M04-000001",
    "专项资金不足：FUND 2023 年度余额不足以安排 200,000.00 元", "专项资金不足：FUND 2023 年度（XZ2023）已无余额",
    "专项资金不足：按申报先后安排，申报在先的 XZ2023-M04-000001 尚在等候 FUND 2023 年度资金",
    "专项资金不足：FUND 2023 年度余额 1.00 元为退回款或按比例安排后的余数，不再按比例安排，待追加或下年度预算",
    "专项资金不足：须与尚未核算的 XZ2023-M04-000001 一并按比例安排 FUND 2023 年度（XZ2023）资金",
    "专项资金不足：须与其他案件一并按比例安排",
    "专项资金不足：FUND 2023 年度余额须先安排申报在先的案件", "待退回已发补助后兑付：CITY#1",
    "2025 年的工作日安排尚未录入，无法确定公示期满日；录入后自动公示", "流程运行超时，已通知运维",
    "不能核算：XZ2023 M4a 规则版本 1（摘要 0123456789ab）未安装", "系统处理出错（ValueError），已通知运维",
    "不能核算：XZ2023 M4a 规则版本 1 与申报时不同（申报时摘要 0123456789ab，现为 ab0123456789），规则被改动",
    "流程运行被反复中断，已通知运维", "流程运行出错（KeyError），已通知运维",
    "不能“公示”：“收款账户”未通过（未登记；待补）；此项不得例外；有 1 项补助可能相同，须由认定单位比对："
    "duixian comparisons list --case XZ2023-M04-000001",
)  # fmt: skip


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_stands_on_a_waiting_case_has_its_english(problem: str) -> None:
    english = problem_in_english(problem)
    assert english and not CHINESE.search(english) and not english.startswith("in Chinese"), english


@pytest.mark.parametrize("item", ["M16", "M4a", "M5c"])
def test_what_really_stands_on_a_case_is_english_on_an_english_screen(store: Store, item: str) -> None:
    walk = Walk(Stage(store).furnish(firms=1, budget=1, values={}))
    identity = walk.open(item, 1)
    for _ in range(12):
        case = walk.stage.case(identity)
        if case.problem:
            break
        walk.forward(identity)
    row = cases(store).rows[0]
    assert row.problem and not re.search("in Chinese", row.problem_en), row.problem
    assert not CHINESE.search(row.problem_en.replace(LEAD, "")), row.problem_en
