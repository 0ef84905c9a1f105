"""`cases`, `case`, `inbox`, `status`: where cases stand, one of them with everything, and what a person may do now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from cli import home, output, todo
from cli.errors import wrong_use
from cli.funds import rate
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import language, t
from cli.measures import item_of_any
from cli.quote import show_lines
from cli.which import CaseOf, policy_named

app = group("案件", "Cases")
Number = Annotated[str, argument("案件编号", "the case's number", metavar="NO")]


def words(zh: str | None, en: str | None) -> str:
    """One of two wordings; "" where there is none."""
    return (en if language() == "en" else zh) or ""


def next_of(row: Any) -> str:
    """Whose turn a case is, in one line."""
    if row.next_duty is None:
        return ""
    duty = words(row.next_duty_zh, row.next_duty)
    return f"{row.next_unit or ''}{' ' if row.next_unit else ''}{duty}"


@command(app, "cases", "列出案件（可按条、事项、状态、单位等筛选）", "List cases, filtered")
def cases(
    measure: Annotated[str | None, option("--measure", zh="条，如 M4", en="measure, like M4")] = None,
    item: Annotated[str | None, option("--item", zh="事项，如 M4a", en="item, like M4a")] = None,
    state: Annotated[str | None, option("--state", zh="状态，如 filed 或 待受理", en="state, like filed")] = None,
    unit: Annotated[str | None, option("--unit", zh="下一步所在单位", en="unit of the next action")] = None,
    duty: Annotated[str | None, option("--duty", zh="下一步的职责", en="duty of the next action")] = None,
    applicant: Annotated[str | None, option("--applicant", zh="申报主体名称的一部分或代码", en="part of a name, or a code")] = None,
    policy: CaseOf = None,
    overdue: Annotated[bool, option("--overdue", zh="只看逾期", en="only overdue")] = False,
    held: Annotated[bool, option("--held", zh="只看暂停", en="only on hold")] = False,
    problem: Annotated[bool, option("--problem", zh="只看有问题的", en="only with a problem")] = False,
    limit: Annotated[int, option("--limit", zh="最多几件", en="at most", min=1, max=10_000)] = 200,
    offset: Annotated[int, option("--offset", zh="跳过几件", en="skip", min=0)] = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:  # fmt: skip
    from casework import queries

    store = home.opened()
    page = queries.cases(
        store,
        policy=policy_named(policy).code if policy else None,
        measure=measure_known(measure),
        item=item_of_any(item, policy),
        state=state_of(state),
        unit=unit,
        duty=duty_named(duty),
        applicant=applicant,
        overdue=overdue,
        held=held or None,
        problem=problem,
        limit=limit,
        offset=offset,
        reader=home.reader(store, as_, token),
    )
    if json:
        rows = [case_json(one) for one in page.rows]
        output.print_json(
            {"demo": store.demo, "count": len(rows), "total": page.total, "offset": offset, "cases": rows}
        )
        return
    output.demo_mark(store.demo)
    show_rows(page.rows)
    if page.total > len(page.rows):
        shown = f"{offset + 1}–{offset + len(page.rows)}"
        output.line(
            t(f"共 {page.total} 件，显示 {shown}（--offset 翻页）", f"{page.total} in all, {shown} shown (--offset)")
        )


def case_json(row: Any) -> dict[str, Any]:
    """A case in a list, with its amount in yuan beside the fen."""
    from casework.queries import plain

    return {**plain(row), "amount_yuan": output.plain_yuan(row.amount_fen)}


def show_rows(rows: Iterable[Any]) -> None:
    """Cases as a table of 80 columns."""
    names = (
        ("编号", "number"),
        ("申报主体", "applicant"),
        ("状态", "state"),
        ("下一步", "next"),
        ("金额（元）", "yuan"),
    )
    shown = [
        (
            f"{one.number}\n{one.item}",
            one.applicant,
            words(one.state_zh, one.state_en) + _flags(one) + warned(one.warnings),
            "\n".join(part for part in (next_of(one), _due(one)) if part),
            output.yuan(one.amount_fen) if one.amount_fen is not None else "",
        )
        for one in rows
    ]
    output.table([t(*name) for name in names], shown, right=(4,))


def warned(said: Iterable[tuple[str, str]]) -> str:
    """What the check list has against a case, a line each."""
    return "".join(f"\n! {words(zh, en)}" for zh, en in said)


def _due(row: Any) -> str:
    """The last day of a person's deadline."""
    if row.next_duty in (None, "system"):
        return ""
    provisional = t("（暂定）", " (provisional)") if row.due_provisional else ""
    return t(f"{output.due(row.due)} 前", f"by {output.due(row.due)}") + provisional


