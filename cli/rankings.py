"""`rankings`: figures of the units evaluated, rankings (赛马) as published, and their corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cli import home, output
from cli.common import day, done, imports_of_policy, keeper
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.which import PolicyCode, policy_named

app = group("赛马排名：数据、公布、更正", "Rankings: figures, publication, corrections", "rankings")
Date = Annotated[str, argument("排名日期", "the ranking's date", metavar="DATE")]


@command(app, "list", "已公布的排名和更正", "Rankings published, and their corrections")
def list_(json: Json = False, policy: PolicyCode = None) -> None:
    from casework.programmes import ranking_snapshots

    known, store = policy_named(policy), home.opened()
    with store.read() as work:
        found = ranking_snapshots.listed(work, known)
    if json:
        rows = [{**_plain(ranking), "rows": ranking.content["rows"]} for ranking in found]
        output.print_json({"demo": store.demo, "count": len(rows), "rankings": rows})
        return
    output.demo_mark(store.demo)
    columns = (t("日期", "date"), t("版本", "version"), t("名次", "places"), t("更正理由", "corrected because"))
    output.table(
        columns,
        [
            (ranking.as_of, ranking.sequence, "；".join(ranking_snapshots.lines(ranking.content)), ranking.reason)
            for ranking in found
        ],
    )


def _plain(ranking: Any) -> dict[str, Any]:
    return {
        "as_of": ranking.as_of, "version": ranking.sequence, "hash": ranking.hash, "reason": ranking.reason,
        "made_at": output.moment(ranking.made_at),
    }  # fmt: skip


@command(
    app,
    "show",
    "一日的排名：名次、得分、数据和来源；--to 写成可打印的网页",
    "One ranking in full; --to writes a page to print",
)
def show(
    date: Date,
    version: Annotated[int | None, option("--version", zh="版本（默认最新）", en="version (the newest)", min=1)] = None,
    to: Annotated[str | None, option("--to", zh="写入文件（.html）", en="write to a file", metavar="FILE")] = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework.programmes import ranking_snapshots

    known, as_of, store = policy_named(policy), day(date, "DATE").isoformat(), home.opened()
    with store.read() as work:
        found = [
            ranking
            for ranking in ranking_snapshots.listed(work, known, as_of=as_of)
            if version in (None, ranking.sequence)
        ]
    if not found:
        raise wrong_use("ranking", f"没有 {as_of} 的排名", f"there is no ranking of {as_of}", field="DATE")
    newest = found[-1]
    if to:
        from casework.programmes.ranking_page import page

        Path(to).write_text(page(newest, demo=store.demo), encoding="utf-8")
        done(t(f"已写入 {to}", f"written to {to}"), store, json, file=to)
        return
    if json:
        output.print_json({"demo": store.demo, **_plain(newest), **newest.content})
        return
    _print(newest, store.demo)


def _print(ranking: Any, demo: bool) -> None:
    from casework.programmes.ranking_snapshots import shown

    output.heading(
        t(f"{ranking.as_of} 第 {ranking.sequence} 版", f"{ranking.as_of}, version {ranking.sequence}"), demo=demo
    )
    rows = [(row["place"], row["unit"], shown(row["points"])) for row in ranking.content["rows"]]
    output.table((t("名次", "place"), t("单位", "unit"), t("得分", "points")), rows, right=(2,))
    figures = [
        (title, unit, value["value"], value["period"], value["source"])
        for title, units in ranking.content["figures"].items()
        for unit, value in units.items()
    ]
    names = (("指标", "indicator"), ("单位", "unit"), ("数值", "value"), ("期间", "period"), ("来源", "source"))
    output.table([t(*name) for name in names], figures, right=(2,))
    output.line(f"sha256 {ranking.hash}")


@command(
    app,
    "enter",
    "填报一个评估对象的一项数据（不同数值即为更正，原数保留）",
    "Report one figure; another value corrects it",
)
def enter(
    indicator: Annotated[str, argument("指标名称", "the indicator's name", metavar="INDICATOR")],
    unit: Annotated[str, argument("评估对象", "the unit evaluated", metavar="UNIT")],
    period: Annotated[str, argument("期间，如 2023-09", "the month, like 2023-09", metavar="MONTH")],
    value: Annotated[str, argument("数值", "the value", metavar="VALUE")],
    source: Annotated[str, option("--source", zh="数据来源", en="where the figure comes from")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework.programmes import ranking_catalogue as register

    known, store = policy_named(policy), home.opened()
    actor = keeper(store, as_, token, "rankings enter", indicator, unit, period)
    new = register.NewValue(indicator=indicator, unit=unit, period=period, value=value, source=source)
    count = register.enter(store, actor.register, known, [new])
    words = ("已登记", "entered") if count else ("此前已登记，数值相同", "entered before, the same value")
    done(t(*words), store, json, new=bool(count))


imports_of_policy(
    app,
    "casework.programmes.ranking_workbook:bring_in",
    "导入评估数据（.xlsx 或 .csv，模板见 template rankings）",
    "Import figures (.xlsx or .csv)",
)


@command(
    app, "correct", "按更正后的数据重新公布一日的排名（原排名保留）", "Publish a ranking anew with corrected figures"
)
def correct(
    date: Date,
    reason: Annotated[str, option("--reason", zh="更正理由", en="why")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework.programmes import ranking_snapshots

    known, as_of, store = policy_named(policy), day(date, "DATE"), home.opened()
    actor = keeper(store, as_, token, "rankings correct", date)
    sequence = ranking_snapshots.correct(store, actor.register, known, as_of, reason=reason)
    done(
        t(f"{as_of} 的排名已更正为第 {sequence} 版", f"version {sequence} of {as_of} is published"),
        store,
        json,
        version=sequence,
    )
