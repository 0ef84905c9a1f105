"""A parameter's or setting's value in words: papers and dates by their names, yes and no, lists and tables without brackets."""

from __future__ import annotations

import re
from typing import Any

from casework.forms.form_fields import plan
from policies.forms import Text
from policies.kinds import ChoiceKind
from policies.parameters import Parameter, Setting
from policies.shape_kind import ShapeKind

# What the short values of choices without a wording of their own mean; to set one, the value itself is typed.
_CHOICES = {
    "person": ("由人办理", "by a person"),
    "rule": ("由规则办理", "by the rule"),
    "stay": ("不顺延", "stays"),
    "roll": ("顺延", "rolls"),
    "places": ("按名次", "by place"),
    "range": ("按区间", "by range"),
    "down": ("舍去", "down"),
    "half-up": ("四舍五入", "half up"),
    "up": ("进位", "up"),
    "difference": ("补足差额", "the difference"),
    "nothing": ("不再支付", "nothing"),
    "swap": ("退回后改领", "swap"),
    "queue": ("排队等候", "queue"),
    "pro_rata": ("按比例分配", "pro rata"),
    "next_year": ("转入下年", "next year"),
    "amount": ("按金额", "by amount"),
    "case": ("按件数", "by case"),
    "full": ("各得全额", "in full"),
    "equal": ("均分", "in equal parts"),
    "in": ("计入", "counted"),
    "out": ("不计入", "not counted"),
    "subject": ("按同一标的", "per subject"),
    "year": ("按年度", "per year"),
    "applicant": ("按申报主体", "per applicant"),
    "assessed": ("按认定金额", "as assessed"),
    "fixed": ("定额", "fixed"),
    "ratio": ("按比例", "a ratio"),
    "by_level": ("按级别", "by level"),
    "tiers": ("分档", "in tiers"),
    "per_unit": ("按数量", "per unit"),
    "filing": ("申报日", "the day of filing"),
    "without_application": ("免申即享", "without application"),
    "on_application": ("即申即享", "on application"),
    "within_time_limit": ("限时即享", "within the time limit"),
}
_KEYS = {
    "name": ("户名", "name"),
    "bank": ("开户行", "bank"),
    "account": ("账号", "account"),
    "clearing_code": ("行号", "clearing code"),
    "value": ("值", "value"),
    "shape": ("方式", "shape"),
    "rate": ("比例", "rate"),
    "unit": ("单位", "unit"),
}


def in_words(value: Any, policy: Any = None, name: str = "") -> Text:
    """The value as a person reads it, in both languages; `policy` and the name of the value tell what it may name."""
    if value is None:
        return Text("空缺", "none")
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    if isinstance(value, dict):
        pairs = [(_KEYS.get(key, (key, key)), in_words(inner, policy, name)) for key, inner in value.items()]
        zh, en = (f"{key[0]}：{said.zh}" for key, said in pairs), (f"{key[1]}：{said.en}" for key, said in pairs)
        return Text("；".join(zh), "；".join(en))
    if isinstance(value, list | tuple):
        parts = [in_words(inner, policy, name) for inner in value]
        return Text("、".join(part.zh for part in parts), "、".join(part.en for part in parts))
    known = _of_item(policy, name).get(str(value))
    return known or Text(*_CHOICES.get(str(value), (str(value), str(value))))


def decides_in_words(what: Parameter | Setting, *, codes: bool = True) -> Text:
    """What a value decides, its choices in Chinese words; `codes`: each with what is typed for it beside it."""
    kind = what.kind
    known = [shape.name for shape in kind.shapes] if isinstance(kind, ShapeKind) else []
    known += [str(choice) for choice in kind.among] if isinstance(kind, ChoiceKind) else []
    if not known:
        return what.decides

    def said(found: re.Match[str]) -> str:
        code, explained = found[1], found[2]
        words = explained or in_words(code).zh
        return f"{words}（{code}）" if codes and words != code else words

    pattern = rf"(?<!\w)({'|'.join(map(re.escape, known))})(?:：([^、，；。]+)|(?![A-Za-z_]))"
    return Text(re.sub(pattern, said, what.decides.zh), what.decides.en)


def _of_item(policy: Any, name: str) -> dict[str, Text]:
    """What an item's papers and fields are called, where the value names them; else the wordings of the kind itself."""
    head, _, item = name.partition(":")
    if policy is None or not item:
        return {}
    versions = policy.versions_of(item)
    if head == "P-papers":
        return {slot.id: slot.title for known in versions for slot in known.evidence}
    forms = [form for known in versions for form in (known.claim, known.facts)]
    return {field.name: field.label for form in forms for field in plan(form)}
