"""`cases`, `case`, `inbox`, `status`: where cases stand, one of them with everything, and what a person may do now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from cli import home, output, todo
from cli.casefile import flags, next_of, show_case, words
from cli.common import unit_known
from cli.errors import wrong_use
from cli.funds import rate
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.measures import item_of_any
from cli.terms import say
from cli.which import CaseOf, policy_named

app = group("案件", "Cases")
Number = Annotated[str, argument("案件编号", "the case's number", metavar="NO")]


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
    from casework import views

    store = home.opened()
    page = views.cases(
        store,
        policy=policy_named(policy).code if policy else None,
        measure=measure_known(measure),
        item=item_of_any(item, policy),
        state=state_of(state),
        unit=unit_known(store, unit),
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
        rows = [case_json(row) for row in page.rows]
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
    from casework.views import plain

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
            f"{row.number}\n{row.item}",
            row.applicant,
            words(row.state_zh, row.state_en) + flags(row) + warned(row.warnings),
            "\n".join(part for part in (next_of(row), _due(row)) if part),
            output.yuan(row.amount_fen) if row.amount_fen is not None else "",
        )
        for row in rows
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


def measure_known(text: str | None) -> str | None:
    """A measure of an installed policy, in capitals; an unknown one is refused with those that there are."""
    import policies

    if not text:
        return None
    known = [measure.code for policy in policies.all_policies() for measure in policy.measures]
    wanted = text.strip().upper()
    if wanted not in known:
        among = "、".join(dict.fromkeys(known))
        zh, en = f"没有“{text}”这一条；现有：{among}", f"there is no measure {text}; there are {among}"
        raise wrong_use("measure", zh, en, field="--measure")
    return wanted


def state_of(text: str | None) -> str | None:
    """A state by its name or its Chinese wording."""
    from casework.lifecycle.wordings import STATES

    return _by_word(STATES, text, "state", "状态")


def duty_named(text: str | None) -> str | None:
    """A duty by its name or its Chinese wording."""
    from casework.lifecycle.wordings import DUTIES

    return _by_word(DUTIES, text, "duty", "职责")


def _by_word(known: Mapping[Any, Sequence[str]], text: str | None, en: str, zh: str) -> str | None:
    """A value by its name or one of its Chinese wordings."""
    if not text:
        return None
    for value, wordings in known.items():
        if text.strip().lower() == value.value or text.strip() in wordings:
            return str(value.value)
    among = "、".join(f"{value.value}（{wordings[0]}）" for value, wordings in known.items())
    english = ", ".join(value.value for value in known)
    raise wrong_use(en, f"没有{zh}“{text}”；可选：{among}", f"no {en} {text}; one of {english}", field=f"--{en}")


# one case


@command(app, "case", "一件案件的全部：申报与认定、核算过程、办理经过、下一步", "One case with everything about it")
def case(number: Number, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework import views

    store = home.opened()
    reader = home.reader(store, as_, token)
    file = views.dossier(store, number, clear=_in_hand(store, number, reader), reader=reader)
    if json:
        body = views.plain(file)
        body["case"]["amount_yuan"] = output.plain_yuan(file.case.amount_fen)
        output.print_json(body)
        return
    show_case(file)


def _in_hand(store: Any, number: str, reader: Any) -> bool:
    """Names of natural persons are shown in clear to whoever has the case in hand, and to nobody else."""
    from uuid import UUID

    from casework import views

    if not isinstance(reader, UUID):
        return False
    return any(task.case.number == number.strip().upper() for task in views.inbox(store, reader))


# what to do

_SHOWN = 12  # commands below the table


@command(app, "inbox", "一个人现在可以办理的案件（含代办和联审）", "What a person may do now, delegations included")
def inbox(
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    after: Annotated[
        str,
        option(
            "--after", zh="接着上一页（上一页末尾给出）", en="go on after a page (it says from where)", metavar="PLACE"
        ),
    ] = "",
) -> None:
    from casework import views

    store = home.opened()
    who = home.person(store, as_, token)
    found = views.whole_inbox(store, who.person, after=after)
    tasks = found.tasks
    ready = todo.commands(store, tasks, as_)
    if json:
        rows = [
            {**views.plain(task), "case": case_json(task.case), "commands": ready[task.case.number]} for task in tasks
        ]
        barred = [views.plain(case) for case in found.barred]
        asked = [views.plain(question) for question in found.questions]
        proposed = [views.plain(proposal) for proposal in found.proposals]
        output.print_json(
            {
                "demo": store.demo,
                "count": len(rows),
                "further": found.further,
                "tasks": rows,
                "barred": barred,
                "questions": asked,
                "proposals": proposed,
            }
        )
        return
    output.demo_mark(store.demo)
    names = (("编号", "number"), ("申报主体", "applicant"), ("状态", "state"), ("可办理", "may do"), ("期限", "due"))
    rows_ = [
        (
            task.case.number,
            task.case.applicant,
            words(task.case.state_zh, task.case.state_en) + flags(task.case),
            _may_do(task),
            output.due(task.case.due) + _light(task.light),
        )
        for task in tasks
    ]
    output.table([t(*name) for name in names], rows_, keep=(0, 4))
    _show_stopped(tasks)
    if tasks:
        output.line(t("办理（大写字母处请自行填写）：", "to do it (fill in what is in capitals):"))
        every = list(dict.fromkeys(ready_line for lines in ready.values() for ready_line in lines))
        for line in every[:_SHOWN]:
            output.line(f"  {line}")
        if len(every) > _SHOWN:
            left = len(every) - _SHOWN
            output.line(t(f"  另有 {left} 条，用 --json 查看", f"  and {left} more: see --json"))
    who_ = f" --as {todo.quote(as_)}" if as_ else ""
    if found.further:
        output.line(t("还有更多，接着看：", "there are more, go on with:"))
        output.line(f"  duixian inbox --after {todo.quote(found.further)}{who_}")
    for value in found.proposals:
        title = t(f"待您确认：{value.name} {value.title}", f"to confirm: {value.name} {value.title_en}")
        output.line(title + t(f"（{value.proposed_by}设定）", f" (proposed by {value.proposed_by})"))
        output.line(f"  {value.command}{who_}")
    for question in found.questions:
        duty = say("duty", question.owner_duty)
        output.line(
            t(
                f"{question.case}：{question.zh}（由{question.owner_unit}{duty}办理）",
                f"{question.case}: {question.en} ({question.owner_unit}, {duty})",
            )
        )
        if question.mine and question.verdict == "open":
            output.line(
                f"  duixian comparisons decide {question.case} {question.comparison} --different --reason REASON"
            )
    for kept in found.barred:
        count, first = len(kept.cases), kept.cases[0]
        zh = f"另有 {count} 件因回避不能由您办理（如 {first}）：{kept.zh}"
        output.line(t(zh, f"{count} more are barred to you (as {first}), because: {kept.en}"))


def _light(light: str) -> str:
    """Amber and red beside the deadline; green needs no mark."""
    return {"amber": t(" 黄", " amber"), "red": t(" 红", " red")}.get(light, "")


def _may_do(task: Any) -> str:
    confirming = task.confirms
    asked = (
        (
            f"确认{confirming.zh}（{confirming.asked_by}提出）",
            f"confirm: {confirming.en} (asked by {confirming.asked_by})",
        )
        if confirming
        else None
    )
    shown = [
        t(*asked) if asked and name == confirming.action else t(zh, name.replace("_", " "))
        for name, zh in zip(task.actions, task.actions_zh, strict=True)
    ]
    stands = t(f"\n代 {task.on_behalf_of}", f"\nfor {task.on_behalf_of}") if task.on_behalf_of else ""
    return "\n".join(shown) + stands + warned(task.warnings)


def _show_stopped(tasks: Iterable[Any]) -> None:
    """The acts that would be refused as things stand, with what stops them and the way out; of many the first."""
    listed = [(task.case.number, reason) for task in tasks for reason in task.stopped]
    for number, reason in listed[:_SHOWN]:
        output.line(t(f"{number}：{reason.zh}", f"{number}: {reason.en}"))
    if len(listed) > _SHOWN:
        left = len(listed) - _SHOWN
        output.line(t(f"  另有 {left} 条，用 --json 查看", f"  and {left} more: see --json"))


@command(app, "status", "各条的案件数、在办数、审定与拨付金额、兑付率", "Cases and money by measure")
def status(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework import views

    store = home.opened()
    found = views.statuses(store, reader=home.reader(store, as_, token))
    if json:
        rows = [
            {
                **views.plain(row),
                "approved_yuan": output.plain_yuan(row.approved_fen),
                "paid_yuan": output.plain_yuan(row.paid_fen),
            }
            for row in found
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
            row.measure,
            row.cases,
            row.live,
            row.problems or "",
            output.yuan(row.approved_fen),
            output.yuan(row.paid_fen),
            rate(row.paid_fen * 10_000 // row.approved_fen if row.approved_fen else None),
        )
        for row in found
    ]
    output.table([t(*name) for name in (*names, *more)], shown, right=(1, 2, 3, 4, 5, 6))
