"""Xiuzhou's plan as flows, in its own order: every measure on one page.

Each shows the steps that its cases go through, one by one where its items differ: `pay` pays money, `deliver` hands over a quota,
a price or a place on a list, `report` reports a programme.
"""

from uuid import UUID

from prefect import flow

import policies
from casework.shared.run_summary import RunSummary
from flows.chains import chain, chains
from flows.options import by_number, options
from tasks.announce import announce
from tasks.certify import certify
from tasks.compute import compute
from tasks.deliver import deliver
from tasks.pay import pay
from tasks.report import report
from tasks.submit import submit

M = by_number(policies.get("XZ2023"))


# 二（一）支持研发（设计）国际化：research and design


@flow(**options(M[1]))
def m01_overseas_centres(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[1], cases, submit, certify, compute, announce, pay)


@flow(**options(M[2]))
def m02_talent(cases: list[UUID] | None = None) -> RunSummary:
    return chains(
        M[2],
        cases,
        a=(submit, certify, compute, announce, deliver),
        b=(submit, certify, compute, announce, pay),
        c=(submit, certify, compute, report),
        d=(submit, certify, compute, report),
    )


@flow(**options(M[3]))
def m03_super_deduction(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[3], cases, submit, certify, compute, report)


@flow(**options(M[4]))
def m04_new_products(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[4], cases, submit, certify, compute, announce, pay)


# 二（二）支持产品品牌化：brands


@flow(**options(M[5]))
def m05_own_brands(cases: list[UUID] | None = None) -> RunSummary:
    return chains(
        M[5],
        cases,
        a=(submit, certify, compute, report),
        b=(submit, certify, compute, report),
        c=(submit, certify, compute, announce, pay),
    )


@flow(**options(M[6]))
def m06_regional_brand(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[6], cases, submit, certify, compute, report)


@flow(**options(M[7]))
def m07_standards(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[7], cases, submit, certify, compute, announce, pay)


@flow(**options(M[8]))
def m08_publicity(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[8], cases, submit, certify, compute, report)


# 二（三）支持生产数字化：production


@flow(**options(M[9]))
def m09_flexible_production(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[9], cases, submit, certify, compute, announce, deliver)


@flow(**options(M[10]))
def m10_digital_transformation(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[10], cases, submit, certify, compute, report)


@flow(**options(M[11]))
def m11_green_transformation(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[11], cases, submit, certify, compute, announce, deliver)


# 二（四）支持销售多元化：sales


@flow(**options(M[12]))
def m12_matchmaking(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[12], cases, submit, certify, compute, report)


@flow(**options(M[13]))
def m13_display_centre(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[13], cases, submit, certify, compute, report)


@flow(**options(M[14]))
def m14_trade_fairs(cases: list[UUID] | None = None) -> RunSummary:
    return chains(
        M[14],
        cases,
        a=(submit, certify, compute, announce, deliver),
        b=(submit, certify, compute, announce, pay),
    )


@flow(**options(M[15]))
def m15_ecommerce(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[15], cases, submit, certify, compute, announce, pay)


@flow(**options(M[16]))
def m16_first_stores(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[16], cases, submit, certify, compute, announce, pay)


@flow(**options(M[17]))
def m17_factory_stores(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[17], cases, submit, certify, compute, report)


@flow(**options(M[18]))
def m18_product_promotion(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[18], cases, submit, certify, compute, report)


# 二（五）全力开展降本增效：costs and efficiency


@flow(**options(M[19]))
def m19_fulfilment(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[19], cases, submit, certify, compute, report)


@flow(**options(M[20]))
def m20_credit(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[20], cases, submit, certify, compute, report)


@flow(**options(M[21]))
def m21_energy_storage(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[21], cases, submit, certify, compute, report)


@flow(**options(M[22]))
def m22_vertical_factories(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[22], cases, submit, certify, compute, announce, deliver)


# 三、保障措施：safeguards


@flow(**options(M["S1"]))
def s1_evaluation(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M["S1"], cases, submit, certify, compute, report)


@flow(**options(M["S2"]))
def s2_town_specialty(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M["S2"], cases, submit, certify, compute, report)


@flow(**options(M["S3"]))
def s3_flagship_firms(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M["S3"], cases, submit, certify, compute, report)


@flow(**options(M["S4"]))
def s4_associations(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M["S4"], cases, submit, certify, compute, report)
