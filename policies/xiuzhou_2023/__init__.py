"""Xiuzhou's plan for its traditional industries: in force from 2023-07-01 to 2024-06-30, both days included."""

from datetime import date

from policies.kit import Policy, Text, Watches, measures_in, versions_in
from policies.xiuzhou_2023 import units

# The order is the plan's. One line a measure: the module's name, which is also its flow's.
MODULES = (
    "m01_overseas_centres",
    "m02_talent",
    "m03_super_deduction",
    "m04_new_products",
    "m05_own_brands",
    "m06_regional_brand",
    "m07_standards",
    "m08_publicity",
    "m09_flexible_production",
    "m10_digital_transformation",
    "m11_green_transformation",
    "m12_matchmaking",
    "m13_display_centre",
    "m14_trade_fairs",
    "m15_ecommerce",
    "m16_first_stores",
    "m17_factory_stores",
    "m18_product_promotion",
    "m19_fulfilment",
    "m20_credit",
    "m21_energy_storage",
    "m22_vertical_factories",
    "s1_evaluation",
    "s2_town_specialty",
    "s3_flagship_firms",
    "s4_associations",
    "final_clause",
)

POLICY = Policy(
    code="XZ2023",
    title=Text(
        "秀洲区关于支持传统特色产业高质量发展的实施方案",
        "Xiuzhou District: implementation plan for high-quality development of traditional industries",
    ),
    district=Text("嘉兴市秀洲区", "Xiuzhou District, Jiaxing"),
    opens=date(2023, 7, 1),
    closes=date(2024, 6, 30),
    validity_clause="末段（施行日期和有效期）",
    measures=measures_in(__name__, MODULES),
    units=units.ALL,
    treasury=units.TREASURY,
    watches=Watches(official_rate="M19-all", own_rate="M19-plan", ranking="S1"),
    versions=versions_in(__name__),
)
