"""`programme`: plans, reports, reviews and figures of work without money."""

from __future__ import annotations

from typing import Annotated, Any

from cli import home, output
from cli.acts import one
from cli.claimed import Wanted
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.intake import ActId, Claim, Item, Party, file_one
from cli.language import named, t
from cli.paging import Limit, Offset, Page, more
from cli.terms import say
from cli.which import PolicyCode, policy_named

app = group("工作推进：计划、报告、复核、指标", "Work programmes: plan, report, review, indicators", "programme")
Number = Annotated[str, argument("案件编号", "the case's number", metavar="NO")]
Text = str | None


@command(app, "plan", "报送一项工作计划", "File a plan")
def plan(
    item: Item,
    claim: Claim,
    party: Party = None,
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    file_one(item, claim, party, (), False, act_id, as_, token, json, policy)


@command(app, "report", "报告一个节点的进展和指标", "Report a milestone with its figures")
def report(
    number: Number,
    milestone: Annotated[int, option("--milestone", zh="节点序号", en="the milestone's number", min=1)],
    text: Annotated[str, option("--text", zh="进展", en="what was done")],
    indicator: Annotated[
        list[str] | None,
        option("--indicator", zh="指标[@对象[@期间]]=数值（可多次）", en="NAME[@WHOSE[@PERIOD]]=VALUE (repeat)"),
    ] = None,
    figures: Annotated[
        Text, option("--figures", zh="指标数据表（XLSX/CSV）", en="a sheet of figures (XLSX/CSV)", metavar="FILE")
    ] = None,
    period: Annotated[Text, option("--period", zh="指标期间，如 2023-Q3", en="period of the figures")] = None,
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    said = [f"{name}={value}" for name, value in (_sheet(figures) if figures else {}).items()] + list(indicator or ())
    options: dict[str, Any] = {"milestone": milestone, "text": text, "indicators": said}
    options |= {"period": period, "act_id": act_id}
    wanted = Wanted(case=number, action="report", options={k: v for k, v in options.items() if v not in (None, [])})
    one(wanted, as_, token, json)


def _sheet(path: str) -> dict[str, str]:
    from pathlib import Path

    from casework.programmes import figure_workbook as sheet

    return sheet.read(Path(path))


@command(app, "review", "复核成果（报告人以外的第二人）", "Review what was reported (a second officer)")
def review(
    number: Number,
    unsatisfied: Annotated[
        bool, option("--unsatisfied", zh="不通过，退回（须写理由）", en="send back, with a reason")
    ] = False,
    reason: Annotated[Text, option("--reason", zh="理由", en="why")] = None,
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    options = {"unsatisfied": unsatisfied, "reason": reason, "act_id": act_id}
    given = {name: value for name, value in options.items() if value not in (None, False)}
    one(Wanted(case=number, action="review", options=given), as_, token, json)


@command(app, "list", "列出各项工作的节点：期限、状态", "List the milestones: due dates and states")
def list_(
    open_: Annotated[bool, option("--open", zh="只看未完成的", en="only open ones")] = False,
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import views

    store = home.opened()
    reader = home.reader(store, as_, token)
    some = views.milestones(store, open_only=open_, limit=limit, offset=offset, reader=reader)
    page = Page(some.rows, some.total, offset)
    found = page.rows
    if json:
        rows = [views.plain(milestone) for milestone in found]
        output.print_json({"demo": store.demo, **page.counts, "milestones": rows})
        return
    output.demo_mark(store.demo)
    names = (
        ("案件", "case"),
        ("事项", "item"),
        ("单位", "unit"),
        ("节点", "milestone"),
        ("期限", "due"),
        ("状态", "state"),
    )
    shown = [(m.case, m.item, m.unit, f"{m.position} {m.title}", m.due_on, say("milestone", m.state)) for m in found]
    output.table([t(*name) for name in names], shown, keep=(0, 4))
    more(page)


@command(app, "indicator", "指标：目标与已报数值", "Indicators: targets and reported figures")
def indicator_(
    name: Annotated[Text, argument("指标编号", "the indicator's id", metavar="INDICATOR")] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework import views

    store = home.opened()
    known = policy_named(policy)
    found = views.indicators(store, known, name=name, reader=home.reader(store, as_, token))
    if json:
        rows = [views.plain(indicator) for indicator in found]
        output.print_json({"demo": store.demo, "count": len(rows), "indicators": rows})
        return
    output.demo_mark(store.demo)
    names = (
        ("指标", "indicator"),
        ("名称", "title"),
        ("目标", "target"),
        ("单位", "unit"),
        ("对象", "whose"),
        ("期间", "period"),
        ("数值", "value"),
    )
    shown = []
    for indicator in found:
        target = "；".join(indicator.targets)
        figures: list[Any] = list(indicator.values) or [None]
        for value in figures:
            cells = (value.unit, value.about, value.period, value.value) if value else ("", "", "", "")
            shown.append((indicator.id, f"{named(indicator.title)}（{indicator.measured_in}）", target, *cells))
    output.table([t(*words) for words in names], shown, right=(6,))
