"""第 2 条: talent recommended to 星耀南湖, travel and lodging of graduates, and the training of skilled workers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    Assessed,
    AwardUnit,
    Chain,
    Choice,
    CountKind,
    Example,
    Fixed,
    Identifier,
    Item,
    KeyKind,
    Known,
    ListKind,
    Measure,
    Money,
    Need,
    Parameter,
    PerUnit,
    PossibleCosts,
    PossibleCostsClaimed,
    Prior,
    Ratio,
    ShapeKind,
    Sheet,
    Text,
    Tiers,
    form,
    label,
)
from policies.programme import Plan, Reviewed, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.common import INVOICE, cost, known, optional_parameter, shape_parameter, slot
from policies.xiuzhou_2023.units import COMMERCE, LABOUR, TALENT

K = KeyKind


@form
class Candidate:
    """An engineer, designer or team that a firm puts forward."""

    candidate: str = label("人才（团队）姓名或名称", "candidate or team")
    speciality: str = label("专业领域", "speciality")
    employer: str = label("引进单位", "employer")


@form
class CandidateFacts(Candidate):
    """What the unit establishes about the candidate, and the place on the ranked list that the score earns."""

    high_level: bool = label("属高层次人才（团队）", "a high-level engineer, designer or team")
    meets_criteria: bool = label("符合推荐条件", "meets the criteria")
    list_name: str = label("推荐名单（批次）", "list (batch)", default="")
    score: int = label("评分", "score", default=0, maximum=100)


def recommendation(facts: CandidateFacts, sheet: Sheet) -> None:
    """A place by score on the list of those recommended first; the benefits are the talent plan's own."""
    sheet.require(facts.high_level, "不属于高层次人才（团队）")
    sheet.require(facts.meets_criteria, "不符合推荐条件")
    place = 1 + sum(other.score > facts.score for other in sheet.others())
    sheet.give(AwardUnit.PLACE, f"{facts.score}", f"列入“星耀南湖”优先推荐名单（评分 {facts.score}，现列第 {place}）")


class Outcome(Choice):
    """What the talent plan made of a recommendation."""

    SELECTED = "selected", "入选", "selected"
    NOT_SELECTED = "not_selected", "未入选", "not selected"


DESIGNER = CandidateFacts(
    candidate="算例设计师",
    speciality="服装设计",
    employer="算例企业",
    high_level=True,
    meets_criteria=True,
    list_name="算例批次",
    score=88,
)
PLACED = "列入“星耀南湖”优先推荐名单（评分 88，现列第 {}）"

RECOMMENDATION = Item(
    id="M2a",
    title=Text("“星耀南湖”人才计划推荐", "recommendation to the talent plan"),
    chain=Chain.IN_KIND,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=Candidate,
    facts=CandidateFacts,
    rule=recommendation,
    subject=("candidate", "employer"),
    whole=("list_name",),
    results=Outcome,
    evidence=(
        slot("resume", "个人（团队）简历及业绩证明", "record and achievements"),
        slot("contract", "聘用合同或意向书", "contract or letter of intent"),
    ),
    examples=(
        Example(title="符合条件的设计师", facts=DESIGNER, gives=PLACED.format(1)),
        Example(
            title="同一名单已有更高和相同评分",
            facts=DESIGNER,
            known=Known(others=(replace(DESIGNER, score=90), DESIGNER)),
            gives=PLACED.format(2),
        ),
        Example(title="不符合推荐条件", facts=replace(DESIGNER, meets_criteria=False), refused="不符合推荐条件"),
    ),
)


class Degree(Choice):
    """The highest degree held, or to be awarded in the final year."""

    BELOW_BACHELOR = "below_bachelor", "本科以下", "below bachelor"
    BACHELOR = "bachelor", "本科", "bachelor"
    MASTER = "master", "硕士", "master"
    DOCTOR = "doctor", "博士", "doctor"


class Payee(Choice):
    """Who bore the costs."""

    GRADUATE = "graduate", "毕业生本人", "the graduate"
    HOST = "host", "邀请单位", "the inviting host"


@form
class Visit:
    """The visit, as claim and certification both have it."""

    graduate: str = label("毕业生姓名", "graduate")
    degree: Degree = label("学历（含毕业学年在读）", "degree, final year included")
    arrived_on: date = label("到达日期", "arrived on")
    nights: int = label("住宿晚数", "nights", maximum=365)
    distance_km: int | None = label("单程里程（公里）", "distance one way (km)", default=None, maximum=20_000)
    payee: Payee = label("收款人", "payee", default=Payee.GRADUATE)


@form
class VisitClaim(PossibleCostsClaimed, Visit):
    """What the graduate or the host states about the visit."""

    host: str = label("邀请单位", "inviting host")


