"""`notices`: public notices as a list, and one of them printed as text or HTML, natural persons masked."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Annotated, Any

from casework.os_words import said_zh
from cli import home, output
from cli.errors import wrong_use
from cli.house import Json, argument, command, group, option
from cli.language import t

app = group("公示", "Notices")


@command(
    app,
    "notices",
    "列出公示；给出编号则打印公示名单（--to 写成 .html 或 .txt）",
    "List notices, or print one (--to .html or .txt)",
)
def notices(
    number: Annotated[str | None, argument("公示编号", "the notice's number", metavar="NOTICE")] = None,
    measure: Annotated[str | None, option("--measure", zh="只看此条", en="only this measure")] = None,
    open_: Annotated[bool, option("--open", zh="只看公示期内的", en="only those that run")] = False,
    to: Annotated[
        str | None, option("--to", zh="写入文件（.html 或 .txt）", en="write to a file", metavar="FILE")
    ] = None,
    json: Json = False,
) -> None:
    from casework import queries
    from cli.cases import measure_known

    store = home.opened()
    if number is None:
        if to:
            raise wrong_use("usage", "--to 须与公示编号同用", "--to needs the notice's number", field="--to")
        _list(store, queries.notices(store, measure=measure_known(measure), open_only=open_), json)
        return
    sheet = queries.notice_sheet(store, number)
    if json:
        output.print_json({**queries.plain(sheet), "total_yuan": output.plain_yuan(sheet.total_fen)})
    elif to:
        path = Path(to)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                html(sheet) if path.suffix.lower() in (".html", ".htm") else "\n".join(lines(sheet)) + "\n", "utf-8"
            )
        except OSError as error:
            zh, en = f"不能写入 {to}（{said_zh(error)}）", f"cannot write {to} ({error.strerror})"
            raise wrong_use("file", zh, en, field="--to") from error
        output.line(t(f"已写入 {path}", f"written to {path}"))
    else:
        output.line("\n".join(lines(sheet)))


def _list(store: Any, found: Any, json: bool) -> None:
    from casework.queries import plain

    if json:
        output.print_json({"demo": store.demo, "count": len(found), "notices": [plain(one) for one in found]})
        return
    output.demo_mark(store.demo)
    names = (
        ("编号", "number"),
        ("条", "no."),
        ("首日", "first day"),
        ("末日", "last day"),
        ("件数", "cases"),
        ("", ""),
    )
    rows = [
        (one.number, one.measure, one.opens_on, one.closes_on, one.lines, t("公示中", "open") if one.open else "")
        for one in found
    ]
    output.table([t(*name) for name in names], rows, right=(4,))


def heading(sheet: Any) -> list[str]:
    """The notice's title and time; the law's words, so Chinese in every language."""
    return [
        f"关于《{sheet.policy_title}》“{sheet.measure_title}”拟支持名单的公示",
        f"公示编号：{sheet.notice.number}",
        f"公示时间：{sheet.notice.opens_on} 至 {sheet.notice.closes_on}（首尾两日均计入）",
    ]


def remark(entry: Any) -> str:
    """What stands beside a line: an objection that waits, and conditions that were overridden."""
    marks = ["有异议"] if entry.contested else []
    return "；".join([*marks, *(f"核准例外：{one}" for one in entry.waived)])


FOOT = "对公示内容有异议的，请在公示期内以书面形式实名提出。"


def lines(sheet: Any) -> list[str]:
    """The notice as plain text."""
    from cli.help import width

    rows = [(e.number, e.item, e.applicant, output.yuan(e.amount_fen), remark(e)) for e in sheet.entries]
    table = [("编号", "事项", "申报主体", "拟支持金额（元）", ""), *rows]
    widths = [max(width(row[i]) for row in table) for i in range(5)]
    shown = ["  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)).rstrip() for row in table]
    mark = [f"【{output.DEMO}】"] if sheet.demo else []
    total = f"共 {len(rows)} 件，合计 {output.yuan(sheet.total_fen)} 元"
    return [*mark, *heading(sheet), "", *shown, "", total, f"名单摘要：{sheet.list_hash}", FOOT]


def html(sheet: Any) -> str:
    """The notice as a page of its own, for printing."""
    title, *rest = [escape(one) for one in heading(sheet)]
    rows = "\n".join(
        f"<tr><td>{escape(e.number)}</td><td>{escape(e.item)} {escape(e.title)}</td><td>{escape(e.applicant)}</td>"
        f"<td class=n>{output.yuan(e.amount_fen)}</td><td>{escape(remark(e))}</td></tr>"
        for e in sheet.entries
    )
    mark = f"<p class=demo>{output.DEMO}</p>" if sheet.demo else ""
    about = "".join(f"<p>{one}</p>" for one in rest)
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.6 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2em auto; max-width: 50em; }}
h1 {{ font-size: 1.3em; text-align: center; }} table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border: 1px solid #888; padding: .3em .6em; text-align: left; }} .n {{ text-align: right; }}
.demo {{ color: #b00; font-weight: bold; text-align: center; }}
</style></head><body>{mark}<h1>{title}</h1>{about}
<table><thead><tr><th>编号</th><th>事项</th><th>申报主体</th><th>拟支持金额（元）</th><th></th></tr></thead><tbody>
{rows}
</tbody></table><p>共 {len(sheet.entries)} 件，合计 {output.yuan(sheet.total_fen)} 元</p>
<p>{FOOT}</p><p><small>名单摘要：{sheet.list_hash}</small></p></body></html>
"""
