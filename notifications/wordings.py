"""Every sentence that leaves the house: subject and body by kind, Chinese first, English second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Formatter
from typing import Any

from models.clock import business_date
from policies.money import Money


@dataclass(frozen=True)
class Wording:
    """One message in two languages; `{…}` are filled from the message's content."""

    subject: str
    body: str
    subject_en: str
    body_en: str

    @property
    def fields(self) -> frozenset[str]:
        """The names that the content must hold."""
        texts = (self.subject, self.body, self.subject_en, self.body_en)
        return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


WORDINGS: dict[str, Wording] = {
    "filed": Wording(
        "申报已收到：{case}", "您的申报 {case} 已于 {at} 提交成功，请留存编号以便查询。",
        "Received: {case}", "Your application {case} was filed on {at}. Keep the number.",
    ),
    "accepted": Wording(
        "申报已受理：{case}", "您的申报 {case} 已受理，进入审核。",
        "Accepted: {case}", "Your application {case} is complete and under review.",
    ),
    "returned": Wording(
        "请补正材料：{case}", "您的申报 {case} 需一次性补正：{missing}。请于 {due} 前完成，逾期将终止办理。",
        "Please correct: {case}", "Application {case} lacks: {missing}. Correct it by {due}, or it lapses.",
    ),
    "certified": Wording(
        "认定完成：{case}", "您的申报 {case} 已完成认定，进入核算。",
        "Certified: {case}", "The facts of application {case} are certified; the amount is computed next.",
    ),
    "refused": Wording(
        "不予支持：{case}",
        "您的申报 {case} 不予支持，原因：{reason}。如有异议，可在 60 日内申请行政复议，或在 6 个月内提起行政诉讼。",
        "Refused: {case}",
        "Application {case} is refused: {reason}. You may ask for administrative review within 60 days or go to court "
        "within 6 months.",
    ),
    "decided": Wording(
        "审定结果：{case}", "您的申报 {case} 审定金额为 {amount} 元，公示无异议后拨付。",
        "Decided: {case}", "Application {case} is granted {amount} yuan, paid after the public notice.",
    ),
    "undone": Wording(
        "审定已撤销：{case}", "申报 {case} 的审定结果已撤销并重新审定，原因：{reason}。",
        "Decision taken back: {case}", "The decision on {case} was taken back: {reason}. It is decided again.",
    ),
    "on_notice": Wording(
        "公示中：{case}", "申报 {case} 已列入公示 {notice}，公示至 {closes_on}。",
        "On public notice: {case}", "Application {case} is on notice {notice} until {closes_on}.",
    ),
    "contested": Wording(
        "收到异议：{case}", "公示期间收到对申报 {case} 的异议，正在核查，其间暂缓拨付。",
        "Objection: {case}", "An objection to {case} is being looked into; payment waits.",
    ),
    "objection": Wording(
        "异议待核查：{case}", "案件 {case} 在公示期间收到异议，请核查并答复。",
        "Objection to investigate: {case}", "Case {case} has an objection: investigate and answer.",
    ),
    "objection_answered": Wording(
        "异议已答复：{case}", "对申报 {case} 的异议已答复：{reason}。",
        "Objection answered: {case}", "The objection to {case} is answered: {reason}.",
    ),
    "paid": Wording(
        "已拨付：{case}", "申报 {case} 的资金 {amount_fen} 元已到账，案件办结。",
        "Paid: {case}", "{amount_fen} yuan for {case} have arrived; the case is closed.",
    ),
    "fulfilled": Wording(
        "已兑现：{case}", "申报 {case} 的支持事项已落实，案件办结。",
        "Delivered: {case}", "What was promised under {case} is delivered; the case is closed.",
    ),
    "delivered": Wording(
        "支持事项已交付：{case}", "申报 {case} 的支持事项已交付，凭据：{document}。",
        "Handed over: {case}", "What was granted under {case} was handed over: {document}.",
    ),
    "begun": Wording(
        "计划已通过审核：{case}", "计划 {case} 已通过审核，请按节点推进并报告。{note}",
        "Plan reviewed: {case}", "Plan {case} passed its review: carry it out and report. {note}",
    ),
    "programme_closed": Wording(
        "工作已办结：{case}", "计划 {case} 的成果已复核，工作办结。",
        "Programme closed: {case}", "The results of {case} are reviewed; the programme is closed.",
    ),
    "withdrawn": Wording(
        "已撤回：{case}", "申报 {case} 已按您的申请撤回。",
        "Withdrawn: {case}", "Application {case} is withdrawn as you asked.",
    ),
    "lapsed": Wording(
        "已终止：{case}", "申报 {case} 已终止：{reason}。",
        "Lapsed: {case}", "Application {case} has lapsed: {reason}.",
    ),
    "reopened": Wording(
        "重新办理：{case}", "申报 {case} 重新办理，原因：{reason}。",
        "Reopened: {case}", "Application {case} is taken up again: {reason}.",
    ),
    "turn": Wording(
        "待办：{case}", "案件 {case} 到您办理的环节，请及时处理。",
        "Your turn: {case}", "Case {case} is waiting for you.",
    ),
    "opinion_asked": Wording(
        "请出具联审意见：{case}", "案件 {case} 需本单位出具联审意见；未答复不视为同意。",
        "Opinion asked: {case}", "Case {case} needs your unit's opinion; silence is not consent.",
    ),
    "opinions_negative": Wording(
        "联审有否定意见：{case}", "案件 {case} 的联审有否定意见，请裁定或不予支持。",
        "Negative opinion: {case}", "Case {case} has a negative opinion: override it with a reason, or refuse.",
    ),
    "payment_failed": Wording(
        "拨付未成功：{case}", "案件 {case} 的付款未成功：{reason}。请核对收款账户。",
        "Payment failed: {case}", "The payment of {case} failed: {reason}. Check the account.",
    ),
    "payment_returned": Wording(
        "款项被退回：{case}", "案件 {case} 的款项被银行退回：{reason}。请核对收款账户，更正后将重新拨付。",
        "Payment returned: {case}", "The money of {case} came back: {reason}. Check the account; it is paid again.",
    ),
}  # fmt: skip


def render(kind: str, content: Mapping[str, Any], *, language: str = "zh", demo: bool = False) -> tuple[str, str]:
    """Subject and body of a message; a demo store's messages say so in both."""
    wording = WORDINGS[kind]
    shown = {name: _shown(name, content[name]) for name in wording.fields}
    subject, body = (wording.subject_en, wording.body_en) if language == "en" else (wording.subject, wording.body)
    mark = "【演示 DEMO】" if demo else ""
    return mark + subject.format_map(shown), mark + body.format_map(shown)


def _shown(name: str, value: Any) -> str:
    """Lists joined, fen as yuan, an end of day as its date."""
    if isinstance(value, (list, tuple)):
        return "；".join(str(one) for one in value)
    if name == "amount_fen":
        return Money(int(value or 0)).grouped
    if name == "due" and value:
        return (business_date(datetime.fromisoformat(str(value)) - timedelta(microseconds=1))).isoformat()
    return str(value)
