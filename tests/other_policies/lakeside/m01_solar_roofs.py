"""第 1 条 of a fictional district: an amount per kilowatt of solar roof."""

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    Chain,
    ChoiceKind,
    Example,
    Item,
    Measure,
    Money,
    Need,
    Parameter,
    PerUnit,
    Scope,
    Sheet,
    Slot,
    Text,
    Unit,
    form,
    label,
)

ENERGY = Unit("湖畔区能源局（虚构）", "Lakeside Energy Bureau (fictional)")


@form
class Claim:
    """What the firm states."""

    roof: str = label("屋顶编号", "roof")
    kilowatts: int = label("装机容量（千瓦）", "kilowatts", minimum=1)
    connected_on: date = label("并网日期", "connected on")


@form
class Facts(Claim):
    """What the bureau certifies."""

    connected: bool = label("已并网", "connected")


def solar_roof(facts: Facts, sheet: Sheet) -> None:
    """100 yuan a kilowatt, at most 20,000 yuan a roof."""
    sheet.require(facts.connected, "尚未并网")
    sheet.price(kilowatts=facts.kilowatts)
    sheet.cap(scope="P1-scope")


SCOPE = Parameter(
    id="P1-scope",
    title=Text("最高限额的范围", "scope of the ceiling"),
    decides=Text("再次申请时最高限额按什么合计", "what the ceiling counts over when the applicant comes again"),
    kind=ChoiceKind(among=(Scope.SUBJECT, Scope.YEAR, Scope.APPLICANT)),
    need=Need.WHERE_ASKED,
)

ROOF = Facts(roof="A-1", kilowatts=200, connected_on=date(2023, 5, 1), connected=True)

MEASURE = Measure(
    code="M1",
    clause="第 1 条",
    title=Text("屋顶光伏", "solar roofs"),
    units=(ENERGY,),
    items=(
        Item(
            id="M1",
            title=Text("屋顶光伏补助", "solar roof"),
            chain=Chain.CASH_GRANT,
            applicants=(ApplicantKind.ENTERPRISE,),
            claim=Claim,
            facts=Facts,
            rule=solar_roof,
            ceiling=Money.wan(2),
            shape=PerUnit(unit="kilowatts", amount=Money.yuan(100)),
            parameters=(SCOPE,),
            subject=("roof",),
            event_dates=("connected_on",),
            evidence=(Slot(id="connection", title=Text("并网证明", "proof of connection")),),
            examples=(
                Example(title="恰为上限", facts=ROOF, amount="20000.00"),
                Example(title="多一千瓦", facts=replace(ROOF, kilowatts=201), amount="20000.00"),
                Example(title="少一千瓦", facts=replace(ROOF, kilowatts=199), amount="19900.00"),
                Example(title="尚未并网", facts=replace(ROOF, connected=False), refused="尚未并网"),
            ),
        ),
    ),
)
