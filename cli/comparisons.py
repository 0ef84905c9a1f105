"""`comparisons`: what may be the same benefit as a case's, and the certifier's word on it."""

from __future__ import annotations

from typing import Annotated

from cli import home, output
from cli.acts import one
from cli.claimed import Wanted
from cli.comparison_table import show
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, Page, more

app = group(
    "可能相同的补助：逐项比对后才核算、拨付",
    "Benefits that may be the same: compared before anything is priced or paid",
    "comparisons",
)


@command(app, "list", "列出比对（待比对的在前；--open 只看待比对的）", "List comparisons, the open ones first")
def listed(
    case: Annotated[str | None, option("--case", zh="只看此案", en="only this case", metavar="NO")] = None,
    open_: Annotated[bool, option("--open", zh="只看待比对的", en="only those that wait")] = False,
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import views

    store = home.opened()
    reader = home.reader(store, as_, token)
    found = views.comparisons(store, case=case, open_only=open_, limit=limit, offset=offset, reader=reader)
    rows, page = found.rows, Page(found.rows, found.total, found.offset)
    if json:
        output.print_json({"demo": store.demo, **page.counts, "comparisons": [views.plain(row) for row in rows]})
        return
    output.demo_mark(store.demo)
    show(rows)
    more(page)
    if any(row.verdict == "open" for row in rows):
        zh = "比对：duixian comparisons decide 编号 序号 --same（或 --different） --reason 理由 --as 登录名"
        output.line(t(zh, "duixian comparisons decide NO N --same (or --different) --reason WHY --as LOGIN"))


@command(app, "decide", "认定单位说明是否同一补助（须写理由）", "Say whether it is the same benefit, and why")
def decide(
    number: Annotated[str, argument("案件编号", "the case's number", metavar="NO")],
    comparison: Annotated[int, argument("比对序号", "the comparison's number", metavar="N")],
    same: Annotated[bool, option("--same", zh="同一补助", en="the same benefit")] = False,
    different: Annotated[bool, option("--different", zh="不同补助", en="another benefit")] = False,
    reason: Annotated[str | None, option("--reason", zh="理由", en="why")] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    if same == different:
        zh = "请写明 --same（同一补助）或 --different（不同补助），二者取一"
        raise wrong_use("verdict", zh, "say --same or --different, one of them", field="--same")
    options = {"comparison": comparison, "verdict": "same" if same else "different"}
    if reason:
        options["reason"] = reason
    one(Wanted(case=number, action="compare", options=options), as_, token, json)
