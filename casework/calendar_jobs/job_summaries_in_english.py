"""What a job says of itself is kept in Chinese: its English, sentence by sentence. What a person typed stays as typed."""

import re

from casework.shared.sentences import Sentences
from models import JobStatus

APART = " / "  # between a failure's Chinese and its English, as both are kept
_DAY = r"(\d{4}-\d{2}-\d{2})"
# a sentence of the jobs: its English; numbers, days, names and units go over as they are
_SENTENCES = Sentences(
    (
        (r"期限 已提示 (\d+)", r"deadlines: \1 told"),
        (r"暂定期限 已重新计算 (\d+)", r"provisional deadlines: \1 counted anew"),
        (r"委托 已通知 (\d+)", r"delegations: \1 told"),
        (r"提醒 (\d+) 份", r"\1 reminders"),
        (r"核验 已重新核验 (\d+)", r"conditions: \1 looked at again"),
        (
            r"(\S+) 工作日安排尚未录入，已提醒管理员",
            r"\1: the working days are not entered, the administrators are told",
        ),
        (rf"(\S+) {_DAY} 赛马排名已公布", r"\1: the ranking of \2 is published"),
        (rf"(\S+) {_DAY} 缺少 (\d+) 项数据", r"\1: for the ranking of \2 there lack \3 figures"),
        (r"(\S+) 已提醒 (\d+)", r"\1: \2 reminded"),
        (r"(\S+) 个人信息已清除", r"\1: the personal data are destroyed"),
        (
            r"retention (\d+) 名自然人已过保存期限，待提议匿名化",
            r"\1 natural persons are past their retention: propose them",
        ),
        (r"(\S+) 未设定保存期限，不作匿名化", r"\1 is unset: nobody is anonymised"),
        (rf"(\S+) {_DAY} 兑付率周报 (\d+) 份", r"\1: \3 weekly payout rates of \2"),
        (rf"(\S+) {_DAY} 未填报 (\S+) 的数据", r"\1: no figures for \3"),
        (rf"(\S+) {_DAY} (\S+%)，目标 (\S+%)", r"\1, \2: \3, target \4"),
        (r"(\S+) 开始申报，已通知 (\d+)", r"\1: filing opens, \2 told"),
        (rf"(\S+) 申报期已延至 {_DAY}，届时截止", r"\1: filing is extended to \2 and closes then"),
        (
            r"(\S+) 申报截止；继续办理的申报人 (\d+)，期满报告 (\d+)",
            r"\1: filing closed; \2 applicants told whose cases go on, \3 reports",
        ),
        (rf"(\S+) 应于 {_DAY} 前有结果", r"\1: its result was due by \2"),
        (rf"由 {_DAY} 的一次一并办理", r"done together with that of \1"),
        (r"系统处理出错（(\w+)）", r"a fault of the system (\1)"),
        (r"另有 (\d+) 项", r"and \1 more"),
    )
)


def in_english(said: str) -> str:
    """A job's outcome or reason in English; a sentence that is not the system's stays as it is."""
    whole = _SENTENCES.english(said)
    if whole is not None:
        return whole
    parts = re.split(r"；(?!继续办理)", said)
    return "; ".join(_SENTENCES.english(sentence) or sentence for sentence in parts)


def reason(said: str, status: str, by: str) -> tuple[str, str]:
    """A reason in both languages: that of somebody who skipped a date stays as typed; of a failure both are kept."""
    if status == JobStatus.SKIPPED and by != "system":
        return said, said
    zh, apart, en = said.partition(APART) if status == JobStatus.FAILED else (said, "", "")
    return zh, en if apart else in_english(said)
