"""What the law says of a value that it cannot read, in Chinese: its English, sentence by sentence. What was typed stays."""

import re

from casework.shared.sentences import Sentences

_SENTENCES = Sentences(
    (
        (r"比例为零等于未设定", r"a rate of zero would be no rate"),
        (r"应小于 1（下浮）：(.*)", r"must be below 1, for it lowers: \1"),
        (r"应为 (\S+) 至 (\S+) 的整数：(.*)", r"must be a whole number from \1 to \2: \3"),
        (r"应为 (.+) 之一：(.*)", r"must be one of \1: \2"),
        (r"计算方式应为 (.+) 之一：(.*)", r"the shape must be one of \1: \2"),
        (r"应为非空名称列表：(.*)", r"must be a list of names that is not empty: \1"),
        (r"没有级别 (.+)", r"there is no level \1"),
        (r"没有 (.+)；可选：(.*)", r"there is no \1; there are \2"),
        (r"没有\S* (\S+)；是否为：(.+)", r"there is no \1; perhaps \2"),
        (r"没有\S* (\S+)，如 (\S+)", r"there is no \1; for instance \2"),
        (r"应为非空文字", r"must be a text that is not empty"),
        (
            r"“(.*)”不是统一社会信用代码（18 位，如 (\w+)），名称不能代替代码",
            r'"\1" is no unified social credit code (18 characters, as \2); a name does not do',
        ),
        (r"应为 1 至 999 的天数，如 30：(.*)", r"must be numbers of days from 1 to 999, as 30: \1"),
        (r"应为日期，写成 2024-06-30：(.*)", r"must be a day, written as 2024-06-30: \1"),
        (r"应为 true 或 false：(.*)", r"must be true or false: \1"),
        (r"应为非空对照表：(.*)", r"must be a table that is not empty: \1"),
        (r"金额应大于零：(.*)", r"an amount must be above zero: \1"),
        (r"应为对象，如 (\{.*?\})：(.*)", r"must be an object, as \1: \2"),
        (r"(\w+) 不含 (.+)；可写：(.*)", r"\1 has no \2; there are \3"),
        (r"(\w+) 缺少 (.+)", r"\1 lacks \2"),
        (r"分档不得为空", r"there must be a step"),
        (r"分档起点应由低到高，互不相同", r"the steps must begin from low to high, each another"),
        (r"比例应写成 0.3 或 30%：(.*)", r"a rate is written 0.3 or 30%: \1"),
        (r"比例应在 0 至 1 之间，最多四位小数：(.*)", r"a rate lies between 0 and 1, with four decimals at most: \1"),
    ),
    re.DOTALL,
)
_OF = re.compile(r"(?:参数|设置) (\S+) 的值无效：(.*)", re.DOTALL)


def in_english(said: str) -> str:
    """The sentence in English; one that is not known here stays, marked as Chinese."""
    if of := _OF.fullmatch(said):
        return f"the value of {of[1]} is wrong: {in_english(of[2])}"
    english = _SENTENCES.english(said)
    return said if english is None else english.replace("、", ", ").replace("（无）", "none")
