"""Whether anything can be filed: which policies are installed and whole, and whose window is open or opens soon."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

import policies
from casework.home import Home
from casework.jobs.windows import window_of
from casework.reference import reference
from deployments.finding import Finding, Level
from models import Case
from models.clock import business_date
from policies.finding import Found, WrongPolicies

SOON = timedelta(days=60)  # as early as the first reminder of an end: time enough to set values and budgets
HOW = "政策装在程序之外，用 DUIXIAN_POLICIES 指明；续期的写法见 docs/renewing-a-policy.md"
HOW_EN = "install this year's policy and name it in DUIXIAN_POLICIES (docs/renewing-a-policy.md)"


def installed(home: Home) -> Iterator[Finding]:
    """Every policy that is found, each measure with its flow and each worked example true; and those that cases need."""
    try:
        known = policies.all_policies()
        faults = [fault for one in policies.outside().values() for fault in _faults(one)]
    except WrongPolicies as wrong:
        yield Finding("policies", "fail", wrong.zh, wrong.en)
        return
    with home.store().read() as work:
        used = set(work.execute(select(col(Case.policy)).distinct()).scalars())
    if gone := sorted(used - {one.code for one in known}):
        listed = "、".join(gone)
        zh = f"没有安装政策 {listed}，其案件无法办理：请把它加入 DUIXIAN_POLICIES"
        yield Finding("policies", "fail", zh, f"the policy {listed} is not installed: add it to DUIXIAN_POLICIES")
    for fault in faults:
        yield Finding("policies", "fail", fault, fault)
    if not gone and not faults:
        listed = "、".join(one.code for one in known)
        yield Finding("policies", "ok", f"已安装政策：{listed}", f"policies: {listed}")


def readable(home: Home) -> Iterator[Finding]:
    """Before there is a store: a place of policies that `init` would refuse, and whether one of them is in force."""
    try:
        known = policies.all_policies()
    except WrongPolicies as wrong:
        yield Finding("policies", "fail", wrong.zh, wrong.en)
        return
    today = business_date(datetime.now(UTC))
    if not any(today < one.closes for one in known):
        listed = "、".join(f"{one.code}（至 {one.closes}）" for one in known)
        yield Finding("policies", "fail", f"已安装的政策均已到期：{listed}。{HOW}", f"all are over: {listed}. {HOW_EN}")


def _faults(one: Found) -> Iterator[str]:
    from flows.pages import NoFlow, flow_of

    for measure in one.policy.measures:
        try:
            if measure.items:
                flow_of(one.policy.code, measure.code)
        except (NoFlow, ValueError) as fault:
            yield str(fault)
    for item in one.policy:
        wrong = [said for example in item.examples if (said := example.difference(item.run(example)))]
        yield from (f"{one.policy.code} {item.id} 的算例不符（worked example）：{said}" for said in wrong)


def filing(home: Home) -> Iterator[Finding]:
    """Whether a window is open today, or opens soon."""
    store = home.store()
    with store.read() as work:
        facts, today, now = reference(store, work), work.today, work.now
    spans = {one.code: window_of(facts, one, today) for one in policies.all_policies() if any(True for _ in one)}
    open_ = {code: span for code, span in spans.items() if span.inside(now)}
    soon = {code: span for code, span in spans.items() if today < span.first <= today + SOON}
    for code, span in open_.items():
        zh, en = f"{code} 申报中，至 {span.last_filing_day}", f"{code} is open until {span.last_filing_day}"
        yield Finding("filing", "ok", zh, en)
    for code, span in soon.items():
        level: Level = "ok" if open_ else "warn"
        yield Finding("filing", level, f"{code} 将于 {span.first} 开始申报", f"{code} opens on {span.first}")
    if not open_ and not soon:
        listed = "、".join(f"{code} {span.first} 至 {span.last_filing_day}" for code, span in spans.items())
        zh = f"今天（{today}）没有政策在申报期内，近期也不开始：{listed}。{HOW}"
        yield Finding("filing", "fail", zh, f"nothing can be filed on {today}, nor soon ({listed}): {HOW_EN}")
