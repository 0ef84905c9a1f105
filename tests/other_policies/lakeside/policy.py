"""A second district's tiny policy as a package of its own: fictional, and unlike Xiuzhou's in every figure."""

from datetime import date

from other_policies.lakeside.m01_solar_roofs import ENERGY

from policies.kit import Policy, Text, measures_in

POLICY = Policy(
    code="LS2023",
    title=Text("湖畔区绿色屋顶办法（虚构）", "Lakeside green roofs (fictional)"),
    district=Text("湖畔区（虚构）", "Lakeside (fictional)"),
    opens=date(2023, 1, 1),
    closes=date(2023, 12, 31),
    validity_clause="第 9 条",
    measures=measures_in("other_policies.lakeside", ("m01_solar_roofs",)),
    units=(ENERGY,),
)
