"""第 1 条: research, development and design centres in big cities abroad."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    AmountKind,
    ApplicantKind,
    Chain,
    ChoiceKind,
    Costs,
    CostsClaimed,
    Example,
    Item,
    KeyKind,
    Measure,
    Money,
    Need,
    Parameter,
    Repeat,
    Sheet,
    Text,
    form,
    label,
)
from policies.xiuzhou_2023.common import (
    INVOICE,
    cost,
    known,
    list_parameter,
    optional_parameter,
    scope_parameter,
    shape_parameter,
    slot,
)
from policies.xiuzhou_2023.units import SCIENCE

K = KeyKind


@form
class Centre:
    """The centre, as claim and certification both have it."""

    country: str = label("所在国家（地区）", "country")
    city: str = label("所在城市", "city")
    entity: str = label("境外机构名称", "entity abroad")
    opened_on: date = label("设立日期", "opened on")
    staff: int | None = label("研发（设计）人员数", "research or design staff", default=None)
    area_m2: int | None = label("场所面积（平方米）", "area (m²)", default=None)


@form
class CentreClaim(CostsClaimed, Centre):
    """What the firm states about its centre."""


@form
class CentreFacts(Costs, Centre):
    """What the unit certifies about it."""

    recognised_centre: bool = label("经认定为研发中心（含时尚设计创新中心）", "recognised as an R&D or design centre")
    recognised_on: date | None = label("认定日期", "recognised on", default=None)
    major_city: bool = label("位于国外大城市", "in a big city abroad")


def overseas_centre(facts: CentreFacts, sheet: Sheet) -> None:
    """At most 1,000,000 yuan for a recognised centre in a big city abroad."""
    sheet.require(facts.recognised_centre, "未经认定为研发中心或时尚设计创新中心")
    sheet.require(facts.major_city, "不在国外大城市")
    sheet.among("P1-cities", "所在城市不在规定的国外大城市名单内", city=facts.city)
    sheet.at_least("P1-min-staff", "研发（设计）人员少于规定人数", staff=facts.staff)
    sheet.at_least("P1-min-area", "场所面积小于规定面积", area_m2=facts.area_m2)
    sheet.at_least("P1-min-spend", "认定投入低于规定金额", cost_lines=facts.recognised)
    sheet.once("P1-frequency", "同一中心已享受补助")
    sheet.price("P1-shape", cost=facts.recognised)
    sheet.cap(scope="P1-scope")


MILAN = CentreFacts(
    country="意大利",
    city="米兰",
    entity="算例设计中心",
    opened_on=date(2023, 10, 10),
    recognised_centre=True,
    major_city=True,
    cost_lines=(cost("1000000"),),
)
ASSESSED = {"P1-shape": "assessed"}

CENTRE = Item(
    id="M1",
    title=Text("境外研发（设计）中心补助", "overseas R&D or design centre"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=CentreClaim,
    facts=CentreFacts,
    rule=overseas_centre,
    ceiling=Money.wan(100),
    subject=("country", "city", "entity"),
    known_by=(
        known(K.PROJECT, "境外机构名称 | 城市", "entity abroad | city", "算例设计中心 | 米兰", "entity", "city"),
        known(K.PROJECT, "境外机构名称", "entity abroad", "算例设计中心", "entity", inside=False),
    ),
    event_dates=("opened_on", "recognised_on"),
    document=INVOICE,
    evidence=(
        slot("registration", "境外注册登记文件", "registration abroad"),
        slot("lease", "场所租赁合同或产权证明", "lease"),
        slot("outbound_filing", "境外投资备案（核准）文件", "outbound-investment filing"),
        slot("payroll", "人员名册及薪酬凭证", "payroll"),
        slot("spend", "支出台账及银行回单", "spend ledger and bank slips"),
        slot("translations", "外文材料中文译本", "translations"),
        slot("photos", "场所照片", "photos"),
    ),
    parameters=(
        shape_parameter("P1-shape", "境外中心", "overseas centre"),
        list_parameter(
            "P1-cities",
            ("国外大城市名单", "list of big cities abroad"),
            ("哪些城市算作国外大城市；未设定时由认定单位逐案认定", "which cities count; unset, decided case by case"),
            Need.OPTIONAL,
        ),
        optional_parameter("P1-min-staff", "研发（设计）人员最少人数", "minimum staff"),
        optional_parameter("P1-min-area", "场所最小面积（平方米）", "minimum area (m²)"),
        optional_parameter("P1-min-spend", "最低投入（元）", "minimum spend (yuan)", AmountKind()),
        Parameter(
            id="P1-frequency",
            title=Text("一次性补助或逐年补助", "one-off or yearly"),
            decides=Text("同一中心能否再次享受", "whether the same centre is supported again"),
            kind=ChoiceKind(among=tuple(Repeat)),
            need=Need.WHERE_ASKED,
        ),
        scope_parameter("P1-scope", "境外中心", "overseas centre"),
    ),
    examples=(
        Example(title="认定投入恰为上限", facts=MILAN, parameters=ASSESSED, amount="1000000.00"),
        Example(
            title="认定投入超过上限一分",
            facts=replace(MILAN, cost_lines=(cost("1000000.01"),)),
            parameters=ASSESSED,
            amount="1000000.00",
        ),
        Example(
            title="假设按 30% 补助",
            facts=MILAN,
            parameters={"P1-shape": {"shape": "ratio", "rate": "30%"}},
            amount="300000.00",
        ),
        Example(title="计算方式未定", facts=MILAN, missing=("P1-shape",)),
        Example(
            title="有效期前设立、有效期内认定，按认定日期",
            facts=replace(MILAN, opened_on=date(2022, 5, 1), recognised_on=date(2023, 7, 1)),
            parameters={**ASSESSED, "P-event-basis": "recognised_on"},
            amount="1000000.00",
        ),
        Example(
            title="有效期前认定，按认定日期",
            facts=replace(MILAN, opened_on=date(2022, 5, 1), recognised_on=date(2023, 6, 30)),
            parameters={**ASSESSED, "P-event-basis": "recognised_on"},
            refused="认定日期 2023-06-30 不在 2023-07-01 至 2024-06-30 之内",
        ),
        Example(
            title="未经认定",
            facts=replace(MILAN, recognised_centre=False),
            parameters=ASSESSED,
            refused="未经认定为研发中心或时尚设计创新中心",
        ),
        Example(
            title="人员恰为假设的最低人数",
            facts=replace(MILAN, staff=5),
            parameters={**ASSESSED, "P1-min-staff": 5},
            amount="1000000.00",
        ),
        Example(
            title="人员比假设的最低人数少一人",
            facts=replace(MILAN, staff=4),
            parameters={**ASSESSED, "P1-min-staff": 5},
            refused="研发（设计）人员少于规定人数",
        ),
    ),
)

MEASURE = Measure(
    code="M1",
    clause="第 1 条",
    title=Text("鼓励研发（设计）“走出去”", "research and design going abroad"),
    units=(SCIENCE,),
    items=(CENTRE,),
)