def _flags(row: Any) -> str:
    marks = (
        (row.overdue, t("逾期", "overdue")),
        (row.held, t("暂停", "held")),
        (row.contested, t("有异议", "contested")),
        (bool(row.problem), t("有问题", "problem")),
    )
    shown = [mark for wanted, mark in marks if wanted]
    return f"（{'、'.join(shown)}）" if shown else ""


def measure_known(text: str | None) -> str | None:
    """A measure of an installed policy, in capitals; an unknown one is refused with those that there are."""
    import policies

    if not text:
        return None
    known = [one.code for policy in policies.all_policies() for one in policy.measures]
    wanted = text.strip().upper()
    if wanted not in known:
        among = "、".join(dict.fromkeys(known))
        zh, en = f"没有“{text}”这一条；现有：{among}", f"there is no measure {text}; there are {among}"
        raise wrong_use("measure", zh, en, field="--measure")
    return wanted


def state_of(text: str | None) -> str | None:
    """A state by its name or its Chinese wording."""
    from casework.words import STATES

    if not text:
        return None
    for state, wordings in STATES.items():
        if text.strip().lower() == state.value or text.strip() in wordings:
            return state.value
    among = "、".join(f"{state.value}（{wordings[0]}）" for state, wordings in STATES.items())
    english = ", ".join(state.value for state in STATES)
    raise wrong_use("state", f"没有状态“{text}”；可选：{among}", f"no state {text}; one of {english}", field="--state")


def duty_named(text: str | None) -> str | None:
    """A duty by its name or its Chinese wording."""
    from casework.words import DUTIES

    if not text:
        return None
    for duty, wordings in DUTIES.items():
        if text.strip().lower() == duty.value or text.strip() in wordings:
            return duty.value
    among = "、".join(f"{duty.value}（{wordings[0]}）" for duty, wordings in DUTIES.items())
    english = ", ".join(duty.value for duty in DUTIES)
    raise wrong_use("duty", f"没有职责“{text}”；可选：{among}", f"no duty {text}; one of {english}", field="--duty")


# one case


