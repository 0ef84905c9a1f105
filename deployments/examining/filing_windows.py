"""Whether anything can be filed: which policies are installed and whole, and whose window is open or opens soon."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

import policies
from casework.calendar_jobs.filing_periods import window_of
from casework.shared.home import Home
from casework.shared.reference import reference
from deployments.finding import DoctorFinding, Level
from models import Case
from models.clock import business_date, real_now
from policies.finding import Found
from policies.forms import Text

SOON = timedelta(days=60)  # as early as the first reminder of an end: time enough to set values and budgets
HOW = "政策装在程序之外，用 DUIXIAN_POLICIES 指明；续期的写法见 docs/renewing-a-policy.md"
HOW_EN = "install this year's policy and name it in DUIXIAN_POLICIES (docs/renewing-a-policy.md)"


def installed(home: Home) -> Iterator[DoctorFinding]:
    """Every policy that is found, each measure with its flow and each worked example true; and those that cases need."""
    known = policies.all_policies()
    faults = [*_unusable(), *(fault for outside in policies.outside().values() for fault in _faults(outside))]
    with home.store().read() as work:
        used = set(work.execute(select(col(Case.policy)).distinct()).scalars())
    if gone := sorted(used - {policy.code for policy in known}):
        listed = "、".join(gone)
        zh = f"没有安装政策 {listed}，其案件无法办理：请把它加入 DUIXIAN_POLICIES"
        yield DoctorFinding("policies", "fail", zh, f"the policy {listed} is not installed: add it to DUIXIAN_POLICIES")
    for fault in faults:
        yield DoctorFinding("policies", "fail", fault.zh, fault.en)
    if not gone and not faults:
        listed = "、".join(policy.code for policy in known)
        yield DoctorFinding("policies", "ok", f"已安装政策：{listed}", f"policies: {listed}")


def readable(home: Home) -> Iterator[DoctorFinding]:
    """Before there is a store: a place of policies that `init` would refuse, and whether one of them is in force."""
    known = policies.all_policies()
    for wrong in policies.unusable():
        yield DoctorFinding("policies", "fail", wrong.zh, wrong.en)
    today = business_date(real_now())
    if not any(today < policy.closes for policy in known):
        listed = "、".join(f"{policy.code}（至 {policy.closes}）" for policy in known)
        yield DoctorFinding(
            "policies", "fail", f"已安装的政策均已到期：{listed}。{HOW}", f"all are over: {listed}. {HOW_EN}"
        )


def _unusable() -> Iterator[Text]:
    """Policies and pages of flows that cannot be used."""
    from flows.pages import unusable

    for wrong in (*policies.unusable(), *unusable().values()):
        yield Text(wrong.zh, wrong.en)


def _faults(outside: Found) -> Iterator[Text]:
    from flows.pages import NoFlow, flow_of

    for measure in outside.policy.measures:
        try:
            if measure.items:
                flow_of(outside.policy.code, measure.code)
        except NoFlow as fault:
            yield Text(fault.zh, fault.en)
    for item in outside.policy:
        name = f"{outside.policy.code} {item.id}"
        for said in (said for example in item.examples if (said := example.difference(item.run(example)))):
            yield Text(f"{name} 的算例不符：{said}", f"{name}: a worked example comes out otherwise: {said}")


def filing(home: Home) -> Iterator[DoctorFinding]:
    """Whether a window is open today, or opens soon."""
    store = home.store()
    with store.read() as work:
        facts, today, now = reference(store, work), work.today, work.now
    spans = {
        policy.code: window_of(facts, policy, today) for policy in policies.all_policies() if any(True for _ in policy)
    }
    open_ = {code: span for code, span in spans.items() if span.inside(now)}
    soon = {code: span for code, span in spans.items() if today < span.first <= today + SOON}
    for code, span in open_.items():
        zh, en = f"{code} 申报中，至 {span.last_filing_day}", f"{code} is open until {span.last_filing_day}"
        yield DoctorFinding("filing", "ok", zh, en)
    for code, span in soon.items():
        level: Level = "ok" if open_ else "warn"
        yield DoctorFinding("filing", level, f"{code} 将于 {span.first} 开始申报", f"{code} opens on {span.first}")
    if not open_ and not soon:
        listed = "、".join(f"{code} {span.first} 至 {span.last_filing_day}" for code, span in spans.items())
        zh = f"今天（{today}）没有政策在申报期内，近期也不开始：{listed}。{HOW}"
        yield DoctorFinding("filing", "fail", zh, f"nothing can be filed on {today}, nor soon ({listed}): {HOW_EN}")
