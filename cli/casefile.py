"""One case as people read it: claim and facts, awards, history, checks, papers, orders, in their words."""

from __future__ import annotations

from typing import Any

from cli import output
from cli.language import language, named, t
from cli.quote import show_lines
from cli.terms import say


def words(zh: str | None, en: str | None) -> str:
    """One of two wordings; "" where there is none."""
    return (en if language() == "en" else zh) or ""


def next_of(row: Any) -> str:
    """Whose turn a case is, in one line."""
    if row.next_duty is None:
        return ""
    duty = say("duty", row.next_duty)
    return f"{row.next_unit or ''}{' ' if row.next_unit else ''}{duty}"


def flags(row: Any) -> str:
    marks = (
        (row.overdue, t("逾期", "overdue")),
        (row.held, t("暂停", "held")),
        (row.contested, t("有异议", "contested")),
        (bool(row.problem), t("有问题", "problem")),
    )
    shown = [mark for wanted, mark in marks if wanted]
    return t(f"（{'、'.join(shown)}）", f" ({', '.join(shown)})") if shown else ""


def show_case(file: Any) -> None:
    row = file.case
    output.heading(f"{row.number}  {row.item} {file.title}", demo=file.demo)
    due = f"{output.due(row.due)}{t('（暂定）', ' (provisional)') if row.due_provisional else ''}"
    output.pairs(
        {
            t("申报主体", "applicant"): row.applicant,
            t("镇（街道）", "town"): row.town,
            t("状态", "state"): f"{words(row.state_zh, row.state_en)}{flags(row)}",
            t("下一步", "next"): next_of(row),
            t("期限", "due"): due if row.next_duty and row.next_duty != "system" else "",
            t("问题", "problem"): t(row.problem, row.problem_en),
            t("金额", "amount"): f"{output.yuan(row.amount_fen)} {t('元', 'yuan')}"
            if row.amount_fen is not None
            else "",
            t("申报时间", "filed"): output.moment(row.filed_at),
            t("版本", "version"): row.version,
            t("规则版本", "rule version"): f"{row.policy} {row.item} / {row.rule_version}" if row.rule_version else "",
        }
    )
    _show_forms(file)
    for award in file.awards:
        _show_award(award, file.subjects)
    _show_history(file)
    _show_rest(file)


def _show_forms(file: Any) -> None:
    claim, facts = file.claim or {}, file.facts or {}
    if not claim:
        return
    from casework.forms.form_fields import plan
    from cli.language import named

    item = _item(file)
    known = {field.name: field for form in (item.claim, item.facts) for field in plan(form)}
    output.line("\n" + t("申报与认定", "Claimed and certified"))
    rows = [
        (named(field.label), _cell(claim.get(name), field.kind), _cell(facts.get(name), field.kind))
        for name, field in known.items()
    ]
    output.table(("", t("申报", "claimed"), t("认定", "certified")), [row for row in rows if row[1] or row[2]])


def _item(file: Any) -> Any:
    """The item in the version that binds the case."""
    from casework.shared.reference import policy_of
    from cli.which import business_day

    return policy_of(file.case.policy).item_as(file.case.item, file.case.rule_version, business_day())


def _cell(value: Any, kind: Any = None) -> str:
    from cli.language import named
    from policies.forms import Choice

    if isinstance(value, str) and isinstance(kind, type) and issubclass(kind, Choice):
        return next((named(member) for member in kind if member.value == value), value)
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, dict):
        parts = (_cell(inner, _kinds(kind).get(name)) for name, inner in value.items())
        return " · ".join(part for part in parts if part)
    if isinstance(value, list):
        return "\n".join(_cell(inner, _member(kind)) for inner in value)
    return "" if value is None else str(value)


def _kinds(kind: Any) -> dict[str, Any]:
    """The kinds of a form's fields by name; none where it is no form."""
    from dataclasses import is_dataclass

    from casework.forms.form_fields import plan

    return {field.name: field.kind for field in plan(kind)} if isinstance(kind, type) and is_dataclass(kind) else {}


def _member(kind: Any) -> Any:
    """What a list holds."""
    from typing import get_args

    return next(iter(get_args(kind)), None)