@form
class VisitFacts(PossibleCosts, Visit):
    """What the unit certifies about it."""

    graduated_or_final_year: bool = label("已毕业或处于毕业学年", "graduated or in the final year")
    invited: bool = label("受邀来区", "invited")
    recruitment_or_exchange: bool = label("来区应聘或交流", "came for recruitment or exchange")
    willing_to_work: bool = label("有意愿在秀洲工作", "willing to work in Xiuzhou")


def graduate_visit(facts: VisitFacts, sheet: Sheet) -> None:
    """Travel and lodging of an invited graduate who is willing to work here; the text names no figure."""
    sheet.require(facts.degree != Degree.BELOW_BACHELOR, "学历未达到本科")
    sheet.require(facts.graduated_or_final_year, "不是毕业生，也不在毕业学年")
    sheet.require(facts.invited, "未受邀请")
    sheet.require(facts.recruitment_or_exchange, "不是来区应聘或交流")
    sheet.require(facts.willing_to_work, "没有在秀洲工作的意愿")
    sheet.among("P2b-payee", "收款人不在规定范围内", payee=facts.payee)
    sheet.times("P2b-times", "已达到每人补助次数上限", per="person")
    sheet.price("P2b-shape", cost=facts.recognised, night=facts.nights, distance_km=facts.distance_km)


GRADUATE = VisitFacts(
    graduate="算例毕业生",
    degree=Degree.BACHELOR,
    arrived_on=date(2024, 3, 16),
    nights=3,
    distance_km=800,
    graduated_or_final_year=True,
    invited=True,
    recruitment_or_exchange=True,
    willing_to_work=True,
    cost_lines=(cost("1280.50"),),
)
NIGHTLY = {"P2b-shape": {"shape": "per_unit", "unit": "night", "amount": "200", "at_most_units": 3}}
BY_DISTANCE = {
    "P2b-shape": {"shape": "tiers", "tiers": [{"from": "0", "amount": "300"}, {"from": "800", "amount": "800"}]}
}
BEFORE = Prior(subject="算例毕业生", period="2023", amount=Money.yuan(600), keys={"person": "算例毕业生"})

GRADUATE_VISIT = Item(
    id="M2b",
    title=Text("毕业生应聘交流交通食宿补助", "travel and lodging of graduates"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.PERSON, ApplicantKind.ENTERPRISE, ApplicantKind.INSTITUTION),
    claim=VisitClaim,
    facts=VisitFacts,
    rule=graduate_visit,
    subject=("graduate", "arrived_on"),
    known_by=(
        Identifier(
            kind=K.PERSON,
            title=Text("申报人本人的证件号码", "the applicant's own identity number"),
            example="330411200001011234",
            of_applicant=True,
        ),
        known(
            K.PERSON,
            "毕业生姓名 | 到达日期",
            "graduate | arrived on",
            "算例毕业生 | 2024-03-16",
            "graduate",
            "arrived_on",
            certain=False,
            person=True,
        ),
        known(K.PERSON, "毕业生姓名", "graduate", "算例毕业生", "graduate", certain=False, inside=False, person=True),
    ),
    days=("arrived_on",),
    further_keys={"person": "graduate"},
    event_dates=("arrived_on",),
    document=INVOICE,
    evidence=(
        slot("invitation", "邀请函", "invitation"),
        slot("degree", "学历学位证书或在读证明", "degree or student proof"),
        slot("tickets", "交通票据", "tickets"),
        slot("lodging", "住宿凭证", "hotel slips", required=False),
        slot("intention", "来秀洲工作意愿说明", "statement of willingness to work in Xiuzhou"),
    ),
    screened=False,
    parameters=(
        shape_parameter(
            "P2b-shape",
            "交通食宿补助",
            "travel and lodging",
            ShapeKind(
                shapes=(Assessed, Ratio, Fixed, PerUnit, Tiers),
                units=("night",),
                tiers_by="distance_km",
                tiers_money=False,
            ),
        ),
        Parameter(
            id="P2b-times",
            title=Text("每人补助次数", "times per person"),
            decides=Text("同一人再次申请时最多补助几次", "how often one person is supported"),
            kind=CountKind(maximum=100),
            need=Need.WHERE_ASKED,
        ),
        optional_parameter("P2b-payee", "收款人范围", "payee", ListKind(among=tuple(Payee))),
    ),
    examples=(
        Example(title="假设每晚 200 元、最多三晚", facts=GRADUATE, parameters=NIGHTLY, amount="600.00"),
        Example(title="第四晚不计", facts=replace(GRADUATE, nights=4), parameters=NIGHTLY, amount="600.00"),
        Example(title="住两晚", facts=replace(GRADUATE, nights=2), parameters=NIGHTLY, amount="400.00"),
        Example(title="里程恰达假设的档位", facts=GRADUATE, parameters=BY_DISTANCE, amount="800.00"),
        Example(
            title="里程差一公里", facts=replace(GRADUATE, distance_km=799), parameters=BY_DISTANCE, amount="300.00"
        ),
        Example(title="据实认定", facts=GRADUATE, parameters={"P2b-shape": "assessed"}, amount="1280.50"),
        Example(title="补助标准未定", facts=GRADUATE, missing=("P2b-shape",)),
        Example(
            title="专科学历",
            facts=replace(GRADUATE, degree=Degree.BELOW_BACHELOR),
            parameters=NIGHTLY,
            refused="学历未达到本科",
        ),
        Example(
            title="没有来区工作意愿",
            facts=replace(GRADUATE, willing_to_work=False),
            parameters=NIGHTLY,
            refused="没有在秀洲工作的意愿",
        ),
        Example(
            title="第二次申请、次数未定", facts=GRADUATE, parameters=NIGHTLY, prior=(BEFORE,), missing=("P2b-times",)
        ),
    ),
)


