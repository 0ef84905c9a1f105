"""What stands on a waiting case is kept in Chinese: its English, sentence by sentence, or as it was said when the case stopped."""

import re
from collections.abc import Mapping
from json import loads

from sqlalchemy import select
from sqlmodel import col

from casework.shared.sentences import Sentences
from models import AuditEntry, Case, Decision
from models.unit_of_work import UnitOfWork

_FUND = r"(\S+ \d{4}) 年度((?:（\S+?）)?)"
_COMPARED = "有 (\\d+) 项补助可能相同，须由认定单位比对：(duixian comparisons list --case \\S+)"
_IN_CHINESE = "in Chinese: "
_BY_CONDITION = "a condition stops it: the checks of the case say which, and what to do (duixian case)"
# a sentence of the system: its English; numbers, names and commands go over as they are
_SENTENCES = Sentences(
    (
        (r"不可兑付：缺少参数 ([^（]+)(?:（.*）)?", r"not payable: \1 is unset"),
        (_COMPARED, r"\1 benefits may be the same, and the certifying unit compares them: \2"),
        (
            rf"专项资金不足：{_FUND}余额不足以安排 (\S+) 元",
            r"too little money: what is left of \1\2 does not cover \3 yuan",
        ),
        (
            rf"专项资金不足：按申报先后安排，申报在先的 (\S+) 尚在等候 {_FUND}资金",
            r"too little money: \1, filed earlier, waits for \2\3 first",
        ),
        (
            rf"专项资金不足：{_FUND}余额须先安排申报在先的案件",
            r"too little money: \1\2 goes to cases filed earlier first",
        ),
        (rf"专项资金不足：{_FUND}已无余额", r"too little money: nothing is left of \1\2"),
        (
            rf"专项资金不足：{_FUND}余额 (\S+) 元为退回款或按比例安排后的余数，不再按比例安排，待追加或下年度预算",
            r"too little money: the \3 yuan left of \1\2 came back, or remained after it was shared out, and are not shared out"
            r" again: money that is added, or the next year's budget, is waited for",
        ),
        (
            rf"专项资金不足：须与尚未核算的 (\S+) 一并按比例安排 {_FUND}资金",
            r"too little money: \2\3 is shared out together with \1, which is not priced yet",
        ),
        ("专项资金不足：须与其他案件一并按比例安排", "too little money: it is shared out together with other cases"),
        (r"待退回已发补助后兑付：(.+)", r"payable once this is given back: \1"),
        (
            r"(\d{4}) 年的工作日安排尚未录入，无法确定公示期满日；录入后自动公示",
            r"the working days of \1 are not entered, so the notice's end is unknown: published once they are",
        ),
        (
            r"不能核算：(.+) 规则版本 (\S+)（摘要 (\w+)）未安装",
            r"cannot be computed: rule version \2 of \1 (digest \3) is not installed",
        ),
        (
            r"不能核算：(.+) 规则版本 (\S+) 与申报时不同（申报时摘要 (\w+)，现为 (\w+)），规则被改动",
            r"cannot be computed: rule version \2 of \1 is not what it was at filing (digest \3, now \4)",
        ),
        (r"流程运行超时，已通知运维", r"the flow ran out of time; the operators are told"),
        (r"流程运行被反复中断，已通知运维", r"the flow was cut off again and again; the operators are told"),
        (r"流程运行出错（(\w+)），已通知运维", r"the flow failed (\1); the operators are told"),
        (r"系统处理出错（(\w+)），已通知运维", r"a fault of the system (\1); the operators are told"),
        (r"不能“[^”]+”：.+", _BY_CONDITION),
    )
)
_BOTH = re.compile(rf"(?P<first>.+)；(?P<second>{_COMPARED})")


def in_english(problem: str) -> str:
    """The same in English; "" where nothing stands in the way. What is not the system's own sentence is said to be Chinese."""
    if not problem:
        return ""
    if both := _BOTH.fullmatch(problem):
        return f"{in_english(both['first'])}; {in_english(both['second'])}"
    english = _SENTENCES.english(problem)
    if english is None:
        return _IN_CHINESE + problem
    return english.replace("、", ", ").replace("（", " (").replace("）", ")")


def as_said(work: UnitOfWork, problems: Mapping[str, str]) -> dict[str, str]:
    """By case number: the English with which a case was stopped, of each problem that is no sentence of the system's own.

    `problems`: what stands on each case in Chinese. Cases that were stopped before their English was kept are absent.
    """
    asked = {number: problem for number, problem in problems.items() if problem and not _own(problem)}
    if not asked:
        return {}
    waiting = select(col(AuditEntry.subject), col(AuditEntry.content)).where(
        col(AuditEntry.action) == "park", col(AuditEntry.subject).in_(asked)
    )
    computed = (
        select(col(Case.number), col(Decision.content))
        .join(Case, col(Case.id) == col(Decision.case_id))
        .where(col(Decision.action) == "compute", col(Case.number).in_(asked))
    )
    found = {}
    for query in (waiting.order_by(col(AuditEntry.seq)), computed.order_by(col(Decision.version))):
        for number, content in work.execute(query):
            said = loads(content)
            if said.get("problem") == asked[number] and said.get("problem_en"):
                found[number] = said["problem_en"]
    return found


def _own(problem: str) -> bool:
    english = in_english(problem)
    return english != _BY_CONDITION and not english.startswith(_IN_CHINESE)
