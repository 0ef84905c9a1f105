"""`notices`: public notices as a list, and one of them printed as text or HTML, natural persons masked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from casework.shared.os_errors import said_zh
from cli import home, output
from cli.errors import wrong_use
from cli.house import Json, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, Page, cut, more

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
    limit: Limit = 200,
    offset: Offset = 0,
    json: Json = False,
) -> None:
    from casework import views
    from casework.views import notice_pages
    from cli.cases import measure_known

    store = home.opened()
    if number is None:
        if to:
            raise wrong_use("usage", "--to 须与公示编号同用", "--to needs the notice's number", field="--to")
        found = views.notices(store, measure=measure_known(measure), open_only=open_)
        _list(store, cut(found, limit, offset), json)
        return
    published = views.published_notice(store, number)
    if json:
        output.print_json({**views.plain(published), "total_yuan": output.plain_yuan(published.total_fen)})
    elif to:
        path = Path(to)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                notice_pages.html(published)
                if path.suffix.lower() in (".html", ".htm")
                else "\n".join(lines(published)) + "\n",
                "utf-8",
            )
        except OSError as error:
            zh, en = f"不能写入 {to}（{said_zh(error)}）", f"cannot write {to} ({error.strerror})"
            raise wrong_use("file", zh, en, field="--to") from error
        output.line(t(f"已写入 {path}", f"written to {path}"))
    else:
        output.line("\n".join(lines(published)))


def _list(store: Any, page: Page, json: bool) -> None:
    from casework.views import plain

    found = page.rows
    if json:
        output.print_json({"demo": store.demo, **page.counts, "notices": [plain(notice) for notice in found]})
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
        (
            notice.number,
            notice.measure,
            notice.opens_on,
            notice.closes_on,
            notice.lines,
            t("公示中", "open") if notice.open else "",
        )
        for notice in found
    ]
    output.table([t(*name) for name in names], rows, right=(4,))
    more(page)


def lines(published: Any) -> list[str]:
    """The notice as plain text."""
    from casework.views.notice_pages import FOOT, heading, proposed, remark, together
    from cli.help import width

    rows = [(e.number, e.item, e.applicant, proposed(e), remark(e)) for e in published.entries]
    table = [("编号", "事项", "申报主体", "拟支持金额（元）", ""), *rows]
    widths = [max(width(row[i]) for row in table) for i in range(5)]
    shown = ["  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)).rstrip() for row in table]
    mark = [f"【{output.DEMO}】"] if published.demo else []
    total = f"共 {len(rows)} 件{together(published)}"
    return [*mark, *heading(published), "", *shown, "", total, f"名单摘要：{published.list_hash}", FOOT]