@command(app, "case", "一件案件的全部：申报与认定、核算过程、办理经过、下一步", "One case with everything about it")
def case(number: Number, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework import queries

    store = home.opened()
    reader = home.reader(store, as_, token)
    file = queries.dossier(store, number, clear=_in_hand(store, number, reader), reader=reader)
    if json:
        body = queries.plain(file)
        body["case"]["amount_yuan"] = output.plain_yuan(file.case.amount_fen)
        output.print_json(body)
        return
    _show(file)


def _in_hand(store: Any, number: str, reader: Any) -> bool:
    """Names of natural persons are shown in clear to whoever has the case in hand, and to nobody else."""
    from uuid import UUID

    from casework import queries

    if not isinstance(reader, UUID):
        return False
    return any(task.case.number == number.strip().upper() for task in queries.inbox(store, reader))


def _show(file: Any) -> None:
    row = file.case
    output.heading(f"{row.number}  {row.item} {file.title}", demo=file.demo)
    due = f"{output.due(row.due)}{t('（暂定）', ' (provisional)') if row.due_provisional else ''}"
    output.pairs(
        {
            t("申报主体", "applicant"): row.applicant,
            t("镇（街道）", "town"): row.town,
            t("状态", "state"): f"{words(row.state_zh, row.state_en)}{_flags(row)}",
            t("下一步", "next"): next_of(row),
            t("期限", "due"): due if row.next_duty and row.next_duty != "system" else "",
            t("问题", "problem"): row.problem,
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
        _show_award(award)
    _show_history(file)
    _show_rest(file)


def _show_forms(file: Any) -> None:
    claim, facts = file.claim or {}, file.facts or {}
    if not claim:
        return
    from casework.fields import plan
    from casework.reference import policy_of
    from cli.language import named

    item = policy_of(file.case.policy).item(file.case.item)
    known = {one.name: one for form in (item.claim, item.facts) for one in plan(form)}
    output.line("\n" + t("申报与认定", "Claimed and certified"))
    rows = [
        (named(one.label), _cell(claim.get(name), one.kind), _cell(facts.get(name), one.kind))
        for name, one in known.items()
    ]
    output.table(("", t("申报", "claimed"), t("认定", "certified")), [row for row in rows if row[1] or row[2]])


def _cell(value: Any, kind: Any = None) -> str:
    from cli.language import named
    from policies.forms import Choice

    if isinstance(value, str) and isinstance(kind, type) and issubclass(kind, Choice):
        return next((named(one) for one in kind if one.value == value), value)
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, dict):
        return " · ".join(str(one) for one in value.values() if one not in (None, ""))
    if isinstance(value, list):
        return "\n".join(_cell(one) for one in value)
    return "" if value is None else str(value)


def _show_award(award: Any) -> None:
    title = t(f"核算（第 {award.sequence} 次）", f"Award no. {award.sequence}")
    output.line(f"\n{title}{t('：', ': ')}{output.yuan(award.amount_fen)} {t('元', 'yuan')}")
    lines = [{**one, "amount_fen": _fen(one["amount"])} for one in award.trace["lines"]]
    if lines:
        show_lines(lines)
    for said in (*award.trace.get("stacking", ()), award.trace.get("note") or ""):
        if said:
            output.line(f"  {said}")


def state_words(state: str) -> str:
    """A state's wording."""
    from casework.words import STATES
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
    output.line("\n" + t("办理经过", "History"))
    rows = []
    for one in file.history:
        stands = t(f"（代 {one.on_behalf_of}）", f" (for {one.on_behalf_of})") if one.on_behalf_of else ""
        what = words(one.action_zh, one.action)
        reason = f"\n{one.reason}" if one.reason else ""
        who = one.who or words(one.duty_zh, one.duty)
        rows.append(
            (
                output.moment(one.at),
                what + reason,
                f"{who}{stands}",
                one.unit or "",
                _change(one),
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
                kinds[one["hard"]],
                t("已核准例外", "overridden") if one["waived"] else marks[one["result"]],
                words(one["words"], one["words_en"]),
            )
            for one in file.checks
        ]
        output.table((t("类别", "kind"), t("结果", "result"), t("说明", "found")), rows)
    for one in file.waivers:
        zh = f"例外 {one['check']}：{one['reason']}（{one['paper']}），{one['asked_by']}提出、{one['confirmed_by']}核准"
        en = (
            f"override of {one['check']}: {one['reason']} ({one['paper']}), {one['asked_by']} and {one['confirmed_by']}"
        )
        output.line(t(zh, en))


def _show_rest(file: Any) -> None:
    parts = (
        (t("联审意见", "Opinions"), file.opinions, ("unit", "opinion", "reason")),
        (t("材料", "Papers"), file.evidence, ("slot", "name", "size")),
        (t("拨付", "Payment orders"), file.orders, ("number", "state", "amount_fen", "account", "reason")),
        (t("异议", "Objections"), file.objections, ("position", "claim", "outcome", "answer")),
        (t("节点", "Milestones"), file.milestones, ("position", "title", "due_on", "state")),
        (t("要素指标", "Quotas"), file.quotas, ("kind", "granted_milli", "unit_of_measure", "valid_to")),
    )
    _show_checks(file)
    _show_subjects(file)
    for title, rows, columns in parts:
        if rows:
            output.line(f"\n{title}")
            listed = [
                [output.yuan(row[name]) if name.endswith("_fen") else row[name] for name in columns] for row in rows
            ]
            output.table([name.replace("_fen", " (元)") for name in columns], listed)
    if file.missing_evidence:
        output.line(t("缺少的必备材料：", "missing papers: ") + "、".join(file.missing_evidence))


def _show_subjects(file: Any) -> None:
    """By what the case is known outside, and what it is compared with."""
    from cli.comparisons import show

    if file.subjects:
        output.line("\n" + t("就高不重复：本案依据", "Known to other plans by"))
        sure = (t("须人工比对", "a person compares"), t("即为同一", "the same"))
        rows = dict.fromkeys((row["basis"], sure[bool(row["certain"])]) for row in file.subjects)
        output.table((t("依据", "basis"), t("相同时", "where alike")), list(rows))
    for one in file.same_subject:
        output.line(
            t(f"注意：与 {one} 依据相同，按就高不重复处理", f"the same subject as {one}: only the higher counts")
        )
    if file.comparisons:
        output.line("\n" + t("比对", "Comparisons"))
        show(file.comparisons)


# what to do


@command(app, "inbox", "一个人现在可以办理的案件（含代办和联审）", "What a person may do now, delegations included")
def inbox(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework import queries

    store = home.opened()
    who = home.person(store, as_, token)
    found = queries.whole_inbox(store, who.person)
    tasks = found.tasks
    ready = todo.commands(store, tasks, as_)
    if json:
        rows = [
            {**queries.plain(one), "case": case_json(one.case), "commands": ready[one.case.number]} for one in tasks
        ]
        barred = [queries.plain(one) for one in found.barred]
        output.print_json({"demo": store.demo, "count": len(rows), "tasks": rows, "barred": barred})
        return
    output.demo_mark(store.demo)
    names = (("编号", "number"), ("申报主体", "applicant"), ("状态", "state"), ("可办理", "may do"), ("期限", "due"))
    rows_ = [
        (
            one.case.number,
            one.case.applicant,
            words(one.case.state_zh, one.case.state_en) + _flags(one.case),
            _may_do(one),
            output.due(one.case.due) + _light(one.light),
        )
        for one in tasks
    ]
    output.table([t(*name) for name in names], rows_, keep=(0, 4))
    if tasks:
        output.line(t("办理（大写字母处请自行填写）：", "to do it (fill in what is in capitals):"))
        for line in list(dict.fromkeys(one for lines in ready.values() for one in lines))[:12]:
            output.line(f"  {line}")
    for kept in found.barred:
        count, first = len(kept.cases), kept.cases[0]
        zh = f"另有 {count} 件因回避不能由您办理（如 {first}）：{kept.zh}"
        output.line(t(zh, f"{count} more are barred to you (as {first}), because: {kept.en}"))


def _light(light: str) -> str:
    """Amber and red beside the deadline; green needs no mark."""
    return {"amber": t(" 黄", " amber"), "red": t(" 红", " red")}.get(light, "")


def _may_do(task: Any) -> str:
    pairs = zip(task.actions, task.actions_zh, strict=True)
    shown = [en if language() == "en" else f"{zh} {en}" for en, zh in pairs]
    stands = t(f"\n代 {task.on_behalf_of}", f"\nfor {task.on_behalf_of}") if task.on_behalf_of else ""
    return "\n".join(shown) + stands + warned(task.warnings)


@command(app, "status", "各条的案件数、在办数、审定与拨付金额、兑付率", "Cases and money by measure")
def status(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework import queries

    store = home.opened()
    found = queries.statuses(store, reader=home.reader(store, as_, token))
    if json:
        rows = [
            {
                **queries.plain(one),
                "approved_yuan": output.plain_yuan(one.approved_fen),
                "paid_yuan": output.plain_yuan(one.paid_fen),
            }
            for one in found
        ]
        output.print_json({"demo": store.demo, "count": len(rows), "measures": rows})
        return
    output.demo_mark(store.demo)
    if not found:
        output.line(t("还没有案件", "no cases yet"))
        return
    names = (("条", "no."), ("案件", "cases"), ("在办", "live"), ("有问题", "problems"))
    more = (("审定（元）", "approved"), ("已拨付（元）", "paid"), ("兑付率", "payout"))
    shown = [
        (
            one.measure,
            one.cases,
            one.live,
            one.problems or "",
            output.yuan(one.approved_fen),
            output.yuan(one.paid_fen),
            rate(one.paid_fen * 10_000 // one.approved_fen if one.approved_fen else None),
        )
        for one in found
    ]
    output.table([t(*name) for name in (*names, *more)], shown, right=(1, 2, 3, 4, 5, 6))
