"""Xiuzhou's plan as flows, in its own order: every measure on one page.

Each goes the way of its items' chains; a departure from them is written out here, in that measure's flow.
"""

from uuid import UUID

from prefect import flow

import policies
from casework.outcome import Outcome
from flows.chains import run_chains
from flows.options import by_number, options

M = by_number(policies.get("XZ2023"))


# 二（一）支持研发（设计）国际化：research and design


@flow(**options(M[1]))
def m01_overseas_centres(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[1], cases)


@flow(**options(M[2]))
def m02_talent(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[2], cases)


@flow(**options(M[3]))
def m03_super_deduction(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[3], cases)


@flow(**options(M[4]))
def m04_new_products(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[4], cases)


# 二（二）支持产品品牌化：brands


@flow(**options(M[5]))
def m05_own_brands(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[5], cases)


@flow(**options(M[6]))
def m06_regional_brand(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[6], cases)


@flow(**options(M[7]))
def m07_standards(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[7], cases)


@flow(**options(M[8]))
def m08_publicity(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[8], cases)


# 二（三）支持生产数字化：production


@flow(**options(M[9]))
def m09_flexible_production(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[9], cases)


@flow(**options(M[10]))
def m10_digital_transformation(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[10], cases)


@flow(**options(M[11]))
def m11_green_transformation(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[11], cases)


# 二（四）支持销售多元化：sales


@flow(**options(M[12]))
def m12_matchmaking(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[12], cases)


@flow(**options(M[13]))
def m13_display_centre(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[13], cases)


@flow(**options(M[14]))
def m14_trade_fairs(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[14], cases)


@flow(**options(M[15]))
def m15_ecommerce(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[15], cases)


@flow(**options(M[16]))
def m16_first_stores(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[16], cases)


@flow(**options(M[17]))
def m17_factory_stores(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[17], cases)


@flow(**options(M[18]))
def m18_product_promotion(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[18], cases)


# 二（五）全力开展降本增效：costs and efficiency


@flow(**options(M[19]))
def m19_fulfilment(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[19], cases)


@flow(**options(M[20]))
def m20_credit(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[20], cases)


@flow(**options(M[21]))
def m21_energy_storage(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[21], cases)


@flow(**options(M[22]))
def m22_vertical_factories(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[22], cases)


# 三、保障措施：safeguards


@flow(**options(M["S1"]))
def s1_evaluation(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M["S1"], cases)


@flow(**options(M["S2"]))
def s2_town_specialty(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M["S2"], cases)


@flow(**options(M["S3"]))
def s3_flagship_firms(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M["S3"], cases)


@flow(**options(M["S4"]))
def s4_associations(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M["S4"], cases)