def _show_award(award: Any, subjects: Any) -> None:
    title = t(f"核算（第 {award.sequence} 次）", f"Award no. {award.sequence}")
    output.line(f"\n{title}{t('：', ': ')}{output.yuan(award.amount_fen)} {t('元', 'yuan')}")
    lines = [{**line, "amount_fen": _fen(line["amount"])} for line in award.trace["lines"]]
    if lines:
        show_lines(lines)
    for said in (*award.trace.get("stacking", ()), award.trace.get("note") or ""):
        if said:
            output.line(f"  {_spelt(said, subjects)}")


def _spelt(said: str, subjects: Any) -> str:
    """A line of the trace with its keys as they were typed on this case, each once; another's by their kind (`invoice:12`
    is 发票 12)."""
    import re

    from cli.language import named
    from policies.benefits import KeyKind

    kinds = {key_kind.value: named(key_kind) for key_kind in KeyKind}
    typed = {key: row[t("basis", "basis_en")] for row in subjects for key in row["keys"]}
    key = rf"\b(?:{'|'.join(kinds)}):[^、，；（）]*"

    def words(state: str) -> str:
        kind, _, value = state.partition(":")
        return typed.get(state) or f"{kinds[kind]} {value}"

    return re.sub(rf"{key}(?:、{key})*", lambda found: "、".join(dict.fromkeys(map(words, found[0].split("、")))), said)


def state_words(state: str) -> str:
    """A state's wording."""
    from casework.lifecycle.wordings import STATES
    from models import State

    zh, _, en = STATES[State(state)]
    return words(zh, en)


def _change(step: Any) -> str:
    """Where a step left the case; nothing where it stayed."""
    return "" if step.from_state == step.to_state else state_words(step.to_state)


def _fen(yuan: str | None) -> int | None:
    from policies.money import Money

    return None if yuan is None else int(Money.yuan(yuan))


def _show_history(file: Any) -> None:
    from casework.lifecycle.wordings import step_words

    output.line("\n" + t("办理经过", "History"))
    rows = []
    for entry in file.history:
        stands = t(f"（代 {entry.on_behalf_of}）", f" (for {entry.on_behalf_of})") if entry.on_behalf_of else ""
        plain = say("act", entry.action)
        what = t(*step_words(entry.action, entry.outcome, plain, plain))
        reason = f"\n{entry.reason}" if entry.reason else ""
        who = entry.who or say("duty", entry.duty)
        rows.append(
            (
                output.moment(entry.at),
                what + reason,
                f"{who}{stands}",
                entry.unit or "",
                _change(entry),
            )
        )
    columns = (t("时间", "at"), t("事项", "act"), t("办理人", "who"), t("单位", "unit"), t("状态", "state"))
    output.table(columns, rows)


def _show_checks(file: Any) -> None:
    """The check list in words, and every override with its people, reason and paper."""
    marks = {"ok": t("通过", "ok"), "fail": t("未通过", "failed"), "no_data": t("无数据", "no data")}
    if file.checks:
        output.line("\n" + t("条件核验", "Conditions"))
        kinds = {True: t("硬性", "hard"), False: t("提醒", "soft")}
        rows = [
            (
                kinds[check_row["hard"]],
                t("已核准例外", "overridden") if check_row["waived"] else marks[check_row["result"]],
                words(check_row["words"], check_row["words_en"]),
                output.moment(check_row["looked_at"]),
            )
            for check_row in file.checks
        ]
        names = (t("类别", "kind"), t("结果", "result"), t("说明", "found"), t("核验时间", "looked at"))
        output.table(names, rows, keep=(3,))
        output.line(t("核验时间：此项结果最近一次变化之时", "looked at: when this result last changed"))
    titles = _condition_titles(file)
    for waiver in file.waivers:
        check = titles.get(waiver["check"], waiver["check"])
        zh = f"例外 {check}：{waiver['reason']}（{waiver['paper']}），{waiver['asked_by']}提出、{waiver['confirmed_by']}核准"
        en = f"override of {check}: {waiver['reason']} ({waiver['paper']}), {waiver['asked_by']} and {waiver['confirmed_by']}"
        output.line(t(zh, en))


def _condition_titles(file: Any) -> dict[str, str]:
    """What the conditions of the case's item are called; without its policy they keep their ids."""
    import policies

    try:
        return {
            condition.id: named(condition.title)
            for condition in policies.get(file.case.policy).item(file.case.item).conditions
        }
    except LookupError:
        return {}