@form
class TrainingPlan(Plan):
    """Sessions for the year."""

    sessions: int = label("拟办培训班次", "sessions planned")
    trainees: int = label("拟培训人数", "trainees planned")


@form
class TrainingFacts(Reviewed):
    """What the reviewer certifies."""

    sessions: int = label("列入计划的培训班次", "sessions in the plan")
    trainees: int = label("列入计划的培训人数", "trainees in the plan")


def training(facts: TrainingFacts, sheet: Sheet) -> None:
    """A plan with at least one session and one trainee."""
    review(facts, sheet)
    sheet.require((facts.sessions >= 1) & (facts.trainees >= 1), "计划中没有培训班次或培训人数")
    sheet.nothing_due("技能提升行动为工作推进事项，不涉及资金兑付")


SEWING = TrainingFacts(name="算例缝制技能班", on_task=True, accountable=True, sessions=1, trainees=30)

TRAINING = Work(
    id="M2c",
    title=Text("金蓝领职业技能提升", "training of skilled workers"),
    claim=TrainingPlan,
    facts=TrainingFacts,
    rule=training,
    note=Text("宜由区人力社保局牵头，可通过 P-lead 设定", "the labour bureau is the natural owner: set P-lead"),
    milestones=(
        milestone(6, "上半程培训小结", "half-way summary"),
        milestone(12, "全年培训总结", "yearly summary"),
    ),
    indicators=(
        indicator("M2c-sessions", "培训班次", "sessions", "班次"),
        indicator("M2c-trainees", "培训人数", "trainees", "人"),
        indicator("M2c-certificates", "取得证书人数", "certificates", "人"),
    ),
    examples=(
        Example(title="一个班次", facts=SEWING, gives="技能提升行动为工作推进事项，不涉及资金兑付"),
        Example(title="没有班次", facts=replace(SEWING, sessions=0), refused="计划中没有培训班次或培训人数"),
        Example(title="没有学员", facts=replace(SEWING, trainees=0), refused="计划中没有培训班次或培训人数"),
    ),
)


@form
class CooperationPlan(Plan):
    """The universities and what is done with them."""

    universities: tuple[str, ...] = label("合作高校（设计专业特色）", "universities")


@form
class CooperationFacts(Reviewed):
    """What the reviewer certifies."""

    universities: tuple[str, ...] = label("列入计划的合作高校", "universities in the plan", default=())

    def check(self) -> None:
        refuse_twins("universities", self.universities)


def cooperation(facts: CooperationFacts, sheet: Sheet) -> None:
    """A plan for training people with universities, at least one of them named."""
    review(facts, sheet)
    sheet.require(len(facts.universities) >= 1, "计划中没有合作高校")
    sheet.nothing_due(f"与 {len(facts.universities)} 所高校开展人才培养合作，不涉及资金兑付")


WITH_ONE = CooperationFacts(name="算例校企合作", on_task=True, accountable=True, universities=("算例大学",))
UNIVERSITY = Text("高校", "university")

COOPERATION = Work(
    id="M2d",
    title=Text("设计专业特色高校人才培养合作", "training of talent with universities"),
    claim=CooperationPlan,
    facts=CooperationFacts,
    rule=cooperation,
    milestones=(
        milestone(6, "签订合作协议", "agreements signed"),
        milestone(12, "年度合作成效", "results of the year"),
    ),
    indicators=(
        indicator("M2d-agreements", "签订合作协议", "agreements", "份", per=UNIVERSITY, among="universities"),
        indicator(
            "M2d-students", "来区实习、交流学生", "students who came", "人次", per=UNIVERSITY, among="universities"
        ),
    ),
    examples=(
        Example(title="一所高校", facts=WITH_ONE, gives="与 1 所高校开展人才培养合作，不涉及资金兑付"),
        Example(title="没有高校", facts=replace(WITH_ONE, universities=()), refused="计划中没有合作高校"),
    ),
)

MEASURE = Measure(
    code="M2",
    clause="第 2 条",
    title=Text("支持企业研发（设计）人才引育", "talent"),
    units=(TALENT, LABOUR, COMMERCE),
    items=(RECOMMENDATION, GRADUATE_VISIT, TRAINING, COOPERATION),
)
