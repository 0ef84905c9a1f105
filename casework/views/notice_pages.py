"""A public notice as a page of its own, for printing and for download; the law's words, so Chinese in every language."""

from html import escape

from casework.views.published_notices import NoticeEntry, PublishedNotice
from policies.money import Money

DEMO = "演示数据 DEMO"
FOOT = "对公示内容有异议的，请在公示期内以书面形式实名提出。"


def heading(published: PublishedNotice) -> list[str]:
    """The notice's title and time; the law's words, so Chinese in every language."""
    return [
        f"关于《{published.policy_title}》“{published.measure_title}”拟支持名单的公示",
        f"公示编号：{published.notice.number}",
        f"公示时间：{published.notice.opens_on} 至 {published.notice.closes_on}（首尾两日均计入）",
    ]


def remark(entry: NoticeEntry) -> str:
    """What stands beside a line: an objection that waits, and conditions that were overridden."""
    marks = ["有异议"] if entry.contested else []
    return "；".join([*marks, *(f"核准例外：{waiver}" for waiver in entry.waived)])


def html(published: PublishedNotice) -> str:
    """The notice as a page of its own, for printing."""
    title, *rest = [escape(line) for line in heading(published)]
    rows = "\n".join(
        f"<tr><td>{escape(e.number)}</td><td>{escape(e.item)} {escape(e.title)}</td><td>{escape(e.applicant)}</td>"
        f"<td class=n>{escape(proposed(e))}</td><td>{escape(remark(e))}</td></tr>"
        for e in published.entries
    )
    mark = f"<p class=demo>{DEMO}</p>" if published.demo else ""
    about = "".join(f"<p>{line}</p>" for line in rest)
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.6 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2em auto; max-width: 50em; }}
h1 {{ font-size: 1.3em; text-align: center; }} table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border: 1px solid #888; padding: .3em .6em; text-align: left; }} .n {{ text-align: right; }}
.demo {{ color: #b00; font-weight: bold; text-align: center; }}
</style></head><body>{mark}<h1>{title}</h1>{about}
<table><thead><tr><th>编号</th><th>事项</th><th>申报主体</th><th>拟支持金额（元）</th><th></th></tr></thead><tbody>
{rows}
</tbody></table><p>共 {len(published.entries)} 件{together(published)}</p>
<p>{FOOT}</p><p><small>名单摘要：{published.list_hash}</small></p></body></html>
"""


def proposed(entry: NoticeEntry) -> str:
    """What is to be given: an amount, or in words what stands in its place."""
    return entry.gives.zh if entry.gives else yuan(entry.amount_fen)


def together(published: PublishedNotice) -> str:
    """The sum of the list; nothing where none of it is money."""
    return "" if published.total_fen is None else f"，合计 {yuan(published.total_fen)} 元"


def yuan(fen: int | None) -> str:
    """1,234.50 for 123450 fen; a dash where there is no amount."""
    return "–" if fen is None else Money(fen).grouped
