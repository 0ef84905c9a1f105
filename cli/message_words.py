"""What a message says of its subject, in words: each field of its content with its name and value in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cli.language import language, t
from cli.terms import say
from notifications.channels.explain import MEANINGS

FIELDS = {
    "about": ("单位", "unit"),
    "amount": ("金额（元）", "yuan"),
    "amount_fen": ("金额（元）", "yuan"),
    "at": ("时间", "at"),
    "begins": ("开始", "begins"),
    "case": ("案件", "case"),
    "channel": ("渠道", "channel"),
    "checks": ("检查", "checks"),
    "closes_on": ("截止日", "closes on"),
    "code": ("验证码", "code"),
    "computed_fen": ("核算金额（元）", "computed (yuan)"),
    "count": ("件数", "count"),
    "day": ("日期", "day"),
    "days": ("天数", "days"),
    "delegate": ("受托人", "delegate"),
    "document": ("文号", "document"),
    "due": ("期限", "due"),
    "ends": ("结束", "ends"),
    "fault": ("错误", "fault"),
    "free": ("剩余空间（MB）", "free MB"),
    "holders": ("任职人数", "holders"),
    "item": ("事项", "item"),
    "job": ("任务", "job"),
    "kind": ("类别", "kind"),
    "late_duty": ("逾期岗位", "late duty"),
    "late_unit": ("逾期单位", "late unit"),
    "lines": ("明细", "lines"),
    "login": ("登录名", "login"),
    "message": ("消息编号", "message"),
    "minutes": ("分钟数", "minutes"),
    "missing": ("缺少", "missing"),
    "note": ("说明", "note"),
    "notice": ("公示编号", "notice"),
    "objections": ("异议序号", "objections"),
    "of": ("总数", "of"),
    "official": ("填报兑付率", "official rates"),
    "opens_on": ("开始日", "opens on"),
    "order": ("指令", "order"),
    "outcome": ("结果", "outcome"),
    "own": ("本方案兑付率", "rates of the plan"),
    "policy": ("政策", "policy"),
    "principal": ("委托人", "principal"),
    "provisional": ("期限暂定", "provisional"),
    "rate": ("兑付率", "payout"),
    "reason": ("原因", "reason"),
    "reduced_fen": ("核减金额（元）", "reduced by (yuan)"),
    "span": ("有效分钟数", "valid for (minutes)"),
    "target": ("目标", "target"),
    "task": ("岗位", "task"),
    "unit": ("单位", "unit"),
    "who": ("申报主体", "applicant"),
    "year": ("年度", "year"),
}
_SAID = {"outcome": "objection"}  # whose values are a family of words

# Why an attempt ended as it did; the other side's own words follow it.
ANSWERS = {**{str(reason): words for reason, words in MEANINGS.items()}, "unworded": ("无法成文", "not to be worded")}


def detail(said: str) -> str:
    """A line of the send log; the reason that it begins with in words."""
    head = re.match(r"[a-z-]+", said)
    if head is None or head[0] not in ANSWERS:
        return said
    return t(*ANSWERS[head[0]]) + said[head.end() :]


def content(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of each field that says something; of a pair in two languages the reader's."""
    english = language() == "en"
    for name in given:
        plain = name.removesuffix("_en")
        if (plain in given and plain != name) != english and (plain != name or f"{name}_en" in given):
            continue
        value = _value(name, given)
        if value:
            yield t(*FIELDS.get(plain, (plain, plain))), value


def _value(name: str, given: Mapping[str, Any]) -> str:
    from notifications.wording.values import NOTHING, shown

    if isinstance(given[name], bool):
        return t("是", "yes") if given[name] else ""
    if name in _SAID:
        return say(_SAID[name], given[name])
    words = shown(name, given, language())
    return "" if words == NOTHING else words