_PARTS = {
    "unit": ("单位", "unit"),
    "opinion": ("意见", "opinion"),
    "reason": ("理由", "reason"),
    "slot": ("材料项", "slot"),
    "name": ("名称", "name"),
    "size": ("字节", "bytes"),
    "number": ("编号", "number"),
    "state": ("状态", "state"),
    "amount_fen": ("金额（元）", "yuan"),
    "account": ("账号", "account"),
    "position": ("序号", "no."),
    "claim": ("主张", "claim"),
    "outcome": ("结果", "outcome"),
    "answer": ("答复", "answer"),
    "title": ("节点", "title"),
    "due_on": ("期限", "due"),
    "kind": ("类别", "kind"),
    "granted_milli": ("数量", "granted"),
    "unit_of_measure": ("计量", "in"),
    "valid_to": ("有效至", "until"),
}


def _part(value: Any, name: str, title: str, item: Any) -> str:
    """A cell of a part of the case: stored values in their words, papers by their title, thousandths as quantities."""
    from decimal import Decimal

    if name.endswith("_fen"):
        return output.yuan(value)
    if name == "slot":
        return slot_title(item, value)
    if name == "granted_milli":
        return f"{(Decimal(value) / 1000).normalize():f}"
    if name == "kind":
        return _choice(value, item)
    families = {"opinion": "opinion", "outcome": "objection", "state": _STATES_OF.get(title, "order")}
    return say(families[name], value) if name in families else _cell(value)


_STATES_OF = {"节点": "milestone", "Milestones": "milestone"}


def slot_title(item: Any, slot: str) -> str:
    """What a paper is called in the item's list."""
    from cli.language import named

    return next((named(slot_.title) for slot_ in item.evidence if slot_.id == slot), slot)


def _choice(value: str, item: Any) -> str:
    """The words of one of an item's choices."""
    from casework.forms.form_fields import plan
    from cli.language import named
    from policies.forms import Choice

    kinds = [
        field.kind for field in plan(item.facts) if isinstance(field.kind, type) and issubclass(field.kind, Choice)
    ]
    return next((named(member) for kind in kinds for member in kind if member.value == value), value)


def _show_rest(file: Any) -> None:
    parts = (
        (t("联审意见", "Opinions"), file.opinions, ("unit", "opinion", "reason")),
        (t("材料", "Papers"), file.evidence, ("slot", "name", "size")),
        (t("拨付", "Payment orders"), file.orders, ("number", "state", "amount_fen", "account", "reason")),
        (t("异议", "Objections"), file.objections, ("position", "claim", "outcome", "answer")),
        (t("节点", "Milestones"), file.milestones, ("position", "title", "due_on", "state")),
        (t("要素指标", "Quotas"), file.quotas, ("kind", "granted_milli", "unit_of_measure", "valid_to")),
    )
    item = _item(file)
    _show_checks(file)
    _show_subjects(file)
    for title, rows, columns in parts:
        if rows:
            output.line(f"\n{title}")
            listed = [[_part(row[name], name, title, item) for name in columns] for row in rows]
            output.table([t(*_PARTS[name]) for name in columns], listed)
    if file.missing_evidence:
        output.line(
            t("缺少的必备材料：", "missing papers: ")
            + t("、", "; ").join(slot_title(item, slot_id) for slot_id in file.missing_evidence)
        )


def _show_subjects(file: Any) -> None:
    """By what the case is known outside, and what it is compared with."""
    from cli.comparison_table import show

    if file.subjects:
        output.line("\n" + t("就高不重复：本案依据", "Known to other plans by"))
        sure = (t("须人工比对", "a person compares"), t("即为同一", "the same"))
        basis = t("basis", "basis_en")
        rows = dict.fromkeys((row[basis], sure[bool(row["certain"])]) for row in file.subjects)
        output.table((t("依据", "basis"), t("相同时", "where alike")), list(rows))
    for zh, en in zip(file.same_subject, file.same_subject_en, strict=True):
        output.line(t(f"注意：与 {zh} 依据相同，按就高不重复处理", f"the same subject as {en}: only the higher counts"))
    if file.comparisons:
        output.line("\n" + t("比对", "Comparisons"))
        show(file.comparisons)
