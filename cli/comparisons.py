"""`comparisons`: what may be the same benefit as a case's, and the certifier's word on it."""

from __future__ import annotations

from typing import Annotated, Any

from cli import home, output
from cli.acting import Wanted
from cli.acts import one
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import language, t

app = group(
    "可能相同的补助：逐项比对后才核算、拨付",
    "Benefits that may be the same: compared before anything is priced or paid",
    "comparisons",
)


@command(app, "list", "列出比对（待比对的在前；--open 只看待比对的）", "List comparisons, the open ones first")
def listed(
    case: Annotated[str | None, option("--case", zh="只看此案", en="only this case", metavar="NO")] = None,
    open_: Annotated[bool, option("--open", zh="只看待比对的", en="only those that wait")] = False,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import queries

    store = home.opened()
    rows = queries.comparisons(store, case=case, open_only=open_, reader=home.reader(store, as_, token))
    if json:
        output.print_json({"demo": store.demo, "count": len(rows), "comparisons": [queries.plain(row) for row in rows]})
        return
    output.demo_mark(store.demo)
    show(rows)
    if any(row.verdict == "open" for row in rows):
        zh = "比对：duixian comparisons decide 编号 序号 --same（或 --different） --reason 理由 --as 登录名"
        output.line(t(zh, "duixian comparisons decide NO N --same (or --different) --reason WHY --as LOGIN"))


def show(rows: Any) -> None:
    """Comparisons as a table: what the case is compared with, why, and what was said."""
    columns = (t("案件", "case"), t("比对对象", "compared with"), t("缘由", "why"), t("结论", "verdict"))
    output.table(
        columns,
        [
            (f"{one.case}\n{t('第', 'no. ')}{one.sequence}{t('项', '')}", _other(one), _why(one), _said(one))
            for one in rows
        ],
    )


def _other(row: Any) -> str:
    sum_ = f"{output.yuan(row.amount_fen)} {t('元', 'yuan')}" if row.amount_fen is not None else ""
    return "\n".join(part for part in (row.other, f"{row.level} {sum_}".strip(), row.period) if part)


def _why(row: Any) -> str:
    from casework.queries.comparisons import LIKENESS

    own = f"\n{row.own_basis}" if row.own_basis else ""
    return LIKENESS[row.why][language() == "en"] + own


def _said(row: Any) -> str:
    from casework.queries.comparisons import VERDICTS

    said = VERDICTS[row.verdict][language() == "en"]
    whose = row.owner_unit or row.decided_by
    return "\n".join(part for part in (said, whose, row.reason) if part)


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
